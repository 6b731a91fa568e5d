//! What can go wrong when raising a seal to the long term.

use std::time::Duration;

use model::{Cause, Disposition, HoldReason};

/// An error of raising. What other crates found stays theirs, with their code and texts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PDF cannot be extended.
    #[error(transparent)]
    Pdf(#[from] pdf::Error),
    /// A certificate, signature or timestamp is not as it should be.
    #[error(transparent)]
    Pki(#[from] pki::Error),
    /// There is no signature with timestamp that could be raised.
    #[error("raise {path}: it has no signature with timestamp at its end")]
    NothingToRaise {
        /// The file.
        path: String,
    },
    /// A certificate had been revoked when it was used (Điều 3.4).
    #[error("prove the certificate of {certificate}: it was revoked at {at}")]
    Revoked {
        /// Whose certificate.
        certificate: String,
        /// Since when.
        at: String,
    },
    /// Revocation data is older than the timestamp, and the grace time is not over.
    #[error("get revocation data for {certificate} from {wanted} or later: the newest is of {had}")]
    NotFreshYet {
        /// Whose certificate.
        certificate: String,
        /// Earliest time that proves anything.
        wanted: String,
        /// What there is.
        had: String,
    },
    /// Revocation data is still older than the timestamp when the grace time is over.
    #[error("get revocation data for {certificate} from {wanted} or later within {hours} h: the newest is of {had}")]
    Overdue {
        /// Whose certificate.
        certificate: String,
        /// Earliest time that proves anything.
        wanted: String,
        /// What there is.
        had: String,
        /// The grace time.
        hours: u64,
    },
    /// Nobody gives revocation data that counts.
    #[error("get revocation data for {certificate}: {attempts}")]
    Unavailable {
        /// Whose certificate.
        certificate: String,
        /// Each source with what it answered.
        attempts: String,
    },
    /// No timestamp authority gave a timestamp that counts.
    #[error("get a document timestamp: {attempts}")]
    NoTimestamp {
        /// Each authority with what it answered.
        attempts: String,
    },
    /// The revision could not be written.
    #[error("write validation data")]
    Write {
        /// The system's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Pdf(error) => error.disposition(),
            Self::Pki(error) => error.disposition(),
            Self::NothingToRaise { .. } => Disposition::Bug,
            Self::Revoked { .. } => Disposition::Hold(HoldReason::InvalidSignature),
            Self::NotFreshYet { .. } | Self::Overdue { .. } | Self::Unavailable { .. } => {
                Disposition::Wait(Cause::Revocation)
            }
            Self::NoTimestamp { .. } => Disposition::Wait(Cause::Timestamp),
            // A full or read-only disk is waited for by the stage; the key is not used again for nothing.
            Self::Write { source } if is_medium(source) => Disposition::Wait(Cause::Medium),
            Self::Write { .. } => Disposition::Retry { after: Duration::from_secs(30) },
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pdf(error) => error.code(),
            Self::Pki(error) => error.code(),
            Self::NothingToRaise { .. } => "E-AUGMENT-01",
            Self::Revoked { .. } => "E-AUGMENT-02",
            Self::NotFreshYet { .. } => "E-AUGMENT-03",
            Self::Overdue { .. } => "E-AUGMENT-04",
            Self::Unavailable { .. } => "E-AUGMENT-05",
            Self::NoTimestamp { .. } => "E-AUGMENT-06",
            Self::Write { .. } => "E-AUGMENT-07",
        }
    }

    /// The facts that the code's text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Pdf(error) => error.facts(),
            Self::Pki(error) => error.facts(),
            Self::NothingToRaise { path } => vec![("path", path.clone())],
            Self::Revoked { certificate, at } => vec![("certificate", certificate.clone()), ("at", at.clone())],
            Self::NotFreshYet { certificate, wanted, had } => {
                vec![("certificate", certificate.clone()), ("wanted", wanted.clone()), ("had", had.clone())]
            }
            Self::Overdue { certificate, wanted, had, hours } => vec![
                ("certificate", certificate.clone()),
                ("wanted", wanted.clone()),
                ("had", had.clone()),
                ("hours", hours.to_string()),
            ],
            Self::Unavailable { certificate, attempts } => {
                vec![("certificate", certificate.clone()), ("attempts", attempts.clone())]
            }
            Self::NoTimestamp { attempts } => vec![("attempts", attempts.clone())],
            Self::Write { source } => vec![("reason", source.to_string())],
        }
    }
}

fn is_medium(source: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(source.kind(), Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem | Kind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_texts() {
        let text = || "x".to_owned();
        let all = [
            Error::NothingToRaise { path: text() },
            Error::Revoked { certificate: text(), at: text() },
            Error::NotFreshYet { certificate: text(), wanted: text(), had: text() },
            Error::Overdue { certificate: text(), wanted: text(), had: text(), hours: 24 },
            Error::Unavailable { certificate: text(), attempts: text() },
            Error::NoTimestamp { attempts: text() },
            Error::Write { source: std::io::Error::other("x") },
        ];
        for error in all {
            assert!(messages::has(error.code()), "{}", error.code());
            let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
        }
    }
}

//! What can go wrong with signatures, certificates and their evidence.

use std::fmt;

use model::{Cause, Disposition, HoldReason};

use crate::wire::Broken;

/// What an error is about; it decides what the error holds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A CMS signature.
    Signature,
    /// A certificate.
    Certificate,
    /// An RFC 3161 answer or token.
    Timestamp,
    /// An OCSP answer.
    Ocsp,
    /// A certificate revocation list.
    Crl,
}

impl Subject {
    /// The word used in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Certificate => "certificate",
            Self::Timestamp => "timestamp",
            Self::Ocsp => "ocsp answer",
            Self::Crl => "crl",
        }
    }

    fn disposition(self) -> Disposition {
        match self {
            Self::Signature => Disposition::Hold(HoldReason::InvalidSignature),
            Self::Certificate => Disposition::Wait(Cause::Certificate),
            Self::Timestamp => Disposition::Wait(Cause::Timestamp),
            Self::Ocsp | Self::Crl => Disposition::Wait(Cause::Revocation),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An error of this crate; keys and transports have their own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not what they should be.
    #[error("read the {subject}: {expected} was expected")]
    Malformed {
        /// What was read.
        subject: Subject,
        /// What should have stood there.
        expected: &'static str,
    },
    /// More bytes than we read.
    #[error("read the {subject}: {bytes} bytes are more than {limit}")]
    TooLarge {
        /// What was read.
        subject: Subject,
        /// How long it is.
        bytes: usize,
        /// How much we read.
        limit: usize,
    },
    /// An algorithm that does not count or that we do not know.
    #[error("check the {subject}: algorithm {algorithm} is not accepted")]
    Algorithm {
        /// What was checked.
        subject: Subject,
        /// The algorithm, by name or object identifier.
        algorithm: String,
    },
    /// The signature does not fit its key and content.
    #[error("check the {subject}: it was not made by {signer} over this content")]
    Forged {
        /// What was checked.
        subject: Subject,
        /// Who should have signed.
        signer: String,
    },
    /// A part of the evidence does not belong to the rest.
    #[error("check the {subject}: {part} does not match")]
    Mismatch {
        /// What was checked.
        subject: Subject,
        /// Which part: `nonce`, `imprint`, `policy`, `certificate`, `responder`, …
        part: &'static str,
    },
    /// No chain of certificates leads to a pinned anchor.
    #[error("find a path from certificate {certificate} to a pinned anchor")]
    NoPath {
        /// The certificate's subject.
        certificate: String,
    },
    /// A chain leads to a pinned anchor but does not hold.
    #[error("accept the path of certificate {certificate}: {reason}")]
    PathRefused {
        /// The certificate's subject.
        certificate: String,
        /// Why (RFC 5280 §6).
        reason: PathFault,
    },
    /// The timestamp authority answered but gave no timestamp.
    #[error("get a timestamp: the authority answered status {status} ({text})")]
    TimestampRefused {
        /// `PKIStatus`.
        status: u32,
        /// The authority's own words, shortened.
        text: String,
    },
    /// The OCSP responder answered but gave no status.
    #[error("get a certificate status: the responder answered {status}")]
    OcspRefused {
        /// `OCSPResponseStatus`.
        status: u32,
    },
    /// A list or answer of a form we do not use, refused rather than half understood.
    #[error("use the {subject}: {form} is not supported")]
    Unsupported {
        /// What was read.
        subject: Subject,
        /// The form.
        form: &'static str,
    },
}

/// Why a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// A certificate was not yet in force.
    NotYetValid,
    /// A certificate was no longer in force.
    Expired,
    /// A signature in the chain does not verify, or with an algorithm that does not count.
    Signature,
    /// A certificate that issues may not.
    NotAnIssuer,
    /// A constraint of names, policies, lengths or extensions is broken.
    Constraint,
    /// A key is too short.
    WeakKey,
}

impl PathFault {
    /// A stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Signature => "signature",
            Self::NotAnIssuer => "not_an_issuer",
            Self::Constraint => "constraint",
            Self::WeakKey => "weak_key",
        }
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Malformed { subject, .. }
            | Self::TooLarge { subject, .. }
            | Self::Algorithm { subject, .. }
            | Self::Forged { subject, .. }
            | Self::Mismatch { subject, .. }
            | Self::Unsupported { subject, .. } => subject.disposition(),
            Self::NoPath { .. } | Self::PathRefused { .. } => Disposition::Wait(Cause::Certificate),
            Self::TimestampRefused { .. } => Disposition::Wait(Cause::Timestamp),
            Self::OcspRefused { .. } => Disposition::Wait(Cause::Revocation),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "E-PKI-01",
            Self::TooLarge { .. } => "E-PKI-02",
            Self::Algorithm { .. } => "E-PKI-03",
            Self::Forged { .. } => "E-PKI-04",
            Self::Mismatch { .. } => "E-PKI-05",
            Self::NoPath { .. } => "E-PKI-06",
            Self::PathRefused { .. } => "E-PKI-07",
            Self::TimestampRefused { .. } => "E-PKI-08",
            Self::OcspRefused { .. } => "E-PKI-09",
            Self::Unsupported { .. } => "E-PKI-10",
        }
    }

    /// The facts for the texts.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Malformed { subject, expected } => {
                vec![("subject", subject.to_string()), ("expected", (*expected).to_owned())]
            }
            Self::TooLarge { subject, bytes, limit } => {
                vec![("subject", subject.to_string()), ("bytes", bytes.to_string()), ("limit", limit.to_string())]
            }
            Self::Algorithm { subject, algorithm } => {
                vec![("subject", subject.to_string()), ("algorithm", algorithm.clone())]
            }
            Self::Forged { subject, signer } => vec![("subject", subject.to_string()), ("signer", signer.clone())],
            Self::Mismatch { subject, part } => {
                vec![("subject", subject.to_string()), ("part", (*part).to_owned())]
            }
            Self::NoPath { certificate } => vec![("certificate", certificate.clone())],
            Self::PathRefused { certificate, reason } => {
                vec![("certificate", certificate.clone()), ("reason", reason.to_string())]
            }
            Self::TimestampRefused { status, text } => vec![("status", status.to_string()), ("text", text.clone())],
            Self::OcspRefused { status } => vec![("status", status.to_string())],
            Self::Unsupported { subject, form } => {
                vec![("subject", subject.to_string()), ("form", (*form).to_owned())]
            }
        }
    }
}

/// Names what was being read when bytes turned out broken.
pub(crate) trait About<T> {
    fn about(self, subject: Subject) -> Result<T, Error>;
}

impl<T> About<T> for Result<T, Broken> {
    fn about(self, subject: Subject) -> Result<T, Error> {
        self.map_err(|Broken(expected)| Error::Malformed { subject, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_text() {
        let subject = Subject::Ocsp;
        let all = [
            Error::Malformed { subject, expected: "a time" },
            Error::TooLarge { subject, bytes: 2, limit: 1 },
            Error::Algorithm { subject, algorithm: "1.2.3".into() },
            Error::Forged { subject, signer: "A".into() },
            Error::Mismatch { subject, part: "nonce" },
            Error::NoPath { certificate: "A".into() },
            Error::PathRefused { certificate: "A".into(), reason: PathFault::Expired },
            Error::TimestampRefused { status: 2, text: String::new() },
            Error::OcspRefused { status: 6 },
            Error::Unsupported { subject, form: "delta" },
        ];
        for error in all {
            assert!(messages::has(error.code()), "{} has no text", error.code());
            let text = messages::text(messages::Lang::En, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
            assert!(!matches!(error.disposition(), Disposition::Bug));
        }
    }
}

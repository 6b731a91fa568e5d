//! What can go wrong when sealing.

use model::{Cause, Disposition, HoldReason};
use pki::key::KeyError;

/// An error of sealing. What other crates found stays theirs, with their code and texts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PDF cannot be extended.
    #[error(transparent)]
    Pdf(#[from] pdf::Error),
    /// A certificate, signature or timestamp is not as it should be.
    #[error(transparent)]
    Pki(#[from] pki::Error),
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key may not sign in that role (Điều 19.3: each key for its own).
    #[error("sign as {wanted} with the key of role {role}")]
    Role {
        /// The key's role.
        role: String,
        /// The role that was asked for.
        wanted: String,
    },
    /// The certificate is not in force (Điều 3.3, 3.4), or not one for signing.
    #[error("sign with the certificate of {certificate}: {reason}")]
    NotInForce {
        /// Whose certificate.
        certificate: String,
        /// Why.
        reason: String,
    },
    /// The certificate lacks an item that the mark must show (Điều 3.15).
    #[error("draw the mark: the certificate of {certificate} has no {item}")]
    ItemMissing {
        /// Whose certificate.
        certificate: String,
        /// Which item.
        item: &'static str,
    },
    /// The mark's text does not fit into its box at a size that can be read.
    #[error("fit the mark into {width_mm} × {height_mm} mm")]
    DoesNotFit {
        /// Width of the box, mm.
        width_mm: f64,
        /// Height of the box, mm.
        height_mm: f64,
    },
    /// The place was found on a page of another size: it belongs to another file.
    #[error("place the mark: the page is {actual}, the place was found on {expected}")]
    OtherPage {
        /// The page's size.
        actual: String,
        /// The size the place was found on.
        expected: String,
    },
    /// Somebody certified the file or locked its fields: a new visible field would break that.
    #[error("sign {path}: field {field} certifies or locks it")]
    Locked {
        /// The file.
        path: String,
        /// The field that does.
        field: String,
    },
    /// No timestamp authority gave a timestamp that counts.
    #[error("get a timestamp: {attempts}")]
    NoTimestamp {
        /// Each authority with what it answered.
        attempts: String,
    },
    /// The revision could not be written.
    #[error("write the signature")]
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
            Self::Key(error) => error.disposition(),
            Self::Role { .. } => Disposition::Wait(Cause::Key),
            Self::NotInForce { .. } | Self::ItemMissing { .. } => Disposition::Wait(Cause::Certificate),
            Self::DoesNotFit { .. } => Disposition::Hold(HoldReason::NoRoom),
            Self::OtherPage { .. } => Disposition::Bug,
            Self::Locked { .. } => Disposition::Hold(HoldReason::Locked),
            Self::NoTimestamp { .. } => Disposition::Wait(Cause::Timestamp),
            // A full or read-only disk is waited for by the stage; the key is not used again for nothing.
            Self::Write { source } if is_medium(source) => Disposition::Wait(Cause::Medium),
            Self::Write { .. } => Disposition::Retry { after: std::time::Duration::from_secs(30) },
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pdf(error) => error.code(),
            Self::Pki(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Role { .. } => "E-CERTIFY-01",
            Self::NotInForce { .. } => "E-CERTIFY-02",
            Self::ItemMissing { .. } => "E-CERTIFY-03",
            Self::DoesNotFit { .. } => "E-CERTIFY-04",
            Self::OtherPage { .. } => "E-CERTIFY-05",
            Self::Locked { .. } => "E-CERTIFY-06",
            Self::NoTimestamp { .. } => "E-CERTIFY-07",
            Self::Write { .. } => "E-CERTIFY-08",
        }
    }

    /// The facts that the code's text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Pdf(error) => error.facts(),
            Self::Pki(error) => error.facts(),
            Self::Key(error) => error.facts(),
            Self::Role { role, wanted } => vec![("role", role.clone()), ("wanted", wanted.clone())],
            Self::NotInForce { certificate, reason } => {
                vec![("certificate", certificate.clone()), ("reason", reason.clone())]
            }
            Self::ItemMissing { certificate, item } => {
                vec![("certificate", certificate.clone()), ("item", (*item).to_owned())]
            }
            Self::DoesNotFit { width_mm, height_mm } => {
                vec![("width", width_mm.to_string()), ("height", height_mm.to_string())]
            }
            Self::OtherPage { actual, expected } => vec![("actual", actual.clone()), ("expected", expected.clone())],
            Self::Locked { path, field } => vec![("path", path.clone()), ("field", field.clone())],
            Self::NoTimestamp { attempts } => vec![("attempts", attempts.clone())],
            Self::Write { source } => vec![("reason", source.to_string())],
        }
    }
}

fn is_medium(source: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(source.kind(), Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem | Kind::NotFound)
}

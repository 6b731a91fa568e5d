//! What can go wrong at the portal.

use model::Disposition;

/// Errors of the portal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or cannot be used.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// The reason.
        source: std::io::Error,
    },
    /// A name that no account may have.
    #[error("make the account {name}")]
    Name {
        /// The name.
        name: String,
    },
    /// A password could not be made or hashed.
    #[error("hash a password: {detail}")]
    Password {
        /// What was seen.
        detail: String,
    },
    /// The portal's own file, or the register.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// What the house answers.
    #[error(transparent)]
    Conduct(#[from] conduct::Error),
    /// A page could not be written.
    #[error("write a page")]
    Template(#[from] askama::Error),
}

impl Error {
    /// An address may be free again later; the rest is the wrapped error's.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Listen { .. } => Disposition::Retry { after: std::time::Duration::from_secs(5) },
            Self::Name { .. } => Disposition::Hold(model::HoldReason::Unsupported),
            Self::Password { .. } | Self::Template(_) => Disposition::Bug,
            Self::Register(e) => e.disposition(),
            Self::Conduct(e) => e.disposition(),
        }
    }

    /// The stable code.
    pub fn code(&self) -> String {
        match self {
            Self::Listen { .. } => "E-PORTAL-01".into(),
            Self::Name { .. } => "E-PORTAL-02".into(),
            Self::Password { .. } => "E-PORTAL-03".into(),
            Self::Template(_) => "E-PORTAL-04".into(),
            Self::Register(e) => e.code().into(),
            Self::Conduct(e) => e.code(),
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(String, String)> {
        let own = |facts: Vec<(&str, String)>| facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        match self {
            Self::Listen { address, source } => own(vec![("address", address.clone()), ("reason", source.to_string())]),
            Self::Name { name } => own(vec![("name", name.clone())]),
            Self::Password { detail } => own(vec![("reason", detail.clone())]),
            Self::Template(e) => own(vec![("reason", e.to_string())]),
            Self::Register(e) => own(e.facts()),
            Self::Conduct(e) => e.facts(),
        }
    }
}

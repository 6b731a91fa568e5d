//! What can be wrong with settings: all faults of a file are told together.

use std::{fmt, path::PathBuf};

/// One fault with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line in the file, from 1; 0 when the fault is an absence.
    pub line: usize,
    /// The setting, `augment.grace_s`, or the parser's words.
    pub what: String,
    /// What is allowed.
    pub allowed: String,
}

/// Faults as rows of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "line {}: {}", fault.line, fault.what)?;
            if !fault.allowed.is_empty() {
                write!(f, " (allowed: {})", fault.allowed)?;
            }
        }
        Ok(())
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("read settings {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is not what it must be.
    #[error("understand settings {path}: {faults}")]
    Faulty {
        /// The file.
        path: PathBuf,
        /// Every fault found.
        faults: Faults,
    },
}

impl Error {
    /// Nothing runs with wrong settings: a person must mend the file.
    pub fn disposition(&self) -> model::Disposition {
        match self {
            Self::Read { .. } | Self::Faulty { .. } => model::Disposition::Bug,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "E-CONFIG-01",
            Self::Faulty { .. } => "E-CONFIG-02",
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Read { path, source } => {
                vec![("path", path.display().to_string()), ("reason", source.to_string())]
            }
            Self::Faulty { path, faults } => {
                vec![("path", path.display().to_string()), ("faults", faults.to_string())]
            }
        }
    }
}

//! What can go wrong with a copy; every variant names the copy or the document it is about.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Cause, Disposition, DocumentId, HoldReason};

/// Errors of preserving.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of ours lies where the copy should be: the medium is not mounted, or was never initialised.
    #[error("find copy {copy} at {path}", path = path.display())]
    MediumMissing {
        /// The copy.
        copy: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// Another medium is mounted there.
    #[error("use copy {copy} at {path}: the medium there is {found}, not {wanted}", path = path.display())]
    OtherMedium {
        /// The copy.
        copy: String,
        /// Where.
        path: PathBuf,
        /// What was expected.
        wanted: String,
        /// What was found.
        found: String,
    },
    /// The medium refused a file operation.
    #[error("work on copy {copy}")]
    Medium {
        /// The copy.
        copy: String,
        /// What it refused.
        source: durable::Error,
    },
    /// What was read back is not what was written.
    #[error("read {path} back from copy {copy}: it is not what was written")]
    ReadBack {
        /// The copy.
        copy: String,
        /// Path on the copy.
        path: String,
    },
    /// The document lies there with other content.
    #[error("store {object} on copy {copy}: it lies there with other content")]
    Different {
        /// The copy.
        copy: String,
        /// The document.
        object: DocumentId,
    },
    /// The document is not there.
    #[error("find {object} on copy {copy}")]
    NoObject {
        /// The copy.
        copy: String,
        /// The document.
        object: DocumentId,
    },
    /// The document has no such part.
    #[error("find part {part} of {object} on copy {copy}")]
    NoPart {
        /// The copy.
        copy: String,
        /// The document.
        object: DocumentId,
        /// The part's logical path.
        part: String,
    },
    /// A file on the copy is not what its inventory, its chain or its form says.
    #[error("trust {path} on copy {copy}: {detail}")]
    Damaged {
        /// The copy.
        copy: String,
        /// Path on the copy.
        path: String,
        /// What does not fit.
        detail: String,
    },
    /// Journal entries do not follow what the copy already has.
    #[error("append to the journal of copy {copy}: it ends at event {last}, the entries begin at {first}")]
    JournalGap {
        /// The copy.
        copy: String,
        /// Last event on the copy.
        last: u64,
        /// First event offered.
        first: u64,
    },
    /// A path that may not stand on a copy, or may not be replaced.
    #[error("use the path {path} on copy {copy}")]
    Forbidden {
        /// The copy.
        copy: String,
        /// The path.
        path: String,
    },
    /// The file system or the process's rights do not allow `chattr +i`, which the copy's settings ask for.
    #[error("make {path} immutable on copy {copy}")]
    Immutable {
        /// The copy.
        copy: String,
        /// Path on the copy.
        path: String,
        /// The reason.
        source: durable::Error,
    },
    /// A work file that was to be stored cannot be read.
    #[error("read the work file {path}", path = path.display())]
    Work {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The place a part was to be exported to refuses.
    #[error("export a part")]
    Export {
        /// What it refused.
        source: durable::Error,
    },
    /// One of our own forms cannot be written down.
    #[error("write {form}")]
    Encode {
        /// Which: `inventory`, `medium`, `premis`.
        form: &'static str,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    pub(crate) fn damaged(copy: &str, path: &str, detail: impl Into<String>) -> Self {
        Self::Damaged { copy: copy.to_owned(), path: path.to_owned(), detail: detail.into() }
    }

    pub(crate) fn work(path: &Path, source: std::io::Error) -> Self {
        Self::Work { path: path.to_owned(), source }
    }

    /// Whether a file or folder on the copy is simply not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Medium { source, .. } | Self::Immutable { source, .. } => source.is_not_found(),
            Self::NoObject { .. } | Self::NoPart { .. } => true,
            Self::MediumMissing { .. }
            | Self::OtherMedium { .. }
            | Self::ReadBack { .. }
            | Self::Different { .. }
            | Self::Damaged { .. }
            | Self::JournalGap { .. }
            | Self::Forbidden { .. }
            | Self::Work { .. }
            | Self::Export { .. }
            | Self::Encode { .. } => false,
        }
    }

    /// Whether it is about one document, and says nothing about the medium for others.
    pub fn is_about_a_document(&self) -> bool {
        match self {
            Self::Different { .. } | Self::NoObject { .. } | Self::NoPart { .. } | Self::Damaged { .. } => true,
            Self::Medium { source, .. } => source.is_not_found() || matches!(source, durable::Error::Occupied { .. }),
            Self::MediumMissing { .. }
            | Self::OtherMedium { .. }
            | Self::ReadBack { .. }
            | Self::JournalGap { .. }
            | Self::Forbidden { .. }
            | Self::Immutable { .. }
            | Self::Work { .. }
            | Self::Export { .. }
            | Self::Encode { .. } => false,
        }
    }

    /// A medium that is away, full, another one or damaged is waited for; a contradiction of our own stops everything.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::MediumMissing { .. }
            | Self::OtherMedium { .. }
            | Self::ReadBack { .. }
            | Self::Damaged { .. }
            | Self::Immutable { .. } => Disposition::Wait(Cause::Medium),
            Self::Medium { source, .. } | Self::Export { source } => source.disposition(),
            Self::Work { .. } => Disposition::Retry { after: Duration::from_secs(30) },
            // One document's matter: it is neither overwritten nor outvoted, and keeps no other back.
            Self::Different { .. } => Disposition::Hold(HoldReason::Unworkable),
            Self::NoObject { .. }
            | Self::NoPart { .. }
            | Self::JournalGap { .. }
            | Self::Forbidden { .. }
            | Self::Encode { .. } => Disposition::Bug,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MediumMissing { .. } => "E-PRESERVE-01",
            Self::OtherMedium { .. } => "E-PRESERVE-02",
            Self::Medium { .. } => "E-PRESERVE-03",
            Self::ReadBack { .. } => "E-PRESERVE-04",
            Self::Different { .. } => "E-PRESERVE-05",
            Self::NoObject { .. } => "E-PRESERVE-06",
            Self::NoPart { .. } => "E-PRESERVE-07",
            Self::Damaged { .. } => "E-PRESERVE-08",
            Self::JournalGap { .. } => "E-PRESERVE-09",
            Self::Forbidden { .. } => "E-PRESERVE-10",
            Self::Immutable { .. } => "E-PRESERVE-11",
            Self::Work { .. } => "E-PRESERVE-12",
            Self::Encode { .. } => "E-PRESERVE-13",
            Self::Export { .. } => "E-PRESERVE-14",
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::MediumMissing { copy, path } => vec![("copy", copy.clone()), ("path", shown(path))],
            Self::OtherMedium { copy, path, wanted, found } => vec![
                ("copy", copy.clone()),
                ("path", shown(path)),
                ("wanted", wanted.clone()),
                ("found", found.clone()),
            ],
            Self::Medium { copy, source } => {
                vec![("copy", copy.clone()), ("what", source.to_string()), ("reason", reason(source))]
            }
            Self::Export { source } => vec![("path", shown(source.path())), ("reason", reason(source))],
            Self::ReadBack { copy, path } | Self::Forbidden { copy, path } => {
                vec![("copy", copy.clone()), ("path", path.clone())]
            }
            Self::Different { copy, object } | Self::NoObject { copy, object } => {
                vec![("copy", copy.clone()), ("object", object.to_string())]
            }
            Self::NoPart { copy, object, part } => {
                vec![("copy", copy.clone()), ("object", object.to_string()), ("part", part.clone())]
            }
            Self::Damaged { copy, path, detail } => {
                vec![("copy", copy.clone()), ("path", path.clone()), ("detail", detail.clone())]
            }
            Self::JournalGap { copy, last, first } => {
                vec![("copy", copy.clone()), ("last", last.to_string()), ("first", first.to_string())]
            }
            Self::Immutable { copy, path, source } => {
                vec![("copy", copy.clone()), ("path", path.clone()), ("reason", source.to_string())]
            }
            Self::Work { path, source } => vec![("path", shown(path)), ("reason", source.to_string())],
            Self::Encode { form, source } => vec![("form", (*form).to_owned()), ("reason", source.to_string())],
        }
    }
}

/// The operating system's word, or the code of the error where it has none.
fn reason(source: &durable::Error) -> String {
    let system = std::error::Error::source(source).map(ToString::to_string);
    system.unwrap_or_else(|| source.code().to_owned())
}

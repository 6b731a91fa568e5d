//! What can go wrong on a file system; every variant names the path.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Cause, Disposition, HoldReason};
use rustix::io::Errno;

/// Errors of durable writing and reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{action} {path}", path = path.display())]
    Io {
        /// What was tried: `open`, `write`, `link`, …
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// An fsync failed: the file was thrown away and the medium is suspect.
    #[error("sync {path}", path = path.display())]
    Sync {
        /// Which file or directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Something else stands there already; nothing is overwritten.
    #[error("publish {path}: something else stands there", path = path.display())]
    Occupied {
        /// The place.
        path: PathBuf,
    },
    /// The file system knows neither hard links nor renaming without overwrite.
    #[error("publish {path}: the file system cannot link without overwriting", path = path.display())]
    NoExclusiveLink {
        /// The place.
        path: PathBuf,
    },
    /// Another process holds the lock.
    #[error("lock {path}: another process holds it", path = path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The file is longer than the caller allows.
    #[error("read {path}: longer than {limit} bytes", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        limit: u64,
    },
    /// Folders are nested deeper than any of ours.
    #[error("walk {path}: nested too deep", path = path.display())]
    TooDeep {
        /// Where it became too deep.
        path: PathBuf,
    },
}

impl Error {
    /// An error of the operating system with what was tried on which path.
    pub fn io(action: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.to_owned(), source: source.into() }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Sync { path, .. }
            | Self::Occupied { path }
            | Self::NoExclusiveLink { path }
            | Self::Locked { path }
            | Self::TooLarge { path, .. }
            | Self::TooDeep { path } => path,
        }
    }

    /// Whether the file or folder is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Io { source, .. } | Self::Sync { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Occupied { .. }
            | Self::NoExclusiveLink { .. }
            | Self::Locked { .. }
            | Self::TooLarge { .. }
            | Self::TooDeep { .. } => false,
        }
    }

    /// A medium that is full, read-only, away or suspect is waited for; a passing fault is tried again.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Io { source, .. } if waits_for_medium(source) => Disposition::Wait(Cause::Medium),
            Self::Io { .. } => Disposition::Retry { after: Duration::from_secs(30) },
            Self::Sync { .. } | Self::NoExclusiveLink { .. } => Disposition::Wait(Cause::Medium),
            Self::Occupied { .. } | Self::TooDeep { .. } => Disposition::Bug,
            Self::Locked { .. } => Disposition::Retry { after: Duration::from_secs(5) },
            Self::TooLarge { .. } => Disposition::Hold(HoldReason::TooLarge),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "E-DURABLE-01",
            Self::Sync { .. } => "E-DURABLE-02",
            Self::Occupied { .. } => "E-DURABLE-03",
            Self::NoExclusiveLink { .. } => "E-DURABLE-04",
            Self::Locked { .. } => "E-DURABLE-05",
            Self::TooLarge { .. } => "E-DURABLE-06",
            Self::TooDeep { .. } => "E-DURABLE-07",
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("path", self.path().display().to_string())];
        match self {
            Self::Io { action, source, .. } => {
                facts.push(("action", (*action).to_owned()));
                facts.push(("reason", source.to_string()));
            }
            Self::Sync { source, .. } => facts.push(("reason", source.to_string())),
            Self::TooLarge { limit, .. } => facts.push(("limit", limit.to_string())),
            Self::Occupied { .. } | Self::NoExclusiveLink { .. } | Self::Locked { .. } | Self::TooDeep { .. } => {}
        }
        facts
    }
}

/// Full, read-only, unplugged, stale or forbidden: a person or a mount must change something first.
fn waits_for_medium(source: &io::Error) -> bool {
    let Some(errno) = Errno::from_io_error(source) else {
        return matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::WriteZero | io::ErrorKind::NotFound
        );
    };
    [
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::ROFS,
        Errno::NOENT,
        Errno::NOTDIR,
        Errno::NODEV,
        Errno::NXIO,
        Errno::STALE,
        Errno::ACCESS,
        Errno::PERM,
        Errno::NOTCONN,
        Errno::HOSTDOWN,
        Errno::FBIG,
    ]
    .contains(&errno)
}

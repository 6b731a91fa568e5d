//! What can go wrong with the register.

use std::path::PathBuf;

use model::Disposition;

/// Errors of the register. Most of them mean: stop and keep everything.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `SQLite` refused.
    #[error("use the register")]
    Sqlite(#[from] rusqlite::Error),
    /// The file cannot be opened.
    #[error("open the register {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: rusqlite::Error,
    },
    /// The chain of events does not hold.
    #[error("follow the register's chain at event {seq}: {what}")]
    Damaged {
        /// First event that does not fit.
        seq: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// A later version wrote it.
    #[error("open a register of format {found}; this mocban knows {known}")]
    Newer {
        /// Format found.
        found: i64,
        /// Newest format known.
        known: i64,
    },
    /// The job moved meanwhile: compare-and-set failed.
    #[error("commit job {job}: it is no longer where it was")]
    Moved {
        /// The job.
        job: i64,
    },
    /// An event the state does not allow.
    #[error("move job {job}")]
    Illegal {
        /// The job.
        job: i64,
        /// Which.
        source: model::stage::IllegalEvent,
    },
    /// A stored line cannot be understood.
    #[error("read event {seq}")]
    Unreadable {
        /// The event.
        seq: u64,
        /// The reason.
        source: serde_json::Error,
    },
    /// The portal's access log does not chain.
    #[error("follow the access log at entry {no}: it was altered")]
    AccessLog {
        /// First entry that does not fit.
        no: u64,
    },
    /// No such job.
    #[error("find job {job}")]
    Unknown {
        /// The job.
        job: i64,
    },
}

impl Error {
    /// A register that cannot be trusted stops everything; a full disk is waited for.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Sqlite(e) | Self::Open { source: e, .. } => match e.sqlite_error_code() {
                // A full disk shows as an I/O error where SQLite extends its shared memory.
                Some(
                    rusqlite::ErrorCode::DiskFull
                    | rusqlite::ErrorCode::SystemIoFailure
                    | rusqlite::ErrorCode::CannotOpen
                    | rusqlite::ErrorCode::ReadOnly,
                ) => Disposition::Wait(model::Cause::Medium),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                    Disposition::Retry { after: std::time::Duration::from_secs(1) }
                }
                _ => Disposition::Bug,
            },
            Self::Damaged { .. }
            | Self::Newer { .. }
            | Self::Moved { .. }
            | Self::Illegal { .. }
            | Self::Unreadable { .. }
            | Self::AccessLog { .. }
            | Self::Unknown { .. } => Disposition::Bug,
        }
    }

    /// Whether the file itself is damaged (exit code 30).
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Unreadable { .. } => true,
            Self::Sqlite(e) | Self::Open { source: e, .. } => matches!(
                e.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            Self::Newer { .. }
            | Self::Moved { .. }
            | Self::Illegal { .. }
            | Self::AccessLog { .. }
            | Self::Unknown { .. } => false,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "E-REGISTER-01",
            Self::Open { .. } => "E-REGISTER-02",
            Self::Damaged { .. } => "E-REGISTER-03",
            Self::Newer { .. } => "E-REGISTER-04",
            Self::Moved { .. } => "E-REGISTER-05",
            Self::Illegal { .. } => "E-REGISTER-06",
            Self::Unreadable { .. } => "E-REGISTER-07",
            Self::Unknown { .. } => "E-REGISTER-08",
            Self::AccessLog { .. } => "E-REGISTER-09",
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Sqlite(e) => vec![("reason", e.to_string())],
            Self::Open { path, source } => vec![("path", path.display().to_string()), ("reason", source.to_string())],
            Self::Damaged { seq, what } => vec![("seq", seq.to_string()), ("reason", (*what).to_owned())],
            Self::Newer { found, known } => vec![("found", found.to_string()), ("known", known.to_string())],
            Self::Moved { job } | Self::Unknown { job } => vec![("job", job.to_string())],
            Self::AccessLog { no } => vec![("no", no.to_string())],
            Self::Illegal { job, source } => vec![("job", job.to_string()), ("reason", source.to_string())],
            Self::Unreadable { seq, source } => vec![("seq", seq.to_string()), ("reason", source.to_string())],
        }
    }
}

//! One error for the conductor: every stage's error, carried with its own code, facts and disposition.

use std::{path::PathBuf, time::Duration};

use model::{Cause, Disposition, HoldReason};

use crate::worker::Refusal;

/// What stops a step, or the whole house.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The register.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// Writing files.
    #[error(transparent)]
    Durable(#[from] durable::Error),
    /// Looking at inbound.
    #[error(transparent)]
    Intake(#[from] intake::Error),
    /// Certifying.
    #[error(transparent)]
    Certify(#[from] certify::Error),
    /// Augmenting.
    #[error(transparent)]
    Augment(#[from] augment::Error),
    /// Storing.
    #[error(transparent)]
    Preserve(#[from] preserve::Error),
    /// Indexing.
    #[error(transparent)]
    Search(#[from] search::Error),
    /// The token.
    #[error(transparent)]
    Key(#[from] pki::key::KeyError),
    /// Certificates.
    #[error(transparent)]
    Pki(#[from] pki::Error),
    /// A worker refused its task.
    #[error("work on a document: {}", .0.code)]
    Refused(Refusal),
    /// A worker died or was silent.
    #[error("work on a document: the worker ended ({detail})")]
    WorkerDied {
        /// What was seen.
        detail: String,
    },
    /// A worker cannot be started.
    #[error("start {path}")]
    Spawn {
        /// The executable.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A work file is missing or altered.
    #[error("use the work file {path}")]
    WorkFile {
        /// The file.
        path: PathBuf,
    },
    /// A scan changed after it was claimed.
    #[error("use the scan {source_path}: it changed after it was claimed")]
    Changed {
        /// Path below inbound.
        source_path: String,
    },
    /// A scan changed or went away after its document was sealed.
    #[error("store the scan {source_path}: it changed after its document was sealed")]
    ChangedSealed {
        /// Path below inbound.
        source_path: String,
    },
    /// A work file went away or was altered after its document was sealed.
    #[error("use the work file {path} of a sealed document")]
    WorkFileSealed {
        /// The file.
        path: PathBuf,
    },
    /// A stored form cannot be written or read.
    #[error("handle a stored form")]
    Json(#[from] serde_json::Error),
    /// No signing session is open.
    #[error("sign: no signing session is open")]
    NoSession,
    /// A copy is away.
    #[error("reach the copy {copy}")]
    CopyAway {
        /// Its name.
        copy: String,
    },
    /// Another copy's journal goes on where the one that was to be rebuilt from ends, or says something else.
    #[error("rebuild from copy {copy}: copy {other} knows other events, up to {event}")]
    OtherHistory {
        /// The copy to rebuild from.
        copy: String,
        /// The other one.
        other: String,
        /// Where the other one's journal ends.
        event: u64,
    },
    /// A copy's journal tells what the register does not know.
    #[error("use copy {copy}: its journal tells what the register does not know, up to event {event}")]
    OtherRegister {
        /// The copy.
        copy: String,
        /// Where its journal ends.
        event: u64,
    },
    /// A copy holds an object of a document that is to be sealed, and the register does not know of it.
    #[error("seal: copy {copy} holds an object of the document already")]
    StoredAlready {
        /// The copy.
        copy: String,
    },
    /// A rebuild ended before all was taken over.
    #[error("open the home: a rebuild was not finished")]
    RebuildUnfinished,
    /// Fewer copies are configured or reachable than required.
    #[error("store on {required} copies: {reachable} reachable")]
    TooFewCopies {
        /// Wanted.
        required: usize,
        /// There.
        reachable: usize,
    },
    /// The document waits for a person's review.
    #[error("go on: a person must review the document")]
    Review,
    /// A document is held.
    #[error("go on: held for {}", reason.code())]
    Held {
        /// Why.
        reason: HoldReason,
        /// Facts for the person.
        facts: Vec<(&'static str, String)>,
    },
}

impl Error {
    /// What the dispatcher does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Config(e) => e.disposition(),
            Self::Register(e) => e.disposition(),
            Self::Durable(e) => e.disposition(),
            Self::Intake(e) => e.disposition(),
            Self::Certify(e) => e.disposition(),
            Self::Augment(e) => e.disposition(),
            Self::Preserve(e) => e.disposition(),
            Self::Search(e) => e.disposition(),
            Self::Key(e) => e.disposition(),
            Self::Pki(e) => e.disposition(),
            Self::Refused(refusal) => refusal_disposition(&refusal.disposition),
            Self::WorkerDied { .. } => Disposition::Retry { after: Duration::from_secs(1) },
            Self::Spawn { .. } => Disposition::Bug,
            // The step before is made again from the scan (see `lanes`).
            Self::WorkFile { .. } | Self::Changed { .. } => Disposition::Retry { after: Duration::from_millis(100) },
            // What is sealed stands; only a person can say which of the two is right.
            Self::ChangedSealed { .. } => Disposition::Hold(HoldReason::Incomplete),
            Self::WorkFileSealed { .. } => Disposition::Hold(HoldReason::Unworkable),
            Self::Json(_) => Disposition::Bug,
            Self::NoSession => Disposition::Wait(Cause::Key),
            Self::CopyAway { .. }
            | Self::TooFewCopies { .. }
            | Self::OtherHistory { .. }
            | Self::OtherRegister { .. }
            | Self::RebuildUnfinished => Disposition::Wait(Cause::Medium),
            Self::StoredAlready { .. } => Disposition::Hold(HoldReason::Unworkable),
            Self::Review => Disposition::Wait(Cause::Review),
            Self::Held { reason, .. } => Disposition::Hold(*reason),
        }
    }

    /// Stable code.
    pub fn code(&self) -> String {
        match self {
            Self::Config(e) => e.code().into(),
            Self::Register(e) => e.code().into(),
            Self::Durable(e) => e.code().into(),
            Self::Intake(e) => e.code().into(),
            Self::Certify(e) => e.code().into(),
            Self::Augment(e) => e.code().into(),
            Self::Preserve(e) => e.code().into(),
            Self::Search(e) => e.code().into(),
            Self::Key(e) => e.code().into(),
            Self::Pki(e) => e.code().into(),
            Self::Refused(refusal) => refusal.code.clone(),
            Self::WorkerDied { .. } => "E-CONDUCT-01".into(),
            Self::Spawn { .. } => "E-CONDUCT-02".into(),
            Self::WorkFile { .. } => "E-CONDUCT-03".into(),
            Self::Changed { .. } => "E-CONDUCT-04".into(),
            Self::ChangedSealed { .. } => "E-CONDUCT-10".into(),
            Self::Json(_) => "E-CONDUCT-05".into(),
            Self::NoSession => "E-CONDUCT-06".into(),
            Self::CopyAway { .. } => "E-CONDUCT-07".into(),
            Self::TooFewCopies { .. } => "E-CONDUCT-08".into(),
            Self::Review => "E-CONDUCT-09".into(),
            Self::OtherHistory { .. } => "E-CONDUCT-11".into(),
            Self::OtherRegister { .. } => "E-CONDUCT-13".into(),
            Self::StoredAlready { .. } => "E-CONDUCT-14".into(),
            Self::RebuildUnfinished => "E-CONDUCT-15".into(),
            Self::WorkFileSealed { .. } => "E-CONDUCT-12".into(),
            Self::Held { reason, .. } => format!("held-{}", reason.code()),
        }
    }

    /// Facts of the text.
    pub fn facts(&self) -> Vec<(String, String)> {
        let own = |facts: Vec<(&'static str, String)>| facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        match self {
            Self::Config(e) => own(e.facts()),
            Self::Register(e) => own(e.facts()),
            Self::Durable(e) => own(e.facts()),
            Self::Intake(e) => own(e.facts()),
            Self::Certify(e) => own(e.facts()),
            Self::Augment(e) => own(e.facts()),
            Self::Preserve(e) => own(e.facts()),
            Self::Search(e) => own(e.facts()),
            Self::Key(e) => own(e.facts()),
            Self::Pki(e) => own(e.facts()),
            Self::Refused(refusal) => refusal.facts.clone(),
            Self::WorkerDied { detail } => own(vec![("detail", detail.clone())]),
            Self::Spawn { path, source } => {
                own(vec![("path", path.display().to_string()), ("reason", source.to_string())])
            }
            Self::WorkFile { path } | Self::WorkFileSealed { path } => own(vec![("path", path.display().to_string())]),
            Self::Changed { source_path } | Self::ChangedSealed { source_path } => {
                own(vec![("path", source_path.clone())])
            }
            Self::Json(e) => own(vec![("reason", e.to_string())]),
            Self::NoSession | Self::Review | Self::RebuildUnfinished => Vec::new(),
            Self::CopyAway { copy } | Self::StoredAlready { copy } => own(vec![("copy", copy.clone())]),
            Self::OtherHistory { copy, other, event } => {
                own(vec![("copy", copy.clone()), ("other", other.clone()), ("event", event.to_string())])
            }
            Self::OtherRegister { copy, event } => own(vec![("copy", copy.clone()), ("event", event.to_string())]),
            Self::TooFewCopies { required, reachable } => {
                own(vec![("required", required.to_string()), ("reachable", reachable.to_string())])
            }
            Self::Held { facts, .. } => own(facts.clone()),
        }
    }

    /// Whether it is about one document, and others may fare better.
    pub(crate) fn is_about_a_document(&self) -> bool {
        match self {
            Self::Preserve(error) => error.is_about_a_document(),
            Self::TooFewCopies { .. } | Self::WorkFile { .. } => true,
            _ => false,
        }
    }

    /// Whether the register itself is damaged (exit code 30).
    pub fn is_register_damage(&self) -> bool {
        matches!(self, Self::Register(e) if e.is_damage())
    }
}

/// The text form in which a disposition crosses the process boundary.
pub fn disposition_name(disposition: Disposition) -> String {
    match disposition {
        Disposition::Retry { .. } => "retry".into(),
        Disposition::Wait(cause) => format!("wait:{}", cause.code()),
        Disposition::Hold(reason) => format!("hold:{}", reason.code()),
        Disposition::Bug => "bug".into(),
    }
}

fn refusal_disposition(name: &str) -> Disposition {
    match name.split_once(':') {
        Some(("wait", cause)) => Cause::from_code(cause).map_or(Disposition::Bug, Disposition::Wait),
        Some(("hold", reason)) => HoldReason::from_code(reason).map_or(Disposition::Bug, Disposition::Hold),
        _ if name == "retry" => Disposition::Retry { after: Duration::from_secs(1) },
        _ => Disposition::Bug,
    }
}

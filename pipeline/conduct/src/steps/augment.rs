//! Augment: the seal rises to B-LTA in one later revision; past the deadline the document goes on at B-T and rises later.

use std::path::PathBuf;

use ::augment::{RaiseRequest, Raised};
use failpoint::failpoint;
use jiff::{SignedDuration, Timestamp};
use model::{Disposition, Level, Sha256, Stage};
use pki::tsa::Tsa;
use register::{Artifact, Commit, Job};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Error, Home,
    steps::{card_text, certify::Hashing, facts, finished, state_of},
};

/// What is known of a made augmentation; stored beside its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RaiseFacts {
    /// Level reached.
    pub level: Level,
    /// Digest of the file before.
    pub before_sha256: String,
    /// Digest of the appended bytes.
    pub revision_sha256: Sha256,
    /// Length of the appended bytes.
    pub revision_bytes: u64,
    /// Digest of the whole file.
    pub sha256: Sha256,
    /// When it was made.
    pub made_at: Timestamp,
}

/// Raises, adopts what a crash left, or lets the document go on at B-T past the deadline.
pub(crate) fn raise(home: &Home, tsa: &Tsa<'_>, job: &Job) -> Result<Vec<Commit>, Error> {
    match made_or_adopted(home, tsa, job) {
        Ok((made, artifact)) => {
            let card = facts([
                ("level", json!(made.level)),
                ("sealed_sha256", json!(made.sha256)),
                ("reason", json!(null)),
                ("detail", json!(null)),
            ]);
            Ok(vec![finished(Stage::Augment, card).publishing(vec![artifact])])
        }
        Err(error) if is_late(home, job, &error) => {
            let card = facts([("reason", json!("revocation")), ("detail", json!(null))]);
            Ok(vec![finished(Stage::Augment, card)])
        }
        Err(error) => Err(error),
    }
}

fn is_late(home: &Home, job: &Job, error: &Error) -> bool {
    let waits = matches!(error.disposition(), Disposition::Wait(_) | Disposition::Retry { .. })
        && !matches!(error, Error::WorkFile { .. });
    let sealed: Option<Timestamp> = card_text(job, "sealed_at").and_then(|at| at.parse().ok());
    let deadline = SignedDuration::from_secs(home.settings.augment.store_after_s.cast_signed());
    waits && sealed.is_some_and(|at| home.clock.now().duration_since(at) >= deadline)
}

fn made_or_adopted(home: &Home, tsa: &Tsa<'_>, job: &Job) -> Result<(RaiseFacts, Artifact), Error> {
    let base = home.artifact(job.no, "pdf")?;
    let seal = home.artifact(job.no, "seal")?;
    let parts = [home.root.join(&base.path), home.root.join(&seal.path)];
    let before = card_text(job, "sealed_sha256").unwrap_or_default();
    let relative = format!("work/{}/augment.rev", job.no);
    let folder = crate::home::signed_folder(home, job);
    let made = raise_parts(home, tsa, &parts, before, &folder)?;
    let artifact =
        Artifact { name: "lta".into(), sha256: made.revision_sha256, bytes: made.revision_bytes, path: relative };
    Ok((made, artifact))
}

/// Raises a file given in parts and publishes the revision in `folder`; adopts one that is already there and fits.
pub(crate) fn raise_parts(
    home: &Home,
    tsa: &Tsa<'_>,
    parts: &[PathBuf],
    before: &str,
    folder: &std::path::Path,
) -> Result<RaiseFacts, Error> {
    let (facts_path, revision) = (folder.join("augment.json"), folder.join("augment.rev"));
    if revision.is_file() {
        let noted =
            durable::read_limited(&facts_path, 1 << 20).map_err(|error| home.lost(facts_path.clone(), error))?;
        let made: RaiseFacts = serde_json::from_slice(&noted).map_err(|_| Error::WorkFile { path: facts_path })?;
        if made.before_sha256 == before && durable::sha256_file(&revision)?.0 == made.revision_sha256 {
            return Ok(made);
        }
        return Err(Error::WorkFile { path: revision });
    }
    if facts_path.is_file() {
        durable::remove(&facts_path)?;
    }
    let state = state_of(home, parts, before)?;
    durable::create_dir(folder)?;
    let mut out = Hashing { staged: durable::Staged::create(folder)?, digest: Sha256::context(), bytes: 0 };
    let anchors = crate::home::anchors(home)?;
    let request = RaiseRequest {
        parts,
        state: Some(state),
        anchors: &anchors,
        tsa,
        transport: &home.transport,
        clock: home.clock.as_ref(),
        grace: std::time::Duration::from_secs(home.settings.augment.grace_s),
        cache: &home.validation,
    };
    let Raised { level, sha256, .. } = ::augment::raise(request, &mut out)?;
    let made = RaiseFacts {
        level,
        before_sha256: before.to_owned(),
        revision_sha256: Sha256::from_ring(&out.digest.finish()),
        revision_bytes: out.bytes,
        sha256,
        made_at: home.clock.now(),
    };
    failpoint!("augment:facts:before");
    durable::publish(&facts_path, &serde_json::to_vec(&made)?)?;
    failpoint!("augment:facts:after");
    out.staged.publish(&revision)?;
    failpoint!("augment:bytes:after");
    Ok(made)
}

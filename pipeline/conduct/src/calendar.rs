//! Scheduled and start-up work: recovery, the index's gap, waits tried again, seals that still have to rise.

use std::path::PathBuf;

use model::{Cause, DocumentId, event::EventKind};
use pki::tsa::Tsa;
use preserve::DirectoryCopy;
use register::{Commit, Facts, Job};
use serde_json::json;

use crate::{
    Error, Home,
    lanes::{Shared, held},
    signing::SessionState,
    steps::{self, facts},
};

/// Attempts after which a document that takes the process down with it is held.
const DEADLY: u32 = 3;

/// Start-up: what was running is made ready (or held when it keeps killing the process), waits are tried again, the index is
/// brought up to the register.
pub(crate) fn start(home: &Home) -> Result<(), Error> {
    for no in home.register.recover()? {
        let job = home.register.job(no)?;
        if job.attempt >= DEADLY {
            let mut facts = Facts::new();
            facts.insert("detail".into(), json!({"code": "E-CONDUCT-01", "facts": {"detail": "3"}}));
            home.register.commit(&job, &[held(model::HoldReason::Unworkable, facts)])?;
        }
    }
    for cause in retried_causes(home) {
        home.register.resume(cause.code())?;
    }
    fill_index(home)
}

/// The causes that may be gone by now. A closed session is not asked: the token is not touched without a person.
fn retried_causes(home: &Home) -> Vec<Cause> {
    let mut causes =
        vec![Cause::Certificate, Cause::Timestamp, Cause::Revocation, Cause::Medium, Cause::Font, Cause::Engine];
    if matches!(home.signing.state(), SessionState::Open { .. }) {
        causes.push(Cause::Key);
    }
    causes
}

/// Re-indexes what the index lacks since its last commit; a fresh index lacks everything.
pub(crate) fn fill_index(home: &Home) -> Result<(), Error> {
    let last = steps::index::lock(home).last_event()?;
    let gap = home.register.done_after(last)?;
    if gap.is_empty() {
        return Ok(());
    }
    for job in &gap {
        steps::index::add(home, job)?;
    }
    let head = home.register.head()?.0;
    steps::index::lock(home).commit(head)?;
    Ok(())
}

/// One round of a daemon's calendar.
pub(crate) fn round(shared: &Shared<'_>) -> Result<(), Error> {
    for cause in retried_causes(shared.home) {
        shared.resume(cause)?;
    }
    raise_late(shared)?;
    shared.home.flush_journal()?;
    Ok(())
}

/// Raises documents that were stored at B-T; the rise makes the next OCFL version.
///
/// # Errors
/// Only the register's own: a service that is still away is tried again at the next round.
pub(crate) fn raise_late(shared: &Shared<'_>) -> Result<(), Error> {
    let home = shared.home;
    for job in home.register.done_at_level("B-T")? {
        match raise_one(home, &shared.tsa, &job) {
            Ok(()) => shared.touch(job.no),
            Err(error @ Error::Register(_)) => return Err(error),
            Err(error) => {
                tracing::info!(job = job.no, code = error.code(), "a seal could not rise yet");
                return Ok(());
            }
        }
    }
    Ok(())
}

fn raise_one(home: &Home, tsa: &Tsa<'_>, job: &Job) -> Result<(), Error> {
    let Some(id) = job.document else { return Ok(()) };
    // All copies that hold the document rise together: none is left behind with an older version.
    let holding = home.register.stored(job.no)?;
    let mut copies: Vec<DirectoryCopy> = Vec::new();
    for (name, copy) in home.copies() {
        if holding.iter().any(|stored| stored.copy == name) {
            copies.push(copy?);
        }
    }
    if copies.len() < holding.len() {
        return Err(Error::TooFewCopies { required: holding.len(), reachable: copies.len() });
    }
    let folder = crate::home::signed_folder(home, job);
    let before = steps::card_text(job, "sealed_sha256").unwrap_or_default();
    let base = base_of(&copies, id, before)?;
    let made = steps::augment::raise_parts(home, tsa, base.as_slice(), before, &folder)?;
    let stored = steps::preserve::store_raised(home, job, &copies, &made)?;
    let card = facts([("level", json!(made.level)), ("sealed_sha256", json!(made.sha256)), ("reason", json!(null))]);
    let mut commits = vec![Commit::of(EventKind::Raised).with(card)];
    commits.extend(stored);
    home.register.commit(job, &commits)?;
    durable::remove_tree(&folder)?;
    Ok(())
}

/// The sealed file as it was before the rise, from the first copy that still has it as its newest version.
fn base_of(copies: &[DirectoryCopy], id: DocumentId, before: &str) -> Result<Vec<PathBuf>, Error> {
    for copy in copies {
        let path = copy.part_path(id, "document.pdf")?;
        if durable::sha256_file(&path)?.0.to_hex() == before {
            return Ok(vec![path]);
        }
    }
    // Every copy rose before a crash: the published revision in the work folder is adopted without a base.
    Ok(Vec::new())
}

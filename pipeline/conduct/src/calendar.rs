//! Scheduled and start-up work: recovery, the index's gap, waits tried again, seals that still have to rise.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use failpoint::failpoint;
use model::{Cause, event::EventKind, stage::JobState};
use pki::tsa::Tsa;
use preserve::{CopyStore as _, DirectoryCopy};
use register::{Commit, Facts, Job};
use serde_json::json;

use crate::{
    Error, Home,
    known::{self, known_head},
    lanes::{Shared, held},
    signing::SessionState,
    steps::{self, facts},
};

/// Attempts after which a document that takes the process down with it is held.
const DEADLY: u32 = 3;

/// What a start follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// The end of a process, however it came.
    Death,
    /// A time in which the register could not be written: no document is to blame.
    Standstill,
}

/// Start-up: what was running is made ready (or held when it keeps killing the process), waits are tried again, the index is
/// brought up to the register.
pub(crate) fn start(home: &Home, after: After) -> Result<(), Error> {
    for no in home.register.recover()? {
        let job = home.register.job(no)?;
        if after == After::Death && job.attempt >= DEADLY {
            let mut facts = Facts::new();
            facts
                .insert("detail".into(), json!({"code": "E-CONDUCT-01", "facts": {"path": job.source, "detail": "3"}}));
            home.register.commit(&job, &[held(model::HoldReason::Unworkable, facts)])?;
        }
    }
    clear_risen(home)?;
    for cause in retried_causes(home) {
        home.register.resume(cause.code())?;
    }
    fill_index(home)
}

/// A rise ends before its work files go: those of a process that died between the two go now.
fn clear_risen(home: &Home) -> Result<(), Error> {
    let failed = |source| durable::Error::io("list", &home.work(), source);
    for entry in std::fs::read_dir(home.work()).map_err(failed)? {
        let Some(no) = entry.map_err(failed)?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        match home.register.job(no) {
            Ok(job) if job.state == JobState::Done && steps::card_text(&job, "level") != Some("B-T") => {
                durable::remove_tree(&crate::home::signed_folder(home, &job))?;
            }
            // At work, still to rise, or of a register that was lost: not ours to take.
            Ok(_) | Err(register::Error::Unknown { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
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

/// Re-indexes what the index lacks since its last commit; a fresh index lacks everything. What lies on copies that are away stays
/// a gap, which keeps nothing else back: a later round fills it.
pub(crate) fn fill_index(home: &Home) -> Result<(), Error> {
    let last = steps::index::lock(home).last_event()?;
    let gap = home.register.done_after(last)?;
    if gap.is_empty() {
        *home.gap() = None;
        return Ok(());
    }
    // Open until the end: what another lane commits meanwhile must not say that nothing is lacking.
    *home.gap() = Some(reachable(home));
    let mut whole = true;
    for job in &gap {
        match steps::index::add(home, job) {
            Err(error @ Error::TooFewCopies { .. }) => {
                tracing::warn!(job = job.no, code = error.code(), "not listed until its copy is back");
                whole = false;
            }
            added => added?,
        }
    }
    let seq = if whole { home.register.head()?.0 } else { last };
    steps::index::lock(home).commit(seq)?;
    if whole {
        *home.gap() = None;
    }
    Ok(())
}

/// Tries an open gap again once other copies can be reached.
fn fill_gap(home: &Home) -> Result<(), Error> {
    let before = home.gap().clone();
    if before.is_some_and(|before| before != reachable(home)) { fill_index(home) } else { Ok(()) }
}

fn reachable(home: &Home) -> Vec<String> {
    home.reachable().iter().map(|copy| copy.name().to_owned()).collect()
}

/// One round of a daemon's calendar.
pub(crate) fn round(shared: &Shared<'_>) -> Result<(), Error> {
    let no_timestamps = shared.without_timestamps().is_some();
    for cause in retried_causes(shared.home) {
        if !(cause == Cause::Timestamp && no_timestamps) {
            shared.resume(cause)?;
        }
    }
    if !steps::index::lock(shared.home).is_there() {
        tracing::error!("the index is gone and is made again");
        shared.home.renew_index()?;
    }
    fill_gap(shared.home)?;
    raise_late(shared)?;
    catch_up(shared, Some(CATCH_UP))?;
    shared.home.flush_journal()?;
    Ok(())
}

/// How long a daemon's round brings copies up to date before it looks at inbound again.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(20);
/// Documents asked for at a time.
const BATCH: usize = 64;

/// Brings finished documents to copies that were away when enough others held them.
///
/// # Errors
/// Only the register's own: a copy that is still away is tried again at the next round.
pub(crate) fn catch_up(shared: &Shared<'_>, patience: Option<Duration>) -> Result<(), Error> {
    let home = shared.home;
    let start = home.clock.monotonic();
    let late = || patience.is_some_and(|most| home.clock.monotonic().saturating_sub(start) > most);
    let copies = home.reachable();
    for copy in &copies {
        fill_copy(shared, &copies, copy, &late)?;
    }
    Ok(())
}

/// Brings one copy what it lacks, until that is all, or the medium refuses. A document that no copy has whole is passed over.
fn fill_copy(
    shared: &Shared<'_>,
    copies: &[DirectoryCopy],
    copy: &DirectoryCopy,
    late: &dyn Fn() -> bool,
) -> Result<(), Error> {
    let home = shared.home;
    let mut last = 0;
    loop {
        let lacking = home.register.lacking(copy.name(), last, BATCH)?;
        for job in &lacking {
            if late() || shared.stopping() {
                return Ok(());
            }
            last = job.no;
            match bring(home, copies, copy, job) {
                Ok(stored) => {
                    home.register.commit(job, &[stored])?;
                    shared.touch(job.no);
                }
                Err(error @ Error::Register(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(copy = copy.name(), job = job.no, code = error.code(), "a copy lags behind");
                    if !error.is_about_a_document() {
                        return Ok(());
                    }
                }
            }
        }
        if lacking.len() < BATCH {
            return Ok(());
        }
    }
}

/// Brings a document to the copies that lack it, as far as they can be reached.
pub(crate) fn complete(home: &Home, job: &Job) -> Result<(), Error> {
    let copies = home.reachable();
    let held = home.register.stored(job.no)?;
    for copy in copies.iter().filter(|copy| held.iter().all(|stored| stored.copy != copy.name())) {
        match bring(home, &copies, copy, job) {
            Ok(stored) => drop(home.register.commit(job, &[stored])?),
            Err(error @ Error::Register(_)) => return Err(error),
            Err(error) => tracing::warn!(copy = copy.name(), job = job.no, code = error.code(), "a copy lags behind"),
        }
    }
    Ok(())
}

/// One document to one copy, from the first copy that has it whole.
fn bring(home: &Home, copies: &[DirectoryCopy], to: &DirectoryCopy, job: &Job) -> Result<Commit, Error> {
    let id = job.document.ok_or(Error::WorkFile { path: home.work() })?;
    let mut last = Error::TooFewCopies { required: 1, reachable: 0 };
    for from in copies {
        let Some(known) = known::inventory(&home.register, job, from.name())? else { continue };
        match preserve::mirror(from, to, id, known) {
            Ok(stored) => return Ok(steps::preserve::stored_on(to.name(), &stored.version, stored.inventory_sha512)),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// How long seals that cannot rise may keep a round: a service that is away takes its patience for each.
const SETBACKS: Duration = Duration::from_secs(20);

/// Raises documents that were stored at B-T; the rise makes the next OCFL version. Those that could not rise in the last round
/// are tried behind the others.
///
/// # Errors
/// Only the register's own: a service that is still away is tried again at the next round.
pub(crate) fn raise_late(shared: &Shared<'_>) -> Result<(), Error> {
    let home = shared.home;
    let mut lost = Duration::ZERO;
    let mut jobs = home.register.done_at_level("B-T")?;
    jobs.sort_by_key(|job| shared.was_set_back(job.no));
    for job in jobs {
        if shared.without_timestamps().is_some() || lost > SETBACKS {
            return Ok(());
        }
        let start = home.clock.monotonic();
        let raised = raise_one(home, &shared.tsa, &job);
        shared.timestamped(&raised);
        match raised {
            Ok(()) => shared.touch(job.no),
            Err(error @ Error::Register(_)) => return Err(error),
            Err(error) => {
                tracing::info!(job = job.no, code = error.code(), reason = %error, "a seal could not rise yet");
                shared.set_back(job.no);
                lost += home.clock.monotonic().saturating_sub(start);
            }
        }
    }
    Ok(())
}

fn raise_one(home: &Home, tsa: &Tsa<'_>, job: &Job) -> Result<(), Error> {
    // All copies that hold the document rise together: none is left behind with an older version.
    // One that was taken out of the settings no longer counts.
    let mut holding = home.register.stored(job.no)?;
    holding.retain(|stored| home.settings.copy.iter().any(|copy| copy.name == stored.copy));
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
    let base = base_of(home, job, &copies, before, &folder)?;
    let made = steps::augment::raise_parts(home, tsa, base.as_slice(), before, &folder)?;
    let stored = steps::preserve::store_raised(home, job, &copies, &made)?;
    let card = facts([("level", json!(made.level)), ("sealed_sha256", json!(made.sha256)), ("reason", json!(null))]);
    let mut commits = vec![Commit::of(EventKind::Raised).with(card)];
    commits.extend(stored);
    home.register.commit(job, &commits)?;
    failpoint!("augment:risen:after");
    durable::remove_tree(&folder)?;
    Ok(())
}

/// The sealed file as it was before the rise, from the first copy that still has it as its newest version; none when a revision
/// was published before a crash: that one is adopted without it.
fn base_of(
    home: &Home,
    job: &Job,
    copies: &[DirectoryCopy],
    before: &str,
    folder: &Path,
) -> Result<Option<PathBuf>, Error> {
    let mut last = Error::TooFewCopies { required: 1, reachable: 0 };
    for copy in copies {
        let path = known_head(&home.register, job, copy).and_then(|head| Ok(copy.part_path(&head, "document.pdf")?));
        match path.and_then(|path| Ok((durable::sha256_file(&path)?.0, path))) {
            Ok((sha256, path)) if sha256.to_hex() == before => return Ok(Some(path)),
            Ok((_, path)) => last = steps::preserve::not_sealed(copy, &path),
            Err(error) => last = error,
        }
    }
    if folder.join("augment.rev").is_file() { Ok(None) } else { Err(last) }
}

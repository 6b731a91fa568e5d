//! Register and index again from one good copy: the journal is folded, then the objects are asked.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use config::Settings;
use model::{Clock, DocumentId, Submission, event::EventKind, stage::JobState};
use preserve::{
    CopyStore as _, DirectoryCopy,
    journal::{self, ChainHead, JournalEntry},
};
use register::{Commit, Facts, Job, Register};
use serde_json::{Value, json};

use crate::{
    Error, Home, calendar, proven,
    steps::preserve::{CERTIFICATION, DECIDED, PART_LIMIT, stored_on},
};

/// What a rebuild found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events folded.
    pub events: u64,
    /// Objects on the copy.
    pub documents: u64,
    /// Numbers that nothing explains; they are void now.
    pub lost: u64,
}

/// Builds register and index from a copy, named or given as a folder. What was in work begins again from its scans, under
/// the number it holds; what the copy holds whole is taken over.
///
/// # Errors
/// Before anything is replaced when the copy cannot be read, its journal's chain does not hold, or another copy's journal goes on
/// behind its end or contradicts it ([`Error::OtherHistory`]). The register that was
/// there is set aside, not deleted.
pub fn rebuild(root: &Path, from: &str, clock: Arc<dyn Clock>, worker: PathBuf) -> Result<Rebuilt, Error> {
    let settings = Settings::load(root)?;
    let copy = open_copy(&settings, from)?;
    let entries = journal::read(&copy)?;
    refuse_older(&settings, &copy, &entries)?;
    let events = entries.len() as u64;
    {
        let _lock = durable::lock_home(root)?;
        for name in ["register.sqlite", "register.sqlite-wal", "register.sqlite-shm"] {
            durable::set_aside(&root.join(name))?;
        }
        durable::remove_tree(&root.join("index"))?;
        let register = Register::open(&root.join("register.sqlite"), Arc::clone(&clock))?;
        register.restore(entries.into_iter().map(|entry| entry.line))?;
    }
    let home = Home::open(root, clock, worker)?;
    home.register.recover()?;
    let ids = preserve::objects(&copy)?;
    for id in &ids {
        match take_over(&home, &copy, *id) {
            // It stays on the copy, where the audit tells of it.
            Err(error) if error.is_about_a_document() => {
                tracing::error!(document = %id, code = error.code(), reason = %error, "a document was not taken over");
            }
            taken => taken?,
        }
    }
    for job in home.register.jobs()? {
        begin_again(&home, &job)?;
    }
    let lost = home.register.void_gaps()?;
    calendar::fill_index(&home)?;
    home.flush_journal()?;
    Ok(Rebuilt { events, documents: ids.len() as u64, lost })
}

/// A copy that was put back as it was some time ago ends too early: the numbers behind its end would be given once more. A copy that
/// cannot be asked says nothing.
fn refuse_older(settings: &Settings, copy: &DirectoryCopy, entries: &[JournalEntry]) -> Result<(), Error> {
    for other in settings.copy.iter().filter(|other| other.name != copy.name()) {
        let last =
            DirectoryCopy::open(&other.path, &other.name, other.immutable).and_then(|other| journal::last(&other));
        let last = match last {
            Ok(last) => last,
            Err(error) => {
                tracing::warn!(copy = other.name, code = error.code(), "its journal could not be compared");
                continue;
            }
        };
        let same =
            last == ChainHead::GENESIS || entries.iter().any(|entry| (entry.seq, entry.hash) == (last.seq, last.hash));
        if !same {
            let (copy, other) = (copy.name().to_owned(), other.name.clone());
            return Err(Error::OtherHistory { copy, other, event: last.seq });
        }
    }
    Ok(())
}

fn open_copy(settings: &Settings, from: &str) -> Result<DirectoryCopy, Error> {
    let named = settings.copy.iter().find(|copy| copy.name == from || copy.path == Path::new(from));
    match named {
        Some(copy) => Ok(DirectoryCopy::open(&copy.path, &copy.name, copy.immutable)?),
        None => Err(Error::CopyAway { copy: from.to_owned() }),
    }
}

/// An object that the journal does not know as stored was stored just before the journal's end.
fn take_over(home: &Home, copy: &DirectoryCopy, id: DocumentId) -> Result<(), Error> {
    let known = home.register.job_of_document(id)?;
    if let Some(job) = &known
        && home.register.stored(job.no)?.iter().any(|stored| stored.copy == copy.name())
    {
        return Ok(());
    }
    let head = preserve::head(copy, id)?;
    let read =
        |part: &str| -> Result<Value, Error> { Ok(serde_json::from_slice(&head.read(copy, part, PART_LIMIT)?)?) };
    let submission: Submission = serde_json::from_value(read("submission.json")?)?;
    let certification = read("certification.json")?;
    let unproven = match proven::fault(home, copy, &head, &submission, &certification)? {
        None if number_is_taken(home, known.as_ref(), &certification)? => Some("its number is another document's"),
        fault => fault,
    };
    if let Some(fault) = unproven {
        tracing::error!(document = %id, fault, "a document was not taken over");
        return Ok(());
    }
    let job = if let Some(job) = known {
        job
    } else {
        let entered = home.register.enter(&submission.source, &format!("object:{id}"))?;
        home.register.job(entered.ok_or_else(|| Error::CopyAway { copy: copy.name().to_owned() })?)?
    };
    if matches!(job.state, JobState::Done) {
        return Ok(());
    }
    book_proven(home, &job, &certification)?;
    let mut card = Facts::new();
    card.insert("document".into(), json!(id));
    card.insert("form".into(), json!(submission.form));
    card.insert("pages".into(), json!(submission.pages.len()));
    card.insert("place".into(), json!(submission.place));
    card.insert("description".into(), read("description.json")?);
    card.insert("placement".into(), read("placement.json")?);
    for key in CERTIFICATION.iter().chain(DECIDED) {
        card.insert((*key).into(), certification.get(*key).cloned().unwrap_or(Value::Null));
    }
    let on = |copy: &str| stored_on(copy, &head.version.to_string(), head.inventory_sha512);
    let mut commits = vec![Commit::of(EventKind::Adopted).with(card), on(copy.name())];
    // Storing ended on every copy before its journal could tell.
    for (name, other) in home.copies().into_iter().filter(|(name, _)| name != copy.name()) {
        if other.is_ok_and(|other| preserve::known_head(&other, id, head.inventory_sha512).is_ok()) {
            commits.push(on(&name));
        }
    }
    let job = home.register.job(job.no)?;
    home.register.commit(&job, &commits)?;
    Ok(())
}

fn book_proven(home: &Home, job: &Job, certification: &Value) -> Result<(), Error> {
    if let Some((year, number)) = number_of(certification)
        && home.register.booking_of(job.no)?.is_none()
    {
        home.register.book_proven(job, year, number)?;
    }
    Ok(())
}

/// Year and number of a certification.
fn number_of(certification: &Value) -> Option<(i16, u32)> {
    let part = |name: &str| certification.pointer(&format!("/certification/{name}")).and_then(Value::as_i64);
    Some((part("year")?.try_into().ok()?, part("number")?.try_into().ok()?))
}

fn number_is_taken(home: &Home, job: Option<&Job>, certification: &Value) -> Result<bool, Error> {
    let Some((year, number)) = number_of(certification) else { return Ok(false) };
    let booked = home.register.book_of(Some(year))?.into_iter().find(|booking| booking.number == number);
    Ok(booked.is_some_and(|booking| job.is_none_or(|job| booking.job != Some(job.no))))
}

/// Work files may be gone: what is neither stored nor ended starts again from its scan.
fn begin_again(home: &Home, job: &Job) -> Result<(), Error> {
    let open = match &job.state {
        JobState::Ready(stage) | JobState::Running(stage) | JobState::Waiting(stage, _) => *stage,
        JobState::Held(..) | JobState::Duplicate | JobState::Rejected | JobState::Done => return Ok(()),
    };
    let gone = home.register.artifacts(job.no)?.iter().any(|artifact| !home.root.join(&artifact.path).is_file());
    if open > model::Stage::Intake && gone && home.register.stored(job.no)?.is_empty() {
        home.register.commit(job, &[Commit::of(EventKind::Restarted)])?;
    }
    Ok(())
}

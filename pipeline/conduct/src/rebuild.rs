//! Register and index again from one good copy: the journal is folded, then the objects are asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use config::Settings;
use durable::Move;
use model::{Clock, Description, DocumentId, Placement, Stage, Submission, event::EventKind, stage::JobState};
use preserve::{
    CopyStore as _, DirectoryCopy,
    journal::{self, ChainHead, JournalEntry},
};
use register::{Commit, Facts, Job, Register};
use serde_json::{Value, json};

use crate::{
    Error, Home, calendar,
    home::REBUILDING,
    proven,
    steps::preserve::{CERTIFICATION, DECIDED, PART_LIMIT, stored_on},
};

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events folded.
    pub events: u64,
    /// Objects on the copy.
    pub documents: u64,
    /// Numbers that nothing explains; they are void now.
    pub lost: u64,
    /// Objects that no journal tells of and that do not prove to be documents of this archive, with the reason. They stay where
    /// they lie, and the audit tells of them.
    pub passed_over: Vec<(DocumentId, String)>,
}

/// Builds register and index from a copy, named or given as a folder. What was in work begins again from its scans, under
/// the number it holds; what the copy holds whole is taken over.
///
/// # Errors
/// Before anything is replaced when the copy cannot be read, its journal's chain does not hold, or another copy's journal goes on
/// behind its end or contradicts it ([`Error::OtherHistory`]). The register that was
/// there is set aside, not deleted, and so are work files of documents that the journal does not know.
pub fn rebuild(root: &Path, from: &str, clock: Arc<dyn Clock>, worker: PathBuf) -> Result<Rebuilt, Error> {
    let settings = Settings::load(root)?;
    let copy = open_copy(&settings, from)?;
    let entries = journal::read(&copy)?;
    refuse_older(&settings, &copy, &entries)?;
    let events = entries.len() as u64;
    {
        let _lock = durable::lock_home(root)?;
        replace_register(root, &clock, entries)?;
        durable::remove_tree(&root.join("index"))?;
    }
    let home = Home::open_rebuilt(root, clock, worker)?;
    home.register.recover()?;
    set_unknown_work_aside(&home)?;
    let (documents, passed_over) = take_all_over(&home, &copy)?;
    for job in home.register.jobs()? {
        begin_again(&home, &job)?;
    }
    let lost = home.register.void_gaps()?;
    calendar::fill_index(&home)?;
    home.flush_journal()?;
    durable::remove_tree(&root.join(REBUILDING))?;
    Ok(Rebuilt { events, documents, lost, passed_over: passed_over.into_iter().collect() })
}

/// Asks the objects of the copy, and of every other one that can be reached: how many are known now, and which are not and why.
fn take_all_over(home: &Home, copy: &DirectoryCopy) -> Result<(u64, BTreeMap<DocumentId, String>), Error> {
    let mut ids: BTreeMap<DocumentId, Vec<&DirectoryCopy>> = BTreeMap::new();
    let others: Vec<DirectoryCopy> = home.copies().into_iter().filter_map(|(_, copy)| copy.ok()).collect();
    let others = others.iter().filter(|other| other.name() != copy.name());
    for (at, from) in std::iter::once(copy).chain(others).enumerate() {
        match preserve::objects(from) {
            Ok(found) => found.into_iter().for_each(|id| ids.entry(id).or_default().push(from)),
            Err(error) if at == 0 => return Err(error.into()),
            Err(error) => tracing::warn!(copy = from.name(), code = error.code(), "its objects could not be asked"),
        }
    }
    let mut passed_over = BTreeMap::new();
    for (id, copies) in &ids {
        for from in copies {
            let fault = match take_over(home, from, *id, ids.len()) {
                Ok(fault) => fault.map(str::to_owned),
                Err(error @ Error::Register(_)) => return Err(error),
                Err(error) => Some(error.to_string()),
            };
            let Some(fault) = fault else {
                passed_over.remove(id);
                break;
            };
            passed_over.insert(*id, fault);
        }
    }
    Ok(((ids.len() - passed_over.len()) as u64, passed_over))
}

/// Built beside the one that is there, and put in its place whole: what cannot be built replaces nothing. The folder it was built in
/// stays until everything is taken over, and nobody works in the home before.
fn replace_register(root: &Path, clock: &Arc<dyn Clock>, entries: Vec<JournalEntry>) -> Result<(), Error> {
    const FILES: [&str; 3] = ["register.sqlite-wal", "register.sqlite-shm", "register.sqlite"];
    let beside = root.join(REBUILDING);
    durable::remove_tree(&beside)?;
    durable::create_dir(&beside)?;
    let built = Register::open(&beside.join("register.sqlite"), Arc::clone(clock))
        .and_then(|register| register.restore(entries.into_iter().map(|entry| entry.line)));
    if let Err(error) = built {
        durable::remove_tree(&beside)?;
        return Err(error.into());
    }
    // The old log first: it must not be taken for the new file's.
    for name in FILES {
        durable::set_aside(&root.join(name))?;
    }
    let built = FILES.iter().filter(|name| beside.join(name).try_exists().unwrap_or(true));
    let moves: Vec<_> = built.map(|name| Move { staged: beside.join(name), place: root.join(name) }).collect();
    Ok(durable::enter(&moves)?)
}

/// Work files of jobs that the journal does not know: their numbers will be other documents'. A number is journalled before it is
/// signed under, so that no signature among them counts.
fn set_unknown_work_aside(home: &Home) -> Result<(), Error> {
    let jobs: BTreeSet<i64> = home.register.jobs()?.iter().map(|job| job.no).collect();
    let failed = |source| durable::Error::io("list", &home.work(), source);
    for entry in std::fs::read_dir(home.work()).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let job: Option<i64> = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        if job.is_some_and(|job| !jobs.contains(&job)) {
            durable::set_aside(&path)?;
        }
    }
    Ok(())
}

/// A copy that was put back as it was some time ago ends too early: the numbers behind its end would be given once more. A copy that
/// is away says nothing until it is back ([`Error::OtherRegister`]).
fn refuse_older(settings: &Settings, copy: &DirectoryCopy, entries: &[JournalEntry]) -> Result<(), Error> {
    for other in settings.copy.iter().filter(|other| other.name != copy.name()) {
        let there = match DirectoryCopy::open(&other.path, &other.name, other.immutable) {
            Ok(there) => there,
            Err(error) => {
                tracing::warn!(copy = other.name, code = error.code(), "its journal could not be compared");
                continue;
            }
        };
        let last = journal::last(&there)?;
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

/// An object that the journal does not know as stored was stored just before the journal's end. The answer says why it is not
/// taken over.
fn take_over(home: &Home, copy: &DirectoryCopy, id: DocumentId, objects: usize) -> Result<Option<&'static str>, Error> {
    let known = home.register.job_of_document(id)?;
    if let Some(job) = &known
        && (job.state == JobState::Done
            || home.register.stored(job.no)?.iter().any(|stored| stored.copy == copy.name()))
    {
        return Ok(None);
    }
    let head = preserve::head(copy, id)?;
    let read =
        |part: &str| -> Result<Value, Error> { Ok(serde_json::from_slice(&head.read(copy, part, PART_LIMIT)?)?) };
    let submission: Submission = serde_json::from_value(read("submission.json")?)?;
    let certification = read("certification.json")?;
    let unproven = match proven::fault(home, copy, &head, &submission, &certification)? {
        None => fault_of_number(home, known.as_ref(), &certification, objects)?,
        fault => fault,
    };
    if unproven.is_some() {
        return Ok(unproven);
    }
    let (description, placement) = (read("description.json")?, read("placement.json")?);
    serde_json::from_value::<Option<Description>>(description.clone())?;
    serde_json::from_value::<Option<Placement>>(placement.clone())?;
    // Entered, and not read yet where the journal ends: it may be this one.
    let unread = home.register.job_of_source(&submission.source)?;
    let unread = unread.filter(|job| job.document.is_none() && open_at(job).is_some());
    let job = match known.or(unread) {
        Some(job) => job,
        None => home.register.job(home.register.enter_stored(&submission.source)?)?,
    };
    book_proven(home, &job, &certification)?;
    let mut card = Facts::new();
    card.insert("document".into(), json!(id));
    card.insert("form".into(), json!(submission.form));
    card.insert("pages".into(), json!(submission.pages.len()));
    card.insert("place".into(), json!(submission.place));
    card.insert("description".into(), description);
    card.insert("placement".into(), placement);
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
    Ok(None)
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

fn fault_of_number(
    home: &Home,
    job: Option<&Job>,
    certification: &Value,
    objects: usize,
) -> Result<Option<&'static str>, Error> {
    let Some((year, number)) = number_of(certification) else { return Ok(Some("it has no number")) };
    let own = job.map(|job| home.register.booking_of(job.no)).transpose()?.flatten();
    if own.is_some_and(|booking| (booking.year, booking.number) != (year, number)) {
        return Ok(Some("its number is not the one that was booked for it"));
    }
    let book = home.register.book_of(Some(year))?;
    let highest = book.iter().map(|booking| booking.number).max().unwrap_or(0);
    if number as usize > highest as usize + objects {
        return Ok(Some("its number is far behind every other one"));
    }
    let booked = book.into_iter().find(|booking| booking.number == number);
    let taken = booked.is_some_and(|booking| job.is_none_or(|job| booking.job != Some(job.no)));
    Ok(taken.then_some("its number is another document's"))
}

/// The stage of a job that has work before it and waits for no person.
fn open_at(job: &Job) -> Option<Stage> {
    match &job.state {
        JobState::Ready(stage) | JobState::Running(stage) | JobState::Waiting(stage, _) => Some(*stage),
        JobState::Held(..) | JobState::Duplicate | JobState::Rejected | JobState::Done => None,
    }
}

/// Work files may be gone: what is neither stored nor ended starts again from its scan.
fn begin_again(home: &Home, job: &Job) -> Result<(), Error> {
    let Some(open) = open_at(job) else { return Ok(()) };
    let gone = home.register.artifacts(job.no)?.iter().any(|artifact| !home.root.join(&artifact.path).is_file());
    if open > Stage::Intake && gone && home.register.stored(job.no)?.is_empty() {
        home.register.commit(job, &[Commit::of(EventKind::Restarted)])?;
    }
    Ok(())
}

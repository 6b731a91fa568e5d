//! Register and index again from one good copy: the journal is folded, then the objects are asked.

mod take_over;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use config::Settings;
use durable::Move;
use model::{Clock, DocumentId, Stage, event::EventKind, stage::JobState};
use preserve::{
    CopyStore as _, DirectoryCopy,
    journal::{self, ChainHead, JournalEntry},
};
use register::{Commit, Job, Register};

use self::take_over::take_all_over;
use crate::{Error, Home, calendar, home::REBUILDING};

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events folded.
    pub events: u64,
    /// Objects on the copies that are known now.
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
/// behind its end or contradicts it ([`Error::OtherHistory`]). The register that was there is set aside, not deleted, and so are
/// work files of documents that the journal does not know.
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

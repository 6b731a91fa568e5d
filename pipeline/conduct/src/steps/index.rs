//! Index: every word findable; then, and only then, the originals leave inbound.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{MutexGuard, PoisonError},
};

use failpoint::failpoint;
use model::{Description, PageWords, Stage};
use preserve::{DirectoryCopy, Head};
use register::Job;
use search::{Index, IndexedDocument};
use serde_json::{Value, json};

use crate::{
    Error, Home, calendar,
    known::{from_copies, known_head},
    step::Answer,
    steps::{facts, finished, preserve::PART_LIMIT},
};

/// Lists documents, makes their history safe on the copies, and takes their originals out of inbound. What cannot be listed
/// together is listed one by one.
pub(crate) fn list<'j>(home: &Home, jobs: &'j [Job]) -> Vec<Answer<'j>> {
    let journalled = match put(home, jobs).and_then(|()| home.flush_journal()) {
        Ok(journalled) => journalled,
        Err(error) => match jobs {
            [alone] => return vec![(alone, Err(error))],
            _ => return jobs.chunks(1).flat_map(|one| list(home, one)).collect(),
        },
    };
    let listed = |job| {
        release(home, job, journalled)?;
        Ok(vec![finished(Stage::Index, facts([("detail", json!(null))]))])
    };
    jobs.iter().map(|job| (job, listed(job))).collect()
}

/// Puts documents into the index with one commit.
fn put(home: &Home, jobs: &[Job]) -> Result<(), Error> {
    if !lock(home).is_there() {
        // Somebody removed it under us: it is derived, and made again from the register and the copies.
        tracing::error!("the index is gone and is made again");
        home.renew_index()?;
    }
    let put = || {
        jobs.iter().try_for_each(|job| add(home, job))?;
        let mut index = lock(home);
        // While it lacks what is on a copy that is away, it ends where it ended.
        let seq = if home.gap().is_some() { index.last_event()? } else { home.register.head()?.0 };
        Ok(index.commit(seq)?)
    };
    if let Err(error) = put() {
        // A writer that failed once never works again.
        home.renew_index()?;
        return Err(error);
    }
    failpoint!("index:listed:after");
    Ok(())
}

/// Adds a document to the open index transaction.
pub(crate) fn add(home: &Home, job: &Job) -> Result<(), Error> {
    let pages = words(home, job)?.unwrap_or_default();
    let description: Description = match job.card.get("description") {
        Some(value) => serde_json::from_value(value.clone()).unwrap_or_else(|error| {
            tracing::error!(job = job.no, reason = %error, "its description cannot be read: it is found by its words alone");
            Description::default()
        }),
        None => Description::default(),
    };
    let id = job.document.ok_or(Error::WorkFile { path: home.work() })?;
    let title = crate::card::title(job);
    let number = description.citation();
    lock(home).add(&IndexedDocument {
        id,
        title: &title,
        number: number.as_deref(),
        description: &description,
        pages: &pages,
        source: &job.source,
    })?;
    Ok(())
}

pub(crate) fn lock(home: &Home) -> MutexGuard<'_, Index> {
    home.index.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The words of a document: from the work files while they are there, else from a copy. None when every copy is there and has
/// them no more: the document is then found by its description, and keeps no other from being found.
fn words(home: &Home, job: &Job) -> Result<Option<Vec<PageWords>>, Error> {
    if let Ok(bytes) = home.fetch(job.no, "words") {
        return Ok(Some(serde_json::from_slice(&bytes)?));
    }
    let mut away = false;
    for (name, copy) in home.copies() {
        away |= copy.is_err();
        match copy.and_then(|copy| stored_words(home, job, &copy)) {
            Ok(pages) => return Ok(Some(pages)),
            Err(error) => tracing::warn!(copy = name, code = error.code(), "words could not be read from a copy"),
        }
    }
    if away {
        return Err(Error::TooFewCopies { required: 1, reachable: 0 });
    }
    tracing::error!(job = job.no, "no copy has its words any more: it is found by its description alone");
    Ok(None)
}

fn page_count(job: &Job) -> u64 {
    job.card.get("pages").and_then(Value::as_u64).unwrap_or(0)
}

fn stored_words(home: &Home, job: &Job, copy: &DirectoryCopy) -> Result<Vec<PageWords>, Error> {
    let head = known_head(&home.register, job, copy)?;
    (1..=page_count(job)).map(|page| words_of(copy, &head, page)).collect()
}

fn words_of(copy: &DirectoryCopy, head: &Head, page: u64) -> Result<PageWords, Error> {
    let packed = head.read(copy, &format!("words/{page:04}.json.zst"), 64 << 20)?;
    let json = zstd::decode_all(packed.as_slice())
        .map_err(|source| durable::Error::io("read", &PathBuf::from(format!("words/{page:04}.json.zst")), source))?;
    Ok(serde_json::from_slice(&json)?)
}

/// The words of one page from the first copy that gives them.
pub(crate) fn stored_page(home: &Home, job: &Job, page: u32) -> Result<PageWords, Error> {
    from_copies(&home.register, &home.settings.copy, job, |copy, head| words_of(copy, head, u64::from(page)))
}

/// The object lies re-read on enough copies and its history on the copies too: work files and originals may go.
fn release(home: &Home, job: &Job, mut journalled: usize) -> Result<(), Error> {
    let required = home.settings.preserve.copies_required;
    if held_by(home, job)? < required {
        // Taken over from one copy after a rebuild.
        calendar::complete(home, job)?;
        journalled = home.flush_journal()?;
    }
    let stored = held_by(home, job)?;
    if stored < required || journalled < required.min(stored) {
        return Err(Error::TooFewCopies { required, reachable: stored.min(journalled) });
    }
    remove_originals(home, job)?;
    // A document that still has to rise keeps no work files: the rise reads the sealed file from a copy.
    failpoint!("index:work:before");
    durable::remove_tree(&crate::home::signed_folder(home, job))?;
    failpoint!("index:work:after");
    Ok(())
}

/// How many of the copies in the settings hold it.
fn held_by(home: &Home, job: &Job) -> Result<usize, Error> {
    let stored = home.register.stored(job.no)?;
    Ok(home.settings.copy.iter().filter(|copy| stored.iter().any(|stored| stored.copy == copy.name)).count())
}

fn remove_originals(home: &Home, job: &Job) -> Result<(), Error> {
    // After a crash the work file may be gone already, and before a copy was found to hold the document it may have been lost.
    let submission = match crate::steps::submission(home, job) {
        Ok(submission) => submission,
        Err(_) => from_copies(&home.register, &home.settings.copy, job, |copy, head| {
            Ok(serde_json::from_slice(&head.read(copy, "submission.json", PART_LIMIT)?)?)
        })?,
    };
    if !intake::stays_below(&submission) {
        tracing::error!(job = job.no, "a path of it leads out of inbound: nothing is removed");
        return Ok(());
    }
    let inbound = &home.settings.inbound.path;
    let mut folders = BTreeSet::new();
    for (file, path) in submission.files.iter().zip(crate::steps::originals(home, &submission)) {
        // Only what was claimed goes: other bytes under the same name are a new scan.
        if path.is_file() && durable::sha256_file(&path)?.0 == file.sha256 {
            failpoint!("index:original:before");
            durable::remove(&path)?;
            failpoint!("index:original:after");
        }
        folders.extend(path.parent().map(PathBuf::from));
    }
    for declared in intake::declared_paths(inbound, &submission) {
        if declared.is_file() {
            durable::remove(&declared)?;
            failpoint!("index:declared:after");
        }
    }
    // Folders of the document that are empty now go too; inbound itself and the levels above the document stay.
    for folder in folders {
        if folder.as_path() != inbound.as_path() && folder.ends_with(intake::decode_name(&submission.source)) {
            durable::remove_empty_dir(&folder)?;
            failpoint!("index:folder:after");
        }
    }
    Ok(())
}

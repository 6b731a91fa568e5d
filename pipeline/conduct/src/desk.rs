//! What a desk is handed about one document: its files byte for byte, its pages as pictures, its words, its verdicts.
//!
//! Whatever comes from a copy is checked against the inventory that the register expects before it is handed out; a copy
//! that does not hold is passed over for the next one. Foreign bytes are decoded in workers only.

use std::path::PathBuf;

use model::{DocumentId, HoldReason, PageWords, Secrecy, SizeMm, SourceKind, Stage, stage::JobState};
use pki::certificate::Certificate;
use register::Job;
use serde_json::Value;

use crate::{
    Error, Home, decide,
    doctor::{RENEW_DAYS, days},
    known::from_copies,
    steps::{self, limits, patience},
    worker::{self, Task},
};

/// The certified file.
pub const SEALED: &str = "document.pdf";

/// A file of a stored document, its bytes checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Length.
    pub bytes: u64,
    /// SHA-512 of its bytes, hexadecimal, as the inventory says.
    pub sha512: String,
}

/// Whether pictures and words of a document may be shown: what may be secret is looked at on paper (Điều 11). Secrecy that
/// was found or declared outlives the state, and is that of every document with the same content: only the gate, passed,
/// takes it back.
pub fn may_be_seen(home: &Home, job: &Job) -> bool {
    if is_secret(home, job) {
        return false;
    }
    let Some(id) = job.document.filter(|_| !passed_the_gate(job)) else { return true };
    home.register.jobs_of_content(id).is_ok_and(|twins| !twins.iter().any(|twin| is_secret(home, twin)))
}

/// What the gate found of this job, and before it passed the gate what its declaration calls secret.
fn is_secret(home: &Home, job: &Job) -> bool {
    let told = job.card.get("detail").and_then(|detail| detail.get("code")).and_then(Value::as_str);
    let found = matches!(&job.state, JobState::Held(_, reason) if reason == HoldReason::Secret.code())
        || told.is_some_and(|code| code.starts_with("held-secret"))
        || decide::secrecy_found(job).is_some();
    found || (!passed_the_gate(job) && declared_secret(home, job))
}

/// Of what was turned away nobody knows how far it came.
fn passed_the_gate(job: &Job) -> bool {
    match &job.state {
        JobState::Ready(stage) | JobState::Running(stage) | JobState::Waiting(stage, _) | JobState::Held(stage, _) => {
            *stage > Stage::Describe
        }
        JobState::Duplicate | JobState::Rejected => false,
        JobState::Done => true,
    }
}

/// As it was claimed, and as it lies in inbound: what cannot be understood may say that the document is secret.
fn declared_secret(home: &Home, job: &Job) -> bool {
    let secret = |level: Option<Secrecy>| level > Some(Secrecy::Thuong);
    let claimed = steps::submission(home, job).is_ok_and(|claimed| secret(claimed.declared.secrecy));
    let declared = intake::Template::parse(&home.settings.inbound.template)
        .and_then(|template| intake::candidate(&home.settings.inbound.path, &job.source, &template))
        .and_then(|candidate| intake::read_declared(&candidate));
    claimed
        || match declared {
            Ok(declared) => secret(declared.secrecy),
            Err(intake::Error::Declaration { .. }) => true,
            // Nothing lies there (any more): there is nothing to show either.
            Err(_) => false,
        }
}

/// Names of a stored document's files that people fetch: the certified file and the originals.
///
/// # Errors
/// The last copy's own, when none can be read.
pub fn files(home: &Home, job: &Job) -> Result<Vec<String>, Error> {
    from_copies(&home.register, &home.settings.copy, job, |_, head| {
        let names = head.parts.keys().filter(|name| *name == SEALED || name.starts_with("originals/"));
        Ok(names.cloned().collect())
    })
}

/// A file of a stored document, its digest checked before it is named.
///
/// # Errors
/// The last copy's own, when none holds the file as it was stored.
pub fn file(home: &Home, job: &Job, logical: &str) -> Result<StoredFile, Error> {
    from_copies(&home.register, &home.settings.copy, job, |copy, head| {
        let (path, bytes) = copy.sound_part(head, logical)?;
        let sha512 = head.parts.get(logical).map(|sha512| sha512.to_hex()).unwrap_or_default();
        Ok(StoredFile { path, bytes, sha512 })
    })
}

/// The words of a page: from the work files while they are there, else from a copy. None where nothing was read yet.
pub fn words(home: &Home, job: &Job, page: u32) -> Option<PageWords> {
    if !may_be_seen(home, job) {
        return None;
    }
    if let Ok(bytes) = home.fetch(job.no, "words") {
        let pages: Vec<PageWords> = serde_json::from_slice(&bytes).ok()?;
        return pages.into_iter().find(|words| words.page == page);
    }
    steps::index::stored_page(home, job, page).ok()
}

/// Size of page one, on which the mark's place is looked for and decided. None once its work files are gone.
pub fn paper(home: &Home, job: &Job) -> Option<SizeMm> {
    steps::submission(home, job).ok()?.pages.first().map(|page| page.size)
}

/// How many pages a document has, as far as is known.
pub fn pages(home: &Home, job: &Job) -> u32 {
    let known = job.card.get("pages").and_then(Value::as_u64).and_then(|pages| u32::try_from(pages).ok());
    known.filter(|pages| *pages > 0).unwrap_or_else(|| {
        let found = intake::Template::parse(&home.settings.inbound.template)
            .and_then(|template| intake::candidate(&home.settings.inbound.path, &job.source, &template));
        found.map_or(0, |candidate| candidate.files.len() as u32)
    })
}

/// A page as a JPEG of a width: of the certified file when there is one, else of the scan as it lies in inbound.
///
/// # Errors
/// [`Error::Held`] for what may not be seen; [`Error::Changed`] when there is no such page; the worker's own.
pub fn picture(home: &Home, job: &Job, page: u32, width: u32) -> Result<Vec<u8>, Error> {
    if !may_be_seen(home, job) {
        return Err(Error::Held { reason: HoldReason::Secret, facts: Vec::new() });
    }
    let gone = || Error::Changed { source_path: job.source.clone() };
    let at = page.checked_sub(1).ok_or_else(gone)?;
    let (file, kind, frame) = if matches!(job.state, JobState::Done) {
        (file(home, job, SEALED)?.path, SourceKind::Pdf, at)
    } else {
        in_inbound(home, job, at)?.ok_or_else(gone)?
    };
    let task = Task::Picture { file, kind, frame, width, limits: limits(home, 1) };
    worker::picture(&home.worker, &task, patience(home))
}

/// Where a page that was not stored yet lies: as it was claimed, else by the order of the files in its folder.
fn in_inbound(home: &Home, job: &Job, at: u32) -> Result<Option<(PathBuf, SourceKind, u32)>, Error> {
    if let Ok(submission) = steps::submission(home, job) {
        let Some(page) = submission.pages.get(at as usize) else { return Ok(None) };
        let kind = submission.files.get(page.file as usize).map(|file| file.kind);
        let path = steps::originals(home, &submission).into_iter().nth(page.file as usize);
        return Ok(path.zip(kind).map(|(path, kind)| (path, kind, page.frame)));
    }
    let template = intake::Template::parse(&home.settings.inbound.template)?;
    let candidate = intake::candidate(&home.settings.inbound.path, &job.source, &template)?;
    let (file, frame) = match candidate.files.as_slice() {
        [only] => (Some(only), at),
        files => (files.get(at as usize), 0),
    };
    let Some(file) = file else { return Ok(None) };
    let kind = intake::kind_of(&file.path).map_err(|e| durable::Error::io("read", &file.path, e))?;
    Ok(kind.map(|kind| (file.path.clone(), kind, frame)))
}

/// The verdicts of Điều 14 on a stored document, judged in a worker.
///
/// # Errors
/// When no copy holds the certified file as it was stored.
pub fn verdicts(home: &Home, job: &Job) -> Result<Value, Error> {
    let file = file(home, job, SEALED)?;
    Ok(worker::judge(&home.worker, &[file.path], &home.settings.trust.anchors, home.clock.now(), limits(home, 1)))
}

/// When the last timestamp over a stored document ends, as it was judged when it was stored. None for a seal that did not
/// rise yet.
///
/// # Errors
/// The last copy's own, when none can be read.
pub fn seal_ends(home: &Home, job: &Job) -> Result<Option<jiff::Timestamp>, Error> {
    from_copies(&home.register, &home.settings.copy, job, |copy, head| {
        let report = head.read(copy, "verification.json", 16 << 20)?;
        let report: Value = serde_json::from_slice(&report)?;
        let last = report.get("document_timestamps").and_then(Value::as_array).and_then(|stamps| stamps.last());
        let ends = last.and_then(|stamp| stamp.get("ends")).and_then(Value::as_str);
        Ok(ends.and_then(|ends| ends.parse().ok()))
    })
}

/// Whether a copy can be used now, and what is on it.
#[derive(Debug, Clone)]
pub struct CopyState {
    /// Its name.
    pub name: String,
    /// Where it is mounted.
    pub path: PathBuf,
    /// Identity of the medium; none when it is away.
    pub medium: Option<String>,
    /// Documents and bytes of content.
    pub holds: Option<(u64, u64)>,
    /// Code and facts of what stands in the way.
    pub fault: Option<(String, Vec<(String, String)>)>,
}

/// The copies as they are now.
pub fn copies(home: &Home) -> Vec<CopyState> {
    let settings = &home.settings.copy;
    home.copies()
        .into_iter()
        .zip(settings)
        .map(|((name, copy), settings)| {
            let found = copy.and_then(|copy| {
                let stats = preserve::stats(&copy)?;
                Ok((preserve::CopyStore::medium(&copy).to_owned(), (stats.objects, stats.bytes)))
            });
            let path = settings.path.clone();
            match found {
                Ok((medium, holds)) => CopyState { name, path, medium: Some(medium), holds: Some(holds), fault: None },
                Err(error) => {
                    let fault = Some((error.code(), error.facts()));
                    CopyState { name, path, medium: None, holds: None, fault }
                }
            }
        })
        .collect()
}

/// Finds pages in the home's index; the first hits are not shown again.
///
/// # Errors
/// The index's own.
pub fn find(home: &Home, query: &str, skip: usize, limit: usize) -> Result<search::Found, Error> {
    Ok(steps::index::lock(home).find_from(query, skip, limit)?)
}

/// Boxes on one page that answer a query, mm.
///
/// # Errors
/// The index's own.
pub fn boxes(home: &Home, id: DocumentId, page: u32, query: &str) -> Result<Vec<[f64; 4]>, Error> {
    Ok(steps::index::lock(home).boxes(id, page, query)?)
}

/// When the certificate of the open signing session ends; unknown while none is open.
pub fn certificate_ends(home: &Home) -> Option<jiff::Timestamp> {
    certificates(home).first().map(Certificate::not_after)
}

/// A certificate that must be renewed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Whose.
    pub name: String,
    /// Its end.
    pub until: jiff::Timestamp,
    /// Whole days left; negative when it is over.
    pub days: i64,
}

/// The signer's certificate or one above it, the first to end within a month (Điều 19.5b); unknown while no session is open.
pub fn certificate_ending(home: &Home) -> Option<Ending> {
    let first = certificates(home).into_iter().min_by_key(Certificate::not_after)?;
    let (until, name) = (first.not_after(), first.subject().to_string());
    let days = days(home.clock.now(), until);
    (days < RENEW_DAYS).then_some(Ending { name, until, days })
}

/// The signer's, then those above it.
fn certificates(home: &Home) -> Vec<Certificate> {
    let chain = home.signing.chain().unwrap_or_default();
    chain.iter().filter_map(|der| Certificate::parse(der).ok()).collect()
}

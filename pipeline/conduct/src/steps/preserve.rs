//! Preserve: one OCFL object, the same bytes on every copy, each read back from its medium before it counts.

mod found;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use config::CopySettings;
use failpoint::failpoint;
use model::{Disposition, PageWords, Sha256, Sha512, SourceKind, Stage, Submission, event::EventKind};
use preserve::{Content, DirectoryCopy, Measures, Object, Part, Stored, User, premis};
use register::{Commit, Facts, Job, Record};
use serde_json::{Value, json};

use crate::{
    Error, Home, known,
    step::Answer,
    steps::{augment::RaiseFacts, card_text, facts, finished, inbound_is_there, limits, originals, submission},
    worker,
};

/// Level of compression of stored words.
const ZSTD_LEVEL: i32 = 9;

/// What `certification.json` says of a document, always and …
pub(crate) const CERTIFICATION: &[&str] =
    &["certification", "level", "sealed_sha256", "sealed_at", "signed_by", "signed_mail", "reviewed", "findings"];
/// … when a person decided something about it, or it takes another one's place.
pub(crate) const DECIDED: &[&str] = &["decisions", "supersedes"];

/// The most that is read of a JSON part of a stored document.
pub(crate) const PART_LIMIT: u64 = 64 << 20;

/// Documents up to this many bytes are stored together. More would gain nothing, and the journal waits behind them.
const TOGETHER_BYTES: u64 = 64 << 20;

/// A document with all that is to be stored of it.
struct Ready<'j> {
    job: &'j Job,
    object: Object,
    measures: Measures,
}

impl<'j> Ready<'j> {
    fn new(home: &Home, job: &'j Job) -> Result<Self, Error> {
        let object = object(home, job)?;
        let measures = object.measure()?;
        Ok(Self { job, object, measures })
    }
}

/// Stores documents on every reachable copy; each is done when enough copies hold it.
pub(crate) fn store<'j>(home: &Home, jobs: &'j [Job]) -> Vec<Answer<'j>> {
    let (mut answers, mut ready, mut bytes) = (Vec::new(), Vec::new(), 0);
    for job in jobs {
        match Ready::new(home, job) {
            Ok(document) => {
                bytes += document.measures.bytes();
                ready.push(document);
            }
            // Storing may have ended on a copy before they went.
            Err(error @ (Error::WorkFile { .. } | Error::ChangedSealed { .. })) => {
                answers.push((job, found::completed(home, job).and_then(|found| found.ok_or(error))));
            }
            Err(error) => answers.push((job, Err(error))),
        }
        if bytes >= TOGETHER_BYTES {
            answers.extend(store_ready(home, &ready));
            (ready, bytes) = (Vec::new(), 0);
        }
    }
    if !ready.is_empty() {
        answers.extend(store_ready(home, &ready));
    }
    answers
}

/// Stores what is ready together; what cannot be stored together is stored one by one, so that each has its own reason.
fn store_ready<'j>(home: &Home, ready: &[Ready<'j>]) -> Vec<Answer<'j>> {
    match (store_together(home, ready), ready) {
        (Ok(commits), _) => ready.iter().zip(commits).map(|(document, commits)| (document.job, Ok(commits))).collect(),
        (Err(error), [alone]) => vec![(alone.job, Err(error))],
        (Err(error), _) => {
            tracing::info!(code = error.code(), reason = %error, "documents are not stored together but one by one");
            ready.chunks(1).flat_map(|one| store_ready(home, one)).collect()
        }
    }
}

fn store_together(home: &Home, ready: &[Ready<'_>]) -> Result<Vec<Vec<Commit>>, Error> {
    let required = home.settings.preserve.copies_required;
    let mut commits: Vec<Vec<Commit>> = ready.iter().map(|_| Vec::new()).collect();
    let (mut holding, mut last) = (0, None);
    // The copies are written side by side.
    let written = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (copy, storing) in home.settings.copy.iter().zip(&home.storing) {
            threads.push((&copy.name, scope.spawn(move || store_on(home, copy, storing, ready))));
        }
        threads.into_iter().map(|(name, thread)| (name, thread.join())).collect::<Vec<_>>()
    });
    for (name, joined) in written {
        match joined {
            Ok(Ok(stored)) => {
                holding += 1;
                for (commits, stored) in commits.iter_mut().zip(&stored) {
                    commits.push(stored_on(name, &stored.version, stored.inventory_sha512));
                }
            }
            // A contradiction on one copy is not outvoted by the others.
            Ok(Err(error)) if matches!(error.disposition(), Disposition::Bug | Disposition::Hold(_)) => {
                return Err(error);
            }
            Ok(Err(error)) => {
                tracing::warn!(copy = name, code = error.code(), reason = %error, "a copy was left out and catches up later");
                last = Some(error);
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    if holding < required {
        return Err(last.unwrap_or(Error::TooFewCopies { required, reachable: holding }));
    }
    for commits in &mut commits {
        commits.push(finished(Stage::Preserve, facts([("detail", json!(null))])));
    }
    Ok(commits)
}

fn store_on(home: &Home, copy: &CopySettings, storing: &Mutex<()>, ready: &[Ready<'_>]) -> Result<Vec<Stored>, Error> {
    // One writer a medium.
    let _storing = storing.lock().unwrap_or_else(PoisonError::into_inner);
    let copy = home.copy(copy)?;
    let wanted: Vec<_> = ready.iter().map(|document| (&document.object, &document.measures)).collect();
    let stored = preserve::store_together(&copy, &wanted)?;
    failpoint!("preserve:copy:after");
    Ok(stored)
}

/// Stores a seal that rose as the next version on the given copies: the same bytes on each, whatever a crash left done.
pub(crate) fn store_raised(
    home: &Home,
    job: &Job,
    copies: &[DirectoryCopy],
    made: &RaiseFacts,
) -> Result<Vec<Commit>, Error> {
    let id = job.document.ok_or(Error::WorkFile { path: home.work() })?;
    let revision = crate::home::signed_folder(home, job).join("augment.rev");
    // Each copy's own file, read from that medium; before a crash it may have risen, which the register does not know yet.
    let (mut own, mut knows) = (Vec::new(), Vec::new());
    for copy in copies {
        let name = preserve::CopyStore::name(copy);
        let known = known::inventory(&home.register, job, name)?;
        let known = known.ok_or(Error::TooFewCopies { required: copies.len(), reachable: 0 })?;
        let head = preserve::head(copy, id)?;
        let path = copy.part_path(&head, "document.pdf")?;
        let sha256 = durable::sha256_file(&path)?.0;
        knows.push(known);
        if sha256 != made.sha256 {
            // Before anything is written, on any copy.
            head.must_be(copy, known)?;
        }
        own.push(if sha256 == made.sha256 {
            Some(vec![path])
        } else if sha256.to_hex() == made.before_sha256 {
            Some(vec![path, revision.clone()])
        } else {
            // What the audit finds damaged must not become a version of its own, sound in itself.
            tracing::warn!(copy = name, document = %id, "the sealed file is damaged; another copy's rises");
            None
        });
    }
    let Some(sound) = own.iter().flatten().next().cloned() else { return Err(Error::WorkFile { path: revision }) };
    let verification = verification(home, job, "raised.json", &sound)?;
    let mut certification = certification(job);
    certification.insert("level".into(), json!(made.level));
    certification.insert("sealed_sha256".into(), json!(made.sha256));
    let certification = json_content(&certification)?;
    let mut commits = Vec::new();
    for ((copy, known), own) in copies.iter().zip(knows).zip(own) {
        let object = Object {
            id,
            parts: vec![
                Part { logical: "document.pdf".into(), content: Content::Joined(own.unwrap_or_else(|| sound.clone())) },
                Part { logical: "certification.json".into(), content: certification.clone() },
                Part { logical: "verification.json".into(), content: verification.clone() },
            ],
            created: made.made_at,
            message: "raised to PAdES B-LTA".into(),
            user: user(job),
        };
        let stored = preserve::store_version(copy, &object, known)?;
        failpoint!("preserve:risen:after");
        commits.push(stored_on(preserve::CopyStore::name(copy), &stored.version, stored.inventory_sha512));
    }
    Ok(commits)
}

/// What lies there is not the file that was sealed.
pub(crate) fn not_sealed(copy: &DirectoryCopy, path: &Path) -> Error {
    Error::Preserve(preserve::Error::Damaged {
        copy: preserve::CopyStore::name(copy).to_owned(),
        path: path.display().to_string(),
        detail: "it is not the file that was sealed".into(),
    })
}

fn certification(job: &Job) -> Facts {
    let kept = |key: &&str| ((*key).to_owned(), job.card.get(*key).cloned().unwrap_or(Value::Null));
    let always = CERTIFICATION.iter().map(kept);
    always.chain(DECIDED.iter().filter(|key| job.card.contains_key(**key)).map(kept)).collect()
}

pub(crate) fn stored_on(copy: &str, version: &str, inventory: Sha512) -> Commit {
    let inventory = facts([("inventory_sha512", json!(inventory))]);
    Commit::of(EventKind::Stored { copy: copy.to_owned(), version: version.to_owned() }).with(inventory)
}

/// Whose object it is: the certifying archive, as its certificate names it.
fn user(job: &Job) -> User {
    let address = card_text(job, "signed_mail").map(|mail| format!("mailto:{mail}"));
    User { name: card_text(job, "signed_by").unwrap_or("mocban").to_owned(), address }
}

fn judge(home: &Home, parts: &[PathBuf]) -> Value {
    let mut report =
        worker::judge(&home.worker, parts, &home.settings.trust.anchors, home.clock.now(), limits(home, 1));
    // The stored report is about the object's own file, wherever it will lie.
    if let Some(file) = report.get_mut("file") {
        *file = json!("document.pdf");
    }
    report
}

fn json_content(value: &impl serde::Serialize) -> Result<Content, Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(Content::Bytes(bytes))
}

/// Everything of the document. The moment of the object is that of the seal, so that another attempt makes equal bytes.
fn object(home: &Home, job: &Job) -> Result<Object, Error> {
    intact(home, job)?;
    let submission = submission(home, job)?;
    let history = home.register.history(job.no)?;
    let mut parts = vec![pdf(home, job)?];
    let paths: Vec<PathBuf> = match &parts[0].content {
        Content::Joined(paths) => paths.clone(),
        Content::Bytes(_) => Vec::new(),
    };
    for (file, path) in submission.files.iter().zip(originals(home, &submission)) {
        if !is_claimed(&path, file.sha256) {
            inbound_is_there(home)?;
            return Err(Error::ChangedSealed { source_path: file.path.clone() });
        }
        parts.push(Part { logical: format!("originals/{}", file.name), content: Content::Joined(vec![path]) });
    }
    parts.push(Part { logical: "submission.json".into(), content: json_content(&submission)? });
    parts.extend(words(home, job)?);
    let card = |key: &str| job.card.get(key).cloned().unwrap_or(Value::Null);
    parts.push(Part { logical: "description.json".into(), content: json_content(&card("description"))? });
    parts.push(Part { logical: "placement.json".into(), content: json_content(&card("placement"))? });
    parts.push(Part { logical: "certification.json".into(), content: json_content(&certification(job))? });
    let verification = verification(home, job, "verification.json", &paths)?;
    parts.push(Part { logical: "verification.json".into(), content: verification });
    let record = premis(home, job, &submission, &history)?;
    parts.push(Part { logical: "premis.xml".into(), content: Content::Bytes(record.to_xml()?) });
    let sealed_at = card_text(job, "sealed_at").and_then(|at| at.parse().ok());
    Ok(Object {
        id: submission.id,
        parts,
        created: sealed_at.unwrap_or_else(|| home.clock.now()),
        message: "certified archival object".into(),
        user: user(job),
    })
}

/// Whether a scan is what was claimed; one that cannot be read is not.
fn is_claimed(path: &Path, sha256: Sha256) -> bool {
    durable::sha256_file(path).is_ok_and(|(found, _)| found == sha256)
}

/// Of what the sealed file is made. A revision of an earlier seal, from before the document began again, is none of it.
fn sealed_parts(job: &Job) -> &'static [&'static str] {
    if card_text(job, "level") == Some("B-LTA") { &["pdf", "seal", "lta"] } else { &["pdf", "seal"] }
}

/// Nothing is stored over a work file that somebody touched: each part of the sealed file is as it was published.
fn intact(home: &Home, job: &Job) -> Result<(), Error> {
    for name in sealed_parts(job) {
        let artifact = home.artifact(job.no, name)?;
        let path = home.root.join(&artifact.path);
        match durable::sha256_file(&path) {
            Ok((sha256, _)) if sha256 == artifact.sha256 => {}
            Ok(_) => return Err(Error::WorkFile { path }),
            Err(error) => return Err(home.lost(path, error)),
        }
    }
    Ok(())
}

fn pdf(home: &Home, job: &Job) -> Result<Part, Error> {
    let mut joined = Vec::new();
    for name in sealed_parts(job) {
        joined.push(home.root.join(home.artifact(job.no, name)?.path));
    }
    Ok(Part { logical: "document.pdf".into(), content: Content::Joined(joined) })
}

/// Judged once and kept: a second attempt after a crash must make the same bytes although the clock went on.
fn verification(home: &Home, job: &Job, name: &str, parts: &[PathBuf]) -> Result<Content, Error> {
    let path = crate::home::signed_folder(home, job).join(name);
    if !path.is_file() {
        let report = judge(home, parts);
        if report.get("overall").and_then(Value::as_str) != Some("valid") {
            // A judgement is kept as it came out; the seal stands and is not made again.
            let reasons = report.get("reasons").map(ToString::to_string).unwrap_or_default();
            tracing::warn!(job = job.no, reasons, "not judged valid");
        }
        let Content::Bytes(bytes) = json_content(&report)? else { return Err(Error::WorkFile { path }) };
        durable::publish(&path, &bytes)?;
        failpoint!("preserve:verification:after");
    }
    Ok(Content::Bytes(durable::read_limited(&path, 16 << 20)?))
}

fn words(home: &Home, job: &Job) -> Result<Vec<Part>, Error> {
    let pages: Vec<PageWords> = serde_json::from_slice(&home.fetch(job.no, "words")?)?;
    pages
        .iter()
        .map(|page| {
            let json = serde_json::to_vec(page)?;
            let packed = zstd::bulk::compress(&json, ZSTD_LEVEL)
                .map_err(|source| durable::Error::io("compress", &home.work(), source))?;
            Ok(Part { logical: format!("words/{:04}.json.zst", page.page), content: Content::Bytes(packed) })
        })
        .collect()
}

fn premis(home: &Home, job: &Job, submission: &Submission, history: &[Record]) -> Result<premis::Record, Error> {
    let mut files = vec![premis::File {
        name: "document.pdf".into(),
        sha256: card_text(job, "sealed_sha256").and_then(|hex| hex.parse().ok()).unwrap_or(Sha256([0; 32])),
        sha512: None,
        bytes: sealed_bytes(home, job)?,
        format: "application/pdf".into(),
        format_version: (submission.form == model::Form::Assembled).then(|| "PDF/A-2u".to_owned()),
        original_name: None,
    }];
    files.extend(submission.files.iter().map(|file| premis::File {
        name: format!("originals/{}", file.name),
        sha256: file.sha256,
        sha512: None,
        bytes: file.bytes,
        format: media_type(file.kind).into(),
        format_version: None,
        original_name: Some(file.path.clone()),
    }));
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let mut agents = vec![premis::Agent {
        id: "mocban".into(),
        name: "mocban".into(),
        kind: "software".into(),
        version: Some(version),
    }];
    let mut acts = Vec::new();
    for record in history {
        let Some((kind, detail)) = act(&record.event) else { continue };
        if agents.iter().all(|agent| agent.id != record.actor) {
            let id = record.actor.clone();
            agents.push(premis::Agent { name: id.clone(), id, kind: "person".into(), version: None });
        }
        acts.push(premis::Act {
            seq: record.seq,
            kind: kind.into(),
            at: record.at,
            detail,
            outcome: "success".into(),
            note: String::new(),
            agent: record.actor.clone(),
            files: Vec::new(),
        });
    }
    Ok(premis::Record { id: submission.id, files, acts, agents })
}

fn sealed_bytes(home: &Home, job: &Job) -> Result<u64, Error> {
    let mut bytes = 0;
    for name in sealed_parts(job) {
        bytes += home.artifact(job.no, name)?.bytes;
    }
    Ok(bytes)
}

/// The acts worth telling in thirty years, in PREMIS words; up to augment, since what follows is told by the journal.
fn act(event: &EventKind) -> Option<(&'static str, String)> {
    match event {
        EventKind::Entered { source } => Some(("capture", source.clone())),
        EventKind::Finished { stage: Stage::Intake } => Some(("ingestion", "hashed and ordered".into())),
        EventKind::Finished { stage: Stage::Recognize } => Some(("metadata extraction", "text recognition".into())),
        EventKind::Finished { stage: Stage::Describe } => Some(("metadata extraction", "description".into())),
        EventKind::Finished { stage: Stage::Assemble } => Some(("creation", "PDF/A-2u from page images".into())),
        EventKind::Finished { stage: Stage::Certify } => {
            Some(("digital signature generation", "PAdES B-T, archive certification".into()))
        }
        EventKind::Finished { stage: Stage::Augment } => {
            Some(("digital signature generation", "validation data and document timestamp".into()))
        }
        EventKind::Booked { year, number } => Some(("accession", format!("certification number {number}/{year}"))),
        EventKind::Decided { decision, why, .. } if why.is_empty() => Some(("appraisal", decision.clone())),
        EventKind::Decided { decision, why, .. } => Some(("appraisal", format!("{decision}: {why}"))),
        EventKind::Corrected { fields, .. } => Some(("metadata modification", fields.join(", "))),
        _ => None,
    }
}

fn media_type(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Jpeg => "image/jpeg",
        SourceKind::Tiff => "image/tiff",
        SourceKind::Png => "image/png",
        SourceKind::Pdf => "application/pdf",
    }
}

//! What each stage reads, calls and publishes.

pub(crate) mod assemble;
pub(crate) mod augment;
pub(crate) mod certify;
pub(crate) mod describe;
pub(crate) mod index;
pub(crate) mod intake;
pub(crate) mod preserve;
pub(crate) mod recognize;
pub(crate) mod review;

use std::{path::PathBuf, time::Duration};

use ::preserve::DirectoryCopy;
use model::{DocumentId, Stage, Submission, event::EventKind};
use pdf::{FileDigest, Source};
use register::{Commit, Facts, Job};
use serde_json::Value;

use crate::{Error, Home, worker::Limits};

/// The commit that ends a stage.
pub(crate) fn finished(stage: Stage, facts: Facts) -> Commit {
    Commit::of(EventKind::Finished { stage }).with(facts)
}

/// Facts from pairs.
pub(crate) fn facts<const N: usize>(pairs: [(&str, Value); N]) -> Facts {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The submission a job claimed.
pub(crate) fn submission(home: &Home, job: &Job) -> Result<Submission, Error> {
    Ok(serde_json::from_slice(&home.fetch(job.no, "submission")?)?)
}

/// Where the submission's files lie now, one for each.
pub(crate) fn originals(home: &Home, submission: &Submission) -> Vec<PathBuf> {
    submission.files.iter().map(|file| home.settings.inbound.path.join(::intake::decode_name(&file.path))).collect()
}

/// The digest state over a file in parts, which must be the one that was noted: what is sealed or raised goes on from it.
///
/// # Errors
/// [`Error::WorkFile`].
pub(crate) fn state_of(home: &Home, parts: &[PathBuf], noted: &str) -> Result<FileDigest, Error> {
    let lost = || Error::WorkFile { path: parts.first().cloned().unwrap_or_else(|| home.work()) };
    let state = Source::joined(parts).and_then(|source| FileDigest::of(&source));
    match state {
        Ok(state) if state.sha256().to_hex() == noted => Ok(state),
        Ok(_) => Err(lost()),
        Err(pdf::Error::Io { path, source }) => Err(home.lost(path.clone(), durable::Error::io("read", &path, source))),
        Err(error) => Err(::certify::Error::from(error).into()),
    }
}

/// A share that is not mounted says nothing about the scans on it.
///
/// # Errors
/// [`Error::Durable`], a wait for the medium.
pub(crate) fn inbound_is_there(home: &Home) -> Result<(), Error> {
    let inbound = &home.settings.inbound.path;
    std::fs::read_dir(inbound).map_err(|source| durable::Error::io("list", inbound, source))?;
    Ok(())
}

/// As [`originals`], each still there: one that was taken away begins again from inbound, where it is told.
///
/// # Errors
/// [`Error::Changed`].
pub(crate) fn present_originals(home: &Home, submission: &Submission) -> Result<Vec<PathBuf>, Error> {
    let paths = originals(home, submission);
    for (file, path) in submission.files.iter().zip(&paths) {
        if !path.is_file() {
            inbound_is_there(home)?;
            return Err(Error::Changed { source_path: file.path.clone() });
        }
    }
    Ok(paths)
}

/// The limits of a worker that answers once, or a page at a time for so many pages.
pub(crate) fn limits(home: &Home, pages: usize) -> Limits {
    Limits::of(&home.settings.limits, pages)
}

/// How long a worker may be silent.
pub(crate) fn patience(home: &Home) -> Duration {
    Duration::from_secs(home.settings.limits.worker_deadline_s)
}

/// Whether a signature of the document was made, noted or not: it is not made a second time.
pub(crate) fn is_sealed(home: &Home, job: &Job) -> bool {
    card_text(job, "sealed_sha256").is_some() || crate::home::signed_folder(home, job).join(certify::REVISION).is_file()
}

/// Whether a copy holds something in a document's place.
pub(crate) fn holds(copy: &DirectoryCopy, id: DocumentId) -> bool {
    ::preserve::head(copy, id).err().is_none_or(|error| !error.is_not_found())
}

/// A string of the card.
pub(crate) fn card_text<'a>(job: &'a Job, key: &str) -> Option<&'a str> {
    job.card.get(key).and_then(Value::as_str)
}

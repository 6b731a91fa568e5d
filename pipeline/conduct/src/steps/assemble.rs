//! Assemble: page images and words become a PDF/A-2u; an incoming PDF is taken as it is.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use failpoint::failpoint;
use model::{Form, Sha256, Stage, Submission};
use register::{Artifact, Commit, Job};
use serde_json::json;

use crate::{
    Error, Home,
    home::{digest_path, signed_folder},
    steps::{facts, finished, limits, patience, present_originals, submission},
    worker::{self, Answer, Frame, Task},
};

/// Writes the PDF that will be sealed.
pub(crate) fn assemble(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    // The worker reads them where they lie.
    home.fetch(job.no, "words")?;
    let submission = submission(home, job)?;
    let originals = present_originals(home, &submission)?;
    let artifact = match submission.form {
        Form::Assembled => write(home, job, &submission, &originals)?,
        Form::Original => take_as_is(home, job, &originals)?,
    };
    unchanged(&submission, &originals)?;
    let card = facts([("assembled_sha256", json!(artifact.sha256))]);
    Ok(vec![finished(Stage::Assemble, card).publishing(vec![artifact])])
}

fn write(home: &Home, job: &Job, submission: &Submission, originals: &[PathBuf]) -> Result<Artifact, Error> {
    let words = home.artifact(job.no, "words")?;
    let task = Task::Assemble {
        originals: originals.to_vec(),
        submission: submission.clone(),
        words: home.root.join(words.path),
        title: crate::card::title(job),
        limits: limits(home, submission.pages.len()),
    };
    let mut staged = durable::Staged::create(&signed_folder(home, job))?;
    let mut digest = Sha256::context();
    let mut bytes = 0;
    worker::ask(&home.worker, &task, patience(home), &mut |frame| match frame {
        Frame::Bytes(part) => {
            digest.update(&part);
            bytes += part.len() as u64;
            Ok(staged.append(&part)?)
        }
        Frame::Json(body) => match worker::parse::<Answer<()>>(&body)? {
            Answer::Refused(refusal) => Err(Error::Refused(refusal)),
            Answer::Done(()) => Ok(()),
        },
        Frame::End => Ok(()),
    })?;
    publish(home, job, staged, Sha256::from_ring(&digest.finish()), bytes)
}

fn take_as_is(home: &Home, job: &Job, originals: &[PathBuf]) -> Result<Artifact, Error> {
    let path = originals.first().ok_or_else(|| Error::WorkFile { path: home.work() })?;
    let failed = |source| durable::Error::io("read", path, source);
    let mut from = File::open(path).map_err(failed)?;
    let mut staged = durable::Staged::create(&signed_folder(home, job))?;
    let (mut digest, mut bytes) = (Sha256::context(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = from.read(&mut buffer).map_err(failed)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        digest.update(part);
        bytes += read as u64;
        staged.append(part)?;
    }
    publish(home, job, staged, Sha256::from_ring(&digest.finish()), bytes)
}

fn publish(home: &Home, job: &Job, staged: durable::Staged, sha256: Sha256, bytes: u64) -> Result<Artifact, Error> {
    let path = digest_path(job, sha256);
    failpoint!("assemble:publish:before");
    let place = home.root.join(&path);
    match staged.publish(&place) {
        // Under this digest nothing else is ours: somebody altered what was made before.
        Err(durable::Error::Occupied { .. }) => return Err(Error::WorkFile { path: place }),
        published => published?,
    };
    failpoint!("assemble:publish:after");
    Ok(Artifact { name: "pdf".into(), sha256, bytes, path })
}

/// A scan that was replaced while we looked must not end under the old identity.
fn unchanged(submission: &Submission, originals: &[PathBuf]) -> Result<(), Error> {
    for (file, path) in submission.files.iter().zip(originals) {
        if digest_of(path)? != file.sha256 {
            return Err(Error::Changed { source_path: file.path.clone() });
        }
    }
    Ok(())
}

fn digest_of(path: &Path) -> Result<Sha256, Error> {
    Ok(durable::sha256_file(path)?.0)
}

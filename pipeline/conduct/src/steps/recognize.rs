//! Recognize: every page decoded once in a worker, which answers words, findings and page one's ink.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use failpoint::failpoint;
use model::{PageWords, Stage};
use register::{Commit, Job};
use serde_json::json;

use crate::{
    Error, Home,
    steps::{facts, finished, limits, patience, present_originals, submission},
    worker::{self, Answer, Frame, PageRead, Reading, Task},
};

/// Reads the document's pages.
pub(crate) fn read(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    let submission = submission(home, job)?;
    let task = Task::Read {
        originals: present_originals(home, &submission)?,
        submission: submission.clone(),
        reading: Reading::of(&home.settings.recognize),
        limits: limits(home, submission.pages.len()),
    };
    let mut pages: Vec<PageWords> = Vec::new();
    let mut findings = submission.findings.clone();
    let mut ink = None;
    worker::ask(&home.worker, &task, patience(home), &mut |frame| {
        let Frame::Json(body) = frame else { return Ok(()) };
        match worker::parse::<Answer<PageRead>>(&body)? {
            Answer::Refused(refusal) => Err(Error::Refused(refusal)),
            Answer::Done(page) => {
                let named = page.findings.iter().chain(&page.words.findings);
                findings.extend(named.map(|finding| format!("{finding}:{}", page.words.page)));
                if let Some(encoded) = page.ink {
                    let bytes = STANDARD.decode(encoded).map_err(|e| Error::WorkerDied { detail: e.to_string() })?;
                    ink = Some(bytes);
                }
                pages.push(page.words);
                Ok(())
            }
        }
    })?;
    let ink = ink.ok_or_else(|| Error::WorkerDied { detail: "no ink map".into() })?;
    findings.dedup();
    let artifacts = vec![home.publish(job, "words", &serde_json::to_vec(&pages)?)?, home.publish(job, "ink", &ink)?];
    failpoint!("recognize:publish:after");
    let card = facts([("findings", json!(findings)), ("pages", json!(pages.len()))]);
    Ok(vec![finished(Stage::Recognize, card).publishing(artifacts)])
}

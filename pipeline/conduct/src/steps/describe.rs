//! Describe: fields out of words, and the secrecy gate, which stands before any PDF exists (Điều 11).

use model::{HoldReason, PageWords, Secrecy, Stage};
use register::{Commit, Job};
use serde_json::json;

use crate::{
    Error, Home,
    steps::{card_text, facts, finished, submission},
};

/// Reads the fields; holds a document with a secrecy mark or a declared level.
pub(crate) fn describe(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    let submission = submission(home, job)?;
    let pages: Vec<PageWords> = serde_json::from_slice(&home.fetch(job.no, "words")?)?;
    let described = ::describe::describe(&pages, &submission.declared, &submission.place);
    let marked = described.secrecy.as_ref().map(|mark| mark.level);
    let declared = submission.declared.secrecy.filter(|level| *level > Secrecy::Thuong);
    if let Some(level) = marked.max(declared) {
        gate(home, job, level, described.secrecy.as_ref().map(|mark| mark.page))?;
    }
    let artifact = home.publish(job, "description", &serde_json::to_vec(&described.description)?)?;
    let card = facts([("description", json!(described.description)), ("detail", json!(null))]);
    Ok(vec![finished(Stage::Describe, card).publishing(vec![artifact])])
}

fn gate(home: &Home, job: &Job, level: Secrecy, page: Option<u32>) -> Result<(), Error> {
    // A person may say that the mark is no mark; of a Tuyệt mật nothing but digest, path and reason is ever kept.
    if level < Secrecy::TuyetMat && card_text(job, "decision") == Some("accept") {
        return Ok(());
    }
    if level == Secrecy::TuyetMat {
        for name in ["words", "ink", "submission"] {
            if let Some(artifact) = home.register.artifact(job.no, name)? {
                durable::remove(&home.root.join(&artifact.path))?;
            }
        }
    }
    let level = match level {
        Secrecy::Thuong => "thường",
        Secrecy::Mat => "MẬT",
        Secrecy::ToiMat => "TỐI MẬT",
        Secrecy::TuyetMat => "TUYỆT MẬT",
    };
    Err(Error::Held {
        reason: HoldReason::Secret,
        facts: vec![
            ("path", job.source.clone()),
            ("level", level.to_owned()),
            ("page", page.map_or_else(|| "-".to_owned(), |page| page.to_string())),
        ],
    })
}

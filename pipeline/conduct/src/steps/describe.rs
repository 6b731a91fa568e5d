//! Describe: fields out of words, and the secrecy gate, which stands before any PDF exists (Điều 11).

use model::{Extracted, Field, HoldReason, PageWords, Secrecy, Stage};
use register::{Commit, Job};
use serde_json::json;

use crate::{
    Error, Home, correct,
    decide::{self, SecrecyFound},
    lanes::held,
    steps::{facts, finished, submission},
};

/// Reads the fields; holds a document with a secrecy mark or a declared level.
pub(crate) fn describe(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    let submission = submission(home, job)?;
    let pages: Vec<PageWords> = serde_json::from_slice(&home.fetch(job.no, "words")?)?;
    let mut described = ::describe::describe(&pages, &submission.declared, &submission.place);
    let marked = described.secrecy.as_ref().map(|mark| mark.level);
    let declared = submission.declared.secrecy.filter(|level| *level > Secrecy::Thuong);
    // A person may have said that the mark is none; never of a Tuyệt mật, and never against a declaration.
    let none = decide::recorded(job, HoldReason::Secret.code(), submission.id)
        .filter(|said| declared.is_none() && said.level >= marked && marked < Some(Secrecy::TuyetMat));
    if let (Some(level), None) = (marked.max(declared), &none) {
        let found = SecrecyFound { level, declared: declared >= marked };
        return held_secret(home, job, found, described.secrecy.as_ref().map(|mark| mark.page));
    }
    if let (Some(said), Some(_)) = (none, marked) {
        let thuong = Extracted::declared(::describe::level_name(Secrecy::Thuong));
        let thuong = Extracted { confirmed_by: Some(said.by), ..thuong };
        described.description.0.insert(Field::Secrecy, thuong);
    }
    if let Some(counted) = decide::recorded(job, HoldReason::Incomplete.code(), submission.id)
        && let Some(sheets) = described.description.0.get_mut(&Field::Sheets)
    {
        sheets.confirmed_by = Some(counted.by);
    }
    correct::keep(job, submission.id, &mut described.description);
    let artifact = home.publish(job, "description", &serde_json::to_vec(&described.description)?)?;
    let card =
        facts([("description", json!(described.description)), ("secrecy_found", json!(null)), ("detail", json!(null))]);
    Ok(vec![finished(Stage::Describe, card).publishing(vec![artifact])])
}

fn held_secret(home: &Home, job: &Job, found: SecrecyFound, page: Option<u32>) -> Result<Vec<Commit>, Error> {
    if found.level == Secrecy::TuyetMat {
        // Of a Tuyệt mật nothing but digest, path and reason is ever kept.
        durable::remove_tree(&crate::home::signed_folder(home, job))?;
    }
    let level = match found.level {
        Secrecy::Thuong => "thường",
        Secrecy::Mat => "MẬT",
        Secrecy::ToiMat => "TỐI MẬT",
        Secrecy::TuyetMat => "TUYỆT MẬT",
    };
    let code = match (found.level, found.declared) {
        (Secrecy::TuyetMat, _) => "held-secret-top",
        (_, true) => "held-secret-declared",
        (_, false) => "held-secret",
    };
    let named = json!({"path": job.source, "level": level, "page": page.map_or_else(|| "-".to_owned(), |page| page.to_string())});
    let card = facts([
        ("description", json!(null)),
        ("secrecy_found", json!(found)),
        ("detail", json!({"code": code, "facts": named})),
    ]);
    Ok(vec![held(HoldReason::Secret, card)])
}

//! What a document's state allows a person to decide, and what the person is shown.

use model::{Cause, HoldReason, Secrecy, Stage, stage::JobState};
use register::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What can be decided, without its particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// [`Decision::Accept`](super::Decision::Accept).
    Accept,
    /// [`Decision::Approve`](super::Decision::Approve).
    Approve,
    /// [`Decision::Place`](super::Decision::Place).
    Place,
    /// [`Decision::Retry`](super::Decision::Retry).
    Retry,
    /// [`Decision::Reject`](super::Decision::Reject).
    Reject,
}

impl Act {
    /// Its word on the command line, in events and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Approve => "approve",
            Self::Place => "place",
            Self::Retry => "retry",
            Self::Reject => "reject",
        }
    }
}

/// The secrecy that was found, as it stays on a held document's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecrecyFound {
    pub level: Secrecy,
    /// Not read from the pages: `document.toml` says so.
    pub declared: bool,
}

/// What a person may decide about a document as it now stands; nothing when it waits for nobody.
pub fn acts(job: &Job) -> Vec<Act> {
    let sealed = job.card.contains_key("sealed_sha256");
    match &job.state {
        // What is stored stays; before that a sealed document can be given up, and its number with it.
        JobState::Held(stage, _) if sealed && *stage > Stage::Preserve => vec![Act::Retry],
        JobState::Held(..) if sealed => vec![Act::Retry, Act::Reject],
        JobState::Held(_, reason) => match HoldReason::from_code(reason) {
            Some(HoldReason::Secret) => secret_acts(job),
            Some(HoldReason::NoRoom) => vec![Act::Place, Act::Retry, Act::Reject],
            Some(HoldReason::Incomplete | HoldReason::InvalidSignature) => vec![Act::Accept, Act::Retry, Act::Reject],
            Some(
                HoldReason::Unreadable
                | HoldReason::Locked
                | HoldReason::TooLarge
                | HoldReason::Unsupported
                | HoldReason::Mixed
                | HoldReason::BadDeclaration
                | HoldReason::Unworkable,
            )
            | None => vec![Act::Retry, Act::Reject],
        },
        JobState::Waiting(_, cause) if cause == Cause::Review.code() => vec![Act::Approve, Act::Reject],
        JobState::Waiting(..) if !sealed => vec![Act::Reject],
        JobState::Waiting(..)
        | JobState::Ready(_)
        | JobState::Running(_)
        | JobState::Duplicate
        | JobState::Rejected
        | JobState::Done => Vec::new(),
    }
}

/// A person may say that a mark is none (Điều 11). What a person declared is mended where it was declared, and a *Tuyệt mật*
/// is never stored.
fn secret_acts(job: &Job) -> Vec<Act> {
    match secrecy_found(job) {
        Some(found) if found.declared || found.level == Secrecy::TuyetMat => vec![Act::Reject],
        Some(_) => vec![Act::Accept, Act::Retry, Act::Reject],
        None => vec![Act::Retry, Act::Reject],
    }
}

pub(crate) fn secrecy_found(job: &Job) -> Option<SecrecyFound> {
    serde_json::from_value(job.card.get("secrecy_found")?.clone()).ok()
}

/// The page to look at.
pub fn page(job: &Job) -> Option<u32> {
    let told = job.card.get("detail").and_then(|detail| detail.pointer("/facts/page"));
    let told = told.and_then(|page| page.as_str().map_or_else(|| page.as_u64(), |page| page.parse().ok()));
    let first = match &job.state {
        JobState::Held(_, reason) => reason == HoldReason::NoRoom.code(),
        JobState::Waiting(_, cause) => cause == Cause::Review.code(),
        JobState::Ready(_) | JobState::Running(_) | JobState::Duplicate | JobState::Rejected | JobState::Done => false,
    };
    told.and_then(|page| u32::try_from(page).ok()).or(first.then_some(1))
}

/// The hold of a document in `mocban.document/1`: what may be decided, which page to look at, and why, in a sentence.
pub(crate) fn hold(job: &Job) -> Value {
    let acts = acts(job);
    let reason = match &job.state {
        JobState::Held(_, reason) | JobState::Waiting(_, reason) if !acts.is_empty() => reason,
        _ => return Value::Null,
    };
    let page = page(job);
    let sentence = |lang| {
        let mut facts = vec![("reason", messages::text(lang, &format!("reason-{reason}"), &[]))];
        facts.extend(page.map(|page| ("page", page.to_string())));
        messages::text(lang, if page.is_some() { "hold-sentence-page" } else { "hold-sentence" }, &facts)
    };
    json!({
        "acts": acts, "page": page,
        "sentence": {"vi": sentence(messages::Lang::Vi), "en": sentence(messages::Lang::En)},
    })
}

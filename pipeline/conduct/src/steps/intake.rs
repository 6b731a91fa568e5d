//! Intake: claim what lies in inbound.

use failpoint::failpoint;
use model::{Form, HoldReason, Stage, Submission, event::EventKind};
use register::{Commit, Facts, Job};
use serde_json::{Value, json};

use crate::{
    Error, Home, decide, lanes,
    steps::{facts, finished, limits, patience},
    worker::{Task, ask_one},
};

/// Probes, hashes and orders the files in a worker; recognises content that is already here.
pub(crate) fn claim(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    if home.register.artifacts(job.no)?.is_empty() && crate::steps::is_sealed(home, job) {
        // A signature of a document that was never read is another one's, of a register that is no more.
        durable::set_aside(&crate::home::signed_folder(home, job))?;
    }
    let task = Task::Claim {
        inbound: home.settings.inbound.path.clone(),
        source: job.source.clone(),
        template: home.settings.inbound.template.clone(),
        limits: limits(home, 1),
    };
    let mut submission: Submission = ask_one(&home.worker, &task, patience(home))?;
    let other = home.register.job_of_document(submission.id)?.filter(|other| other.no != job.no);
    if let Some(other) = other {
        // What was sealed stands, and is not begun again.
        if matches!(other.state, model::stage::JobState::Held(..)) && !crate::steps::is_sealed(home, &other) {
            // The same content as a held document is another try of that document, from its new place.
            let tried = Commit::of(EventKind::Tried { source: job.source.clone() });
            match home.register.commit(&other, &[tried]) {
                // A person decided about it meanwhile.
                Err(register::Error::Moved { .. }) => {}
                tried => drop(tried?),
            }
        }
        let of = submission.id.to_string();
        let twin = facts([("document", json!(submission.id)), ("duplicate_of", json!(of))]);
        return Ok(vec![Commit::of(EventKind::Duplicated { of }).with(twin)]);
    }
    submission.supersedes = job.document.filter(|before| *before != submission.id);
    let held = match counted(job, &mut submission) {
        Some(held) => Some(held),
        None if submission.form == Form::Original => judge_incoming(home, job, &submission)?,
        None => None,
    };
    if let Some((reason, detail)) = held {
        // Held with its identity: what a person decides is about exactly these pages.
        let mut card = identity(&submission);
        card.insert("detail".into(), detail);
        return Ok(vec![lanes::held(reason, card)]);
    }
    let artifact = home.publish(job, "submission", &serde_json::to_vec(&submission)?)?;
    failpoint!("intake:submission:after");
    let mut card = identity(&submission);
    card.insert("detail".into(), json!(null));
    Ok(vec![finished(Stage::Intake, card).publishing(vec![artifact])])
}

/// What the card says of claimed content. What was known of other content that stood here before goes.
fn identity(submission: &Submission) -> Facts {
    let mut card = facts([
        ("document", json!(submission.id)),
        ("form", json!(submission.form)),
        ("pages", json!(submission.pages.len())),
        ("findings", json!(submission.findings)),
        ("place", json!(submission.place)),
    ]);
    if let Some(before) = submission.supersedes {
        card.insert("supersedes".into(), json!(before));
        for stale in ["description", "placement", "reviewed", "decisions", "corrections"] {
            card.insert(stale.into(), json!(null));
        }
    }
    card
}

/// Điều 8: held unless the pages fit what is declared, or a person counted them; then the count is theirs.
fn counted(job: &Job, submission: &mut Submission) -> Option<(HoldReason, Value)> {
    let Err(error) = ::intake::check_count(submission) else { return None };
    let Some(said) = decide::recorded(job, HoldReason::Incomplete.code(), submission.id) else {
        let named: Facts = error.facts().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        return Some((HoldReason::Incomplete, json!({"code": error.code(), "facts": named})));
    };
    submission.declared.sheets = said.sheets;
    submission.declared.pages = submission.declared.pages.map(|_| submission.pages.len() as u32);
    submission.findings.push("count_corrected".into());
    None
}

/// Điều 12.2, 15.1a: a signed incoming PDF is verified before anything is done with it.
fn judge_incoming(home: &Home, job: &Job, submission: &Submission) -> Result<Option<(HoldReason, Value)>, Error> {
    let Some(path) = crate::steps::originals(home, submission).into_iter().next() else { return Ok(None) };
    let task = Task::Judge {
        parts: vec![path],
        anchors: home.settings.trust.anchors.clone(),
        now: home.clock.now(),
        limits: limits(home, 1),
    };
    let report: Value = ask_one(&home.worker, &task, patience(home))?;
    let signatures = report.get("signatures").and_then(|s| s.as_array()).map_or(0, Vec::len);
    if signatures == 0 {
        return Ok(None);
    }
    let held = |reason: HoldReason, named: Value| {
        Ok(Some((reason, json!({"code": format!("held-{}", reason.code()), "facts": named}))))
    };
    // A person in charge may have decided about it (Điều 12.2); nothing decides by itself.
    let accepted = decide::recorded(job, HoldReason::InvalidSignature.code(), submission.id).is_some();
    if !accepted && report.get("overall").and_then(Value::as_str) != Some("valid") {
        let reasons = report.get("reasons").and_then(Value::as_array).into_iter().flatten();
        let codes: Vec<&str> = reasons.filter_map(Value::as_str).collect();
        return held(HoldReason::InvalidSignature, json!({"path": submission.source, "reasons": codes.join(" ")}));
    }
    if report.get("locked").and_then(Value::as_bool).unwrap_or(false) {
        return held(HoldReason::Locked, json!({"path": submission.source}));
    }
    Ok(None)
}

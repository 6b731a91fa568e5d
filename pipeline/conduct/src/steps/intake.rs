//! Intake: claim what lies in inbound.

use model::{Form, Stage, Submission, event::EventKind};
use register::{Commit, Job};
use serde_json::json;

use crate::{
    Error, Home,
    steps::{facts, finished, limits, patience},
    worker::{Task, ask_one},
};

/// Probes, hashes and orders the files in a worker; recognises content that is already here.
pub(crate) fn claim(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    let task = Task::Claim {
        inbound: home.settings.inbound.path.clone(),
        source: job.source.clone(),
        template: home.settings.inbound.template.clone(),
        limits: limits(home),
    };
    let submission: Submission = ask_one(&home.worker, &task, patience(home))?;
    let identity = facts([("document", json!(submission.id))]);
    let other = home.register.job_of_document(submission.id)?.filter(|other| other.no != job.no);
    if let Some(other) = other {
        if matches!(other.state, model::stage::JobState::Held(..)) {
            // The same content as a held document is another try of that document, from its new place.
            home.register.commit(&other, &[Commit::of(EventKind::Tried { source: job.source.clone() })])?;
        }
        let of = submission.id.to_string();
        let twin = facts([("document", json!(submission.id)), ("duplicate_of", json!(of))]);
        return Ok(vec![Commit::of(EventKind::Duplicated { of }).with(twin)]);
    }
    if submission.form == Form::Original {
        judge_incoming(home, job, &submission)?;
    }
    let artifact = home.publish(job, "submission", &serde_json::to_vec(&submission)?)?;
    let mut card = facts([
        ("form", json!(submission.form)),
        ("pages", json!(submission.pages.len())),
        ("findings", json!(submission.findings)),
        ("place", json!(submission.place)),
        ("detail", json!(null)),
    ]);
    card.extend(identity);
    Ok(vec![finished(Stage::Intake, card).publishing(vec![artifact])])
}

/// Điều 12.2, 15.1a: a signed incoming PDF is verified before anything is done with it.
fn judge_incoming(home: &Home, job: &Job, submission: &Submission) -> Result<(), Error> {
    let Some(path) = crate::steps::originals(home, submission).into_iter().next() else { return Ok(()) };
    let task = Task::Judge { parts: vec![path], anchors: home.settings.trust.anchors.clone(), now: home.clock.now() };
    let report: serde_json::Value = ask_one(&home.worker, &task, patience(home))?;
    let signatures = report.get("signatures").and_then(|s| s.as_array()).map_or(0, Vec::len);
    if signatures == 0 {
        return Ok(());
    }
    // A person in charge may have decided about it (Điều 12.2); nothing decides by itself.
    let decided = crate::steps::card_text(job, "decision") == Some("accept");
    if !decided && report.get("overall").and_then(|o| o.as_str()) != Some("valid") {
        let reasons = report.get("reasons").map(ToString::to_string).unwrap_or_default();
        return Err(Error::Held {
            reason: model::HoldReason::InvalidSignature,
            facts: vec![("path", submission.source.clone()), ("reason", reasons)],
        });
    }
    let locked = report.get("locked").and_then(serde_json::Value::as_bool).unwrap_or(false);
    if locked {
        return Err(Error::Held {
            reason: model::HoldReason::Locked,
            facts: vec![("path", submission.source.clone())],
        });
    }
    Ok(())
}

//! A document as people and programs see it: `mocban.document/1`.

use model::{Description, Field, stage::JobState};
use register::{Job, Register};
use serde_json::{Map, Value, json};

use crate::Error;

/// The state people see.
pub fn state_name(state: &JobState) -> &'static str {
    match state {
        JobState::Ready(_) | JobState::Running(_) => "working",
        JobState::Waiting(..) => "waiting",
        JobState::Held(..) => "held",
        JobState::Duplicate => "duplicate",
        JobState::Rejected => "rejected",
        JobState::Done => "done",
    }
}

/// Stage and reason of a state.
pub fn place(state: &JobState) -> (Option<&'static str>, Option<&str>) {
    match state {
        JobState::Ready(stage) | JobState::Running(stage) => (Some(stage.name()), None),
        JobState::Waiting(stage, reason) | JobState::Held(stage, reason) => (Some(stage.name()), Some(reason)),
        JobState::Duplicate | JobState::Rejected | JobState::Done => (None, None),
    }
}

/// A document's title: its type, number and abstract as far as they are known, else its place in inbound.
pub fn title(job: &Job) -> String {
    let description: Description =
        job.card.get("description").and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
    let parts = [
        description.value(Field::TypeName).map(str::to_owned),
        description.citation(),
        description.value(Field::Subject).map(str::to_owned),
    ];
    let known: Vec<String> = parts.into_iter().flatten().collect();
    if known.is_empty() { job.source.clone() } else { known.join(" ") }
}

/// The JSON form. Keys are never renamed; unknown values are `null`.
pub fn document(register: &Register, job: &Job, copies: &[String]) -> Result<Value, Error> {
    let (stage, reason) = place(&job.state);
    let done = matches!(job.state, JobState::Done);
    let card = |key: &str| job.card.get(key).cloned().unwrap_or(Value::Null);
    let stored = register.stored(job.no)?;
    let copies: Vec<Value> = copies
        .iter()
        .map(|name| {
            let state = if stored.iter().any(|stored| &stored.copy == name) { "verified" } else { "missing" };
            json!({"name": name, "state": state})
        })
        .collect();
    Ok(json!({
        "schema": "mocban.document/1",
        "job": job.no,
        "id": job.document,
        "source": job.source,
        "state": state_name(&job.state),
        "stage": stage,
        "reason": reason.map_or_else(|| if done { card("reason") } else { Value::Null }, |reason| json!(reason)),
        "detail": card("detail"),
        "duplicate_of": card("duplicate_of"),
        "supersedes": card("supersedes"),
        "form": card("form"),
        "pages": card("pages"),
        "findings": card("findings"),
        "reviewed": card("reviewed"),
        "decisions": card("decisions"),
        "hold": crate::decide::hold(job),
        "level": card("level"),
        "sealed_sha256": card("sealed_sha256"),
        "certification": certification(&card("certification")),
        "placement": placement(&card("placement")),
        "description": description(job),
        "copies": copies,
    }))
}

fn certification(stored: &Value) -> Value {
    if stored.is_null() {
        return Value::Null;
    }
    let kind = stored.get("kind").cloned().unwrap_or(Value::Null);
    let pages = kind.pointer("/partial/pages").cloned().unwrap_or(Value::Null);
    let kind = if pages.is_null() { json!("full") } else { json!("partial") };
    json!({"number": stored.get("number"), "year": stored.get("year"), "role": stored.get("role"), "kind": kind, "pages": pages})
}

fn placement(stored: &Value) -> Value {
    if stored.is_null() {
        return Value::Null;
    }
    let at = |path: &str| stored.pointer(path).cloned().unwrap_or(Value::Null);
    json!({
        "page": at("/page"), "page_w_mm": at("/page_w_mm"), "page_h_mm": at("/page_h_mm"),
        "x_mm": at("/rect/x"), "y_mm": at("/rect/y"), "width_mm": at("/rect/width"), "height_mm": at("/rect/height"),
        "clearance_mm": at("/clearance_mm"), "size": at("/size"), "step": at("/step"),
    })
}

fn description(job: &Job) -> Value {
    let known: Description =
        job.card.get("description").and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
    let fields: Map<String, Value> = known
        .0
        .iter()
        .map(|(field, extracted)| {
            let rect = extracted.rect.map(|r| json!([r.x, r.y, r.width, r.height]));
            let value = json!({
                "value": extracted.value, "confidence": extracted.confidence, "page": extracted.page, "box": rect,
                "confirmed_by": extracted.confirmed_by,
            });
            (field.name().to_owned(), value)
        })
        .collect();
    Value::Object(fields)
}

//! Copies: media, last audit, faults.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use conduct::desk::{self, CopyState};
use model::event::EventKind;
use serde_json::Value;

use crate::{
    Error,
    app::App,
    pages,
    view::{View, show},
    visitor::Visitor,
};

struct Fault {
    copy: String,
    object: String,
    path: String,
    kind: String,
}

struct Audit {
    at: String,
    outcome: String,
    faults: Vec<Fault>,
}

#[derive(Template)]
#[template(path = "copies.html")]
struct Page<'a> {
    v: &'a View,
    copies: Vec<CopyState>,
    required: usize,
    audit: Option<Audit>,
}

pub(crate) async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let view = View::of(&visitor, "copies");
    let v = view.clone();
    let done = app.work(move |app| write(app, &v)).await;
    pages::answer(&view, done)
}

fn write(app: &App, v: &View) -> Result<Response, Error> {
    let audit = app.register.last_check()?.and_then(|record| {
        let EventKind::Checked { outcome, .. } = &record.event else { return None };
        let listed = record.facts.get("faults").and_then(Value::as_array).into_iter().flatten();
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let faults = listed
            .map(|fault| Fault {
                copy: text(fault, "copy"),
                object: text(fault, "object"),
                path: text(fault, "path"),
                kind: text(fault, "fault"),
            })
            .collect();
        Some(Audit { at: v.time(record.at), outcome: outcome.clone(), faults })
    });
    let copies = desk::copies(&app.home);
    show(&Page { v, copies, required: app.home.settings.preserve.copies_required, audit })
}

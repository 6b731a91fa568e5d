//! The access log: who logged in, looked and downloaded (Điều 15). For archivists.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use model::DocumentId;

use crate::{
    Error,
    app::App,
    pages,
    view::{View, address, show, title},
    visitor::Visitor,
};

/// Newest entries shown; `mocban portal log` prints all.
const SHOWN: u32 = 200;

struct Line {
    no: u64,
    at: String,
    actor: String,
    act: String,
    part: String,
    /// Address and title of the document.
    document: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "accesses.html")]
struct Page<'a> {
    v: &'a View,
    lines: Vec<Line>,
}

pub(crate) async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let view = View::of(&visitor, "accesses");
    let v = view.clone();
    let done = app.work(move |app| write(app, &v)).await;
    pages::answer(&view, done)
}

fn write(app: &App, v: &View) -> Result<Response, Error> {
    let mut lines = Vec::new();
    for access in app.desk.newest_accesses(SHOWN)? {
        lines.push(Line {
            no: access.no,
            at: v.time(access.at),
            document: access.document.map(|name| named(app, name)).transpose()?,
            actor: access.actor,
            act: v.tt("portal-access", &access.act),
            part: access.part.unwrap_or_default(),
        });
    }
    show(&Page { v, lines })
}

/// What an entry calls a document: its identity, or `#JOB` before it had one.
fn named(app: &App, name: String) -> Result<(String, String), Error> {
    let job = match name.parse::<DocumentId>() {
        Ok(id) => app.register.job_of_document(id)?,
        Err(_) => name.strip_prefix('#').and_then(|no| no.parse().ok()).map(|no| app.register.job(no)).transpose()?,
    };
    Ok(job.map_or_else(|| (String::new(), name), |job| (address(&job), title(&job))))
}

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
    /// Address, when it is known, and title of the document.
    document: Option<(Option<String>, String)>,
}

#[derive(Template)]
#[template(path = "accesses.html")]
struct Page<'a> {
    v: &'a View,
    shown: u32,
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
    show(&Page { v, shown: SHOWN, lines })
}

/// Address and title of what an entry calls a document. A job's number says nothing after a rebuild: it stays as it was noted.
fn named(app: &App, name: String) -> Result<(Option<String>, String), Error> {
    let job = match name.parse::<DocumentId>() {
        Ok(id) => app.register.job_of_document(id)?,
        Err(_) => None,
    };
    Ok(job.map_or((None, name), |job| (Some(address(&job)), title(&job))))
}

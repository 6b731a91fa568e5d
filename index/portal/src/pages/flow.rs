//! Flow: what is where, what waits and why.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use conduct::{
    card,
    desk::{self, Ending},
    signing::SessionState,
};
use model::Stage;
use register::Standing;

use crate::{
    Error,
    app::App,
    pages,
    view::{View, address, show, title},
    visitor::Visitor,
};

/// Documents listed; the counts above them tell of all.
const MOST: usize = 100;

struct Lane {
    name: &'static str,
    working: u64,
    waiting: u64,
    held: u64,
}

struct Row {
    address: String,
    title: String,
    source: String,
    stage: String,
    state: &'static str,
    reason: Option<String>,
    sentence: Option<String>,
    since: String,
    attempt: u32,
}

#[derive(Template)]
#[template(path = "flow.html")]
struct Page<'a> {
    v: &'a View,
    lanes: Vec<Lane>,
    done: u64,
    duplicates: u64,
    rejected: u64,
    session: &'static str,
    left: u32,
    ending: Option<String>,
    rows: Vec<Row>,
    more: u64,
    now: String,
}

pub(crate) async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let view = View::of(&visitor, "flow");
    let v = view.clone();
    let done = app.work(move |app| write(app, &v)).await;
    pages::answer(&view, done)
}

fn write(app: &App, v: &View) -> Result<Response, Error> {
    let standings = app.register.standings()?;
    let count = |keep: &dyn Fn(&Standing) -> bool| standings.iter().filter(|s| keep(s)).map(|s| s.count).sum::<u64>();
    let lanes = Stage::ALL
        .iter()
        .map(|stage| {
            let here = |states: &[&str]| {
                count(&|s| s.stage.as_deref() == Some(stage.name()) && states.contains(&s.state.as_str()))
            };
            Lane {
                name: stage.name(),
                working: here(&["ready", "running"]),
                waiting: here(&["waiting"]),
                held: here(&["held"]),
            }
        })
        .collect();
    let (session, left) = match app.home.signing.state() {
        SessionState::Open { left } => ("open", left),
        SessionState::Closed => ("closed", 0),
        SessionState::Refused => ("refused", 0),
    };
    let jobs = app.register.open_jobs(MOST)?;
    let open = count(&|s| matches!(s.state.as_str(), "ready" | "running" | "waiting" | "held"));
    let mut rows = Vec::new();
    for job in &jobs {
        let (stage, reason) = card::place(&job.state);
        let entered = app.register.entered_at(job.no)?;
        rows.push(Row {
            address: address(job),
            title: title(job),
            source: job.source.clone(),
            stage: stage.map(|stage| v.tt("stage", stage)).unwrap_or_default(),
            state: card::state_name(&job.state),
            reason: reason.map(|reason| v.tt("reason", reason)),
            sentence: reason.and_then(|_| v.detail(job)),
            since: entered.map(|at| v.time(at)).unwrap_or_default(),
            attempt: job.attempt,
        });
    }
    show(&Page {
        v,
        lanes,
        done: count(&|s| s.state == "done"),
        duplicates: count(&|s| s.state == "duplicate"),
        rejected: count(&|s| s.state == "rejected"),
        session,
        left,
        ending: desk::certificate_ending(&app.home).map(|ending| renew(v, ending)),
        more: open.saturating_sub(rows.len() as u64),
        rows,
        now: v.time(app.home.clock.now()),
    })
}

fn renew(v: &View, Ending { name, until, days }: Ending) -> String {
    let facts = [("name", name), ("until", v.time(until)), ("days", days.to_string())];
    format!("{}. {}", v.tell("doctor-certificate-ends", &facts), v.t("doctor-certificate-ends-fix"))
}

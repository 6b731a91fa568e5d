//! Held: what a person must decide, with the picture of why and the acts that are possible.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use conduct::{
    card,
    decide::{self, Decided},
    desk,
};
use model::{HoldReason, stage::JobState};
use register::Job;

use crate::{
    Error,
    app::App,
    pages::{self, document::Marked},
    view::{View, address, show, title},
    visitor::{Signed, Visitor},
};

/// Cards on the list.
const MOST: usize = 60;
const A4: (f64, f64) = (210.0, 297.0);

/// An act that a person may choose: its name is the decision's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) name: &'static str,
    /// Whether it goes on with the document (shown first and strongest).
    pub(crate) onward: bool,
}

const RETRY: Act = Act { name: "retry", onward: true };
const ACCEPT: Act = Act { name: "accept", onward: true };
const APPROVE: Act = Act { name: "approve", onward: true };
const REJECT: Act = Act { name: "reject", onward: false };

/// What may be decided for a reason. Nothing else is taken, whatever a form says.
pub(crate) fn acts(reason: &str) -> &'static [Act] {
    match reason {
        "review" => &[APPROVE, REJECT],
        "secret" | "invalid_signature" => &[ACCEPT, REJECT],
        _ => &[RETRY, REJECT],
    }
}

struct Card {
    job: i64,
    address: String,
    title: String,
    source: String,
    why: String,
    facts: Option<String>,
    todo: String,
    acts: &'static [Act],
    stage: String,
    since: String,
    /// Pages to look at; empty for what is looked at on paper only.
    pages: Vec<u32>,
    more_pages: u32,
    paper: (f64, f64),
    /// Where on page one it lies.
    areas: Vec<Marked>,
}

#[derive(Template)]
#[template(path = "held.html")]
struct Page<'a> {
    v: &'a View,
    cards: Vec<Card>,
    more: u64,
    single: bool,
    problem: Option<String>,
}

/// All that is held, oldest first.
pub(crate) async fn list(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let view = View::of(&visitor, "held");
    let v = view.clone();
    let done = app
        .work(move |app| {
            let jobs = app.register.jobs_for_a_person(MOST)?;
            let all = app.register.count_for_a_person()?;
            let cards = jobs.iter().map(|job| card(app, &v, job)).collect::<Result<Vec<_>, Error>>()?;
            let more = all.saturating_sub(cards.len() as u64);
            show(&Page { v: &v, cards, more, single: false, problem: None })
        })
        .await;
    pages::answer(&view, done)
}

/// One held document.
pub(crate) async fn one(State(app): State<Arc<App>>, visitor: Visitor, Path(job): Path<i64>) -> Response {
    let view = View::of(&visitor, "held");
    let v = view.clone();
    let done = app.work(move |app| one_page(app, &v, job, None)).await;
    pages::answer(&view, done)
}

fn one_page(app: &App, v: &View, no: i64, problem: Option<&str>) -> Result<Response, Error> {
    let job = app.register.job(no)?;
    if waits(&job).is_none() {
        return Ok(Redirect::to(&address(&job)).into_response());
    }
    let cards = vec![card(app, v, &job)?];
    show(&Page { v, cards, more: 0, single: true, problem: problem.map(|code| v.t(code)) })
}

/// The reason a job waits for a person.
fn waits(job: &Job) -> Option<&str> {
    match &job.state {
        JobState::Held(_, reason) => Some(reason),
        JobState::Waiting(_, cause) if cause == model::Cause::Review.code() => Some(cause),
        _ => None,
    }
}

/// A decision.
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(no): Path<i64>,
    form: Signed,
) -> Response {
    let view = View::of(&visitor, "held");
    let v = view.clone();
    let done = app
        .work(move |app| {
            let job = app.register.job(no)?;
            let chosen = form.field("decision");
            let possible = waits(&job).is_some_and(|reason| acts(reason).iter().any(|act| act.name == chosen));
            if !possible {
                let mut page = one_page(app, &v, no, Some("portal-not-possible"))?;
                *page.status_mut() = StatusCode::CONFLICT;
                return Ok(page);
            }
            match decide::decide(&app.home, &format!("#{no}"), chosen, visitor.name())? {
                Decided::Moved => Ok(Redirect::to("/held").into_response()),
                Decided::NotOne | Decided::NotWaiting => {
                    let mut page = one_page(app, &v, no, Some("portal-not-possible"))?;
                    *page.status_mut() = StatusCode::CONFLICT;
                    Ok(page)
                }
            }
        })
        .await;
    pages::answer(&view, done)
}

fn card(app: &App, v: &View, job: &Job) -> Result<Card, Error> {
    let reason = waits(job).unwrap_or_default().to_owned();
    let (stage, _) = card::place(&job.state);
    let entered = app.register.entered_at(job.no)?;
    let pages = if desk::may_be_seen(&app.home, job) { desk::pages(&app.home, job) } else { 0 };
    // Page one tells most; where pages are missing or unlike, all of them do.
    let shown = if reason == HoldReason::Incomplete.code() { 12 } else { 1 };
    let paper = desk::words(&app.home, job, 1).map_or(A4, |words| pages::document::size(&words));
    Ok(Card {
        job: job.no,
        address: address(job),
        title: title(job),
        source: job.source.clone(),
        why: v.tt("reason", &reason),
        facts: v.detail(job),
        todo: v.tt("portal-todo", &reason),
        acts: acts(&reason),
        stage: stage.map(|stage| v.tt("stage", stage)).unwrap_or_default(),
        since: entered.map(|at| v.time(at)).unwrap_or_default(),
        pages: (1..=pages.min(shown)).collect(),
        more_pages: pages.saturating_sub(shown),
        paper,
        areas: areas(app, &reason, paper),
    })
}

/// Where a mark would have had to find room (Điều 13.3): the policy's zone on page one.
fn areas(app: &App, reason: &str, (width, height): (f64, f64)) -> Vec<Marked> {
    if reason != HoldReason::NoRoom.code() {
        return Vec::new();
    }
    let policy = &app.home.policy;
    vec![Marked { x: 0.0, y: 0.0, width: width * policy.zone_width.value, height: height * policy.zone_height.value }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_can_be_decided_and_says_what_to_do() {
        for reason in HoldReason::ALL.iter().map(|reason| reason.code()).chain(["review"]) {
            assert!(acts(reason).iter().any(|act| act.name == "reject"), "{reason}");
            assert!(acts(reason).iter().any(|act| act.onward), "{reason}");
            assert!(messages::has(&format!("portal-todo-{reason}")), "portal-todo-{reason}");
            for act in acts(reason) {
                assert!(messages::has(&format!("portal-act-{}", act.name)), "portal-act-{}", act.name);
            }
        }
    }
}

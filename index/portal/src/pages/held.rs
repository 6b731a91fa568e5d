//! Held: what a person must decide, with the picture of why and the acts that are possible.

pub(crate) mod acts;

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use conduct::{
    card, correct,
    decide::{self, Wanted},
    desk,
};
use model::{Description, HoldReason, stage::JobState};
use register::Job;
use serde::Deserialize;

use crate::{
    Error,
    app::App,
    extract::{Path, Query},
    pages::{self, document::Marked},
    view::{View, address, show, title},
    visitor::Visitor,
};

/// Cards on the list.
const MOST: usize = 60;
const A4: (f64, f64) = (210.0, 297.0);
/// Width of the page on which a place is pointed at, in the browser's pixels.
const POINTED_PX: f64 = 472.0;

struct Card {
    job: i64,
    /// Of the job as it is shown here: what is decided by these forms is decided about no other.
    version: i64,
    address: String,
    title: String,
    source: String,
    why: String,
    facts: Option<String>,
    todo: String,
    acts: Vec<&'static str>,
    /// Whether sheets may be counted with the accepting.
    counts: bool,
    /// Sizes of the mark, with their measures.
    sizes: Vec<(String, String)>,
    /// What a reviewer may correct.
    fields: Vec<Correctable>,
    stage: String,
    since: String,
    /// Pages to look at; empty for what is looked at on paper only.
    pages: Vec<u32>,
    more_pages: u32,
    paper: (f64, f64),
    /// Where on page one it lies.
    areas: Vec<Marked>,
    /// What a person pointed at, or is about to.
    pointing: Option<Pointing>,
    /// The reason of a decision that was not taken.
    given: Option<Given>,
}

/// A reason, and the act that it was typed for.
struct Given {
    act: String,
    why: String,
}

/// One field of the description.
struct Correctable {
    name: &'static str,
    term: String,
    value: String,
    /// What a form said that was not taken.
    typed: Option<String>,
}

impl Card {
    /// The reason that was typed for this act.
    fn given(&self, act: &str) -> Option<&str> {
        self.given.as_ref().filter(|given| given.act == act).map(|given| given.why.as_str())
    }

    /// Fields of the box, with what was pointed at.
    fn measures(&self) -> [(&'static str, &'static str, String); 4] {
        let place = self.pointing.as_ref().and_then(|pointing| pointing.place.as_ref()).map(|(place, ..)| place);
        let value = |of: fn(&Marked) -> f64| place.map(|place| of(place).to_string()).unwrap_or_default();
        [
            ("x", "portal-place-x", value(|place| place.x)),
            ("y", "portal-place-y", value(|place| place.y)),
            ("width", "portal-place-width", value(|place| place.width)),
            ("height", "portal-place-height", value(|place| place.height)),
        ]
    }
}

/// What a person typed into a form.
#[derive(Default)]
struct Typed {
    /// Corrections, by the names of their fields.
    fields: BTreeMap<String, String>,
    /// The reason of a decision.
    given: Option<Given>,
}

/// A form that was not taken: why, and what it bore.
struct Untaken {
    problem: String,
    typed: Typed,
    /// Whether its document changed meanwhile: then what it said stands beside what holds now, not in its place.
    changed: bool,
}

/// A click on the page, which changes nothing: it shows where the mark would stand.
#[derive(Default, Deserialize)]
pub(crate) struct Pointed {
    /// Name of a size.
    #[serde(default)]
    size: String,
    /// Pixels from the left edge of the page as it was shown.
    #[serde(rename = "spot.x")]
    x: Option<f64>,
    #[serde(rename = "spot.y")]
    y: Option<f64>,
}

/// Page one as something to point at.
struct Pointing {
    /// Its size in the browser's pixels.
    px: (f64, f64),
    /// The size of the mark that is chosen.
    size: String,
    /// Where the mark would stand, and what is to be said about that.
    place: Option<(Marked, String, bool)>,
}

#[derive(Template)]
#[template(path = "held.html")]
struct Page<'a> {
    v: &'a View,
    cards: Vec<Card>,
    more: u64,
    single: bool,
    problem: Option<String>,
    /// A reason that was typed for the document as it was before.
    typed: Option<String>,
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
            show(&Page { v: &v, cards, more, single: false, problem: None, typed: None })
        })
        .await;
    pages::answer(&view, done)
}

/// One held document.
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(job): Path<i64>,
    Query(pointed): Query<Pointed>,
) -> Response {
    let view = View::of(&visitor, "held");
    let v = view.clone();
    let done = app.work(move |app| one_page(app, &v, &app.register.job(job)?, &pointed, None)).await;
    pages::answer(&view, done)
}

fn one_page(app: &App, v: &View, job: &Job, pointed: &Pointed, untaken: Option<Untaken>) -> Result<Response, Error> {
    if waits(job).is_none() {
        return Ok(Redirect::to(&address(job)).into_response());
    }
    let mut card = card(app, v, job)?;
    let may_point = card.acts.contains(&decide::Act::Place.name()) && !card.pages.is_empty();
    if may_point && desk::paper(&app.home, job).is_some() {
        card.pointing = Some(pointing(app, v, &card, pointed)?);
    }
    let (mut problem, mut typed) = (None, None);
    if let Some(untaken) = untaken {
        card.fields.iter_mut().for_each(|field| keep_typed(field, &untaken));
        problem = Some(untaken.problem);
        if untaken.changed {
            typed = untaken.typed.given.map(|given| given.why);
        } else {
            card.given = untaken.typed.given;
        }
    }
    show(&Page { v, cards: vec![card], more: 0, single: true, problem, typed })
}

/// Nobody types twice what was not taken.
fn keep_typed(field: &mut Correctable, untaken: &Untaken) {
    let typed = untaken.typed.fields.get(field.name).filter(|typed| **typed != field.value);
    match typed.cloned() {
        Some(typed) if untaken.changed => field.typed = Some(typed),
        Some(typed) => field.value = typed,
        None => {}
    }
}

/// Judges the place that was clicked at: the middle of the mark, moved onto the page where it would leave it.
fn pointing(app: &App, v: &View, card: &Card, pointed: &Pointed) -> Result<Pointing, Error> {
    let (width, height) = card.paper;
    let scale = POINTED_PX / width;
    let known = &app.home.policy.sizes.value;
    let size = known.iter().find(|size| size.name == pointed.size).or(known.first());
    let mut pointing = Pointing {
        px: (POINTED_PX, (height * scale).round()),
        size: size.map(|size| size.name.clone()).unwrap_or_default(),
        place: None,
    };
    if let (Some(size), Some(x), Some(y)) = (size, pointed.x, pointed.y) {
        let edge = |at: f64, mark: f64, paper: f64| {
            let edge = (at / scale - mark / 2.0).min(paper - mark).max(0.0);
            (edge * 10.0).round() / 10.0
        };
        let place = Marked {
            x: edge(x, size.width_mm, width),
            y: edge(y, size.height_mm, height),
            width: size.width_mm,
            height: size.height_mm,
        };
        let wanted = Wanted::Box { x_mm: place.x, y_mm: place.y, size: Some((place.width, place.height)) };
        let (told, fits) = match decide::try_place(&app.home, &format!("#{}", card.job), &wanted)? {
            Ok(_) => {
                let facts = [("x", place.x), ("y", place.y), ("width", place.width), ("height", place.height)];
                (v.tell("portal-spot-fits", &facts.map(|(name, mm)| (name, mm.to_string()))), true)
            }
            Err(why) => (acts::told(app, v, card.job, &why)?, false),
        };
        pointing.place = Some((place, told, fits));
    }
    Ok(pointing)
}

/// The reason a job waits for a person.
fn waits(job: &Job) -> Option<&str> {
    match &job.state {
        JobState::Held(_, reason) => Some(reason),
        JobState::Waiting(_, cause) if cause == model::Cause::Review.code() => Some(cause),
        _ => None,
    }
}

fn description(job: &Job) -> Description {
    job.card.get("description").and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
}

fn card(app: &App, v: &View, job: &Job) -> Result<Card, Error> {
    let reason = waits(job).unwrap_or_default().to_owned();
    let (stage, _) = card::place(&job.state);
    let entered = app.register.entered_at(job.no)?;
    let pages = if desk::may_be_seen(&app.home, job) { desk::pages(&app.home, job) } else { 0 };
    // Page one tells most; where pages are missing or unlike, all of them do.
    let shown = if reason == HoldReason::Incomplete.code() { 12 } else { 1 };
    // The size the mark's place is judged by; without it what the reading knows.
    let judged = desk::paper(&app.home, job).map(|page| (page.width, page.height));
    let read = || desk::words(&app.home, job, 1).map(|words| pages::document::size(&words));
    let paper = judged.or_else(read).unwrap_or(A4);
    Ok(Card {
        job: job.no,
        version: job.version,
        address: address(job),
        title: title(job),
        source: job.source.clone(),
        why: v.tt("reason", &reason),
        facts: v.detail(job),
        todo: v.tt("portal-todo", &reason),
        acts: decide::acts(job).into_iter().map(decide::Act::name).collect(),
        counts: reason == HoldReason::Incomplete.code(),
        sizes: sizes(app, v),
        fields: if reason == model::Cause::Review.code() { fields(v, job) } else { Vec::new() },
        stage: stage.map(|stage| v.tt("stage", stage)).unwrap_or_default(),
        since: entered.map(|at| v.time(at)).unwrap_or_default(),
        pages: (1..=pages.min(shown)).collect(),
        more_pages: pages.saturating_sub(shown),
        paper,
        areas: areas(app, &reason, paper),
        pointing: None,
        given: None,
    })
}

fn sizes(app: &App, v: &View) -> Vec<(String, String)> {
    let known = app.home.policy.sizes.value.iter();
    known
        .map(|size| {
            let measures = [("width", size.width_mm.to_string()), ("height", size.height_mm.to_string())];
            (size.name.clone(), v.tell("portal-size", &measures))
        })
        .collect()
}

fn fields(v: &View, job: &Job) -> Vec<Correctable> {
    let known = description(job);
    correct::fields()
        .map(|field| Correctable {
            name: field.name(),
            term: pages::document::term(v, field),
            value: known.value(field).unwrap_or_default().to_owned(),
            typed: None,
        })
        .collect()
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
    fn every_reason_says_what_to_do_and_every_act_has_its_words() {
        for reason in HoldReason::ALL.iter().map(|reason| reason.code()).chain(["review"]) {
            assert!(messages::has(&format!("portal-todo-{reason}")), "portal-todo-{reason}");
        }
        for act in ["accept", "approve", "place", "retry", "reject"] {
            assert!(messages::has(&format!("portal-act-{act}")), "portal-act-{act}");
        }
    }
}

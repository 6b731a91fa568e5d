//! The register of certifications (*sổ chứng thực*, Điều 16): by year, void numbers visible, made to be printed.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use register::BookingState;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error,
    app::App,
    extract::Query,
    pages,
    view::{View, address, card_text, show, title},
    visitor::Visitor,
};

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    year: Option<i16>,
}

struct Line {
    number: u32,
    state: &'static str,
    booked: String,
    sealed: String,
    title: String,
    source: String,
    address: Option<String>,
    kind: String,
    pages: String,
    why: String,
}

#[derive(Template)]
#[template(path = "book.html")]
struct Page<'a> {
    v: &'a View,
    years: Vec<i16>,
    year: i16,
    lines: Vec<Line>,
    sealed: usize,
    void: usize,
    signed_by: String,
    printed: String,
}

pub(crate) async fn page(State(app): State<Arc<App>>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let view = View::of(&visitor, "book");
    let v = view.clone();
    let done = app.work(move |app| write(app, &v, asked.year)).await;
    pages::answer(&view, done)
}

fn write(app: &App, v: &View, year: Option<i16>) -> Result<Response, Error> {
    let now = app.home.clock.now();
    let mut years = app.register.book_years()?;
    let year = year.or_else(|| years.last().copied()).unwrap_or_else(|| model::clock::register_year(now));
    years.reverse();
    let book = app.register.book_of(Some(year))?;
    let count = |state: BookingState| book.iter().filter(|booking| booking.state == state).count();
    let (sealed, void) = (count(BookingState::Sealed), count(BookingState::Void));
    let mut signed_by = String::new();
    let mut lines = Vec::new();
    for booking in book {
        let job = booking.job.map(|no| app.register.job(no)).transpose()?;
        let text = |path: &str| job.as_ref().and_then(|job| card_text(job, path)).map(str::to_owned);
        if let Some(signer) = text("signed_by") {
            signed_by = signer;
        }
        let partial = text("certification/kind/partial/pages");
        let done = job.as_ref().is_some_and(|job| job.state == model::stage::JobState::Done);
        let pages = job.as_ref().and_then(|job| job.card.get("pages")).and_then(Value::as_u64);
        lines.push(Line {
            number: booking.number,
            state: booking.state.name(),
            booked: v.time_of(&booking.at),
            sealed: text("sealed_at").map(|at| v.time_of(&at)).unwrap_or_default(),
            title: job.as_ref().map(title).unwrap_or_default(),
            source: job.as_ref().map(|job| job.source.clone()).unwrap_or_default(),
            address: job.as_ref().filter(|_| done || v.archivist).map(address),
            kind: match partial {
                Some(pages) => v.t1("portal-partial", "pages", &pages),
                None => v.t("portal-full"),
            },
            pages: pages.map(|pages| pages.to_string()).unwrap_or_default(),
            why: if booking.why.is_empty() { String::new() } else { v.tt("portal-void", &booking.why) },
        });
    }
    show(&Page { v, years, year, lines, sealed, void, signed_by, printed: v.time(now) })
}

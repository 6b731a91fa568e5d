//! One document: its pages, what is known of it, what holds of its seal, what happened to it.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use conduct::{card, desk};
use model::{Description, Field, PageWords, event::EventKind, stage::JobState};
use register::{Access, Job, Record};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error,
    app::{App, document_name},
    extract::{Path, Query},
    pages::{self, find::Badges},
    view::{View, address, card_text, encode, show, title},
    visitor::Visitor,
};

/// Thumbnails around the page that is shown.
const THUMBNAILS: u32 = 12;
/// Lines of the access log that are shown.
const ACCESSES: u32 = 20;
/// Widths of the page's picture: fitting, larger, largest.
pub(crate) const WIDTHS: [u32; 3] = [1000, 1600, 2400];
const A4: (f64, f64) = (210.0, 297.0);

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    page: Option<u32>,
    #[serde(default)]
    zoom: Option<usize>,
    #[serde(default)]
    q: String,
}

/// A box drawn over a page, mm.
pub(crate) struct Marked {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// One line of the description.
struct Known {
    term: String,
    value: String,
    percent: u8,
    by_person: bool,
    /// The page it was read on, and the address that shows where.
    place: Option<(u32, String)>,
}

/// A field's box on the page that is shown.
struct FieldBox {
    name: &'static str,
    term: String,
    at: Marked,
}

/// One of the four verdicts.
struct Checked {
    part: &'static str,
    verdict: String,
    reasons: Vec<String>,
}

struct Signature {
    signer: String,
    time: String,
    verdicts: Vec<Checked>,
}

struct Judged {
    overall: String,
    reasons: Vec<String>,
    signatures: Vec<Signature>,
    stamps: Vec<(String, String, String)>,
}

struct File {
    address: String,
    name: String,
    sealed: bool,
}

struct Happened {
    at: String,
    actor: String,
    what: String,
    more: String,
}

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage<'a> {
    v: &'a View,
    job: i64,
    address: String,
    title: String,
    source: String,
    state: &'static str,
    reason: Option<String>,
    sentence: Option<String>,
    page: u32,
    pages: u32,
    zoom: usize,
    width: u32,
    q: String,
    q_encoded: String,
    thumbnails: std::ops::RangeInclusive<u32>,
    seen: bool,
    paper: (f64, f64),
    boxes: Vec<Marked>,
    fields_here: Vec<FieldBox>,
    text: Option<String>,
    known: Vec<Known>,
    badges: Option<Badges>,
    judged: Option<Judged>,
    copies: Vec<(String, Option<String>)>,
    sealed_sha256: Option<String>,
    files: Vec<File>,
    history: Vec<Happened>,
    accesses: Vec<Access>,
    id: Option<String>,
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let view = View::of(&visitor, "document");
    let Ok(id) = id.parse() else { return pages::problem::page(&view, StatusCode::NOT_FOUND, "portal-no-document") };
    let found = app.work(move |app| app.register.job_of_document(id)).await;
    match found {
        Some(Ok(Some(job))) => {
            // Before it is certified a document is the archivists' alone.
            if !visitor.is_archivist() && job.state != JobState::Done {
                return pages::problem::page(&view, StatusCode::FORBIDDEN, "portal-no-right");
            }
            answer(&app, visitor, view, job, asked).await
        }
        Some(Ok(None)) => pages::problem::page(&view, StatusCode::NOT_FOUND, "portal-no-document"),
        Some(Err(error)) => pages::problem::of(&view, &error.into()),
        None => pages::answer(&view, None),
    }
}

/// A document that has no identity yet, or shares one.
pub(crate) async fn of_job(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(no): Path<i64>,
    Query(asked): Query<Asked>,
) -> Response {
    let view = View::of(&visitor, "document");
    let found = app.work(move |app| app.register.job(no)).await;
    match found {
        Some(Ok(job)) => answer(&app, visitor, view, job, asked).await,
        Some(Err(error)) => pages::problem::of(&view, &error.into()),
        None => pages::answer(&view, None),
    }
}

async fn answer(app: &Arc<App>, visitor: Visitor, view: View, job: Job, asked: Asked) -> Response {
    let judged = if job.state == JobState::Done {
        let (v, job) = (view.clone(), job.clone());
        match app.heavy_work(move |app| app.verdicts(&job).map(|report| judged(&v, &report))).await {
            Some(Ok(judged)) => Some(judged),
            // A copy that is away takes the file with it, not the page.
            Some(Err(error)) => {
                tracing::warn!(code = error.code(), "a stored document could not be judged");
                None
            }
            None => None,
        }
    } else {
        None
    };
    let v = view.clone();
    let done = app.work(move |app| write(app, &v, &visitor, &job, judged, &asked)).await;
    pages::answer(&view, done)
}

fn write(
    app: &App,
    v: &View,
    visitor: &Visitor,
    job: &Job,
    judged: Option<Judged>,
    asked: &Asked,
) -> Result<Response, Error> {
    let pages = desk::pages(&app.home, job);
    let page = asked.page.unwrap_or(1).clamp(1, pages.max(1));
    let seen = desk::may_be_seen(&app.home, job) && pages > 0;
    if seen {
        app.looked(visitor.name(), job, page)?;
    }
    let words = desk::words(&app.home, job, page);
    let paper = words.as_ref().map_or(A4, size);
    let q = asked.q.trim().to_owned();
    let boxes = match job.document.filter(|_| seen && !q.is_empty()) {
        Some(id) => desk::boxes(&app.home, id, page, &q)?,
        None => Vec::new(),
    };
    let check = app.register.last_check()?;
    let description: Description =
        job.card.get("description").and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
    let address = address(job);
    let zoom = asked.zoom.unwrap_or(0).min(WIDTHS.len() - 1);
    let first = page.saturating_sub(THUMBNAILS / 2).min(pages.saturating_sub(THUMBNAILS)).max(1);
    let (_, reason) = card::place(&job.state);
    let stored = app.register.stored(job.no)?;
    let of = |name: &String| stored.iter().find(|stored| &stored.copy == name).map(|stored| v.time_of(&stored.at));
    show(&DocumentPage {
        v,
        job: job.no,
        title: title(job),
        source: job.source.clone(),
        state: card::state_name(&job.state),
        reason: reason.map(|reason| v.tt("reason", reason)),
        sentence: reason.and_then(|_| v.detail(job)),
        page,
        pages,
        zoom,
        width: WIDTHS[zoom],
        q_encoded: encode(&q),
        q,
        thumbnails: first..=(first + THUMBNAILS - 1).min(pages),
        seen,
        paper,
        boxes: boxes.into_iter().map(|[x, y, width, height]| Marked { x, y, width, height }).collect(),
        fields_here: fields_here(v, &description, page),
        text: words.map(|words| words.text()),
        known: known(v, &description, &address),
        badges: if job.state == JobState::Done {
            Some(pages::find::badges(app, v, job, check.as_ref())?)
        } else {
            None
        },
        judged,
        copies: app.home.settings.copy.iter().map(|copy| (copy.name.clone(), of(&copy.name))).collect(),
        sealed_sha256: card_text(job, "sealed_sha256").map(str::to_owned),
        files: files(app, job, &address),
        history: app.register.history(job.no)?.iter().rev().map(|record| happened(v, record)).collect(),
        accesses: if v.archivist { app.desk.accesses_of(&document_name(job), ACCESSES)? } else { Vec::new() },
        id: job.document.map(|id| id.to_string()),
        address,
    })
}

/// Size of the displayed page, mm.
pub(crate) fn size(words: &PageWords) -> (f64, f64) {
    let mm = |px: u32, dpi: f64| if dpi >= 1.0 { f64::from(px) * 25.4 / dpi } else { 0.0 };
    let (width, height) = (mm(words.width_px, words.dpi_x), mm(words.height_px, words.dpi_y));
    if width > 1.0 && height > 1.0 { (width, height) } else { A4 }
}

pub(crate) fn term(v: &View, field: Field) -> String {
    if v.is_vi() { field.term().to_owned() } else { v.tt("portal-field", field.name()) }
}

fn known(v: &View, description: &Description, address: &str) -> Vec<Known> {
    let of = description.0.iter();
    of.map(|(field, read)| Known {
        term: term(v, *field),
        value: match field {
            Field::IssuedDate => pages::find::dated(v, &read.value),
            _ => read.value.clone(),
        },
        percent: (read.confidence * 100.0).round().clamp(0.0, 100.0) as u8,
        by_person: read.confirmed_by.is_some(),
        place: read
            .page
            .filter(|_| read.rect.is_some())
            .map(|page| (page, format!("{address}?page={page}#field-{}", field.name()))),
    })
    .collect()
}

fn fields_here(v: &View, description: &Description, page: u32) -> Vec<FieldBox> {
    let here = description.0.iter().filter(|(_, read)| read.page == Some(page));
    here.filter_map(|(field, read)| {
        let rect = read.rect?;
        let at = Marked { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
        Some(FieldBox { name: field.name(), term: term(v, *field), at })
    })
    .collect()
}

fn files(app: &App, job: &Job, address: &str) -> Vec<File> {
    if job.state != JobState::Done {
        return Vec::new();
    }
    // With every copy away there is nothing to fetch; the copies' own line says so.
    let names = desk::files(&app.home, job).unwrap_or_default();
    let mut files: Vec<File> = names
        .into_iter()
        .map(|name| File {
            address: format!("{address}/file?name={}", encode(&name)),
            sealed: name == desk::SEALED,
            name: name.strip_prefix("originals/").unwrap_or(&name).to_owned(),
        })
        .collect();
    files.sort_by_key(|file| !file.sealed);
    files
}

fn judged(v: &View, report: &Value) -> Judged {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reasons = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(|code| v.t(code)).collect()
    };
    let list = |key: &str| report.get(key).and_then(Value::as_array).into_iter().flatten();
    Judged {
        overall: text(report, "/overall"),
        reasons: reasons(report.get("reasons")),
        signatures: list("signatures")
            .map(|signature| Signature {
                signer: text(signature, "/signer"),
                time: v.time_of(&text(signature, "/time")),
                verdicts: ["signature", "content", "certificate", "timestamp"]
                    .into_iter()
                    .map(|part| Checked {
                        part,
                        verdict: text(signature, &format!("/{part}/verdict")),
                        reasons: reasons(signature.pointer(&format!("/{part}/reasons"))),
                    })
                    .collect(),
            })
            .collect(),
        stamps: list("document_timestamps")
            .map(|stamp| {
                let at = |key: &str| v.time_of(&text(stamp, key));
                (at("/time"), at("/ends"), text(stamp, "/verdict"))
            })
            .collect(),
    }
}

fn happened(v: &View, record: &Record) -> Happened {
    let stage = |stage: &model::Stage| v.tt("stage", stage.name());
    let (kind, more) = match &record.event {
        EventKind::Entered { source } => ("entered", source.clone()),
        EventKind::Started { stage: of } => ("started", stage(of)),
        EventKind::Finished { stage: of } => ("finished", stage(of)),
        EventKind::Recovered => ("recovered", String::new()),
        EventKind::Retried { code } => ("retried", code.clone()),
        EventKind::Attempted { code } => ("attempted", code.clone()),
        EventKind::Waited { cause } => ("waited", v.tt("reason", cause)),
        EventKind::Resumed => ("resumed", String::new()),
        EventKind::Held { reason } => ("held", v.tt("reason", reason)),
        EventKind::Decided { decision, why, .. } if why.is_empty() => ("decided", v.tt("portal-act", decision)),
        EventKind::Decided { decision, why, .. } => ("decided", format!("{}: {why}", v.tt("portal-act", decision))),
        EventKind::Duplicated { of } => ("duplicated", of.clone()),
        EventKind::Tried { source } => ("tried", source.clone()),
        EventKind::Booked { year, number } => ("booked", format!("{number}/{year}")),
        EventKind::Voided { year, number, why } => ("voided", format!("{number}/{year} ({why})")),
        EventKind::Stored { copy, version } => ("stored", format!("{copy}, {version}")),
        EventKind::Checked { copy, .. } => ("checked", copy.clone()),
        EventKind::Corrected { fields, .. } => ("corrected", fields.join(", ")),
        EventKind::Pinned { copy, medium } => ("pinned", format!("{copy}, {medium}")),
        EventKind::Raised => ("raised", String::new()),
        EventKind::Restarted => ("restarted", String::new()),
        EventKind::Adopted => ("adopted", String::new()),
    };
    Happened { at: v.time(record.at), actor: record.actor.clone(), what: v.tt("event", kind), more }
}

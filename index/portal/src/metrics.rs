//! What machines ask: `/livez`, `/readyz`, `/metrics` (Prometheus text), without a login, from this machine only.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::get,
};
use conduct::desk;
use model::Stage;

use crate::{Error, app::App};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(from_fn(from_here))
}

/// The portal listens on this machine only; what a proxy brings from elsewhere says so.
async fn from_here(request: Request, next: Next) -> Response {
    let carried = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
    if carried.iter().any(|name| request.headers().contains_key(*name)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    let Some(lacks) = app.work(lacking).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    if lacks.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, lacks.join("\n") + "\n").into_response()
}

/// What keeps the house from taking a document to its end.
fn lacking(app: &App) -> Vec<String> {
    let mut lacks = Vec::new();
    if let Err(error) = app.register.head() {
        lacks.push(format!("register: {}", error.code()));
    }
    if let Err(error) = desk::find(&app.home, "mocban", 0, 1) {
        lacks.push(format!("index: {}", error.code()));
    }
    let there = app.home.copies().into_iter().filter(|(_, copy)| copy.is_ok()).count();
    let required = app.home.settings.preserve.copies_required;
    if there < required {
        lacks.push(format!("copies: {there} of {required}"));
    }
    lacks
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    match app.work(text).await {
        Some(Ok(text)) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Some(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.code()).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// One family: its help, its type, its lines.
fn family(out: &mut String, name: &str, help: &str, lines: &[(String, f64)]) {
    if lines.is_empty() {
        return;
    }
    out.extend(["# HELP ", name, " ", help, "\n# TYPE ", name, " gauge\n"]);
    for (labels, value) in lines {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        out.extend([name, &labels, " ", &value.to_string(), "\n"]);
    }
}

fn text(app: &App) -> Result<String, Error> {
    let mut out = String::new();
    let standings = app.register.standings()?;
    let now = app.home.clock.now();
    let sum = |keep: &dyn Fn(&register::Standing) -> bool| -> f64 {
        standings.iter().filter(|s| keep(s)).map(|s| s.count).sum::<u64>() as f64
    };
    let working = |s: &register::Standing| matches!(s.state.as_str(), "ready" | "running");
    let queue: Vec<_> = Stage::ALL
        .iter()
        .map(|stage| {
            let here = sum(&|s| working(s) && s.stage.as_deref() == Some(stage.name()));
            (format!("stage=\"{}\"", stage.name()), here)
        })
        .collect();
    family(&mut out, "mocban_queue_documents", "Documents ready or in work, by stage.", &queue);
    let states: Vec<_> = app
        .register
        .totals()?
        .documents
        .into_iter()
        .map(|(state, count)| (format!("state=\"{state}\""), count as f64))
        .collect();
    family(&mut out, "mocban_documents", "Documents by state.", &states);
    let stopped = |wanted: &str| -> Vec<(String, f64)> {
        let of = standings.iter().filter(|s| s.state == wanted);
        of.map(|s| {
            let (stage, reason) = (s.stage.as_deref().unwrap_or_default(), s.reason.as_deref().unwrap_or_default());
            (format!("stage=\"{stage}\",reason=\"{reason}\""), s.count as f64)
        })
        .collect()
    };
    family(&mut out, "mocban_waiting_documents", "Documents that wait, by stage and cause.", &stopped("waiting"));
    family(&mut out, "mocban_held_documents", "Documents held for a person, by stage and reason.", &stopped("held"));
    let open = standings.iter().filter(|s| working(s) || s.state == "waiting").map(|s| s.oldest).min();
    let oldest = open.map(|no| app.register.entered_at(no)).transpose()?.flatten();
    let age = oldest.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0));
    family(&mut out, "mocban_oldest_open_seconds", "Age of the oldest document on its way.", &[(String::new(), age)]);
    copies(&mut out, app);
    if let Some(check) = app.register.last_check()? {
        let model::event::EventKind::Checked { outcome, .. } = &check.event else { return Ok(out) };
        let sound = f64::from(u8::from(outcome == "sound"));
        let at = check.at.as_second() as f64;
        family(&mut out, "mocban_last_audit_timestamp_seconds", "When the last audit ended.", &[(String::new(), at)]);
        family(&mut out, "mocban_last_audit_sound", "Whether it found every copy sound.", &[(String::new(), sound)]);
    }
    if let Some(ends) = desk::certificate_ends(&app.home) {
        let days = ends.duration_since(now).as_secs_f64() / 86_400.0;
        let line = [(String::new(), days.floor())];
        family(&mut out, "mocban_certificate_days", "Days the signing certificate is still in force.", &line);
    }
    Ok(out)
}

fn copies(out: &mut String, app: &App) {
    let states: Vec<_> = app
        .home
        .copies()
        .into_iter()
        .map(|(name, copy)| (format!("copy=\"{name}\""), f64::from(u8::from(copy.is_ok()))))
        .collect();
    family(out, "mocban_copy_up", "Whether a copy can be reached.", &states);
}

//! What went wrong, in words.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use crate::{Error, view::View, visitor::Reader};

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    v: &'a View,
    title: String,
    text: String,
    code: String,
}

/// A refusal with a text of the catalogue.
pub(crate) fn page(view: &View, status: StatusCode, text: &str) -> Response {
    write(view, status, view.t(text), String::new())
}

/// An error of the house: its text tells what happened and what to do.
pub(crate) fn of(view: &View, error: &Error) -> Response {
    tracing::warn!(code = error.code(), reason = %error, "a page could not be shown");
    let status = match error.disposition() {
        model::Disposition::Hold(_) => StatusCode::NOT_FOUND,
        model::Disposition::Wait(_) | model::Disposition::Retry { .. } => StatusCode::SERVICE_UNAVAILABLE,
        model::Disposition::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    };
    write(view, status, view.tell_owned(&error.code(), &error.facts()), error.code())
}

/// No such page.
pub(crate) async fn nowhere(reader: Reader) -> Response {
    page(&View::stranger(&reader), StatusCode::NOT_FOUND, "portal-nowhere")
}

fn write(view: &View, status: StatusCode, text: String, code: String) -> Response {
    let page = Page { v: view, title: view.t("portal-problem"), text, code };
    match crate::view::show(&page) {
        Ok(response) => (status, response).into_response(),
        Err(_) => status.into_response(),
    }
}

//! What went wrong, in words.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use conduct::card;
use register::Job;

use crate::{
    Error,
    view::{View, address, title},
    visitor::Reader,
};

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    v: &'a View,
    title: String,
    text: String,
    code: String,
    about: Option<About>,
}

/// The document it is about, as it is now.
struct About {
    address: String,
    title: String,
    state: &'static str,
}

/// A refusal with a text of the catalogue.
pub(crate) fn page(view: &View, status: StatusCode, text: &str) -> Response {
    write(view, status, view.t(text), String::new(), None)
}

/// A refusal that shows where the document is now.
pub(crate) fn about(view: &View, status: StatusCode, text: String, job: &Job) -> Response {
    let about = About { address: address(job), title: title(job), state: card::state_name(&job.state) };
    write(view, status, text, String::new(), Some(about))
}

/// Nothing there answers so.
pub(crate) async fn not_so(reader: Reader) -> Response {
    page(&View::stranger(&reader), StatusCode::METHOD_NOT_ALLOWED, "portal-nowhere")
}

/// An error of the house: its text tells what happened and what to do.
pub(crate) fn of(view: &View, error: &Error) -> Response {
    if let Error::Register(register::Error::Unknown { .. })
    | Error::Conduct(conduct::Error::Register(register::Error::Unknown { .. })) = error
    {
        return page(view, StatusCode::NOT_FOUND, "portal-no-document");
    }
    tracing::warn!(code = error.code(), reason = %error, "a page could not be shown");
    let status = match error.disposition() {
        model::Disposition::Hold(_) => StatusCode::NOT_FOUND,
        model::Disposition::Wait(_) | model::Disposition::Retry { .. } => StatusCode::SERVICE_UNAVAILABLE,
        model::Disposition::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    };
    write(view, status, view.tell_owned(&error.code(), &error.facts()), error.code(), None)
}

/// No such page.
pub(crate) async fn nowhere(reader: Reader) -> Response {
    page(&View::stranger(&reader), StatusCode::NOT_FOUND, "portal-nowhere")
}

fn write(view: &View, status: StatusCode, text: String, code: String, about: Option<About>) -> Response {
    let page = Page { v: view, title: view.t("portal-problem"), text, code, about };
    match crate::view::show(&page) {
        Ok(response) => (status, response).into_response(),
        Err(_) => status.into_response(),
    }
}

//! One file a page.

pub(crate) mod accesses;
pub(crate) mod book;
pub(crate) mod copies;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod find;
pub(crate) mod flow;
pub(crate) mod held;
pub(crate) mod login;
pub(crate) mod problem;

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use crate::{Error, view::View};

/// What a handler's work comes to: a page, or a page that tells what went wrong.
pub(crate) fn answer(view: &View, done: Option<Result<Response, Error>>) -> Response {
    match done {
        Some(Ok(response)) => response,
        Some(Err(error)) => problem::of(view, &error),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

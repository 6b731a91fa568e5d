//! What addresses and forms say; one that cannot be understood is answered by a page of ours, in the reader's language.

use axum::{
    extract::{self, FromRequest, FromRequestParts, Request},
    http::{Extensions, StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use serde::de::DeserializeOwned;

use crate::{
    pages,
    view::View,
    visitor::{Reader, Visitor},
};

/// The parts of a path.
pub(crate) struct Path<T>(pub(crate) T);

/// The fields behind a path.
pub(crate) struct Query<T>(pub(crate) T);

/// The fields of a form.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match extract::Path::from_request_parts(parts, state).await {
            Ok(extract::Path(said)) => Ok(Self(said)),
            Err(_) => Err(told(&parts.extensions, StatusCode::NOT_FOUND, "portal-nowhere")),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match extract::Query::from_request_parts(parts, state).await {
            Ok(extract::Query(said)) => Ok(Self(said)),
            Err(_) => Err(told(&parts.extensions, StatusCode::BAD_REQUEST, "portal-unclear")),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Response;
    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let extensions = request.extensions().clone();
        match extract::Form::from_request(request, state).await {
            Ok(extract::Form(said)) => Ok(Self(said)),
            Err(_) => Err(told(&extensions, StatusCode::BAD_REQUEST, "portal-unclear")),
        }
    }
}

fn told(extensions: &Extensions, status: StatusCode, text: &str) -> Response {
    let visitor = extensions.get::<Visitor>().map(|visitor| View::of(visitor, ""));
    let view = visitor.or_else(|| extensions.get::<Reader>().map(View::stranger));
    view.map_or_else(|| status.into_response(), |view| pages::problem::page(&view, status, text))
}

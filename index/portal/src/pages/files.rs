//! Bytes: stored files as they were stored, and pictures of pages.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use conduct::desk;
use model::stage::JobState;
use serde::Deserialize;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use crate::{
    app::{App, document_name},
    extract::{Path, Query},
    pages::{self, document::WIDTHS},
    view::{View, encode},
    visitor::Visitor,
};

/// A picture this small cannot be read; larger ones are looks at the page.
const THUMBNAIL: u32 = 160;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    name: String,
}

/// A file of a stored document, byte for byte: its digest is checked before the first byte goes out.
pub(crate) async fn download(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Response {
    let view = View::of(&visitor, "document");
    let Ok(id) = id.parse() else { return pages::problem::page(&view, StatusCode::NOT_FOUND, "portal-no-document") };
    let name = wanted.name.clone();
    let by = visitor.name().to_owned();
    let found = app
        .work(move |app| {
            let Some(job) = app.register.job_of_document(id)?.filter(|job| job.state == JobState::Done) else {
                return Ok(None);
            };
            if !desk::files(&app.home, &job)?.contains(&name) {
                return Ok(None);
            }
            let file = desk::file(&app.home, &job, &name)?;
            app.desk.note(&by, "download", Some(&document_name(&job)), Some(&name))?;
            Ok::<_, crate::Error>(Some((job, file)))
        })
        .await;
    let (job, file) = match found {
        Some(Ok(Some(found))) => found,
        Some(Ok(None)) => return pages::problem::page(&view, StatusCode::NOT_FOUND, "portal-no-document"),
        Some(Err(error)) => return pages::problem::of(&view, &error),
        None => return pages::answer(&view, None),
    };
    let Ok(served) = ServeFile::new(&file.path).oneshot(request).await;
    let mut answer = served.map(axum::body::Body::new);
    let called = if wanted.name == desk::SEALED {
        let number = crate::view::certified(&job).map(|number| format!("{}-", number.replace('/', "-")));
        format!("{}{id}.pdf", number.unwrap_or_default())
    } else {
        wanted.name.strip_prefix("originals/").unwrap_or(&wanted.name).replace('/', "-")
    };
    // RFC 6266: names in Vietnamese are percent-encoded; never shown in place, whatever the file says of itself.
    let disposition = format!("attachment; filename*=UTF-8''{}", encode(&called));
    let headers = answer.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    let kind = if wanted.name == desk::SEALED { "application/pdf" } else { "application/octet-stream" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", file.sha512)) {
        headers.insert(header::ETAG, tag);
    }
    answer.into_response()
}

/// A page of a document as a JPEG.
pub(crate) async fn picture(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path((job, page, width)): Path<(i64, u32, u32)>,
) -> Response {
    if width != THUMBNAIL && !WIDTHS.contains(&width) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let drawn = app
        .heavy_work(move |app| {
            let job = app.register.job(job)?;
            if !visitor.is_archivist() && job.state != JobState::Done {
                return Ok(None);
            }
            // The log tells of what was shown: what cannot be drawn or may not be seen was not.
            let drawn = app.picture(&job, page, width)?;
            if width > THUMBNAIL {
                app.looked(visitor.name(), &job, page)?;
            }
            Ok::<_, crate::Error>(Some(drawn))
        })
        .await;
    match drawn {
        Some(Ok(Some(jpeg))) => {
            ([(header::CONTENT_TYPE, "image/jpeg")], axum::body::Bytes::from_owner(jpeg)).into_response()
        }
        Some(Ok(None)) => StatusCode::FORBIDDEN.into_response(),
        Some(Err(error)) => {
            tracing::info!(code = error.code(), "a page could not be drawn");
            StatusCode::NOT_FOUND.into_response()
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

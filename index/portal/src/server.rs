//! Routes, and the loop that serves them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
    routing::{get, post},
};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use crate::{Error, app::App, headers, metrics, pages, visitor};

/// No form of ours is longer.
const LONGEST_FORM: usize = 64 << 10;
/// A picture of a large page, or verdicts on a large file, take a while; nothing takes longer.
const LONGEST_WORK: Duration = Duration::from_mins(2);

pub(crate) fn serve(
    app: Arc<App>,
    listener: std::net::TcpListener,
    address: SocketAddr,
    stop: &AtomicBool,
) -> Result<(), Error> {
    let failed = |source| Error::Listen { address: address.to_string(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let serving = std::future::IntoFuture::into_future(axum::serve(listener, routes(app)));
        tokio::select! {
            served = serving => served,
            // Requests under way are cut off: each is a look or one transaction, and the daemon must not wait for readers.
            () = stopped(stop) => Ok(()),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    served.map_err(failed)
}

async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    let decides = Router::new()
        .route("/held", get(pages::held::list))
        .route("/held/{job}", get(pages::held::one).post(pages::held::acts::decide))
        .route("/held/{job}/description", post(pages::held::acts::correct))
        .route("/flow", get(pages::flow::page))
        .route("/accesses", get(pages::accesses::page))
        .route("/job/{job}", get(pages::document::of_job))
        .layer(from_fn(visitor::archivists));
    let inside = Router::new()
        .route("/", get(pages::find::page))
        .route("/document/{id}", get(pages::document::page))
        .route("/document/{id}/file", get(pages::files::download))
        .route("/picture/{job}/{page}/{width}", get(pages::files::picture))
        .route("/copies", get(pages::copies::page))
        .route("/book", get(pages::book::page))
        .route("/password", get(pages::login::password_form).post(pages::login::change))
        .route("/logout", post(pages::login::logout))
        .merge(decides)
        .layer(from_fn_with_state(Arc::clone(&app), visitor::admit));
    Router::new()
        .route("/login", get(pages::login::form).post(pages::login::login))
        .merge(inside)
        .fallback(pages::problem::nowhere)
        .layer(from_fn(visitor::read))
        .route(
            "/assets/mocban.css",
            get(async || asset("text/css; charset=utf-8", include_str!("../assets/mocban.css"))),
        )
        .route(
            "/assets/mocban.js",
            get(async || asset("text/javascript; charset=utf-8", include_str!("../assets/mocban.js"))),
        )
        .route("/assets/mark.svg", get(async || asset("image/svg+xml", include_str!("../assets/mark.svg"))))
        .merge(metrics::routes())
        .layer(RequestBodyLimitLayer::new(LONGEST_FORM))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, LONGEST_WORK))
        .layer(from_fn(headers::add))
        .with_state(app)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        // A new version of mocban must not meet an old style sheet: asked for anew after an hour.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    (headers, text)
}

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
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use crate::{Error, app::App, headers, metrics, pages, progress::Progress, visitor};

/// No form of ours is longer.
const LONGEST_FORM: usize = 64 << 10;
/// A picture of a large page, or verdicts on a large file, take a while; nothing takes longer.
const LONGEST_WORK: Duration = Duration::from_mins(2);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections at the same time; the rest wait at the door.
    pub(crate) connections: usize,
    /// Time for a request's head, and for the next request of a connection.
    pub(crate) head: Duration,
    /// Time in which a client takes at least something of an answer.
    pub(crate) write: Duration,
}

const BOUNDS: Bounds = Bounds { connections: 256, head: Duration::from_secs(20), write: Duration::from_secs(30) };

pub(crate) fn serve(
    app: Arc<App>,
    listener: std::net::TcpListener,
    address: SocketAddr,
    stop: &AtomicBool,
) -> Result<(), Error> {
    let failed = |source| Error::Listen { address: address.to_string(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        tokio::select! {
            () = accept(listener, routes(app), BOUNDS) => {}
            // Requests under way are cut off: each is a look or one transaction, and the daemon must not wait for readers.
            () = stopped(stop) => {}
        }
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    served.map_err(failed)
}

/// Answers connections, each in a task of its own.
pub(crate) async fn accept(listener: TcpListener, routes: Router, bounds: Bounds) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Descriptors come back as other connections end.
                tracing::warn!(reason = %error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(bounds.head);
        let serving = http.serve_connection(
            TokioIo::new(Progress::new(stream, bounds.write)),
            TowerToHyperService::new(routes.clone()),
        );
        tokio::spawn(async move {
            // A client that goes away, or is too slow, is no matter of the house's.
            drop(serving.await);
            drop(place);
        });
    }
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
        .route("/held/{job}/description", get(pages::held::acts::back).post(pages::held::acts::correct))
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
        .route("/logout", get(pages::login::stay).post(pages::login::logout))
        .merge(decides)
        .layer(from_fn_with_state(Arc::clone(&app), visitor::admit));
    Router::new()
        .route("/login", get(pages::login::form).post(pages::login::login))
        .merge(inside)
        .fallback(pages::problem::nowhere)
        .method_not_allowed_fallback(pages::problem::not_so)
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

//! The web side: the page, its WebSocket, health, metrics and the state as JSON.
//!
//! The one place with async. It runs on a thread of its own and only looks at the screen, so nothing
//! that a browser does or leaves undone reaches the thread of the feed.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::browser::{self, BrowserCounters};
use crate::limits::{
    FRAMES_LATE_AFTER, MAX_BROWSER_MESSAGE_BYTES, MAX_BROWSERS, WEB_SHUTDOWN_GRACE,
};
use crate::screen::Viewer;
use crate::{metrics, page, page_message};

/// The page may load, and talk to, nothing but this server, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

#[derive(Clone, Debug)]
struct Web {
    viewer: Viewer,
    /// Where the symbol table is asked for, for the page to say.
    controller: Arc<str>,
    /// One permit for each browser.
    places: Arc<Semaphore>,
    counters: Arc<BrowserCounters>,
}

/// Serves until the screen's publisher is gone.
///
/// # Errors
///
/// When the runtime cannot start or the listener cannot be used.
pub(crate) fn serve(
    listener: TcpListener,
    viewer: Viewer,
    controller: &str,
    counters: Arc<BrowserCounters>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let web = Web {
        viewer,
        controller: controller.into(),
        places: Arc::new(Semaphore::new(MAX_BROWSERS)),
        counters,
    };
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (mut viewer, places) = (web.viewer.clone(), web.places.clone());
        tokio::select! {
            served = axum::serve(listener, router(web)) => served,
            () = viewer.ended() => {
                let all_places = u32::try_from(MAX_BROWSERS).unwrap_or(u32::MAX);
                // Who has not taken leave by then is cut off with the runtime.
                let _ = timeout(WEB_SHUTDOWN_GRACE, places.acquire_many(all_places)).await;
                Ok(())
            }
        }
    })
}

fn router(web: Web) -> Router {
    let files = page::FILES.iter().fold(Router::new(), |router, file| {
        router.route(
            file.path,
            get(([(CONTENT_TYPE, file.content_type)], file.content)),
        )
    });
    files
        .route("/live", get(live))
        .route("/healthz", get(health))
        .route("/metrics", get(show_metrics))
        .route("/api/state", get(state))
        .layer(middleware::from_fn(add_headers))
        .with_state(web)
}

async fn add_headers(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    let mut response = next.run(request).await;
    let headers = HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response.headers_mut().extend(headers);
    response
}

async fn live(State(web): State<Web>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_own_page(&headers) {
        return (
            StatusCode::FORBIDDEN,
            "only the dashboard's own page may listen\n",
        )
            .into_response();
    }
    let Ok(place) = web.places.clone().try_acquire_owned() else {
        let text = format!("{MAX_BROWSERS} browsers are here already\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    upgrade
        .max_message_size(MAX_BROWSER_MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            web.counters.enter();
            let reason = browser::serve(socket, web.viewer, &web.controller, &web.counters).await;
            web.counters.leave();
            tracing::debug!(reason, "a browser is gone");
            drop(place);
        })
}

/// Whether a WebSocket was opened by a page of this server, or by no page at all. Browsers let any
/// page open a WebSocket to anywhere, and say where the page came from.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let authority = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.is_some_and(|(_, authority)| Some(authority) == host)
}

/// Well means that the feed's thread keeps putting up frames.
async fn health(State(mut web): State<Web>) -> (StatusCode, &'static str) {
    match timeout(FRAMES_LATE_AFTER, web.viewer.frame_from_now()).await {
        Ok(true) if web.viewer.status().board.is_some() => (StatusCode::OK, "ok\n"),
        Ok(true) => (
            StatusCode::OK,
            "ok, waiting for the controller's symbol table\n",
        ),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the feed's thread does not answer\n",
        ),
    }
}

async fn show_metrics(State(web): State<Web>) -> Response {
    let text = metrics::text(&web.viewer.status(), &web.counters);
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}

async fn state(State(web): State<Web>) -> Response {
    match page_message::state(&web.viewer.changes_since(0, None)) {
        Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

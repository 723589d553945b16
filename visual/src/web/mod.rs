//! The web side: the page, its WebSocket, health, metrics and the state as JSON.
//!
//! The one place with async. It runs on a thread of its own and only looks at the screen. What reaches the
//! thread of the feed is a list of the symbols that somebody looks at closely, which has a limit.

mod api;
mod body;
mod closely;
mod connections;
mod door;
mod failures;
mod faults;
mod gate;
mod login;
mod network;
mod rate;
mod session;
mod site;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use self::api::Api;
use self::door::Door;
use self::gate::{Gate, Visitor};
use crate::browser::{self, About, BrowserCounters};
use crate::config::Config;
use crate::fault::Faults;
use crate::limits::{
    FRAMES_LATE_AFTER, MAX_BROWSER_MESSAGE_BYTES, MAX_BROWSERS, SESSION_CHECK, WEB_SHUTDOWN_GRACE,
};
use crate::look::Looks;
use crate::refusal::{Refusal, Refusals};
use crate::screen::Viewer;
use crate::{api_message, metrics, page};

/// What every answer asks of a browser. The page may load, and talk to, nothing but this server; nobody
/// may frame it, load its parts, hold a window of it, or keep it. Other sites do not learn of it; itself
/// it does, since a form without a referrer would not say which page it came from.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (X_FRAME_OPTIONS, "DENY"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (CACHE_CONTROL, "no-store"),
];

#[derive(Clone, Debug)]
struct Web {
    viewer: Viewer,
    /// What somebody looks at closely.
    looks: Looks,
    about: Arc<About>,
    /// What somebody may break.
    faults: Arc<Faults>,
    /// One permit for each browser.
    places: Arc<Semaphore>,
    counters: Arc<BrowserCounters>,
    door: Arc<Door>,
}

/// Serves until the screen's publisher is gone.
///
/// # Errors
///
/// When the runtime cannot start or the listener cannot be used.
pub(crate) fn serve(
    listener: TcpListener,
    viewer: Viewer,
    looks: Looks,
    config: &Config,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let token = config.http_token.as_ref().map(|file| file.token.clone());
    let refusals = Arc::<Refusals>::default();
    let web = Web {
        viewer,
        looks,
        about: Arc::new(About {
            controller: config.controller.to_string(),
            source: config.source,
        }),
        faults: Arc::new(Faults::new(config.faults.clone(), io::stdout())),
        places: Arc::new(Semaphore::new(MAX_BROWSERS)),
        counters: Arc::default(),
        door: Arc::new(Door {
            gate: Gate::new(token, listener.local_addr()?.port()),
            names: config.http_hosts.clone(),
            refusals: refusals.clone(),
        }),
    };
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (mut viewer, places) = (web.viewer.clone(), web.places.clone());
        tokio::select! {
            () = connections::serve(listener, router(web), &refusals) => {}
            () = viewer.ended() => {
                let all_places = u32::try_from(MAX_BROWSERS).unwrap_or(u32::MAX);
                // Who has not taken leave by then is cut off with the runtime.
                let _ = timeout(WEB_SHUTDOWN_GRACE, places.acquire_many(all_places)).await;
            }
        }
        Ok(())
    })
}

/// Nothing changes by GET. What changes something, which is logging in and out and what a demonstration lets people
/// break, is a POST.
fn router(web: Web) -> Router {
    let door = web.door.clone();
    let api = api::router(Api {
        viewer: web.viewer.clone(),
        looks: web.looks.clone(),
        source: web.about.source,
        faults: web.faults.clone(),
        refusals: door.refusals.clone(),
    });
    let files = page::FILES.iter().fold(Router::new(), |router, file| {
        router.route(
            file.path,
            get(([(CONTENT_TYPE, file.content_type)], file.content)),
        )
    });
    let logins = Router::new()
        .route("/login", get(login::show).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/api/session", get(login::session))
        .with_state(door.clone());
    files
        .route("/live", get(live))
        .route("/healthz", get(health))
        .route("/metrics", get(show_metrics))
        .route("/api/state", get(state))
        .with_state(web)
        .merge(logins)
        .merge(api)
        // The last one is asked first.
        .layer(middleware::from_fn_with_state(door.clone(), door::let_in))
        .layer(middleware::from_fn_with_state(door, door::own_site))
        .layer(middleware::from_fn(add_headers))
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response.headers_mut().extend(headers);
    response
}

async fn live(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(place) = web.places.clone().try_acquire_owned() else {
        web.door.refusals.count(Refusal::Browsers);
        let text = format!("{MAX_BROWSERS} browsers are here already\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    upgrade
        .max_message_size(MAX_BROWSER_MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            web.counters.enter();
            let reason = tokio::select! {
                reason = show(socket, &web) => reason,
                () = logged_out(&web.door.gate, &visitor) => "it is no longer logged in",
            };
            web.counters.leave();
            tracing::debug!(reason, "a browser is gone");
            drop(place);
        })
}

async fn show(socket: WebSocket, web: &Web) -> &'static str {
    let viewer = web.viewer.clone();
    browser::serve(socket, viewer, &web.about, &web.looks, &web.counters).await
}

/// Waits until a visitor may see the page no more. While it is open its session is in use.
async fn logged_out(gate: &Gate, visitor: &Visitor) {
    loop {
        sleep(SESSION_CHECK).await;
        if let Visitor::Browser(session) = visitor
            && !gate.renew(session, Instant::now())
        {
            return;
        }
    }
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
    let text = metrics::text(&web.viewer.status(), &web.counters, &web.door.refusals);
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}

async fn state(State(web): State<Web>) -> Response {
    api::json(api_message::state(&web.viewer.changes_since(0, None)))
}

//! The API for programs: `/api/v1/…`, JSON by GET, which changes nothing. In a demonstration one address takes a POST.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::time::Instant;

use super::closely;
use super::connections::Peer;
use super::faults;
use super::rate::Rates;
use crate::fault::Faults;
use crate::look::Looks;
use crate::refusal::{Refusal, Refusals};
use crate::screen::{BoardStatus, Viewer};
use crate::source::Source;
use crate::{api_message, cluster_message, incident_message};

/// What the handlers look at.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) viewer: Viewer,
    pub(super) looks: Looks,
    pub(super) source: Option<Source>,
    pub(super) faults: Arc<Faults>,
    pub(super) refusals: Arc<Refusals>,
}

/// The API's addresses.
pub(super) fn router(api: Api) -> Router {
    let limiter = Limiter {
        rates: Arc::default(),
        refusals: api.refusals.clone(),
    };
    Router::new()
        .route("/api/v1/symbols", get(symbols))
        .route("/api/v1/symbols/{name}", get(symbol))
        .route("/api/v1/symbols/{name}/depth", get(closely::depth))
        .route("/api/v1/symbols/{name}/orders", get(closely::orders))
        .route("/api/v1/cluster", get(cluster))
        .route("/api/v1/events", get(events))
        .route("/api/v1/faults", post(faults::wish))
        .with_state(api)
        .layer(middleware::from_fn_with_state(limiter, limit))
}

#[derive(Clone, Debug)]
struct Limiter {
    rates: Arc<Mutex<Rates>>,
    refusals: Arc<Refusals>,
}

/// Lets pass who does not ask too often.
async fn limit(
    State(limiter): State<Limiter>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let taken = {
        let mut rates = limiter.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.take(peer.ip(), Instant::now())
    };
    let Err(wait) = taken else {
        return next.run(request).await;
    };
    if limiter.refusals.count(Refusal::Rate) {
        tracing::warn!(%peer, "somebody asks the API too often");
    }
    let seconds = (wait.as_secs() + 1).to_string();
    let text = format!("too many requests; try again in {seconds} s");
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, &text);
    response
        .headers_mut()
        .extend(seconds.parse().map(|value| (RETRY_AFTER, value)).ok());
    response
}

async fn symbols(State(api): State<Api>) -> Response {
    let all = api.viewer.everything();
    match &all.status.board {
        Some(board) => json(api_message::symbols(&all, board, api.source)),
        None => no_symbols_yet(),
    }
}

async fn symbol(State(api): State<Api>, Path(name): Path<String>) -> Response {
    let all = api.viewer.everything();
    if all.status.board.is_none() {
        return no_symbols_yet();
    }
    api_message::symbol(&all, &name).map_or_else(
        || {
            refusal(
                StatusCode::NOT_FOUND,
                &format!("no symbol is called {name}"),
            )
        },
        json,
    )
}

async fn cluster(State(api): State<Api>) -> Response {
    let status = api.viewer.status();
    let of = |board: &BoardStatus| {
        cluster_message::cluster(board, api.source, api.faults.nodes(), status.shown_at)
    };
    status
        .board
        .as_ref()
        .map_or_else(no_symbols_yet, |board| json(of(board)))
}

async fn events(State(api): State<Api>) -> Response {
    let status = api.viewer.status();
    json(incident_message::events(&status.incidents, status.shown_at))
}

pub(super) fn no_symbols_yet() -> Response {
    let text = "the controller has not given out the symbols yet";
    refusal(StatusCode::SERVICE_UNAVAILABLE, text)
}

pub(super) fn refusal(status: StatusCode, text: &str) -> Response {
    let body = api_message::error(text);
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The answer that has this JSON.
pub(super) fn json(made: serde_json::Result<String>) -> Response {
    match made {
        Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

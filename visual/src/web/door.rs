//! Who is turned away before any handler sees the request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::connections::Peer;
use super::gate::{Denial, Gate};
use super::site;
use crate::config::HostName;
use crate::refusal::{Refusal, Refusals};

/// What may be seen without having logged in: whether the dashboard is well, and the page to log in
/// with its files. Whatever is not named here is for those who were let in.
const OPEN: [&str; 4] = ["/healthz", "/login", "/style.css", "/icon.svg"];

/// What is asked of every request.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) gate: Gate,
    /// Names of this dashboard, besides addresses and `localhost`.
    pub(super) names: Vec<HostName>,
    pub(super) refusals: Arc<Refusals>,
}

impl Door {
    /// Counts, and tells if it is one of the first, that somebody was not let in.
    pub(super) fn tell(&self, denial: Denial, from: IpAddr) {
        match denial {
            // Every browser does that once, and a page whose session is over again and again.
            Denial::Login => {
                self.refusals.count(Refusal::Login);
            }
            Denial::Token => {
                if self.refusals.count(Refusal::Token) {
                    tracing::warn!(%from, "a wrong token was shown for the page");
                }
            }
            Denial::Wait(_) => {
                if self.refusals.count(Refusal::Failures) {
                    tracing::warn!(%from, "too many wrong tokens came from there; it has to wait");
                }
            }
        }
    }
}

/// Lets pass what is meant for this dashboard and comes from its own page or from none.
pub(super) async fn own_site(
    State(door): State<Arc<Door>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if !site::is_asked_for(headers, &door.names) {
        if door.refusals.count(Refusal::Host) {
            tracing::warn!(%peer, host = ?headers.get("host"), "a request names a host that is not this one");
        }
        let text = "this dashboard does not go by the name that the request asks for (Host). Ask by \
                    its address, or list the name with --http-hosts, `http-hosts` in its file\n";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    }
    if !site::is_of_own_page(headers) {
        if door.refusals.count(Refusal::Origin) {
            tracing::warn!(%peer, origin = ?headers.get("origin"), "a page of another site was refused");
        }
        let text = "only the dashboard's own page may do that: Origin and Host differ. A proxy has to \
                    pass the Host on, in nginx by: proxy_set_header Host $http_host;\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    next.run(request).await
}

/// Lets pass who may see the page, and tells the handlers who that is.
pub(super) async fn let_in(
    State(door): State<Arc<Door>>,
    Extension(Peer(peer)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if OPEN.contains(&path) {
        return next.run(request).await;
    }
    let admitted = door
        .gate
        .admit(request.headers(), peer.ip(), Instant::now());
    match admitted {
        Ok(visitor) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Err(denial) => {
            door.tell(denial, peer.ip());
            let is_page = path == "/" && request.method() == Method::GET;
            if denial == Denial::Login && is_page {
                // Relative, since a proxy may serve the dashboard under a path of its own.
                return (StatusCode::SEE_OTHER, [(LOCATION, "login")]).into_response();
            }
            turned_away(denial)
        }
    }
}

/// What programs are told.
fn turned_away(denial: Denial) -> Response {
    let challenge = [(WWW_AUTHENTICATE, "Bearer realm=\"oxberry\"")];
    match denial {
        Denial::Login => {
            let text = "log in at /login, or show the token: Authorization: Bearer TOKEN\n";
            (StatusCode::UNAUTHORIZED, challenge, text).into_response()
        }
        Denial::Token => {
            (StatusCode::UNAUTHORIZED, challenge, "the token is wrong\n").into_response()
        }
        Denial::Wait(wait) => {
            let seconds = wait.as_secs() + 1;
            let text = format!("too many wrong tokens; try again in {seconds} s\n");
            let retry = [(RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, retry, text).into_response()
        }
    }
}

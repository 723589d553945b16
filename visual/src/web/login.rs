//! Logging in and out.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tokio::time::Instant;

use super::body;
use super::connections::Peer;
use super::door::Door;
use super::gate::{Denial, Visitor};
use super::site;
use crate::limits::MAX_LOGIN_BYTES;
use crate::page;

/// How a browser keeps the cookie: no script reads it, and no other site makes the browser send it.
/// Without a path it is for the folder of the login, wherever a proxy has put that.
const COOKIE_RULES: &str = "; HttpOnly; SameSite=Strict";

/// The page to log in.
pub(super) async fn show() -> Response {
    page_that_says("")
}

/// Takes the token and gives a session for it.
pub(super) async fn log_in(
    State(door): State<Arc<Door>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    if !is_form(&head.headers) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let body = match body::read(body, MAX_LOGIN_BYTES).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let token = token_of_form(&body);
    match door.gate.log_in(&token, peer.ip(), Instant::now()) {
        Ok(Ok(cookie)) => {
            tracing::info!(%peer, "a browser logged in");
            let secure = if site::is_secure(&head.headers) {
                "; Secure"
            } else {
                ""
            };
            let cookie = format!("{cookie}{COOKIE_RULES}{secure}");
            to("./", cookie)
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "no session can be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(denial) => {
            door.tell(denial, peer.ip());
            refused(denial)
        }
    }
}

/// Ends the session of the browser that asks.
pub(super) async fn log_out(
    State(door): State<Arc<Door>>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    match visitor {
        Visitor::Browser(session) => {
            let cookie = door.gate.log_out(&session);
            to("login", format!("{cookie}{COOKIE_RULES}; Max-Age=0"))
        }
        Visitor::Anybody | Visitor::Bearer => {
            (StatusCode::CONFLICT, "there is no session to end\n").into_response()
        }
    }
}

/// Tells a page whether it may log out. A page that may not even ask has lost its session.
pub(super) async fn session(Extension(visitor): Extension<Visitor>) -> Response {
    let can_log_out = matches!(visitor, Visitor::Browser(_));
    let text = format!("{{\"can_log_out\":{can_log_out}}}");
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

/// Sends a browser on, with a cookie.
fn to(place: &'static str, cookie: String) -> Response {
    let headers = [(LOCATION, place.to_owned()), (SET_COOKIE, cookie)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn refused(denial: Denial) -> Response {
    match denial {
        Denial::Wait(wait) => {
            let seconds = wait.as_secs() + 1;
            let text = format!("Too many wrong tokens. Try again in {seconds} seconds.");
            let retry = [(RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, retry, page_that_says(&text)).into_response()
        }
        Denial::Login | Denial::Token => {
            let page = page_that_says("This is not the token. Try again.");
            (StatusCode::FORBIDDEN, page).into_response()
        }
    }
}

fn page_that_says(text: &str) -> Response {
    let html = page::login(text);
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|value| value.split(';').next());
    kind.is_some_and(|kind| {
        kind.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// The field `token` of a form, without the blanks that come along when it is pasted; nothing if
/// there is none, which is no token either.
fn token_of_form(body: &Bytes) -> Vec<u8> {
    let fields = str::from_utf8(body).unwrap_or_default().split('&');
    let mut fields = fields.filter_map(|field| field.split_once('='));
    let value = fields.find(|(name, _)| *name == "token");
    let value = value.map_or("", |(_, value)| value).replace('+', " ");
    percent_decode_str(&value)
        .collect::<Vec<_>>()
        .trim_ascii()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_read_as_browsers_write_it() {
        let read = |text: &'static str| token_of_form(&Bytes::from_static(text.as_bytes()));
        assert_eq!(read("token=abc"), b"abc");
        assert_eq!(read("user=x&token=a%2Bb%2Fc%3D&more=1"), b"a+b/c=");
        assert_eq!(read("token=+abc%0A"), b"abc");
        for nothing in ["", "token", "token=", "xtoken=abc", "&&=", "token=%0a%20"] {
            assert_eq!(read(nothing), b"", "{nothing}");
        }
        assert_eq!(read("token=%zz%f"), b"%zz%f");
        assert_eq!(
            token_of_form(&Bytes::from_static(b"token=\xff")),
            b"",
            "no text"
        );
    }
}

//! Faults on purpose: the one address of the API that changes something, and only in a demonstration.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};

use super::api::{Api, refusal};
use super::body;
use crate::fault::{Fault, FaultRefusal};
use crate::limits::MAX_FAULT_BYTES;

const JSON: &str = "application/json";

/// Somebody wants a process to die, or to stand still.
pub(super) async fn wish(State(api): State<Api>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // A form of another site cannot say that it is JSON.
    if !is_json(&head.headers) {
        let text = "say Content-Type: application/json";
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let body = match body::read(body, MAX_FAULT_BYTES).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let fault: Fault = match serde_json::from_slice(&body) {
        Ok(fault) => fault,
        Err(error) => {
            let text =
                format!("{error}; it is {{\"what\": \"kill\" or \"pause\", \"node\": NAME}}");
            return refusal(StatusCode::BAD_REQUEST, &text);
        }
    };
    let node = fault.node.clone();
    match api.faults.wish(fault) {
        Ok(()) => (StatusCode::ACCEPTED, [(CONTENT_TYPE, JSON)], "{}").into_response(),
        Err(FaultRefusal::Nobody) => {
            let text = "faults on purpose are for demonstrations, and this is none";
            refusal(StatusCode::FORBIDDEN, text)
        }
        Err(FaultRefusal::Unknown) => {
            let text = format!("{node} is none of those that can die here");
            refusal(StatusCode::NOT_FOUND, &text)
        }
        Err(FaultRefusal::Gone(error)) => {
            let text = format!("whoever does it is gone: {error}");
            refusal(StatusCode::SERVICE_UNAVAILABLE, &text)
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON))
}

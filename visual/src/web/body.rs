//! The body of a request, which has a limit and comes in time.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::StatusCode;
use tokio::time::timeout;

use crate::limits::BODY_PATIENCE;

/// Reads a body of so many bytes at most.
///
/// # Errors
///
/// What to answer when it is longer or slow.
pub(super) async fn read(body: Body, most: usize) -> Result<Bytes, StatusCode> {
    match timeout(BODY_PATIENCE, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

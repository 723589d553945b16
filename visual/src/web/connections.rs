//! Connections: a bounded number, each served for a bounded time, so that slow ones hold up nobody.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::limits::{
    ACCEPT_RETRY, CONNECTION_GRACE, CONNECTION_LIFETIME, HEAD_PATIENCE, MAX_CONNECTIONS,
    MAX_HEAD_BYTES,
};
use crate::refusal::{Refusal, Refusals};

/// Who a request came from: the other end of its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves connections for ever. One that becomes a WebSocket gives its place back.
pub(super) async fn serve(listener: TcpListener, router: Router, refusals: &Refusals) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Some(place) = place(&places, refusals).await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Frames are small and wanted at once.
                let _ = stream.set_nodelay(true);
                let router = router.clone().layer(Extension(Peer(peer)));
                tokio::spawn(converse(stream, router, place));
            }
            Err(error) => {
                tracing::warn!(%error, "the system gives no connection to a browser");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// A place for the next connection, once there is one.
async fn place(places: &Arc<Semaphore>, refusals: &Refusals) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = places.clone().try_acquire_owned() {
        return Some(place);
    }
    if refusals.count(Refusal::Connections) {
        tracing::warn!(
            most = MAX_CONNECTIONS,
            "all connections are taken; who comes now has to wait"
        );
    }
    places.clone().acquire_owned().await.ok()
}

async fn converse(stream: TcpStream, router: Router, _place: OwnedSemaphorePermit) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = pin!(connection);
    // How it ends is of no interest: browsers go as they like.
    if timeout(CONNECTION_LIFETIME, connection.as_mut())
        .await
        .is_err()
    {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(CONNECTION_GRACE, connection).await;
    }
}

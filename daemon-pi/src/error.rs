//! Why a Pi cannot go on.

use std::io;
use std::time::Duration;

use oxberry_net::metrics::MetricsError;
use oxberry_net::{Endpoint, NetError};

use crate::memory::NoMemory;

/// Why a Pi cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PiError {
    /// A socket failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// There is not enough memory for the books.
    #[error(transparent)]
    Memory(#[from] NoMemory),
    /// The controller did not answer in time.
    #[error(
        "the controller at {endpoint} did not answer within {} s: is it running, and is that its \
         control socket?",
        timeout.as_secs()
    )]
    StartTimeout {
        /// Where it should be.
        endpoint: Endpoint,
        /// How long was waited.
        timeout: Duration,
    },
    /// Metrics cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Standard output or systemd's socket cannot be used.
    #[error("cannot {attempt}: {source}")]
    System {
        /// What was tried.
        attempt: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

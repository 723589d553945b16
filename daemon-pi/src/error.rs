//! Why a Pi cannot go on.

use std::io;
use std::time::Duration;

use oxberry_core::book::Damage;
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
    /// It is not known any more whose books are whose.
    #[error(
        "the memory of the books changed by itself ({0}), so that it is not known any more whose they are; \
         start it again, as systemd does, and it takes its books over from its twins"
    )]
    Damaged(Damage),
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

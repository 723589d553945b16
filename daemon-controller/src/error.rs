//! Why a run of the controller failed.

use oxberry_core::units::ChannelId;
use oxberry_net::NetError;
use oxberry_net::metrics::MetricsError;
use thiserror::Error;

use crate::channel::ChannelError;

/// Why a run failed.
#[derive(Debug, Error)]
pub enum RunError {
    /// A socket failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A channel failed.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// Metrics cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// systemd cannot be told.
    #[error("systemd cannot be told that the controller is ready: {0}")]
    Notify(std::io::Error),
    /// A thread could not be started.
    #[error("the thread of channel {channel} cannot be started: {error}")]
    Thread {
        /// The channel.
        channel: ChannelId,
        /// What the system said.
        error: std::io::Error,
    },
}

//! How far a channel is: its thread leaves the numbers, the main thread finds them.

use std::sync::{Arc, Mutex, PoisonError};

use oxberry_core::units::{ChannelId, Position};
use oxberry_proto::status::ChannelStatus;

/// The numbers of a channel. Clones are the same.
///
/// A lock and no atomics, so that a position is never half of one numbering and half of another. It is
/// held for a copy of some bytes, and taken by the channel only when it looks at the clocks.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Mutex<ChannelStatus>>);

impl Progress {
    /// Of a channel of which nothing was read.
    pub(crate) fn new(channel: ChannelId) -> Self {
        Self(Arc::new(Mutex::new(ChannelStatus {
            channel,
            position: Position::default(),
            ended: false,
            packets: 0,
            events: 0,
            losses: 0,
            lost_messages: 0,
        })))
    }

    /// Leaves other numbers.
    pub(crate) fn set(&self, status: ChannelStatus) {
        // A panic while it is held is not possible between a copy's beginning and its end.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// The numbers that were left last.
    pub(crate) fn get(&self) -> ChannelStatus {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What the readers of the formats give and how they stop.

use std::{io, net::SocketAddr, ops::Range};

use oxberry_core::units::UnixNanos;

use super::error::Fault;

/// A packet in the window.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) bytes: Range<usize>,
    pub(super) offset: u64,
    pub(super) group: Option<SocketAddr>,
    pub(super) captured: Option<UnixNanos>,
}

impl Located {
    /// What stands in a place where nothing was found yet.
    pub(super) const NOTHING: Self = Self {
        bytes: 0..0,
        offset: 0,
        group: None,
        captured: None,
    };
}

/// Why a reader cannot go on; the source adds its name.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    Fault { offset: u64, fault: Fault },
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

//! Bounds of the loop and of waiting, with their reasons.

use std::time::Duration;

use oxberry_core::book::Capacity;

/// Data frames that one turn of the loop takes at most, so that control is never far away.
pub const DATA_BURST: usize = 64;

/// Control messages that one turn takes at most.
pub const CONTROL_BURST: usize = 16;

/// Frames of stock events that one turn sends at most.
pub const STOCK_BURST: usize = 128;

/// How long a peer may not take what is for it before a person is told.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end waits until the visualisation has read everything.
pub const END_LINGER: Duration = Duration::from_secs(60);

/// Orders that may rest at once, unless told otherwise.
pub const DEFAULT_ORDERS: u32 = 1_000_000;

/// The most orders or levels that can be asked for.
pub const MAX_ORDERS: u32 = Capacity::MOST;

/// Memory beside the books: the program, which takes about 20 MiB while nothing waits in its sockets,
/// what waits there, and what a small system needs to go on.
pub const BESIDE_BOOKS: u64 = 64 << 20;

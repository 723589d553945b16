//! Bounds of the loop and of waiting, with their reasons.

use std::time::Duration;

use oxberry_cluster::limits::{Limits, MAX_RECEIVERS};
use oxberry_core::book::Capacity;

/// Data frames that one turn of the loop takes at most, so that control is never far away.
pub const DATA_BURST: usize = 64;

/// Control messages that one turn takes at most.
pub const CONTROL_BURST: usize = 16;

/// Frames of stock events that one turn sends at most to each receiver.
pub const STOCK_BURST: usize = 128;

/// Receivers of stock events that a node can push to. Another one prints.
pub const MAX_PUSHERS: usize = MAX_RECEIVERS - 1;

/// How long a peer may not take what is for it before a person is told.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end waits until the visualisation has read everything.
pub const END_LINGER: Duration = Duration::from_secs(60);

/// How often the loop leaves its metrics to be read: with every beat, for which it wakes anyway. It looks
/// at every symbol for it, which takes microseconds.
pub const READING_INTERVAL: Duration = Limits::DEFAULT.beat;

/// A loop that has left nothing for so long hangs: every turn takes milliseconds.
pub const LOOP_LATE_AFTER: Duration = Duration::from_secs(5);

/// Orders that may rest at once, unless told otherwise.
pub const DEFAULT_ORDERS: u32 = 1_000_000;

/// The most orders or levels that can be asked for.
pub const MAX_ORDERS: u32 = Capacity::MOST;

/// How often temperature and power are read: soon enough for a person, rarely enough to cost nothing.
pub const CARE_INTERVAL: Duration = Duration::from_secs(5);

/// Readings for which a trouble must stay away before it has ended: a minute.
pub const QUIET_READINGS: u32 = 12;

/// From this temperature on, in thousandths of a degree Celsius, the firmware of a Raspberry Pi slows its
/// processor.
pub const HOT_MILLICELSIUS: i32 = 80_000;

/// Stack of the thread that reads the sensors.
pub const CARE_STACK_BYTES: usize = 64 * 1_024;

/// Stack that is touched before the loop starts. Frames are read in place, so it needs a small part of that.
pub const STACK_BYTES: usize = 256 * 1_024;

/// Memory that a node takes beside its books, at most. Measured as the resident memory of a node with all of
/// it locked, less [`Capacity::bytes`]: 32 MiB, of which two stacks of libzmq are 16, which it takes whole
/// (`oxberry-pi --orders 50000` and `--orders 1000000` against `/proc/PID/status`, x86-64). 4 MiB more for
/// queues that are full ([`oxberry_net::limits`]) and 12 for what the kernel keeps for two TCP connections.
pub const PROCESS_BYTES: usize = 48 << 20;

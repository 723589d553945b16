//! Limits of the line, with their reasons. Those of time and quota can be chosen in a
//! [`Config`](super::Config); these are its defaults.

use core::time::Duration;

/// How long to wait for the other line before asking the request server. Both lines leave the venue
/// together, so this covers the difference of their paths and of our threads.
pub const OTHER_LINE_WAIT: Duration = Duration::from_millis(20);

/// The most messages that one retransmission request may name (docs/wire-format.md, 1.7).
pub const MAX_REQUEST_MESSAGES: u32 = 1_000;

/// Retransmission requests a day and channel (docs/wire-format.md, 1.7).
pub const REQUESTS_PER_DAY: u32 = 5_000;

/// How long a retransmission may bring nothing new before it is requested again.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// How many times to ask for one range.
pub const REQUEST_ATTEMPTS: u8 = 3;

/// How long to leave the request server alone after it did not answer.
pub const REQUEST_PAUSE: Duration = Duration::from_secs(30);

/// The most messages worth repairing by retransmission, 50 requests; a refresh is quicker beyond.
/// A jump by more is taken for a stray packet until another packet continues it.
pub const MAX_REPAIRABLE_MESSAGES: u32 = 50 * MAX_REQUEST_MESSAGES;

/// Refreshes of a whole channel a day and user (docs/wire-format.md, 1.8).
pub const REFRESHES_PER_DAY: u32 = 500;

/// How long a refresh may bring nothing new before it is requested again.
pub const REFRESH_TIMEOUT: Duration = Duration::from_secs(10);

/// How many times to ask for a refresh before the channel is given up.
pub const REFRESH_ATTEMPTS: u8 = 3;

/// How long a channel that was given up waits before asking for a refresh again.
pub const REFRESH_PAUSE: Duration = Duration::from_secs(60);

/// After this long without a packet a line is silent: heartbeats come once a second
/// (docs/wire-format.md, 1.5).
pub const LINE_SILENCE: Duration = Duration::from_secs(3);

/// A packet stamped so much later than another was surely sent after it, whatever way it came:
/// more than the venue's clocks differ, less than a publisher needs to take over.
pub const CLOCK_SKEW: Duration = Duration::from_millis(100);

/// Separate runs of missing numbers that are remembered at a time.
pub const MAX_GAPS: usize = 64;

/// Fewer packets than this cannot be kept: one, and room to let it go in order.
pub const MIN_SLOTS: usize = 2;

/// Given up ranges that are remembered, to tell a late packet from a duplicate.
pub const RECENT_LOSSES: usize = 8;

const _: () = assert!(OTHER_LINE_WAIT.as_millis() < REQUEST_TIMEOUT.as_millis());
const _: () = assert!(REQUEST_TIMEOUT.as_millis() < REQUEST_PAUSE.as_millis());
const _: () = assert!(REFRESH_TIMEOUT.as_millis() < REFRESH_PAUSE.as_millis());
const _: () = assert!(MAX_GAPS >= 2);

//! Counts of what happened on the lines of a channel.

/// Totals since the start, in packets unless stated otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct LineCounters {
    /// Received on line A, including heartbeats.
    pub line_a: u64,
    /// Received on line B, including heartbeats.
    pub line_b: u64,
    /// Received from the retransmission group.
    pub retransmissions: u64,
    /// Received from the refresh group.
    pub refreshes: u64,
    /// Heartbeats: packets without messages.
    pub heartbeats: u64,
    /// Delivered, in order.
    pub delivered: u64,
    /// Messages skipped in delivered packets, because another packet had brought them.
    pub messages_skipped: u64,
    /// Duplicates: all their messages had come before.
    pub duplicates: u64,
    /// Arrived after some of their messages were given up; the others had come before.
    pub late: u64,
    /// Early packets that were held.
    pub held: u64,
    /// Early packets that were dropped for lack of room.
    pub no_room: u64,
    /// Truncated: fewer bytes than PktSize.
    pub damaged: u64,
    /// Not believed at first: they jumped too far ahead, or repeated known numbers later.
    pub stray: u64,
    /// Of a refresh or retransmission that was not asked for.
    pub unwanted: u64,
    /// Sent in a publisher failover (delivery flag 10).
    pub failover: u64,
    /// With a delivery flag that docs/wire-format.md does not list.
    pub unlisted_flags: u64,
    /// Filled a gap, at least in part, from line A.
    pub filled_by_a: u64,
    /// Filled a gap, at least in part, from line B.
    pub filled_by_b: u64,
    /// Filled a gap, at least in part, by retransmission.
    pub filled_by_retransmission: u64,
    /// Messages lost: given up after all waiting.
    pub messages_lost: u64,
    /// Gaps, or parts of gaps, that were given up.
    pub gaps_lost: u64,
    /// Retransmission requests made.
    pub requests: u64,
    /// Requests refused by the server.
    pub requests_refused: u64,
    /// Answers in which the server said that it lacks messages.
    pub unavailable: u64,
    /// Refresh requests made.
    pub refresh_requests: u64,
    /// Restarts of the numbering.
    pub restarts: u64,
    /// Restarts of the numbering that no reset announced.
    pub restarts_unannounced: u64,
}

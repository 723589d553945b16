//! What happened on the lines of a channel.

/// Totals since the start. Packets unless they say messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Counters {
    /// Came by line A, heartbeats included.
    pub line_a: u64,
    /// Came by line B, heartbeats included.
    pub line_b: u64,
    /// Came from the retransmission group.
    pub retransmissions: u64,
    /// Came from the refresh group.
    pub refreshes: u64,
    /// Without messages.
    pub heartbeats: u64,
    /// Delivered, in order.
    pub delivered: u64,
    /// Messages in them that were passed over, since another packing had brought them.
    pub messages_skipped: u64,
    /// All of whose messages had come before.
    pub duplicates: u64,
    /// Arrived after some of their messages were given up; the others had come before.
    pub late: u64,
    /// Came before their turn, and were kept.
    pub held: u64,
    /// Came before their turn, and there was no room.
    pub no_room: u64,
    /// Cut off: fewer bytes than PktSize.
    pub damaged: u64,
    /// Jumped too far ahead, or were new with known numbers: not believed at first.
    pub stray: u64,
    /// Of a refresh or retransmission that was not waited for.
    pub unwanted: u64,
    /// Of a publisher failover (delivery flag 10).
    pub failover: u64,
    /// With a delivery flag that docs/wire-format.md does not list.
    pub unlisted_flags: u64,
    /// Whose messages, all or some, came in a place that was missing, by line A.
    pub filled_by_a: u64,
    /// The same by line B.
    pub filled_by_b: u64,
    /// The same by retransmission.
    pub filled_by_retransmission: u64,
    /// Messages that were given up.
    pub messages_lost: u64,
    /// Gaps, or parts of them, that were given up.
    pub gaps_lost: u64,
    /// Retransmissions asked for.
    pub requests: u64,
    /// Requests that the server refused.
    pub requests_refused: u64,
    /// Answers of the server that it does not have some messages.
    pub unavailable: u64,
    /// Refreshes asked for.
    pub refresh_requests: u64,
    /// Times the numbering started again.
    pub restarts: u64,
    /// Those that no reset had announced.
    pub restarts_unannounced: u64,
}

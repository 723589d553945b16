//! What one channel is like: what was read of it, and what was published.

use oxberry_core::units::UnixNanos;
use oxberry_feed::handler::Totals;
use oxberry_feed::lines::LineCounters;
use oxberry_net::metrics::{Metric, UNKNOWN, count};

/// What was read of a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedReadings {
    /// What its handler counted.
    pub(crate) totals: Totals,
    /// What came by each line; nothing of a line that there is not.
    pub(crate) lines: [Option<LineCounters>; 2],
    /// When the venue sent the packet that was read last.
    pub(crate) position: UnixNanos,
}

/// What was published of a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutletReadings {
    /// Events in the batches.
    pub(crate) events: u64,
    /// Batches, and messages of refreshes.
    pub(crate) batches: u64,
    /// Bytes of those.
    pub(crate) bytes: u64,
    /// Times that the window was full.
    pub(crate) waits: u64,
    /// Nanoseconds that were waited for it.
    pub(crate) waited_ns: u64,
    /// Times that a replica lacked something.
    pub(crate) repairs: u64,
    /// Those of them for which some of it was not there any more.
    pub(crate) repairs_gone: u64,
    /// Batches that were published again.
    pub(crate) repeated_batches: u64,
    /// Bytes of those.
    pub(crate) repeated_bytes: u64,
    /// Bytes that are on their way.
    pub(crate) bytes_in_flight: usize,
    /// Batches that are on their way.
    pub(crate) batches_in_flight: usize,
    /// Occurrences that wait for the window.
    pub(crate) waiting: usize,
    /// The number up to which the channel was read, or given up.
    pub(crate) covered: u32,
    /// Nanoseconds that the replay is behind its pace; 0 when it has none.
    pub(crate) behind_ns: u64,
}

/// One line of [`FEED`].
const fn feed(
    name: &'static str,
    help: &'static str,
    read: fn(&FeedReadings) -> u64,
) -> Metric<FeedReadings> {
    Metric::new(name, help, read)
}

/// What a line brought, as [`FEED`] has it.
const fn line(
    name: &'static str,
    help: &'static str,
    labels: &'static [(&'static str, &'static str)],
    read: fn(&FeedReadings) -> u64,
) -> Metric<FeedReadings> {
    Metric::new(name, help, read).with(labels)
}

/// Something of a line, if there is one.
fn of_line(of: &FeedReadings, number: usize, read: fn(&LineCounters) -> u64) -> u64 {
    let line = of.lines.get(number).and_then(Option::as_ref);
    line.map_or(UNKNOWN, read)
}

const A: &[(&str, &str)] = &[("line", "a")];
const B: &[(&str, &str)] = &[("line", "b")];

/// What is odd in a message, as [`FEED`] has it.
const fn odd(
    labels: &'static [(&'static str, &'static str)],
    read: fn(&FeedReadings) -> u64,
) -> Metric<FeedReadings> {
    let name = "oxberry_controller_feed_odd_total";
    let help = "Packets and messages of the feed that were not used, by the reason.";
    Metric::new(name, help, read).with(labels)
}

/// All that is told of the reading. docs/metrics.md has the same list, and a test compares.
#[rustfmt::skip]
pub(super) static FEED: &[Metric<FeedReadings>] = &[
    feed("oxberry_controller_feed_position_timestamp_seconds", "When the venue sent the packet that was read last, since 1970 UTC.", |of| of.position.raw()),
    feed("oxberry_controller_feed_packets_total", "Packets that were read.", |of| of.totals.packets),
    feed("oxberry_controller_feed_messages_total", "Messages that were read.", |of| of.totals.messages),
    feed("oxberry_controller_feed_events_total", "Messages in which something happened to a symbol.", |of| of.totals.events),
    feed("oxberry_controller_feed_gaps_total", "Times that messages were missing for good.", |of| of.totals.gaps),
    feed("oxberry_controller_feed_messages_missing_total", "Messages missing in those gaps.", |of| of.totals.missing),
    feed("oxberry_controller_feed_copies_total", "Packets all of whose messages had come before.", |of| of.totals.copies),
    feed("oxberry_controller_feed_early_total", "Packets that came before their turn and waited for it.", |of| of.totals.early),
    feed("oxberry_controller_feed_resets_total", "Numberings that began with a reset.", |of| of.totals.resets),
    feed("oxberry_controller_feed_restarts_total", "Numberings that began without one.", |of| of.totals.restarts),
    feed("oxberry_controller_feed_retransmissions_total", "Retransmissions that filled a gap.", |of| of.totals.retransmissions),
    feed("oxberry_controller_feed_refreshes_total", "Refreshes of a symbol that were read to their end.", |of| of.totals.refreshes),
    feed("oxberry_controller_feed_refreshes_abandoned_total", "Refreshes of a symbol of which something was missing.", |of| of.totals.refreshes_abandoned),
    odd(&[("reason", "late")], |of| of.totals.late),
    odd(&[("reason", "cut")], |of| of.totals.cut),
    odd(&[("reason", "unbelievable")], |of| of.totals.unbelievable),
    odd(&[("reason", "malformed")], |of| of.totals.malformed),
    odd(&[("reason", "retransmission_unused")], |of| of.totals.retransmissions_unused),
    odd(&[("reason", "unknown_type")], |of| of.totals.unknown_types),
    odd(&[("reason", "unknown_symbol")], |of| of.totals.unknown_symbols),
    odd(&[("reason", "bad_value")], |of| of.totals.bad_values),
    odd(&[("reason", "symbol_without_room")], |of| of.totals.symbols_without_room),
    line("oxberry_controller_line_packets_total", "Packets with messages that came by a line.", A, |of| of_line(of, 0, |line| line.packets)),
    line("oxberry_controller_line_packets_total", "Packets with messages that came by a line.", B, |of| of_line(of, 1, |line| line.packets)),
    line("oxberry_controller_line_filled_total", "Packets of a line that brought what was missing.", A, |of| of_line(of, 0, |line| line.filled)),
    line("oxberry_controller_line_filled_total", "Packets of a line that brought what was missing.", B, |of| of_line(of, 1, |line| line.filled)),
    line("oxberry_controller_line_duplicates_total", "Packets of a line that brought nothing new.", A, |of| of_line(of, 0, |line| line.duplicates)),
    line("oxberry_controller_line_duplicates_total", "Packets of a line that brought nothing new.", B, |of| of_line(of, 1, |line| line.duplicates)),
    line("oxberry_controller_line_late_total", "Packets of a line whose messages were given up.", A, |of| of_line(of, 0, |line| line.late)),
    line("oxberry_controller_line_late_total", "Packets of a line whose messages were given up.", B, |of| of_line(of, 1, |line| line.late)),
    line("oxberry_controller_line_unusable_total", "Packets of a line that were cut off, or not to be believed.", A, |of| of_line(of, 0, |line| line.unusable)),
    line("oxberry_controller_line_unusable_total", "Packets of a line that were cut off, or not to be believed.", B, |of| of_line(of, 1, |line| line.unusable)),
];

/// One line of [`OUTLET`].
const fn outlet(
    name: &'static str,
    help: &'static str,
    read: fn(&OutletReadings) -> u64,
) -> Metric<OutletReadings> {
    Metric::new(name, help, read)
}

/// All that is told of the publishing. docs/metrics.md has the same list, and a test compares.
#[rustfmt::skip]
pub(super) static OUTLET: &[Metric<OutletReadings>] = &[
    outlet("oxberry_controller_position", "The number of the channel up to which everything was read, or given up.", |of| of.covered.into()),
    outlet("oxberry_controller_events_total", "Events published.", |of| of.events),
    outlet("oxberry_controller_batches_total", "Batches published.", |of| of.batches),
    outlet("oxberry_controller_published_bytes_total", "Bytes of batches published.", |of| of.bytes),
    outlet("oxberry_controller_batches_in_flight", "Batches that not all replicas have acknowledged.", |of| count(of.batches_in_flight)),
    outlet("oxberry_controller_in_flight_bytes", "Bytes of those.", |of| count(of.bytes_in_flight)),
    outlet("oxberry_controller_events_waiting", "Events that were read and wait for the window.", |of| count(of.waiting)),
    outlet("oxberry_controller_window_waits_total", "Times that the replay waited since the window was full.", |of| of.waits),
    outlet("oxberry_controller_window_wait_seconds_total", "How long it waited for that.", |of| of.waited_ns),
    outlet("oxberry_controller_repairs_total", "Times that a node asked for what was missing in a stream.", |of| of.repairs),
    outlet("oxberry_controller_repairs_gone_total", "Those of them for which some of it was not there any more.", |of| of.repairs_gone),
    outlet("oxberry_controller_repeated_batches_total", "Batches published again for that.", |of| of.repeated_batches),
    outlet("oxberry_controller_repeated_bytes_total", "Bytes of those.", |of| of.repeated_bytes),
    outlet("oxberry_controller_replay_behind_seconds", "How far the replay is behind its pace.", |of| of.behind_ns),
];

//! What the loop leaves of itself for others to read: its metrics, in fixed memory.
//!
//! The loop stores numbers and does nothing else for it; [`side`](crate::side) reads them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use oxberry_cluster::pi::{Counters, Pi, ReceiverStanding, Standing};
use oxberry_core::book::{BookCounters, Capacity};
use oxberry_core::units::{Instant, Position};
use oxberry_net::Endpoint;
use oxberry_net::metrics::{Family, Labelled, Metric, Readings, UNKNOWN, count};
use oxberry_proto::limits::MAX_CHANNELS;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use crate::limits::READING_INTERVAL;

/// Everything that is read of the loop at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopReadings {
    turns: u64,
    counters: Counters,
    standing: Standing,
    books: BookCounters,
    capacity: Capacity,
    orders: u32,
    levels: u32,
    is_control_held: bool,
}

/// What the loop left, which both threads hold.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) readings: Arc<Readings<LoopReadings>>,
    pub(crate) positions: Arc<Positions>,
    /// Of all receivers, as they are served.
    pub(crate) receivers: Arc<Labelled<ReceiverStanding>>,
    /// Of each receiver, by its number.
    of_receivers: Arc<[Arc<Readings<ReceiverStanding>>]>,
}

/// Leaves the loop's metrics now and then.
#[derive(Debug)]
pub(crate) struct Leaver {
    left: Left,
    turns: u64,
    due: Instant,
}

/// By channel the number up to which all its streams are in the books.
#[derive(Debug)]
pub(crate) struct Positions(Box<[AtomicU64]>);

impl Left {
    /// Nothing yet of a node with these receivers.
    pub(crate) fn new(receivers: &[Endpoint]) -> Self {
        let unknown = (0..MAX_CHANNELS).map(|_| AtomicU64::new(UNKNOWN));
        let mut labelled = Labelled::new(METRICS_OF_RECEIVER, "receiver");
        let of_receivers = receivers.iter().map(|endpoint| labelled.add(endpoint));
        Self {
            of_receivers: of_receivers.collect(),
            receivers: Arc::new(labelled),
            readings: Arc::new(Readings::new(METRICS)),
            positions: Arc::new(Positions(unknown.collect())),
        }
    }
}

impl Leaver {
    pub(crate) const fn new(left: Left, now: Instant) -> Self {
        Self {
            left,
            turns: 0,
            due: now,
        }
    }

    /// When [`turn`](Self::turn) has something to leave again.
    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.due
    }

    /// The loop has made a turn. When it is time, what it is like is left.
    pub(crate) fn turn(&mut self, now: Instant, pi: &Pi<'_>, is_control_held: bool) {
        self.turns += 1;
        if now < self.due {
            return;
        }
        self.due = now.after(READING_INTERVAL);
        let books = pi.books();
        let readings = LoopReadings {
            turns: self.turns,
            counters: pi.counters(),
            standing: pi.standing(),
            books: books.counters(),
            capacity: books.capacity(),
            orders: books.order_count(),
            levels: books.level_count(),
            is_control_held,
        };
        self.left.readings.leave(now, &readings);
        self.left.positions.leave(pi);
        for (receiver, left) in self.left.of_receivers.iter().enumerate() {
            if let Some(standing) = pi.receiver(receiver) {
                left.leave(now, &standing);
            }
        }
    }
}

impl Positions {
    fn leave(&self, pi: &Pi<'_>) {
        let mut lowest = [None::<Position>; MAX_CHANNELS];
        for (stream, position) in pi.positions() {
            if let Some(lowest) = lowest.get_mut(usize::from(stream.channel.raw())) {
                *lowest = Some(lowest.map_or(position, |before| before.min(position)));
            }
        }
        for (left, lowest) in self.0.iter().zip(lowest) {
            let number = lowest.map_or(UNKNOWN, |position| position.seq_num.raw().into());
            left.store(number, Ordering::Relaxed);
        }
    }
}

impl Collector for Positions {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "The number of a channel up to which everything is in the books of this node.";
        let mut family = Family::begin(&mut encoder, "oxberry_pi_position", help)?;
        for (channel, number) in self.0.iter().enumerate() {
            let number = number.load(Ordering::Relaxed);
            if number != UNKNOWN {
                family.sample(&[("channel", &channel.to_string())], number)?;
            }
        }
        Ok(())
    }
}

/// One line of [`METRICS`].
const fn metric(
    name: &'static str,
    help: &'static str,
    read: fn(&LoopReadings) -> u64,
) -> Metric<LoopReadings> {
    Metric::new(name, help, read)
}

/// A symbol's trust, as [`METRICS`] has it.
const fn symbols(
    labels: &'static [(&'static str, &'static str)],
    read: fn(&LoopReadings) -> u64,
) -> Metric<LoopReadings> {
    Metric::new(
        "oxberry_pi_symbols",
        "Symbols by the trust in their books.",
        read,
    )
    .with(labels)
}

/// Why books refused an event, as [`METRICS`] has it.
const fn snapshots(
    labels: &'static [(&'static str, &'static str)],
    read: fn(&LoopReadings) -> u64,
) -> Metric<LoopReadings> {
    let name = "oxberry_pi_snapshots_total";
    Metric::new(
        name,
        "Books of other replicas, by what became of the wish.",
        read,
    )
    .with(labels)
}

const fn refused(
    labels: &'static [(&'static str, &'static str)],
    read: fn(&LoopReadings) -> u64,
) -> Metric<LoopReadings> {
    let help = "Events that books refused, by the reason.";
    Metric::new("oxberry_pi_book_rejections_total", help, read).with(labels)
}

/// All of them. docs/metrics.md has the same list, and a test compares.
#[rustfmt::skip]
static METRICS: &[Metric<LoopReadings>] = &[
    metric("oxberry_pi_loop_turns_total", "Turns of the loop; it hangs when they stop.", |of| of.turns),
    metric("oxberry_pi_member", "Whether it has an assignment of the controller.", |of| of.standing.is_member.into()),
    metric("oxberry_pi_ready", "Whether it hears all its partitions.", |of| of.standing.is_ready.into()),
    metric("oxberry_pi_feed_silent", "Whether some stream was silent for three beats.", |of| of.standing.is_silent.into()),
    metric("oxberry_pi_control_held", "Whether the controller's socket does not take a message.", |of| of.is_control_held.into()),
    metric("oxberry_pi_stock_held", "Whether a receiver that is waited for does not take a frame.", |of| of.standing.is_stock_held.into()),
    metric("oxberry_pi_stock_frames_waiting", "Frames that wait for the slowest receiver that is waited for.", |of| count(of.standing.stock_frames)),
    metric("oxberry_pi_stock_frames_room", "For how many more frames there is room.", |of| count(of.standing.stock_frames_room)),
    metric("oxberry_pi_partitions", "Partitions that it holds.", |of| count(of.standing.partitions)),
    metric("oxberry_pi_streams", "Streams of which something was heard.", |of| count(of.standing.streams)),
    metric("oxberry_pi_streams_recovering", "Streams of which something is missing that may still come.", |of| count(of.standing.streams_recovering)),
    metric("oxberry_pi_streams_silent", "Streams that were silent for three beats.", |of| count(of.standing.streams_silent)),
    metric("oxberry_pi_streams_ended", "Streams that have ended.", |of| count(of.standing.streams_ended)),
    symbols(&[("trust", "live")], |of| of.standing.symbols.live.into()),
    symbols(&[("trust", "recovering")], |of| of.standing.symbols.recovering.into()),
    symbols(&[("trust", "partial")], |of| of.standing.symbols.partial.into()),
    symbols(&[("trust", "stale")], |of| of.standing.symbols.stale.into()),
    metric("oxberry_pi_symbols_capacity", "Symbols that its books can keep.", |of| of.capacity.symbols.into()),
    metric("oxberry_pi_orders", "Orders that rest.", |of| of.orders.into()),
    metric("oxberry_pi_orders_capacity", "Orders that may rest at once.", |of| of.capacity.orders.into()),
    metric("oxberry_pi_levels", "Price levels that exist.", |of| of.levels.into()),
    metric("oxberry_pi_levels_capacity", "Price levels that may exist at once.", |of| of.capacity.levels.into()),
    metric("oxberry_pi_books_bytes", "Memory of the books, all taken at start.", |of| count(of.capacity.bytes())),
    metric("oxberry_pi_events_total", "Events applied to the books.", |of| of.counters.events),
    metric("oxberry_pi_events_rejected_total", "Events that the books refused.", |of| of.counters.rejected),
    metric("oxberry_pi_batches_total", "Batches applied.", |of| of.counters.batches),
    metric("oxberry_pi_copies_total", "Batches and coverage that came again.", |of| of.counters.copies),
    metric("oxberry_pi_holes_total", "Times that something was missing in a stream for good.", |of| of.counters.holes),
    metric("oxberry_pi_repairs_asked_total", "Times that something was missing in a stream and asked for.", |of| of.counters.repairs_asked),
    metric("oxberry_pi_repairs_filled_total", "Times that it came.", |of| of.counters.repairs_filled),
    metric("oxberry_pi_repairs_given_up_total", "Times that it, or some of it, did not come in time.", |of| of.counters.repairs_given_up),
    metric("oxberry_pi_held_dropped_total", "Batches behind what was missing that found no room to wait, and were asked for as well.", |of| of.counters.held_full),
    metric("oxberry_pi_losses_total", "Losses of the feed that the controller told.", |of| of.counters.losses),
    metric("oxberry_pi_refreshes_missed_total", "Records of refreshes that came too late or not at all.", |of| of.counters.refreshes_missed),
    snapshots(&[("outcome", "taken")], |of| of.counters.snapshots_taken),
    snapshots(&[("outcome", "refused")], |of| of.counters.snapshots_refused),
    snapshots(&[("outcome", "given_up")], |of| of.counters.snapshots_given_up),
    metric("oxberry_pi_scrubs_total", "Times that all books were read, to find memory that changed by itself.", |of| of.counters.scrubs),
    metric("oxberry_pi_damages_total", "Times that memory of the books was found that changed by itself, a book again with each reading until it was replaced.", |of| of.counters.damages),
    metric("oxberry_pi_snapshots_given_total", "Books that were given to other nodes.", |of| of.counters.snapshots_given),
    metric("oxberry_pi_snapshot_wishes_dropped_total", "Wishes of other nodes that found no room.", |of| of.counters.wishes_dropped),
    metric("oxberry_pi_depth_wishes_total", "Wishes of dashboards to see how deep a book is.", |of| of.counters.depths_asked),
    metric("oxberry_pi_depth_wishes_dropped_total", "Wishes of dashboards that found no room.", |of| of.counters.depths_dropped),
    metric("oxberry_pi_foreign_frames_total", "Frames of another run, or of a partition that is not held here.", |of| of.counters.foreign),
    metric("oxberry_pi_bad_frames_total", "Frames that could not be read.", |of| of.counters.bad_frames),
    metric("oxberry_pi_out_of_place_messages_total", "Messages that are not said to a node that is as far as this one.", |of| of.counters.out_of_place),
    metric("oxberry_pi_stock_events_total", "Stock events told.", |of| of.counters.stock_events),
    refused(&[("reason", "unknown_order")], |of| of.books.unknown_orders),
    refused(&[("reason", "late_delete")], |of| of.books.late_deletes),
    refused(&[("reason", "duplicate_order")], |of| of.books.duplicate_orders),
    refused(&[("reason", "zero_quantity")], |of| of.books.zero_quantities),
    refused(&[("reason", "excess_execution")], |of| of.books.excess_executions),
    refused(&[("reason", "orders_full")], |of| of.books.orders_full),
    refused(&[("reason", "levels_full")], |of| of.books.levels_full),
    refused(&[("reason", "ids_crowded")], |of| of.books.ids_crowded),
    refused(&[("reason", "scale_lost")], |of| of.books.scales_lost),
    refused(&[("reason", "old_message")], |of| of.books.old_messages),
    refused(&[("reason", "other_channel")], |of| of.books.other_channels),
    refused(&[("reason", "unknown_symbol")], |of| of.books.unknown_symbols),
    refused(&[("reason", "unreadable")], |of| of.books.unreadable),
    metric("oxberry_pi_symbol_gaps_total", "Times that messages of a symbol were missing.", |of| of.books.symbol_gaps),
    metric("oxberry_pi_symbol_messages_missing_total", "Messages missing in those gaps.", |of| of.books.symbol_messages_missing),
];

/// One line of [`METRICS_OF_RECEIVER`].
const fn of_receiver(
    name: &'static str,
    help: &'static str,
    read: fn(&ReceiverStanding) -> u64,
) -> Metric<ReceiverStanding> {
    Metric::new(name, help, read)
}

/// What is told of each receiver of stock events.
#[rustfmt::skip]
static METRICS_OF_RECEIVER: &[Metric<ReceiverStanding>] = &[
    of_receiver("oxberry_pi_receiver_attached", "Whether a receiver of stock events takes what there is, so that the books wait for it.", |of| of.is_attached.into()),
    of_receiver("oxberry_pi_receiver_frames_waiting", "Frames that wait for a receiver.", |of| count(of.waiting)),
    of_receiver("oxberry_pi_receiver_frames_dropped_total", "Frames that a receiver never got, since it did not read.", |of| of.dropped),
    of_receiver("oxberry_pi_receiver_detachments_total", "Times that a receiver was no longer waited for.", |of| of.detachments),
];

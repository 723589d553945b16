//! Windows and intervals of the cluster, with their reasons.

use core::time::Duration;

use oxberry_proto::limits::{
    MAX_BATCH_BYTES, MAX_DEPTH_QUEUES, MAX_LIST_HEAD_BYTES, MAX_POSITION_BYTES, MAX_RECORD_BYTES,
};

/// What the machines of a cluster keep to. Programs use [`Limits::DEFAULT`]; the simulator draws others,
/// so that what is rare becomes frequent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of batches of one stream that may be on their way: sent, but not yet acknowledged by
    /// every replica. It keeps a gigabit link busy over the acknowledgement delay, and bounds what any
    /// queue between controller and Pi can hold.
    pub window_bytes: usize,
    /// And how many batches they may be at most: queues between controller and Pi count frames. A feed
    /// that is not played as fast as it goes sends small ones, of single events at worst; while a dead
    /// replica is found out, that many must leave without an acknowledgement, or its twin would stand
    /// still with it.
    pub window_batches: usize,
    /// Bytes of batches of one stream that the controller keeps beside those that are on their way, to
    /// publish them again. Of a living replica what is missing is on its way and always kept; this is
    /// for who does not count, such as one that was taken for dead. As much again as may be on its way.
    pub ring_bytes: usize,
    /// Bytes of batches behind holes that a Pi holds until what is missing has come, over all streams.
    /// More come than that only if connections break in fifty streams at once; what does not fit is
    /// dropped, and asked for like any other hole.
    pub held_bytes: usize,
    /// How long a Pi asks for what is missing in a stream, with every beat, before it gives it up. Its
    /// twin serves meanwhile, but waits for its acknowledgement when the window is full: longer than a
    /// connection takes to come back, and well below `node_timeout`.
    pub repair_timeout: Duration,
    /// Bytes of a batch: at most [`MAX_BATCH_BYTES`], an Ethernet frame.
    pub batch_bytes: usize,
    /// Batches after which a Pi acknowledges without waiting for `ack_delay`; well below the window,
    /// so that the stream flows on while the acknowledgement travels.
    pub ack_batches: usize,
    /// The longest that a Pi keeps an acknowledgement back.
    pub ack_delay: Duration,
    /// How often everybody says that he is alive and how far he is, and repeats what may have been
    /// lost, a Pi its Hello included.
    pub beat: Duration,
    /// Frames of stock events that may wait at a Pi for each receiver.
    pub outbox_frames: usize,
    /// How long books wait for a receiver of stock events that takes nothing. Longer than a page pauses
    /// by itself, on a machine that swaps or has too few processors for its moment; well below
    /// `node_timeout`, so that books which stood still for one receiver go on before anybody else gives
    /// up waiting for them.
    pub receiver_patience: Duration,
    /// Symbols whose trust or state is told between two batches, so that neither waits long.
    pub sweep: usize,
    /// Orders that a snapshot reads at once. While a book is read, its Pi applies no event: so many orders
    /// take some milliseconds. A book with more of them is given to nobody.
    pub snapshot_orders: usize,
    /// Books that a Pi asks for at once: enough to fill the time until the first of them comes.
    pub snapshot_wishes: usize,
    /// Events that a Pi keeps of the symbols whose books it asked for. Where they are more, it asks again.
    pub snapshot_events: usize,
    /// Orders of books that a Pi reads in one go to find memory that changed by itself, a book always to its
    /// end. No event is applied meanwhile, for some 20 microseconds.
    pub scrub_orders: u32,
    /// The pause until it reads on. 256 orders every 5 ms are 51,200 a second, which take about three
    /// million instructions, 0.3 % of a processor that does 1,000 million: a million orders are read every
    /// 20 s, whatever the feed does.
    pub scrub_pause: Duration,
    /// A Pi that was silent for this long is dead. Several beats, so that a short stall is none.
    pub node_timeout: Duration,
    /// How long a partition has had too few replicas when another Pi is told to take it. Longer than a Pi takes
    /// to start again after a loss of power, some 40 s, since one that comes back has its own place and
    /// nothing has to move; short enough that a second death within an hour finds two replicas.
    pub replace_after: Duration,
    /// How long the end waits for those who have not said that they have all.
    pub end_timeout: Duration,
}

impl Limits {
    /// Those of the programs.
    pub const DEFAULT: Self = Self {
        window_bytes: 64 * MAX_BATCH_BYTES,
        window_batches: 1_024,
        ring_bytes: 64 * MAX_BATCH_BYTES,
        held_bytes: 4 << 20,
        repair_timeout: Duration::from_secs(2),
        batch_bytes: MAX_BATCH_BYTES,
        ack_batches: 16,
        ack_delay: Duration::from_millis(5),
        beat: Duration::from_millis(250),
        outbox_frames: 64,
        receiver_patience: Duration::from_secs(2),
        sweep: 256,
        snapshot_orders: 32_768,
        snapshot_wishes: 8,
        snapshot_events: 16_384,
        scrub_orders: 256,
        scrub_pause: Duration::from_millis(5),
        node_timeout: Duration::from_secs(5),
        replace_after: Duration::from_secs(60),
        end_timeout: Duration::from_secs(5),
    };

    /// Whoever was not heard for so long is silent: three beats.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.beat * BEATS_OF_SILENCE
    }

    /// How long a controller that has started waits for Pis of a run that it may go on with, once the first
    /// of them has answered. Longer than a connection takes to come back, and well below `node_timeout`:
    /// the feed stands still meanwhile. When as many as expected are there, it waits no longer.
    #[must_use]
    pub fn adoption(&self) -> Duration {
        self.beat * BEATS_OF_ADOPTION
    }

    /// How often a Pi asks again that was told to wait. Less often than one that was not answered, since
    /// it may wait for days; often enough that a controller which gathers its Pis, and has nothing to
    /// tell them yet, does not take it for dead.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.beat * BEATS_OF_PATIENCE
    }
}

/// Beats that must be missed before somebody is called silent.
pub const BEATS_OF_SILENCE: u32 = 3;

/// Beats between two Hellos of a Pi that waits for another run.
pub const BEATS_OF_PATIENCE: u32 = 4;

/// Beats for which a controller waits for more Pis of a run that it may go on with.
pub const BEATS_OF_ADOPTION: u32 = 6;

/// Numbers above the greatest that is heard of which a controller that goes on with a run gives to nobody:
/// whoever had one of them may be the one who is not heard. Many more than Pis join a run in the time
/// between two lives of a controller.
pub const UNHEARD_NUMBERS: u16 = 64;

/// Beats between two rounds of wishes for books that nobody could give, at first and at most: they double.
pub const BEATS_OF_HEALING: [u32; 2] = [1, 64];

/// What the reading of a symbol takes beside that of its orders, in orders.
pub const SCRUB_ORDERS_A_SYMBOL: u32 = 8;

/// Orders of one book that are read at most, in some milliseconds. Of a larger one the rest is not looked at.
pub const MOST_SCRUBBED: u32 = 65_536;

/// Orders that a Pi reads in one go after the end of the feed, when no event waits for it.
pub const LAST_SCRUB_ORDERS: u32 = 65_536;

/// Streams of one partition that a wish for a book can name. The venue has far fewer channels; of a
/// partition with more of them no book is asked for.
pub const SNAPSHOT_STREAMS: usize = 64;

/// Wishes of other nodes that may wait at a Pi, more than all others of a cluster of usual size have at
/// once. One that finds no room is made again.
pub const SNAPSHOT_QUEUE: usize = 32;

/// Wishes of dashboards to see how deep a book is that may wait at a Pi: those of two dashboards that show as
/// many symbols as one may. One that finds no room is made again.
pub const DEPTH_QUEUE: usize = 64;

/// How long ago somebody may have wished to see a book who is told at the end of the run how it ended: several
/// times as long as the pause after which who still looks wishes again.
pub const DEPTH_RECENT: Duration = Duration::from_secs(2);

/// Orders that may rest in a partition whose books are made out of the feed again. The memory for them
/// (about 100 bytes an order) is taken when a partition is begun and given back when it is done; there is
/// one at a time. A Pi that holds several partitions has seldom room for more.
pub const REBUILD_ORDERS: u32 = 1 << 20;

/// Symbols that only the feed defines, for which there is room then, beside those of the partition.
pub const REBUILD_SPARE_SYMBOLS: u32 = 1_024;

/// Parts of books out of the feed that leave at once, and the pause until the next ones do: some 9 MB a second,
/// less than a Pi's wire takes. A socket's queue holds 1,000 messages for one Pi, and many books are ready at
/// the same time.
pub const REBUILT_PARTS: usize = 64;

/// See [`REBUILT_PARTS`].
pub const REBUILT_PAUSE: Duration = Duration::from_millis(10);

/// Beats for which the next wish for a book of the same partition is awaited before another partition
/// has its turn: a Pi asks for the next books when the first have come, and the feed would have to be
/// read from its start again.
pub const BEATS_OF_TURN: u32 = 1;

/// Beats for which the books of a partition are kept when nobody wishes for any.
pub const BEATS_OF_KEEPING: u32 = 40;

/// Beats for which a symbol is not looked for in the feed again that was not live there either, at first
/// and at most: they double. A symbol can be stale by what the venue said, and stay so all day.
pub const BEATS_IN_VAIN: [u32; 2] = [64, 1_024];

/// Receivers of stock events that a Pi can have: pages and taps. A Pi sends to each of them, and waits for
/// all of their sockets at once.
pub const MAX_RECEIVERS: usize = 8;

/// The least bytes of a batch: two records of one number must fit, since a number is never cut.
pub const MIN_BATCH_BYTES: usize = MAX_LIST_HEAD_BYTES + 2 * MAX_RECORD_BYTES;

/// How often the controller pings every partition until all Pis are ready.
pub const PING_INTERVAL: Duration = Duration::from_millis(20);

/// After how long one who waits for another says so. The pauses until it says so again double, up to
/// [`LONGEST_REPORT_INTERVAL`].
pub const WAITING_REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// The longest pause until one who waits says so again.
pub const LONGEST_REPORT_INTERVAL: Duration = Duration::from_secs(600);

/// Rejections, unreadable messages, and those that make no sense where they come, that are reported one
/// by one, of each so many; the others are only counted.
pub const REPORTED_REJECTIONS: u64 = 8;

/// How often the page asks again for what was not answered.
pub const ASK_INTERVAL: Duration = Duration::from_millis(500);

/// Partitions for each expected node: enough to spread the load evenly and to move it in small
/// parts, few enough that batches fill.
pub const PARTITIONS_PER_NODE: usize = 4;

const _: () = assert!(MAX_DEPTH_QUEUES < Limits::DEFAULT.outbox_frames);
const _: () = assert!(MIN_BATCH_BYTES <= MAX_BATCH_BYTES);
const _: () =
    assert!(MAX_LIST_HEAD_BYTES + SNAPSHOT_STREAMS * MAX_POSITION_BYTES <= MAX_BATCH_BYTES);
const _: () = assert!(
    Limits::DEFAULT.repair_timeout.as_millis() * 2 <= Limits::DEFAULT.node_timeout.as_millis()
);
const _: () = assert!(
    Limits::DEFAULT.beat.as_millis() * 2 * BEATS_OF_SILENCE as u128
        <= Limits::DEFAULT.node_timeout.as_millis()
);
const _: () = assert!(
    Limits::DEFAULT.beat.as_millis() * 2 * BEATS_OF_PATIENCE as u128
        <= Limits::DEFAULT.node_timeout.as_millis()
);
const _: () = assert!(
    Limits::DEFAULT.beat.as_millis() * 2 * BEATS_OF_ADOPTION as u128
        <= Limits::DEFAULT.node_timeout.as_millis()
);
const _: () = assert!(
    2 * Limits::DEFAULT.receiver_patience.as_millis() <= Limits::DEFAULT.node_timeout.as_millis()
);

//! Windows and intervals of the cluster, with their reasons.

use core::time::Duration;

use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_LIST_HEAD_BYTES, MAX_RECORD_BYTES};

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
    /// A Pi that was silent for this long is dead. Several beats, so that a short stall is none.
    pub node_timeout: Duration,
    /// How long the end waits for those who have not said that they have all.
    pub end_timeout: Duration,
}

impl Limits {
    /// Those of the programs.
    pub const DEFAULT: Self = Self {
        window_bytes: 64 * MAX_BATCH_BYTES,
        window_batches: 1_024,
        batch_bytes: MAX_BATCH_BYTES,
        ack_batches: 16,
        ack_delay: Duration::from_millis(5),
        beat: Duration::from_millis(250),
        outbox_frames: 64,
        receiver_patience: Duration::from_secs(2),
        sweep: 256,
        node_timeout: Duration::from_secs(5),
        end_timeout: Duration::from_secs(5),
    };

    /// Whoever was not heard for so long is silent: three beats.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.beat * BEATS_OF_SILENCE
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

const _: () = assert!(MIN_BATCH_BYTES <= MAX_BATCH_BYTES);
const _: () = assert!(
    Limits::DEFAULT.beat.as_millis() * 2 * BEATS_OF_SILENCE as u128
        <= Limits::DEFAULT.node_timeout.as_millis()
);
const _: () = assert!(
    Limits::DEFAULT.beat.as_millis() * 2 * BEATS_OF_PATIENCE as u128
        <= Limits::DEFAULT.node_timeout.as_millis()
);
const _: () = assert!(
    2 * Limits::DEFAULT.receiver_patience.as_millis() <= Limits::DEFAULT.node_timeout.as_millis()
);

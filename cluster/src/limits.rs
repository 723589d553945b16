//! Windows and intervals of the cluster, with their reasons.

use core::time::Duration;

/// Batches of one stream that may be on their way: sent, but not yet acknowledged by every replica.
///
/// With 1,400-byte batches that is 90 kB a stream, enough to keep a gigabit link busy over the
/// acknowledgement delay, and the bound on what any queue between controller and Pi can hold.
pub const WINDOW_BATCHES: usize = 64;

/// Batches after which a Pi acknowledges without waiting for [`ACK_DELAY`]; well below the window,
/// so that the stream flows on while the acknowledgement travels.
pub const ACK_BATCHES: usize = 16;

/// The longest that a Pi keeps an acknowledgement back.
pub const ACK_DELAY: Duration = Duration::from_millis(5);

/// How often a Pi repeats its Hello until it is answered.
pub const HELLO_INTERVAL: Duration = Duration::from_millis(250);

/// How often the controller pings every partition until all Pis are ready.
pub const PING_INTERVAL: Duration = Duration::from_millis(20);

/// How often a Pi says that it is alive.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// A Pi that was silent for this long is dead. Several heartbeats, so that a short stall is none.
pub const NODE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often one who waits for another says so.
pub const WAITING_REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// Partitions for each expected node: enough to spread the load evenly and to move it in small
/// parts, few enough that batches fill.
pub const PARTITIONS_PER_NODE: usize = 4;

const _: () = assert!(ACK_BATCHES * 2 <= WINDOW_BATCHES);
const _: () = assert!(HEARTBEAT_INTERVAL.as_millis() * 3 <= NODE_TIMEOUT.as_millis());

//! Queue sizes and intervals of the sockets, with their reasons.

use std::time::Duration;

use oxberry_cluster::limits::Limits;
use oxberry_proto::limits::MAX_PARTITIONS;

/// How long a closed socket keeps delivering what was sent before. Short enough that a program
/// whose peer is gone ends within the three seconds that a person waits for after Ctrl-C.
pub const LINGER: Duration = Duration::from_secs(1);

/// How often ZMTP, or TCP where ZMTP cannot, asks whether a silent peer is still there. Without it
/// the power cut of a peer goes unnoticed.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// How long ZMTP waits for any sign of the peer before it closes the connection.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(3);

/// Questions of TCP without an answer after which a connection is closed.
pub const KEEPALIVE_PROBES: i32 = 3;

/// Control messages that may wait for one peer. Control is rare; more than this means that the peer
/// does not read.
pub const CONTROL_QUEUE: usize = 1_000;

/// Messages to the controller that may wait in a Pi, at least while the controller is away: what
/// they say is old when it comes back, and that there is no room is how a Pi notices.
pub const REPORT_QUEUE: usize = 4;

/// Frames that may wait in a Pi between the network and its loop. When they do, TCP slows the
/// sender; nothing is dropped on this side.
pub const SUBSCRIBER_QUEUE: usize = 1_024;

/// Frames of stock events that may wait for the visualisation in each Pi, and there for each Pi.
/// Small: what is late here is old, and the Pi slows the feed instead of remembering.
pub const STOCK_QUEUE: usize = 256;

/// Bytes of stock events that the kernel may hold on each side. Left to itself it takes tens of
/// megabytes on the way to a page that does not read, and what the page reads then is minutes old.
pub const STOCK_BUFFER_BYTES: usize = 256 * 1_024;

/// Messages that may wait between two threads: as much credit as all windows of a channel can give.
pub const PIPE_QUEUE: usize = MAX_PARTITIONS * Limits::DEFAULT.window_batches;

/// How long a thread waits for room in a pipe before it takes the other thread for dead.
pub const PIPE_PATIENCE: Duration = Duration::from_secs(2);

/// How long the proxy waits for a subscriber whose queue is full before it drops its frames.
///
/// The flow control by window keeps queues below [`queue_frames`], so a full one belongs to a Pi
/// that the controller has given up or that was never under flow control. Well below the three
/// seconds that a person waits for after Ctrl-C.
pub const STALL_LIMIT: Duration = Duration::from_secs(1);

/// How long the proxy does not wait again after it went on without a subscriber.
pub const STALL_PAUSE: Duration = Duration::from_secs(10);

/// How long a new publisher waits for the proxy in the same process to take notice of it.
pub const PROXY_PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may take to prove its key. A handshake is three round trips and some
/// milliseconds of computing; whoever says nothing, or a byte now and then, holds a descriptor of ours no
/// longer than this.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5);

/// How often the list of allowed keys is looked at while nobody knocks: so late a revoked key is cut.
pub const ALLOWED_LOOK: Duration = Duration::from_secs(1);

/// How long a changed list of allowed keys must stay the same before it counts. Many editors empty a file
/// before they write it, and an empty list would cut everybody.
pub const ALLOWED_SETTLE: Duration = Duration::from_millis(200);

/// How long a client waits before it tries again where the other end did not prove the right key. libzmq
/// by itself would never try again.
pub const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// Refusals of one kind that are told one by one. Anybody on the network can cause them, so the log must
/// not grow with them.
pub const REPORTED_REFUSALS: usize = 16;

/// Failed handshakes at the sockets of one kind that are told one by one.
pub const REPORTED_HANDSHAKES: u64 = 3;

/// Messages of nobody, or that nobody sends, that are passed over before others have their turn.
pub const SKIPPED_AT_ONCE: usize = 64;

/// Messages of odd shape that a socket tells one by one.
pub const REPORTED_ODD: u64 = 8;

/// Bytes that CURVE puts around a message: the command's name, a counter, a tag and the flags. libzmq
/// holds the longest message against what arrives, which is that much longer.
pub const CURVE_BYTES: usize = 33;

/// The shortest token: 16 letters of base64 are 96 bits, too many to guess.
pub const MIN_TOKEN_BYTES: usize = 16;

/// The longest token. It fits the head of a request, and a login, beside everything else.
pub const MAX_TOKEN_BYTES: usize = 256;

/// Frames that the data sockets of a cluster must be able to hold for each subscriber, so that
/// nothing within the windows ever waits or is dropped: for each stream its window, the coverage that
/// is told until a Pi that does not read is given up, and a ping; and that twice, because libzmq
/// learns only in steps of half a queue what the peer took.
#[must_use]
pub const fn queue_frames(streams: usize) -> usize {
    streams.saturating_mul(2 * (Limits::DEFAULT.window_batches + BEATS_OF_A_LIFE + 1))
}

/// Beats until a Pi that does not answer is given up, and one more.
const BEATS_OF_A_LIFE: usize = {
    let limits = Limits::DEFAULT;
    (limits.node_timeout.as_millis() / limits.beat.as_millis()) as usize + 1
};

const _: () = assert!(ALLOWED_SETTLE.as_millis() < ALLOWED_LOOK.as_millis());
// A machine whose connection is cut by mistake is back, with its key proved, before it is given up.
const _: () = assert!(RECONNECT_PAUSE.as_millis() < Limits::DEFAULT.node_timeout.as_millis());
const _: () = assert!(HEARTBEAT_INTERVAL.as_millis() < HEARTBEAT_TIMEOUT.as_millis());
// The control connection of a Pi that lost its power is closed before the controller gives it up.
const _: () = assert!(HEARTBEAT_TIMEOUT.as_millis() < Limits::DEFAULT.node_timeout.as_millis());

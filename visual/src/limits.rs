//! Every capacity, interval and threshold of the dashboard.

use std::time::Duration;

use oxberry_net::limits::MAX_TOKEN_BYTES;

/// Between two frames to the browsers: 12.5 frames a second, calm to the eye and cheap on a phone.
pub const FRAME_INTERVAL: Duration = Duration::from_millis(80);

/// When a browser just reads the screen: the next try.
pub const FRAME_RETRY: Duration = Duration::from_millis(2);

/// A frame goes out at least this often, so that a page knows within [`FRAMES_LATE_AFTER`] that
/// its numbers are old.
pub const FRAME_HEARTBEAT: Duration = Duration::from_secs(1);

/// A page without a frame for this long calls its numbers old. The page has the same number.
pub const FRAMES_LATE_AFTER: Duration = Duration::from_secs(3);

/// How long to wait for the controller's answer before it is taken for lost and asked for again. An
/// answer is quick, but may be half a megabyte.
pub const ANSWER_PATIENCE: Duration = Duration::from_secs(1);

/// When to say first that the controller does not answer; each next time is twice as long.
pub const ANSWER_REPORT: Duration = Duration::from_secs(5);

/// How often the controller is asked how the cluster is: names, and who holds what.
pub const CLUSTER_INTERVAL: Duration = Duration::from_secs(2);

/// How often it is asked while the end of something that happened is awaited, so that its bill says when.
pub const CLUSTER_INTERVAL_OF_INCIDENTS: Duration = Duration::from_millis(250);

/// How long the end of something that happened is awaited so: books that are stale for the day are no reason
/// to ask so often all day.
pub const INCIDENT_ATTENTION: Duration = Duration::from_secs(60);

/// A controller that has not said for so long how the cluster is does not answer: it is asked every
/// [`CLUSTER_INTERVAL`], and what is lost again after [`ANSWER_PATIENCE`].
pub const CONTROLLER_SILENCE: Duration = Duration::from_secs(4);

/// Incidents that are kept; of more the oldest are forgotten.
pub const MAX_INCIDENTS: usize = 200;

/// How often a Pi is asked how deep the book of a symbol is that somebody looks at: as often as an eye follows
/// numbers. It is one question a symbol, however many look.
pub const DEPTH_INTERVAL: Duration = Duration::from_millis(250);

/// How long a Pi may owe an answer to that before another one is asked: three intervals.
pub const DEPTH_PATIENCE: Duration = Duration::from_millis(750);

/// How long a Pi that did not answer is passed over while another one holds the symbol.
pub const DEPTH_REPRIEVE: Duration = Duration::from_secs(5);

/// How long a program that asks for depth waits for a Pi's answer: time for both Pis of a symbol.
pub const DEPTH_WAIT: Duration = Duration::from_secs(2);

/// Symbols that may be looked at closely at the same time, by all pages and programs together. With all of
/// them the Pis are asked 128 times a second.
pub const MAX_LOOKED_AT: usize = 32;

/// Levels of one symbol whose queues may be looked at at the same time.
pub const MAX_LOOKED_LEVELS: usize = 16;

/// Trades that are kept of every symbol for its tape, 32 bytes each.
pub const TAPE_TRADES: usize = 200;

/// Changes of the best prices that are kept of a symbol that somebody looks at.
pub const TAPE_BEST_CHANGES: usize = 200;

/// Messages taken from the Pis in one turn of the loop, so that frames, watchdog and shutdown get
/// their turn at full load.
pub const MESSAGES_PER_TURN: usize = 512;

/// For so long it is counted how often something of a node was missed, which is told together then.
pub const MISSED_REPORT: Duration = Duration::from_secs(1);

/// Browsers at the same time; each holds at most [`FRAMES_IN_FLIGHT`] frames of memory.
pub const MAX_BROWSERS: usize = 64;

/// Frames sent to a browser that it has not confirmed yet. Two keep a phone with a slow network
/// busy; a browser that is slower gets fewer, newer frames.
pub const FRAMES_IN_FLIGHT: u64 = 2;

/// A browser that confirms nothing for this long is gone.
pub const BROWSER_GONE_AFTER: Duration = Duration::from_secs(15);

/// Bytes of a message from a browser: a confirmation, or what it looks at.
pub const MAX_BROWSER_MESSAGE_BYTES: usize = 256;

/// How long browsers get to take leave when the dashboard stops.
pub const WEB_SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// HTTP connections at the same time, besides the browsers on their WebSockets, which have places of
/// their own. Who comes when all are taken waits until one is free.
pub const MAX_CONNECTIONS: usize = 128;

/// How long a connection may take to send the head of a request, also of the next one: slow ones are
/// cut off, so that they cannot hold all places.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of the head of a request. Browsers send less than one KiB; proxies and cookies of other
/// services on the same host add to it.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How long a connection serves requests before it is closed: who takes an answer byte by byte holds a
/// place no longer than this.
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(60);

/// How long an answer that is under way at the end of that time may still take.
pub const CONNECTION_GRACE: Duration = Duration::from_secs(5);

/// When to look for connections again after the system refused one, as it does without descriptors.
pub const ACCEPT_RETRY: Duration = Duration::from_secs(1);

/// Requests to the API that one address may send in one go.
pub const API_BURST: u32 = 40;

/// In this time an address may send one more request to the API: 20 a second.
pub const API_INTERVAL: Duration = Duration::from_millis(50);

/// Addresses whose requests are counted apart; those beyond share one count.
pub const MAX_API_ADDRESSES: usize = 1024;

/// Bytes of a login's body: the longest token, each byte written as three, and its name.
pub const MAX_LOGIN_BYTES: usize = 1024;

/// How long the body of a request may take.
pub const BODY_PATIENCE: Duration = Duration::from_secs(5);

/// Wrong tokens of one address within [`FAILURE_MEMORY`] before it has to wait. A person who mistypes
/// needs a few; who guesses gets nowhere.
pub const MAX_FAILURES: u32 = 10;

/// How long a wrong token is remembered, and how long an address waits at most.
pub const FAILURE_MEMORY: Duration = Duration::from_secs(60);

/// Addresses whose wrong tokens are counted apart; those beyond share one count.
pub const MAX_FAILING_ADDRESSES: usize = 1024;

/// Browsers that are logged in at the same time; one more, and the one that was away longest has to
/// log in again.
pub const MAX_SESSIONS: usize = 64;

/// A browser that was away for this long has to log in again. A page that is open is not away.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 60 * 60);

/// A browser has to log in again after this long, whatever it did.
pub const SESSION_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How often an open page is looked at for whether it is still logged in.
pub const SESSION_CHECK: Duration = Duration::from_secs(1);

/// How many refusals of one kind the log tells; all are counted.
pub const REFUSALS_TOLD: u64 = 8;

const _: () = assert!(MAX_LOGIN_BYTES > 3 * MAX_TOKEN_BYTES + 16);
const _: () = assert!(SESSION_CHECK.as_secs() < SESSION_IDLE.as_secs());
const _: () = assert!(FRAME_INTERVAL.as_millis() < FRAME_HEARTBEAT.as_millis());
const _: () = assert!(FRAME_HEARTBEAT.as_millis() * 2 < FRAMES_LATE_AFTER.as_millis());

/// Bytes of the body that asks for a fault: what happens, and the longest name.
pub const MAX_FAULT_BYTES: usize = 256;

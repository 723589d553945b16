//! Every capacity, interval and threshold of the dashboard.

use std::time::Duration;

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

/// Messages taken from the Pis in one turn of the loop, so that frames, watchdog and shutdown get
/// their turn at full load.
pub const MESSAGES_PER_TURN: usize = 512;

/// Browsers at the same time; each holds at most [`FRAMES_IN_FLIGHT`] frames of memory.
pub const MAX_BROWSERS: usize = 64;

/// Frames sent to a browser that it has not confirmed yet. Two keep a phone with a slow network
/// busy; a browser that is slower gets fewer, newer frames.
pub const FRAMES_IN_FLIGHT: u64 = 2;

/// A browser that confirms nothing for this long is gone.
pub const BROWSER_GONE_AFTER: Duration = Duration::from_secs(15);

/// Bytes of a message from a browser; a page only sends confirmations.
pub const MAX_BROWSER_MESSAGE_BYTES: usize = 64;

/// How long browsers get to take leave when the dashboard stops.
pub const WEB_SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

const _: () = assert!(FRAME_INTERVAL.as_millis() < FRAME_HEARTBEAT.as_millis());
const _: () = assert!(FRAME_HEARTBEAT.as_millis() * 2 < FRAMES_LATE_AFTER.as_millis());

//! From packets as they come to messages in order.
//!
//! * [`Tracker`]: what a run of numbers means to one who expects a certain one,
//! * [`SequenceTracker`]: what a packet means to its channel: resets and heartbeats too.

mod sequence;
mod tracker;

pub use sequence::{Sequence, SequenceTracker};
pub use tracker::{Numbered, Tracker, Verdict};

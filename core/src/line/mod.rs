//! From packets as they come to messages in order.
//!
//! * [`Tracker`]: what a run of numbers means to one who expects a certain one.

mod tracker;

pub use tracker::{Numbered, Tracker, Verdict};

//! Where the packets of the feed come from, and how they get in order. No ZeroMQ.
//!
//! Layers, lowest to highest:
//!
//! * `input`: files and pipes, plain or compressed,
//! * [`source`]: packets from channel files and captures,
//! * [`dialect`]: what dialect they are in,
//! * [`directory`]: the channel files of a day,
//! * [`mapping`]: the venue's symbol mapping file,
//! * [`contradiction`]: where the feed names a symbol otherwise,
//! * [`merge`]: several sources in the order of their times,
//! * [`lines`]: the lines A and B by which a channel comes in captures,
//! * [`handler`]: the packets of one channel to what they mean, in order,
//! * [`channels`]: which channels the sources hold,
//! * [`keeper`]: the books of channels.

pub mod channels;
pub mod contradiction;
pub mod dialect;
pub mod directory;
mod groups;
pub mod handler;
mod input;
pub mod keeper;
pub mod lines;
pub mod mapping;
pub mod merge;
pub mod source;

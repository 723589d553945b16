//! The brains of the OxBerry cluster, without a socket, clock, thread or randomness of their own.
//!
//! Bytes, events and the present time go in; frames, commands and the next deadline come out. The
//! daemons move the frames, the simulation plays them against a made-up network.
//!
//! Layers, lowest to highest:
//!
//! * [`limits`]: windows and intervals, with their reasons,
//! * [`partition`]: which symbol is in which partition,
//! * [`placement`]: which partition is on which nodes,
//! * [`channel`]: events of one channel to numbered batches, never ahead of its window,
//! * [`pi`]: the Pi: batches to books to stock events,
//! * [`controller`]: the controller: start, flow control, end.
#![forbid(unsafe_code)]

pub mod channel;
pub mod controller;
pub mod coverage;
pub mod limits;
pub mod page;
pub mod partition;
pub mod pi;
pub mod placement;

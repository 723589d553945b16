//! The brains of the OxBerry cluster, without a socket, clock, thread or randomness of their own.
//!
//! Bytes, events and the present time go in; frames, commands and the next deadline come out. The
//! daemons move the frames, the simulation plays them against a made-up network.
//!
//! Layers, lowest to highest:
//!
//! * [`limits`]: windows and intervals, with their reasons,
//! * `reminder`: when one who waits says so again,
//! * [`partition`]: which symbol is in which partition,
//! * [`placement`]: which partition is on which nodes,
//! * [`coverage`]: how a range of a channel's numbers lies to what was taken before,
//! * [`channel`]: events of one channel to numbered batches, never ahead of its window,
//! * `parts`: a book in parts, for who wished for it,
//! * [`rebuild`]: books that no replica trusts, out of the feed, read again,
//! * [`pi`]: the Pi: batches to books to stock events,
//! * [`controller`]: the controller: start, flow control, end,
//! * [`page`]: the page: what replicas say to one row a symbol, and what of it is live,
//! * [`told`]: the cluster as the controller tells whoever asks.
#![forbid(unsafe_code)]

pub mod channel;
pub mod controller;
pub mod coverage;
pub mod limits;
pub mod page;
pub mod partition;
mod parts;
pub mod pi;
pub mod placement;
pub mod rebuild;
mod reminder;
pub mod told;

//! The OxBerry controller: reads the feed and publishes it in partitions.
//!
//! Layers, lowest to highest:
//!
//! * [`pace`]: when a recorded packet is due,
//! * [`config`]: what it is told,
//! * [`day`]: the initializer: channels, symbols and partitions of a day,
//! * [`notice`]: what it says,
//! * `impostors`: nodes that say they are others,
//! * `progress`: how far a channel is, as its thread leaves it,
//! * `metrics`: what the threads leave of themselves for others to read,
//! * `outlet`: where a channel leaves, at the pace of the feed and of the Pis,
//! * [`channel`]: the thread of one channel,
//! * `threads`: the threads of all channels, as the main thread sees them,
//! * `rebuild`: the feed read again, for books that no replica trusts,
//! * [`run`](mod@run): the main loop around the cluster's brain,
//! * [`Cli`]: the program.

pub mod channel;
mod cli;
pub mod config;
pub mod day;
mod error;
mod impostors;
mod metrics;
pub mod notice;
mod outlet;
pub mod pace;
mod progress;
mod rebuild;
pub mod run;
mod threads;

pub use cli::Cli;
pub use error::RunError;

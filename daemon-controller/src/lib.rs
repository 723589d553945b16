//! The OxBerry controller: reads the feed and publishes it in partitions.
//!
//! Layers, lowest to highest:
//!
//! * [`source`]: packets from files and captures, and the symbol mapping file,
//! * [`lines`]: the lines A and B of a channel in captures, put in order,
//! * [`pace`]: when a recorded packet is due,
//! * [`config`]: what it is told,
//! * [`day`]: the initializer: channels, symbols and partitions of a day,
//! * [`notice`]: what it says,
//! * [`channel`]: the thread of one channel,
//! * [`run`](mod@run): the main loop around the cluster's brain,
//! * [`Cli`]: the program.

pub mod channel;
mod cli;
pub mod config;
pub mod day;
pub mod lines;
pub mod notice;
pub mod pace;
pub mod run;
pub mod source;

pub use cli::Cli;

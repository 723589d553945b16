//! The OxBerry Pi: order books of some partitions in fixed memory.
//!
//! Batches of events come from the controller, best bid and offer and trades go to the
//! visualisation. What to do is decided by [`oxberry_cluster::pi`]; this crate is the rim around it:
//! one thread, one poll loop.
//!
//! Layers, lowest to highest:
//!
//! * [`RawConfig`], [`Config`]: what was given, and what holds,
//! * [`Sockets`]: controller and visualisation,
//! * [`Machine`]: whether there is memory for the books, [`BookMemory`]: where they are,
//! * [`run`]: the loop,
//! * [`Cli`]: the program, for `main` and for `oxberry demo`.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod daemon;
pub mod limits;
mod machine;
mod memory;
mod patience;
mod print;
mod report;
mod sockets;

pub use cli::Cli;
pub use config::{Config, ConfigError, RawConfig};
pub use daemon::{Ended, PiError, Summary, run};
pub use machine::{Bound, Machine, TooLittle};
pub use memory::{BookMemory, NoMemory};
pub use sockets::Sockets;

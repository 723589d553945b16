//! The OxBerry Pi: order books of some partitions in fixed memory.
//!
//! Batches of events come from the controller, best bid and offer and trades go to the
//! visualisation. What to do is decided by [`oxberry_cluster::pi`]; this crate is the rim around it:
//! one thread, one poll loop.
//!
//! Layers, lowest to highest:
//!
//! * [`Arguments`], [`Config`]: what was typed, and what holds,
//! * [`Sockets`]: controller and visualisation,
//! * [`BookMemory`]: where the books are,
//! * [`run`]: the loop,
//! * [`launch`]: the whole program, for `main` and for `oxberry demo`.
#![forbid(unsafe_code)]

mod arguments;
mod config;
mod daemon;
mod launch;
pub mod limits;
mod memory;
mod patience;
mod print;
mod report;
mod sockets;

pub use arguments::{Arguments, Settings};
pub use config::{Config, ConfigError};
pub use daemon::{Ended, PiError, Summary, run};
pub use launch::launch;
pub use memory::{BookMemory, NoMemory};
pub use sockets::Sockets;

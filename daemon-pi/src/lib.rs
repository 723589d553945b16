//! The OxBerry Pi: order books of some partitions in fixed memory.
//!
//! Batches of events come from the controller, best bid and offer and trades go to the
//! visualisation. What to do is decided by [`oxberry_cluster::pi`]; this crate is the rim around it:
//! one poll loop in one thread, and a second one that only reads what the first left.
//!
//! Layers, lowest to highest:
//!
//! * [`RawConfig`], [`Config`]: what was given, and what holds,
//! * [`Sockets`]: controller and visualisation,
//! * [`Machine`]: whether there is memory for the books, [`BookMemory`]: where they are; how all memory
//!   is locked,
//! * `health`, `vitals`, `care`: how the machine is, as a thread of its own reads it,
//! * `metrics`, `side`: what the loop leaves of itself, and the thread that tells others of it,
//! * [`run`]: the loop,
//! * [`Cli`]: the program, for `main` and for `oxberry demo`.
#![forbid(unsafe_code)]

mod care;
mod cli;
mod config;
mod daemon;
mod error;
mod health;
pub mod limits;
mod lock;
mod machine;
mod memory;
mod metrics;
mod patience;
mod print;
mod report;
mod side;
mod sockets;
mod vitals;

pub use cli::Cli;
pub use config::{Config, ConfigError, RawConfig};
pub use daemon::{Ended, Summary, run};
pub use error::PiError;
pub use machine::{Bound, Machine, Mebibytes, TooLittle};
pub use memory::{BookMemory, NoMemory, bytes_of_node};
pub use sockets::Sockets;

//! The pretend world of OxBerry.
//!
//! * [`random`]: random numbers that are the same on every machine,
//! * [`market`]: a made-up market and the packets of its feed,
//! * [`oracle`]: whether books that were made from the packets are the venue's own,
//! * [`cluster`]: the simulated cluster, by seed.

pub mod cluster;
mod dialects;
pub mod market;
pub mod oracle;
pub mod random;

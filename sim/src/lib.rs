//! The pretend world of OxBerry.
//!
//! * [`random`]: random numbers that are the same on every machine,
//! * [`market`]: a made-up market and the packets of its feed.

pub mod market;
pub mod random;

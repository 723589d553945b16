//! The market generator and the cluster simulator of OxBerry.
//!
//! * [`random`]: a random number generator that gives the same numbers on every machine,
//! * [`market`]: a made-up market and the packets of its feed,
//! * [`oracle`]: a comparison of books built from those packets with the venue's own,
//! * [`cluster`]: a simulation of the whole cluster, in which a seed decides everything.
//!
//! `dialects`, which is private, encodes order events as messages for both the market and the cluster.

pub mod cluster;
mod dialects;
pub mod market;
pub mod oracle;
pub mod random;

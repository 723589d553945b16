//! NYSE Arca Integrated Feed (XDP) from bytes to order books, without `std` and without allocation.
//!
//! Layers, lowest to highest; each uses only those above it:
//!
//! * [`units`]: newtypes for prices, quantities, identifiers and times,
//! * [`feed`]: what the messages mean, as events that no longer know their dialect.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod feed;
pub mod units;

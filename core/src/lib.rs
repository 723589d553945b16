//! NYSE Arca Integrated Feed (XDP) from bytes to order books, without `std` and without allocation.
//!
//! Layers, lowest to highest; each uses only those listed before it:
//!
//! * [`units`]: newtypes for prices, quantities, identifiers and times,
//! * [`xdp`]: packets and messages of the wire, read and written,
//! * [`symbol`]: the mapping file, from numbers to symbols,
//! * [`mod@line`]: packets that come twice, late or not at all, put in order,
//! * [`feed`]: what the messages mean, as events that no longer know their dialect,
//! * [`book`]: order-by-order books in fixed memory,
//! * [`matching`]: what a venue does with orders, for those who need to be one.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod book;
pub mod feed;
pub mod line;
pub mod matching;
pub mod symbol;
pub mod units;
pub mod xdp;

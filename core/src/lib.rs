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
//!
//! From packets to the best bid and offer, with nothing but `core`; `cargo run -p oxberry-core
//! --example bbo` prints some:
//!
//! ```
//! use oxberry_core::book::Books;
//! use oxberry_core::feed::{Channel, EventsOnly, FeedEvent, FeedSymbol};
//! use oxberry_core::units::ChannelId;
//! use oxberry_core::xdp::{PacketRef, WireError};
//!
//! fn read(packet: &[u8], channel: &mut Channel<[FeedSymbol; 64]>, books: &mut Books<'_>) -> Result<(), WireError> {
//!     let mut print = EventsOnly(|event: FeedEvent| {
//!         if let Ok(applied) = books.apply(ChannelId::from_raw(1), &event)
//!             && applied.bbo_changed
//!         {
//!             let scale = books.scale(applied.slot);
//!             println!("{} {}", event.symbol_index, books.bbo(applied.slot).decimal(scale));
//!         }
//!     });
//!     channel.packet(&PacketRef::new(packet)?, &mut print)?;
//!     Ok(())
//! }
//! ```
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

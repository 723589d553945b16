//! Order-by-order books of many symbols in fixed memory.
//!
//! [`Books`] holds the orders of all its symbols in storage that is handed in at start: an array of
//! words whose length [`Capacity`] computes. Nothing grows, nothing allocates, and the same code
//! serves 64 orders on a microcontroller ([`Memory`]) and 4 million on a larger machine.
//!
//! ```
//! use oxberry_core::book::{Books, Capacity};
//! use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
//! use oxberry_core::units::{
//!     ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
//! };
//!
//! let capacity = Capacity { symbols: 10, orders: 1_000, levels: 500 };
//! let mut memory = vec![0; capacity.words()];
//! let mut books = Books::new(capacity, &mut memory).unwrap();
//! let slot = books.define(SymbolIndex::from_raw(9280), PriceScale::new(4).unwrap()).unwrap();
//!
//! let applied = books.apply(ChannelId::from_raw(1), &FeedEvent {
//!     seq_num: SeqNum::from_raw(2),
//!     symbol_index: SymbolIndex::from_raw(9280),
//!     symbol_seq_num: Some(SymbolSeqNum::from_raw(1)),
//!     ts_event: None,
//!     action: Action::Add {
//!         order_id: OrderId::from_raw(1),
//!         side: Side::Bid,
//!         price: RawPrice::from_raw(1_355_000),
//!         qty: Qty::from_raw(100),
//!         sessions: TradeSessions::ALL,
//!     },
//! }).unwrap();
//! assert!(applied.bbo_changed);
//! assert_eq!(books.bbo(slot).bid.unwrap().qty, 100);
//! ```
//!
//! # What does not fit, and what cannot be
//!
//! A full structure, an unknown or duplicate order, an event without shares and an execution of more
//! than the order has are ordinary results. Each is counted ([`Books::counters`]) and reported
//! ([`Applied::rejection`]); it changes no order; the symbol is [`Trust::Stale`] until it is cleared,
//! refreshed or restored; all other symbols are untouched. Only a delete for an order that had left
//! without one, at the end of its session or of the day, is harmless.
//!
//! # Numbers, and whose symbol it is
//!
//! Messages of a symbol are numbered 1, 2, 3, …. A number left out makes the book stale before the
//! message that shows it is applied; one that is not above the last is not applied and makes it stale
//! as well, since a new message of the channel cannot be an old one of the symbol. A symbol belongs
//! to the channel of its first event; what another channel says of it is refused, and no book of such
//! a symbol is to be trusted. What happens to whole channels is told by [`Books::begins`],
//! [`Books::lost`] and [`Books::settled`].
//!
//! # Bounds
//!
//! No update takes longer because more orders rest. It visits a bounded number of order records, and
//! of levels at most those between the best and its own; clearing a symbol, the end of a session
//! and a change of scale visit each of its levels once. Orders that leave so are void at once and
//! make room one by one, two with each order that is added, so that they never take room that a
//! resting order could have.
//!
//! # Where to read how
//!
//! An add, an execution or a delete goes through four files, each read from its top:
//!
//! 1. `apply.rs`: whether the event is the next of its symbol, and what is told of it at the end.
//! 2. `change.rs`: the change as a row of steps. An add finds a free record for the order and the level
//!    of its price, and joins that level's queue; an execution finds the order and takes shares from it
//!    and its level; a delete, or an execution of all, leaves the queue and frees the record.
//! 3. `order.rs`: the table that finds the record of an order, or a free one, by its id.
//! 4. `level.rs`: the sums of a level, and its queue.
//!
//! Only where the first order of a price comes or the last one goes is there more: the ladder of the
//! side, in `ladder/mod.rs`, takes the level in or lets it go. What best bid and offer become of all
//! this is in `best.rs`; `refs.rs` has the handles that the structures name each other by.
//!
//! What is not simply the next message of a symbol goes through `number.rs` first, and what is about
//! more than one order through `control.rs`. `batch.rs` looks ahead, and applies one by one all the same.

#![expect(
    clippy::indexing_slicing,
    reason = "indices come from the structures themselves, which check_invariants checks"
)]
#![expect(
    clippy::cast_possible_truncation,
    reason = "counts and indices are bounded by the capacities, which are 32-bit numbers"
)]

mod applied;
mod apply;
mod batch;
mod bbo;
mod best;
mod books;
#[cfg(test)]
mod bounds;
mod capacity;
mod change;
mod control;
mod counters;
mod damage;
mod digest;
mod engine;
mod expiry;
mod invariants;
mod ladder;
mod level;
mod memory;
mod number;
mod occurrence;
mod order;
mod owned;
mod past;
mod queue;
mod records;
mod refresh;
mod refs;
mod regions;
mod rejection;
mod scrub;
mod slot;
mod snapshot;
mod state;
mod statistics;
mod steps;
mod sum;
mod symbol;
mod symbol_table;
mod trade;
mod weight;

pub use applied::{Applied, UnknownSymbol};
pub use bbo::{Bbo, DecimalBbo, Level};
pub use books::Books;
pub use capacity::Capacity;
pub use counters::BookCounters;
pub use damage::{Damage, Harm};
pub use digest::Digest;
pub use invariants::Broken;
pub use memory::Memory;
pub use owned::{OpenBooks, OwnedBooks};
pub use past::ChannelPast;
pub use queue::{Depth, Order, Queue, QueuePosition};
pub use regions::MemoryTooSmall;
pub use rejection::Rejection;
pub use slot::SymbolSlot;
pub use snapshot::{Changed, Restore, RestoreError, SnapshotHead, SnapshotReader};
pub use state::{Conditions, TradingStatus, Trust};
pub use statistics::{MEDIAN_WINDOW, Statistics, Tape};
pub use symbol::DefineError;
pub use trade::Trade;

//! Price-time priority matching: the best price trades first, and within a price who came first.
//!
//! A [`Matcher`] holds the resting orders of one symbol in storage that the caller hands in, and
//! reports every trade to a callback. It is what a venue does; a mirror of a venue's feed never
//! matches, because there the executions arrive as messages.
//!
//! * A trade happens at the resting order's price.
//! * A smaller size at the same price keeps an order's place; a larger size or another price loses
//!   it, and the order may then match like a new one.
//! * When there is no room for an order to rest, its trades stand, the rest is dropped, and
//!   [`MatchError::Full`] says how much.
//!
//! No operation walks the orders: a trade takes the head of the best queue, everything else costs
//! one look-up by id and a shift among the levels of one side. The look-up is a chain of the ids
//! that share a bucket, one on average; only ids made to collide make it longer.
//!
//! ```
//! use oxberry_core::matching::{InlineMatcher, LimitOrder};
//! use oxberry_core::units::{OrderId, Qty, RawPrice, Side};
//!
//! let order = |id, side, price, qty| LimitOrder {
//!     id: OrderId::from_raw(id),
//!     side,
//!     price: RawPrice::from_raw(price),
//!     qty: Qty::from_raw(qty),
//! };
//! let mut matcher = InlineMatcher::<64, 16>::inline();
//! matcher.enter(order(1, Side::Ask, 300, 100), &mut |_| {})?;
//! let mut shares = 0;
//! let rests = matcher.enter(order(2, Side::Bid, 301, 150), &mut |trade| {
//!     assert_eq!(trade.price.raw(), 300);
//!     shares += trade.qty.raw();
//! })?;
//! assert_eq!((shares, rests.raw()), (100, 50));
//! # Ok::<(), oxberry_core::matching::MatchError>(())
//! ```

mod ladder;
mod matcher;
mod pool;

#[cfg(test)]
mod model;
#[cfg(test)]
mod scenarios;

pub use ladder::LevelRecord;
pub use matcher::{InlineMatcher, LimitOrder, Match, MatchError, Matcher};
pub use pool::OrderSlot;

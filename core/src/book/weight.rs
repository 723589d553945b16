//! What an order counts in the [sum](super::sum) of its book.

use super::ladder::Rank;
use crate::units::{OrderId, Qty};

/// What an order counts in the sum of its book.
///
/// A single bit that is another one in the lower half of the id, in price or in shares makes another weight:
/// `(2 a + 1) b + a` changes by 2^n (2 a + 1) with a bit of `b`, and by 2^n (2 b + 1) with one of `a`,
/// neither of which is 0 in 32 bits. The upper half of an id is left to the table of orders, in which an
/// order with another id is rarely found. Every event pays for this, so that it is a handful of
/// instructions.
#[inline(always)]
pub(super) fn weight(rank: Rank, order_id: OrderId, qty: Qty) -> u32 {
    let (a, b) = (order_id.raw() as u32, rank.raw().wrapping_add(qty.raw()));
    odd(a).wrapping_mul(b).wrapping_add(a)
}

/// How much more an order counts in the sum of its book when it has other shares.
#[inline(always)]
pub(super) fn resized(order_id: OrderId, old: Qty, new: Qty) -> u32 {
    let more = new.raw().wrapping_sub(old.raw());
    odd(order_id.raw() as u32).wrapping_mul(more)
}

/// Of two different numbers two different odd ones.
#[inline(always)]
const fn odd(number: u32) -> u32 {
    number.wrapping_mul(2).wrapping_add(1)
}

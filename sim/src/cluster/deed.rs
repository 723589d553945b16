//! What the venue does to one symbol, in words of its own.

use oxberry_core::units::{PriceScale, Side};

/// What the venue does to one symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// An order joins.
    Add(NewOrder),
    /// An order joins, told again while a failover builds the books anew.
    AddAgain(NewOrder),
    /// An order has a new price and quantity.
    Modify { id: u64, price: u32, qty: u32 },
    /// An order leaves.
    Delete { id: u64 },
    /// An order trades.
    Execute { id: u64, price: u32, qty: u32 },
    /// An order leaves and another one joins on its side.
    Replace {
        id: u64,
        new_id: u64,
        price: u32,
        qty: u32,
    },
    /// A trade that no order of the book took part in.
    Trade { price: u32, qty: u32 },
    /// A session starts: 1, 2 or 4.
    Session(u8),
    /// Trading stops.
    Halt,
    /// Trading goes on.
    Resume,
    /// The day is over.
    Close,
    /// Everything is void, and the symbol's next message has this number.
    Clear { next: u32 },
    /// The symbol and its scale.
    Define(PriceScale),
    /// A message that nobody can understand.
    Unreadable,
    /// What second it is.
    Second(u32),
}

/// An order that joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NewOrder {
    pub(super) id: u64,
    pub(super) side: Side,
    pub(super) price: u32,
    pub(super) qty: u32,
    /// The sessions in which it is valid: 1, 2 and 4.
    pub(super) sessions: u8,
}

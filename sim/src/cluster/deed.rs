//! What the venue does to one symbol, independent of any dialect.

use oxberry_core::units::{PriceScale, Side};

/// What the venue does to one symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// An order joins.
    Add(NewOrder),
    /// A resting order is sent again, in a failover or a refresh.
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
    /// A trade in which no order of the book took part.
    Trade { price: u32, qty: u32 },
    /// A session starts: 1, 2 or 4.
    Session(u8),
    /// Trading stops.
    Halt,
    /// Trading goes on.
    Resume,
    /// The day is over.
    Close,
    /// The book is cleared, and the symbol's next message has this number.
    Clear { next: u32 },
    /// The symbol is defined, with this scale.
    Define(PriceScale),
    /// The venue sends a message that no reader can understand.
    Unreadable,
    /// The venue says which second it is.
    Second(u32),
}

/// An order that joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NewOrder {
    pub(super) id: u64,
    pub(super) side: Side,
    pub(super) price: u32,
    pub(super) qty: u32,
    /// The sessions in which the order is valid, as bits: 1, 2 and 4.
    pub(super) sessions: u8,
}

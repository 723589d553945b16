//! Identifiers that the venue hands out.

use super::unit;

unit! {
    /// The venue's number for a symbol: the key of every message and of the mapping file.
    SymbolIndex(u32)
}

unit! {
    /// An order, unique within its symbol and day.
    ///
    /// The 2011 dialect has 32-bit ids that are unique only together with the good-till-cancel
    /// flag; [`OrderId::legacy`] folds the flag into bit 32 (docs/wire-format.md, 5.4).
    OrderId(u64)
}

unit! {
    /// A trade, unique within its symbol and day.
    TradeId(u32)
}

unit! {
    /// A numbered part of the feed, with sequence numbers of its own.
    ChannelId(u8)
}

unit! {
    /// A matching-engine partition of the venue; source time references are per system.
    SystemId(u8)
}

impl OrderId {
    /// The id of an order of the 2011 dialect: number and good-till-cancel flag.
    #[must_use]
    pub const fn legacy(number: u32, good_till_cancel: bool) -> Self {
        // Lossless widening; `u64::from` is not const.
        Self(number as u64 | (good_till_cancel as u64) << 32)
    }
}

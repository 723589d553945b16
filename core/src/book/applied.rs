//! What applying an event did.

use super::bbo::Bbo;
use super::state::{TradingStatus, Trust};
use super::symbol::SymbolSlot;
use crate::units::{Qty, RawPrice, SymbolIndex};

/// What applying an event did to its symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Applied {
    /// The symbol.
    pub slot: SymbolSlot,
    /// Whether best bid or best ask changed in price, quantity or order count.
    pub bbo_changed: bool,
    /// Whether the trust in the book changed.
    pub trust_changed: bool,
    /// Whether the trading status of the symbol changed.
    pub status_changed: bool,
    /// The trade that counts towards volume, if the event was one.
    pub trade: Option<Trade>,
    /// Why the event changed no order, when it should have.
    pub rejection: Option<Rejection>,
    /// How many messages of the symbol are missing before this one.
    pub missing: u32,
}

/// What of a symbol may change without being an order's: best prices, trust, trading status.
pub(super) type Shown = (Bbo, Trust, TradingStatus);

impl Applied {
    /// Notes what is shown otherwise than before.
    pub(super) fn compare(&mut self, before: Shown, after: Shown) {
        self.bbo_changed = before.0 != after.0;
        self.trust_changed = before.1 != after.1;
        self.status_changed = before.2 != after.2;
    }

    /// Nothing at all.
    pub(super) const fn nothing(slot: SymbolSlot) -> Self {
        Self {
            slot,
            bbo_changed: false,
            trust_changed: false,
            status_changed: false,
            trade: None,
            rejection: None,
            missing: 0,
        }
    }

    /// Whether anybody who watches the best bid and offer, the trust, the trading status or the
    /// trades must hear of it.
    #[must_use]
    pub const fn is_news(&self) -> bool {
        self.bbo_changed | self.trust_changed | self.status_changed | self.trade.is_some()
    }
}

/// A trade that counts towards volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Trade {
    /// Its price.
    pub price: RawPrice,
    /// Its shares.
    pub qty: Qty,
}

/// Why an event changed no order. All make the book stale but [`Rejection::LateDelete`], and
/// [`Rejection::UnknownOrder`] in a book that does not know older orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rejection {
    /// The order is not there.
    UnknownOrder,
    /// The order to delete had left with the end of its session or of the day.
    LateDelete,
    /// An order with the new id rests already.
    DuplicateOrder,
    /// The event is about no shares at all.
    ZeroQuantity,
    /// The execution is for more shares than the order had.
    ExcessExecution,
    /// All orders of the capacity are in use.
    OrdersFull,
    /// All levels of the capacity are in use.
    LevelsFull,
    /// Every place that an order of this id may take is in use.
    IdsCrowded,
    /// Resting prices cannot be told in the new scale; the orders are void.
    ScaleLost,
    /// Its number within the symbol is not above that of the last message, although it is a new one.
    OldMessage,
    /// The book belongs to another channel.
    OtherChannel,
}

impl core::fmt::Display for Rejection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::UnknownOrder => "unknown order",
            Self::LateDelete => "the order had expired",
            Self::DuplicateOrder => "an order with this id rests already",
            Self::ZeroQuantity => "no shares",
            Self::ExcessExecution => "executes more than the order has",
            Self::OrdersFull => "no room for another order",
            Self::LevelsFull => "no room for another level",
            Self::IdsCrowded => "no place for another order with such an id",
            Self::ScaleLost => "resting prices do not fit the new scale",
            Self::OldMessage => "a new message with a number that the symbol is past",
            Self::OtherChannel => "the symbol belongs to another channel",
        })
    }
}

impl core::error::Error for Rejection {}

/// The event's symbol is not defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UnknownSymbol(pub SymbolIndex);

impl core::fmt::Display for UnknownSymbol {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "symbol index {} is not defined", self.0)
    }
}

impl core::error::Error for UnknownSymbol {}

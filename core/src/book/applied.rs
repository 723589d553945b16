//! What applying an event did.

use super::bbo::Bbo;
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::trade::Trade;
use crate::units::SymbolIndex;

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

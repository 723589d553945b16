//! Memory that does not hold what was written there.

use crate::units::{OrderId, RawPrice, Side, SymbolIndex};

/// What damage comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Harm {
    /// The book is wrong, and can be replaced: what leads from one part to the next is whole.
    Values,
    /// What leads from one part to the next is wrong, and may lead into other books: only
    /// [`Books::empty`](super::Books::empty) is safe.
    Links,
    /// It is not known any more whose book it is.
    Names,
}

/// Memory that does not hold what was written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Damage {
    /// The symbol whose book it was found in.
    pub symbol_index: SymbolIndex,
    /// Side and price of the level, if it was found in one.
    pub level: Option<(Side, RawPrice)>,
    /// The order, if it was found at one. Its id may be what is wrong.
    pub order_id: Option<OrderId>,
    /// What is wrong.
    pub what: &'static str,
    /// What should be there, as far as that is a number.
    pub expected: u64,
    /// What is there.
    pub found: u64,
    /// What it comes to.
    pub harm: Harm,
}

impl core::fmt::Display for Damage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "symbol index {}", self.symbol_index)?;
        if let Some((side, price)) = self.level {
            let side = match side {
                Side::Bid => "bid",
                Side::Ask => "ask",
            };
            write!(f, ", {side} {}", price.raw())?;
        }
        if let Some(order_id) = self.order_id {
            write!(f, ", order {}", order_id.raw())?;
        }
        let Self {
            what,
            expected,
            found,
            ..
        } = self;
        write!(f, ": {what} (should be {expected}, is {found})")
    }
}

impl core::error::Error for Damage {}

/// What is wrong in a part of a book, without where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong {
    pub(super) what: &'static str,
    pub(super) expected: u64,
    pub(super) found: u64,
    pub(super) harm: Harm,
}

impl Wrong {
    /// A link that leads where it should not.
    pub(super) fn link(what: &'static str, expected: u32, found: u32) -> Self {
        Self {
            harm: Harm::Links,
            ..Self::value(what, u64::from(expected), u64::from(found))
        }
    }

    /// Another number than there should be.
    pub(super) fn value(what: &'static str, expected: u64, found: u64) -> Self {
        Self {
            what,
            expected,
            found,
            harm: Harm::Values,
        }
    }
}

//! The venue's state of one symbol on one channel.

use oxberry_core::units::PriceScale;

use crate::cluster::deed::{Deed, NewOrder};
use crate::cluster::naive_book::NaiveBook;

/// One symbol of one channel.
#[derive(Debug)]
pub(super) struct Symbol {
    pub(super) book: NaiveBook,
    /// The number of its next message.
    pub(super) next: u32,
    /// Orders that left without a delete.
    pub(super) voided: Vec<u64>,
    pub(super) is_defined: bool,
    /// The last deed that said whether the symbol trades, if any did.
    pub(super) status: Option<Deed>,
}

impl Symbol {
    pub(super) fn new(scale: PriceScale, is_defined: bool) -> Self {
        Self {
            book: NaiveBook::new(scale),
            next: 1,
            voided: Vec::new(),
            is_defined,
            status: None,
        }
    }

    /// Returns one of the resting orders, if there are any.
    pub(super) fn resting(&self, random: u64) -> Option<NewOrder> {
        let resting = self.book.orders();
        let at = random % (resting.len() as u64).max(1);
        let at = usize::try_from(at).unwrap_or(0);
        resting.values().nth(at).copied()
    }

    /// Notes what a deed says of whether the symbol trades.
    pub(super) fn note(&mut self, deed: Deed) {
        if matches!(deed, Deed::Halt | Deed::Resume | Deed::Close) {
            self.status = Some(deed);
        } else if matches!(deed, Deed::Session(_)) && self.status != Some(Deed::Halt) {
            // Only a resumption ends a halt.
            self.status = Some(Deed::Resume);
        } else if matches!(deed, Deed::Clear { .. }) {
            self.status = None;
        }
    }
}

/// Returns the scale of so many decimal places.
pub(super) fn scale(code: u8) -> PriceScale {
    PriceScale::new(code).expect("scales of the market are small")
}

/// Returns the scale that symbols start with.
pub(super) fn usual_scale() -> PriceScale {
    scale(4)
}

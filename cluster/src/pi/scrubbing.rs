//! Reads all books again and again, to find memory that changed by itself: a Pi's has no error correction.
//!
//! Some books at a time, in the pauses between batches. A book with other values than were put there is
//! stale from then on, and is taken over from its twin like any other. Where what leads from one part to the
//! next is wrong, whatever was applied since may have led into other books: all of them are emptied
//! unread, and taken over. At the end of the feed all are read once more before they are reported.

use oxberry_core::book::{Damage, Harm, SymbolSlot, Trust};
use oxberry_core::units::{Instant, Side, SymbolIndex};

use super::{Phase, Pi, Report};
use crate::limits::{LAST_SCRUB_ORDERS, MOST_SCRUBBED, SCRUB_ORDERS_A_SYMBOL};

/// How far the reading is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scrubbing {
    /// The next symbol, in the order of definition.
    at: usize,
    /// When it goes on.
    due: Instant,
    /// Whether all that follows is the last reading before the books are reported.
    is_last: bool,
    /// Whether that is over.
    is_over: bool,
}

impl Scrubbing {
    /// Nothing more happens to the books: all are read once more, without pauses.
    pub(super) fn begin_last(&mut self, now: Instant) {
        *self = Self {
            due: now,
            is_last: true,
            ..Self::default()
        };
    }

    /// Whether all books were read since the end of the feed.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }
}

impl Pi<'_> {
    /// When books are to be read next.
    pub(super) fn scrub_due(&self) -> Option<Instant> {
        let has_books = matches!(self.phase, Phase::Running | Phase::Ended);
        (has_books && !self.mail.has_digests()).then_some(self.scrubbing.due)
    }

    /// Reads as many books as may be read at once, if it is time.
    pub(super) fn scrub(&mut self, now: Instant) {
        if self.scrub_due().is_none_or(|due| due > now) {
            return;
        }
        self.scrubbing.due = now.after(self.config.limits.scrub_pause);
        let mut left = if self.scrubbing.is_last {
            LAST_SCRUB_ORDERS
        } else {
            self.config.limits.scrub_orders
        };
        while left > 0 {
            let Some(slot) = self.books.slots().nth(self.scrubbing.at) else {
                self.counters.scrubs += 1;
                self.scrubbing.at = 0;
                self.scrubbing.is_over |= self.scrubbing.is_last;
                return;
            };
            self.scrubbing.at += 1;
            let read = self.scrub_one(slot) + SCRUB_ORDERS_A_SYMBOL;
            left = left.saturating_sub(read);
        }
        if self.scrubbing.is_last && !self.scrubbing.is_over {
            self.scrubbing.due = now;
        }
    }

    /// Reads a book, and does what is to be done if it is not what was written; says how many orders were
    /// read.
    fn scrub_one(&mut self, slot: SymbolSlot) -> u32 {
        match self.books.scrub(slot, MOST_SCRUBBED) {
            Ok(orders) => orders,
            Err(damage) => {
                self.take_damage(slot, &damage);
                SCRUB_ORDERS_A_SYMBOL
            }
        }
    }

    fn take_damage(&mut self, slot: SymbolSlot, damage: &Damage) {
        // The venue said nothing that would make the book stale, so it can be had from the feed.
        self.taker.has_lost = true;
        self.counters.damages += 1;
        match damage.harm {
            // It is told already, and nobody is shown it.
            Harm::Values if self.books.trust(slot) == Trust::Stale => return,
            Harm::Values => {
                self.give_up_wish_for_symbol(damage.symbol_index);
                self.books.distrust(slot);
                self.tell_distrust(Some(damage.symbol_index));
            }
            Harm::Links => {
                self.give_up_all_wishes();
                self.books.empty();
                self.tell_distrust(None);
            }
            // The rim ends the process, which starts again without these books.
            Harm::Names => {}
        }
        self.report(Report::Damaged(*damage));
    }

    /// Tells that the books of a partition, or of all, are trusted less, and asks for them.
    fn tell_distrust(&mut self, symbol: Option<SymbolIndex>) {
        let is_meant = |of| symbol.is_none_or(|symbol| symbol == of);
        for &(partition, _) in self.symbols.iter().filter(|&&(_, of)| is_meant(of)) {
            if let Some(part) = self.streams.partition_at(partition) {
                self.telling.sweep(part);
            }
        }
        self.taker.round.hurry();
    }

    /// Flips a bit of the books, as memory does by itself, so that tests see what comes of it: see
    /// [`Books::flip_bit`](oxberry_core::book::Books::flip_bit).
    pub fn flip_bit(&mut self, bit: u64) {
        self.books.flip_bit(bit);
    }

    /// Makes the first order of a live book have another number of shares, as [`flip_bit`](Self::flip_bit)
    /// does; false if no order rests.
    pub fn flip_bit_of_an_order(&mut self) -> bool {
        let books = &self.books;
        let mut live = books
            .slots()
            .filter(|&slot| books.trust(slot) == Trust::Live);
        let bit = live.find_map(|slot| {
            let mut orders = Side::BOTH
                .into_iter()
                .flat_map(|side| books.orders(slot, side));
            books.bit_of_qty(slot, orders.next()?.order_id)
        });
        if let Some(bit) = bit {
            self.books.flip_bit(bit);
        }
        bit.is_some()
    }
}

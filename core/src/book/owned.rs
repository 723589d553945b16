//! Books that own their memory.

use core::ops::{Deref, DerefMut};

use super::books::Books;
use super::capacity::Capacity;
use super::counters::BookCounters;
use super::engine::Engine;
use super::ladder::{Ladders, NodeRef};
use super::level::Levels;
use super::order::Orders;
use super::records::Records;
use super::regions::{MemoryTooSmall, Regions, words_before};
use super::statistics::Tapes;
use super::symbol::Symbols;

/// Books together with their memory, an array, a box or a vector of words: for who keeps them in a
/// structure of its own. To use them they are [opened](Self::open), which costs about as much as an
/// event.
///
/// ```
/// use oxberry_core::book::{Capacity, OwnedBooks};
/// use oxberry_core::units::{PriceScale, SymbolIndex};
///
/// let capacity = Capacity { symbols: 10, orders: 1_000, levels: 500 };
/// let mut owned = OwnedBooks::new(capacity, vec![0; capacity.words()]).unwrap();
/// let symbol_index = SymbolIndex::from_raw(9280);
/// let slot = owned.open().define(symbol_index, PriceScale::new(4).unwrap()).unwrap();
/// assert_eq!(owned.open().symbol_index(slot), symbol_index);
/// ```
#[derive(Debug)]
pub struct OwnedBooks<S> {
    memory: S,
    kept: Kept,
}

/// What books are beside their memory.
#[derive(Clone, Copy, Debug)]
struct Kept {
    capacity: Capacity,
    /// Words before the first cache line.
    before: usize,
    symbols: u32,
    orders: Orders,
    levels: Levels,
    free_node: NodeRef,
    live: u32,
    counters: BookCounters,
}

/// Owned books that are open: [`Books`] in all respects.
#[derive(Debug)]
pub struct OpenBooks<'a> {
    books: Books<'a>,
    kept: &'a mut Kept,
}

impl<S: AsMut<[u32]>> OwnedBooks<S> {
    /// Empty books. Writes every word that the capacity needs.
    ///
    /// # Errors
    ///
    /// When `memory` has fewer than [`Capacity::words`] words.
    pub fn new(capacity: Capacity, mut memory: S) -> Result<Self, MemoryTooSmall> {
        let before = words_before(memory.as_mut());
        let kept = Kept::of(&Books::new(capacity, memory.as_mut())?, before);
        Ok(Self { memory, kept })
    }

    /// Opens the books, until what it returns is dropped.
    ///
    /// # Panics
    ///
    /// When the memory is not that of before.
    pub fn open(&mut self) -> OpenBooks<'_> {
        let Self { memory, kept } = self;
        let words = memory.as_mut();
        // Memory that lies in the structure itself moves with it, to where lines begin elsewhere.
        let before = words_before(words);
        if before != kept.before {
            let lines = kept.before..words.len().min(kept.before + used(kept.capacity));
            words.copy_within(lines, before);
            kept.before = before;
        }
        let books = kept.resume(words).expect("the memory is that of before");
        OpenBooks { books, kept }
    }
}

/// The words that books of this capacity use, without those before the first line.
const fn used(capacity: Capacity) -> usize {
    capacity.words() - (super::memory::WORDS - 1)
}

impl Kept {
    fn of(books: &Books<'_>, before: usize) -> Self {
        let Books {
            capacity,
            symbols,
            engine,
            counters,
            tapes: _,
        } = books;
        Self {
            capacity: *capacity,
            before,
            symbols: symbols.count(),
            orders: engine.orders,
            levels: engine.levels,
            free_node: engine.ladders.free(),
            live: engine.live,
            counters: *counters,
        }
    }

    fn resume<'s>(&self, words: &'s mut [u32]) -> Result<Books<'s>, MemoryTooSmall> {
        let regions = Regions::cut(self.capacity, words)?;
        Ok(Books {
            capacity: self.capacity,
            symbols: Symbols::resume(regions.index, regions.names, regions.symbols, self.symbols),
            tapes: Tapes::resume(regions.tapes),
            engine: Engine {
                records: Records::resume(regions.records),
                orders: self.orders,
                levels: self.levels,
                ladders: Ladders::resume(regions.ladders, self.free_node),
                live: self.live,
                capacity: self.capacity.orders,
            },
            counters: self.counters,
        })
    }
}

impl<'a> Deref for OpenBooks<'a> {
    type Target = Books<'a>;

    fn deref(&self) -> &Books<'a> {
        &self.books
    }
}

impl<'a> DerefMut for OpenBooks<'a> {
    fn deref_mut(&mut self) -> &mut Books<'a> {
        &mut self.books
    }
}

impl Drop for OpenBooks<'_> {
    fn drop(&mut self) {
        *self.kept = Kept::of(&self.books, self.kept.before);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::boxed::Box;
    use std::vec;

    use super::*;
    use crate::feed::{Action, FeedEvent, TradeSessions};
    use crate::units::{
        ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
    };

    const CAPACITY: Capacity = Capacity {
        symbols: 3,
        orders: 40,
        levels: 20,
    };

    /// The event of this number: orders join, and some leave.
    fn event(number: u32) -> FeedEvent {
        let order_id = OrderId::from_raw(u64::from(number - number / 5));
        let action = if number.is_multiple_of(5) {
            Action::Delete {
                order_id: OrderId::from_raw(u64::from(number - 1 - (number - 1) / 5)),
            }
        } else {
            Action::Add {
                order_id,
                side: Side::BOTH[(number % 2) as usize],
                price: RawPrice::from_raw(100 + number % 7),
                qty: Qty::from_raw(10 + number),
                sessions: TradeSessions::ALL,
            }
        };
        FeedEvent {
            seq_num: SeqNum::from_raw(number),
            symbol_index: SymbolIndex::from_raw(1),
            symbol_seq_num: Some(SymbolSeqNum::from_raw(number)),
            ts_event: None,
            action,
        }
    }

    #[test]
    fn books_that_are_opened_for_each_event_are_those_that_stay_open() {
        let mut memory = vec![0; CAPACITY.words()];
        let mut books = Books::new(CAPACITY, &mut memory).unwrap();
        let mut owned = OwnedBooks::new(CAPACITY, vec![0; CAPACITY.words()]).unwrap();
        let (symbol, scale) = (SymbolIndex::from_raw(1), PriceScale::new(4).unwrap());
        assert_eq!(
            books.define(symbol, scale),
            owned.open().define(symbol, scale)
        );
        let channel = ChannelId::from_raw(1);
        for number in 1..=30 {
            let event = event(number);
            assert_eq!(
                books.apply(channel, &event),
                owned.open().apply(channel, &event)
            );
            owned.open().check_invariants().unwrap();
        }
        let open = owned.open();
        assert_eq!(open.digest_of_all(), books.digest_of_all());
        assert_eq!(open.counters(), books.counters());
        assert!(open.order_count() > 10);
    }

    #[test]
    fn books_whose_memory_moves_to_another_place_in_its_line_stay_what_they_are() {
        /// Memory at a place in a line that the test chooses.
        struct Shifted {
            words: Box<[u32]>,
            by: usize,
        }
        impl AsMut<[u32]> for Shifted {
            fn as_mut(&mut self) -> &mut [u32] {
                let end = self.by + CAPACITY.words();
                &mut self.words[self.by..end]
            }
        }
        let words = vec![0; CAPACITY.words() + 16].into_boxed_slice();
        let mut owned = OwnedBooks::new(CAPACITY, Shifted { words, by: 3 }).unwrap();
        let (symbol, scale) = (SymbolIndex::from_raw(1), PriceScale::new(4).unwrap());
        owned.open().define(symbol, scale).unwrap();
        for number in 1..=30 {
            owned
                .open()
                .apply(ChannelId::from_raw(1), &event(number))
                .unwrap();
        }
        let digest = owned.open().digest_of_all();
        for by in [9, 0, 15, 3] {
            let Shifted { words, by: before } = &mut owned.memory;
            // As a move does: the same words at another address.
            let end = *before + CAPACITY.words();
            words.copy_within(*before..end, by);
            *before = by;
            let open = owned.open();
            open.check_invariants().unwrap();
            assert_eq!(open.digest_of_all(), digest, "moved to {by}");
        }
    }
}

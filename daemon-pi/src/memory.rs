//! The memory of the books: mapped once at start, in large pages where the system has them.
//!
//! Books of a whole partition are larger than what the processor remembers of small pages, so that nearly
//! every order would cost a walk through the page tables on top of the load itself.

use memmap2::{Advice, MmapMut};
use oxberry_core::book::Capacity;

use crate::limits::PROCESS_BYTES;

/// Bytes that a node with books of this capacity takes at most: the books, which are there whole from the
/// start on, and [the rest of the process](PROCESS_BYTES). `usize::MAX` for books that cannot be.
#[must_use]
pub const fn bytes_of_node(capacity: Capacity) -> usize {
    capacity.bytes().saturating_add(PROCESS_BYTES)
}

/// Memory for books of one capacity.
#[derive(Debug)]
pub struct BookMemory(MmapMut);

/// The system has not as much memory as the books need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no memory for books of {} orders, {} levels and {} symbols: ask for fewer",
    capacity.orders, capacity.levels, capacity.symbols
)]
pub struct NoMemory {
    /// What was asked for.
    pub capacity: Capacity,
}

impl BookMemory {
    /// Maps the memory. Its pages are there once [`Books::new`](oxberry_core::book::Books::new) has
    /// written them.
    ///
    /// # Errors
    ///
    /// When the system has not as much.
    pub fn map(capacity: Capacity) -> Result<Self, NoMemory> {
        let map = MmapMut::map_anon(capacity.bytes()).map_err(|_| NoMemory { capacity })?;
        // A kernel without large pages refuses, and the books work as well on small ones.
        if let Err(error) = map.advise(Advice::HugePage) {
            tracing::debug!(%error, "the books are kept in small pages");
        }
        Ok(Self(map))
    }

    /// The words, to hand to [`Books::new`](oxberry_core::book::Books::new).
    pub fn words(&mut self) -> &mut [u32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::book::Books;

    use super::*;

    #[test]
    fn mapped_memory_suffices_for_its_capacity() {
        let capacity = Capacity {
            symbols: 10,
            orders: 1_000,
            levels: 500,
        };
        let mut memory = BookMemory::map(capacity).expect("there is so much");
        assert_eq!(memory.words().len(), capacity.words());
        let books = Books::new(capacity, memory.words()).expect("it is enough");
        assert_eq!(books.order_count(), 0);
    }

    #[test]
    fn more_than_any_machine_has_is_an_error() {
        let capacity = Capacity {
            symbols: 1,
            orders: u32::MAX,
            levels: 1,
        };
        BookMemory::map(capacity).expect_err("nobody has so much");
    }
}

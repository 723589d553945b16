//! A number that two equal books share.

use super::books::Books;
use super::slot::SymbolSlot;
use crate::units::Side;

/// Stands for the whole state of a book: two replicas that applied the same events have the same.
///
/// It depends on what the book means, queue order, trust and trading status included, and neither on
/// the capacity nor on where things lie in memory, nor on what its channel is called. What was traded
/// is no part of it: a book that was cleared after a loss is right again, while the trades that were
/// lost stay so. Digests of several symbols combine in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Digest(u64);

impl Digest {
    /// The digest of an empty set of books.
    pub const EMPTY: Self = Self(0);

    /// From its number.
    #[must_use]
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// Its number.
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Of these books and of those, which are other symbols.
    #[must_use]
    pub const fn combine(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl core::fmt::Display for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Mixes numbers, whose order matters, into one.
struct Mixer(u64);

impl Mixer {
    fn feed(&mut self, value: u64) {
        let mut hash = self.0.rotate_left(23) ^ value;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.0 = (hash ^ (hash >> 31)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    }
}

impl Books<'_> {
    /// The digest of one book; walks its orders.
    #[must_use]
    pub fn digest(&self, slot: SymbolSlot) -> Digest {
        let mut mixer = Mixer(0);
        mixer.feed(u64::from(self.symbol_index(slot).raw()));
        mixer.feed(u64::from(self.symbols.shared_flags(slot)));
        mixer.feed(
            self.symbol_seq_num(slot)
                .map_or(0, |number| u64::from(number.raw())),
        );
        for side in Side::BOTH {
            mixer.feed(side as u64);
            for order in self.orders(slot, side) {
                mixer.feed(order.order_id.raw());
                mixer.feed(u64::from(order.price.raw()) << 32 | u64::from(order.qty.raw()));
                mixer.feed(u64::from(order.last_session.to_wire()));
            }
        }
        Digest(mixer.0)
    }

    /// The digest of all books together.
    #[must_use]
    pub fn digest_of_all(&self) -> Digest {
        self.slots()
            .map(|slot| self.digest(slot))
            .fold(Digest::EMPTY, Digest::combine)
    }
}

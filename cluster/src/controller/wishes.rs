//! The wishes of Pis for books that were not granted yet, and whom each of them was passed on to.

use oxberry_core::units::SymbolIndex;
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::snapshot::SnapshotWish;
use oxberry_proto::{NodeId, Partition};

use crate::rebuild::BookWish;

/// A wish.
#[derive(Debug)]
pub(super) struct Wished {
    pub(super) node: NodeId,
    pub(super) wish: u32,
    pub(super) symbol_index: SymbolIndex,
    pub(super) partition: Partition,
    pub(super) has_lost: bool,
    /// Where the book must be at least.
    pub(super) from: Vec<StreamPosition>,
    /// The wish as it came, to be passed on.
    pub(super) message: Vec<u8>,
    /// How many replicas were asked.
    pub(super) asked: usize,
    /// Whether the book is to be made out of the feed, since none of them could give it.
    pub(super) is_at_source: bool,
}

/// The wishes, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Wishes(Vec<Wished>);

impl Wished {
    /// A wish that was not passed on yet.
    pub(super) fn new(head: &SnapshotWish, from: Vec<StreamPosition>, message: &[u8]) -> Self {
        Self {
            node: head.node,
            wish: head.wish,
            symbol_index: head.symbol_index,
            partition: head.partition,
            has_lost: head.has_lost,
            from,
            message: message.to_vec(),
            asked: 0,
            is_at_source: false,
        }
    }

    /// What is to be made out of the feed for it.
    pub(super) const fn book(&self) -> BookWish {
        BookWish {
            to: self.node,
            wish: self.wish,
            symbol_index: self.symbol_index,
        }
    }
}

impl Wishes {
    /// Notes a wish. A node waits for one book of a symbol, and for so many books at most: what it wished
    /// for before it has given up.
    pub(super) fn note(&mut self, wished: Wished, most: usize) {
        let is_again =
            |other: &Wished| other.node == wished.node && other.symbol_index == wished.symbol_index;
        self.0.retain(|other| !is_again(other));
        let mut of_node = self.0.iter().filter(|other| other.node == wished.node);
        if of_node.clone().count() >= most.max(1)
            && let Some(oldest) = of_node.next().map(|one| (one.node, one.wish))
        {
            self.take(oldest.0, oldest.1);
        }
        self.0.push(wished);
    }

    pub(super) fn of(&mut self, node: NodeId, wish: u32) -> Option<&mut Wished> {
        let mut wishes = self.0.iter_mut();
        wishes.find(|one| one.node == node && one.wish == wish)
    }

    /// Takes a wish out, since it was granted or refused.
    pub(super) fn take(&mut self, node: NodeId, wish: u32) -> Option<Wished> {
        let mut wishes = self.0.iter();
        let at = wishes.position(|one| one.node == node && one.wish == wish)?;
        Some(self.0.remove(at))
    }

    /// Those that wait for the feed to be read again.
    pub(super) fn at_source(&self) -> impl Iterator<Item = &Wished> {
        self.0.iter().filter(|one| one.is_at_source)
    }

    /// Forgets those of nodes that do not wait any more.
    pub(super) fn retain(&mut self, waits: impl Fn(NodeId) -> bool) {
        self.0.retain(|one| waits(one.node));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

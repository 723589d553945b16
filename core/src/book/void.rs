//! Orders that are void but still hold their places.
//!
//! When a symbol is cleared, or a session ends, whole levels leave at once. Their orders are void as
//! soon as the level is given back ([`Levels::holds`](super::level::Levels::holds)); their places
//! are freed later, a few with each order that is added. Until then the queues of such levels form
//! a chain that lies in the records themselves.

use super::order::{Key, OrderRef, Orders};

/// The queues of levels that left with their orders in them.
#[derive(Debug)]
pub(super) struct VoidQueues {
    /// Void orders.
    count: u32,
    /// What is left of the queue that is being freed, and whose it was.
    order: OrderRef,
    slot: u32,
    /// The head of the next queue. It tells the slot instead of its shares, and the head of the
    /// queue after it instead of the order before it.
    queue: OrderRef,
}

impl VoidQueues {
    pub(super) const fn new() -> Self {
        Self {
            count: 0,
            order: OrderRef::NONE,
            slot: 0,
            queue: OrderRef::NONE,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Adds the queue of that many orders of a symbol.
    pub(super) fn push(&mut self, orders: &mut Orders<'_>, slot: u32, head: OrderRef, count: u32) {
        orders.set_word_of_void(head, slot);
        orders.set_previous(head, self.queue);
        self.queue = head;
        self.count += count;
    }

    /// Frees the place of one void order, if there is any.
    pub(super) fn free_one(&mut self, orders: &mut Orders<'_>) {
        if self.count == 0 {
            return;
        }
        if !self.order.is_some() {
            self.order = self.queue;
            self.slot = orders.word_of_void(self.order);
            self.queue = orders.previous(self.order);
        }
        let order = self.order;
        self.order = orders.next(order);
        self.count -= 1;
        orders.remove(
            Key {
                slot: self.slot,
                order_id: orders.id(order),
            },
            order,
        );
    }
}

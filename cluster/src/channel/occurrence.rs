//! What a channel brings, and what of it waits to be published.

use std::collections::VecDeque;

use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::SeqNum;

/// What a channel brings, in the order of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// Something happened to one symbol.
    Event(FeedEvent),
    /// A numbering begins.
    Begins(Beginning),
    /// Numbers are lost for good.
    Lost(Lost),
    /// A failover is over; the first original message has this number.
    Settled(SeqNum),
}

/// Occurrences that wait to be published.
#[derive(Clone, Debug, Default)]
pub struct Occurrences(VecDeque<Occurrence>);

impl Occurrences {
    /// Another one waits behind the others.
    pub fn push(&mut self, occurrence: Occurrence) {
        self.0.push_back(occurrence);
    }

    /// The next one.
    #[must_use]
    pub fn front(&self) -> Option<&Occurrence> {
        self.0.front()
    }

    /// The next one was published.
    pub fn pop_front(&mut self) {
        self.0.pop_front();
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Follower for Occurrences {
    fn event(&mut self, event: FeedEvent) {
        self.push(Occurrence::Event(event));
    }

    fn begins(&mut self, beginning: Beginning) {
        self.push(Occurrence::Begins(beginning));
    }

    fn lost(&mut self, lost: Lost) {
        self.push(Occurrence::Lost(lost));
    }

    fn settled(&mut self, before: SeqNum) {
        self.push(Occurrence::Settled(before));
    }
}

//! Follows a channel: events, losses and beginnings, in order.

use super::FeedEvent;
use crate::units::{Numbering, SeqNum};

/// Receives what a channel says, in the venue's order.
pub trait Follower {
    /// Something happened to a symbol.
    fn event(&mut self, event: FeedEvent);

    /// A numbering begins, or turns out to have another name. Called before anything of it.
    fn begins(&mut self, beginning: Beginning);

    /// Messages are lost for good. Called before anything that comes after them.
    fn lost(&mut self, lost: Lost);

    /// A failover is over: `before` is the first message after it, and was not told yet.
    fn settled(&mut self, before: SeqNum);
}

/// How a numbering begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Beginning {
    /// Its name.
    pub numbering: Numbering,
    /// The number before the first one that is to come. Not 0 when the reading begins in the middle
    /// of a day: what was before is no loss, it was never there.
    pub after: SeqNum,
    /// Whether its reset was read, or the numbers simply start again.
    pub is_announced: bool,
    /// Whether the venue builds all books anew, up to [`Follower::settled`].
    pub failover: bool,
}

/// Lost messages: missing, or in the unreadable rest of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Lost {
    /// The first of them.
    pub first: SeqNum,
    /// The last of them.
    pub last: SeqNum,
}

/// Calls a function with every event and ignores the rest, for users who know that nothing is missing
/// or check the counters afterwards.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EventsOnly<F>(pub F);

impl<F: FnMut(FeedEvent)> Follower for EventsOnly<F> {
    #[inline(always)]
    fn event(&mut self, event: FeedEvent) {
        (self.0)(event);
    }

    fn begins(&mut self, _: Beginning) {}

    fn lost(&mut self, _: Lost) {}

    fn settled(&mut self, _: SeqNum) {}
}

impl Lost {
    /// How many messages are lost.
    #[must_use]
    pub const fn messages(&self) -> u32 {
        // Both are in one numbering, `last` not before `first`.
        self.last
            .raw()
            .saturating_sub(self.first.raw())
            .saturating_add(1)
    }
}

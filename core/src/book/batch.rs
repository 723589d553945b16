//! Applying many events, with a look at what comes.
//!
//! When the books outgrow the caches, an event waits for memory longer than it takes to apply. The loads
//! of several events do not depend on each other, so all are begun before the first is needed. That
//! costs instructions, so it is done only when many orders rest.

use core::hint::black_box;

use super::applied::{Applied, UnknownSymbol};
use super::apply::Target;
use super::books::Books;
use super::ladder::LadderRoot;
use crate::feed::{Action, FeedEvent};
use crate::units::ChannelId;

/// Events that are looked at together.
const AHEAD: usize = 16;
/// Orders that rest when looking ahead begins to pay: their records fill the caches of one core.
const MANY: u32 = 100_000;

impl Books<'_> {
    /// Applies events of a channel one after the other and tells of each what [`Self::apply`] would have returned,
    /// with the books as they are right after it. Faster than applying them one by one.
    pub fn apply_batch(
        &mut self,
        channel: ChannelId,
        events: &[FeedEvent],
        mut each: impl FnMut(&Self, &FeedEvent, Result<&Applied, UnknownSymbol>),
    ) {
        let mut targets = [Target::NONE; AHEAD];
        for group in events.chunks(AHEAD) {
            for (target, event) in targets.iter_mut().zip(group) {
                *target = self.target(event);
            }
            if self.engine.live >= MANY
                && let Ok(group) = group.try_into()
            {
                self.look_ahead(group, &targets);
            }
            for (event, &target) in group.iter().zip(&targets) {
                // Two calls, so that what usually happens needs no memory for the result.
                if let Some(applied) = self.apply_next(target, channel, event) {
                    each(self, event, Ok(&applied));
                } else {
                    let applied = self.apply_other(target, channel, event);
                    each(self, event, applied.as_ref().map_err(|&unknown| unknown));
                }
            }
        }
    }

    /// Loads what the events will need: their symbols and buckets, and when those are there, what they
    /// lead to.
    fn look_ahead(&self, events: &[FeedEvent; AHEAD], targets: &[Target; AHEAD]) {
        let mut loaded = 0;
        let (mut adds, mut others) = (List::default(), List::default());
        for ((at, event), target) in events.iter().enumerate().zip(targets) {
            loaded ^= self.symbols.load(target.slot) ^ self.engine.records.load_bucket(target.home);
            let is_add = matches!(event.action, Action::Add { .. });
            adds.put(at, is_add);
            others.put(at, !is_add && event.action.order_id().is_some());
        }
        for at in adds.iter() {
            if let Action::Add { side, .. } = events[at].action {
                let ladder = self.symbols.ladder_in(targets[at].slot, side);
                loaded ^= self.engine.ladders.load(ladder.unwrap_or(LadderRoot::NONE));
            }
        }
        for at in others.iter() {
            if let Some(order_id) = events[at].action.order_id() {
                loaded ^= self.engine.records.load_around(targets[at].home, order_id);
            }
        }
        // So that the compiler does not drop loads whose values nobody needs.
        black_box(loaded);
    }
}

/// Some of the events that are looked at. They are put down and gone through without a branch on what
/// each is, which would be guessed wrong as often as the one that applies it.
#[derive(Default)]
struct List {
    len: usize,
    events: [u8; AHEAD],
}

impl List {
    /// Puts an event down, to stay if it is one of these.
    #[inline(always)]
    fn put(&mut self, event: usize, is_one: bool) {
        self.events[self.len % AHEAD] = event as u8;
        self.len += usize::from(is_one);
    }

    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = usize> {
        let events = self.events.iter().take(self.len);
        events.map(|&event| usize::from(event) % AHEAD)
    }
}

//! Who takes the stock events of a Pi: two pages, and a witness that takes everything at once.
//!
//! What the witness has is what the Pi said. Of what a page has the audience checks that it is in that
//! order, and that what is left out was counted; and that the books wait for nobody who takes nothing for
//! longer than they may.

use std::collections::VecDeque;

use oxberry_cluster::pi::Pi;
use oxberry_proto::Run;

use super::edge::Frame;
use super::oracle::Violation;

/// The page.
pub(super) const PAGE_SEAT: usize = 0;
/// The page on another machine.
pub(super) const SECOND_SEAT: usize = 1;
/// The witness.
pub(super) const WITNESS_SEAT: usize = 2;
/// How many receivers a Pi has.
pub(super) const SEATS: usize = 3;

/// The seats of the pages.
pub(super) const PAGES: [usize; 2] = [PAGE_SEAT, SECOND_SEAT];

/// More frames than any queue of a Pi keeps.
const KEPT: usize = 1_024;

/// The receivers of one process of a Pi.
#[derive(Debug, Default)]
pub(super) struct Audience {
    /// The last frames that the Pi said.
    said: VecDeque<Frame>,
    /// How many frames it said.
    count: u64,
    pages: [Seat; 2],
    run: Run,
}

/// One page, as the Pi has served it.
#[derive(Clone, Copy, Debug, Default)]
struct Seat {
    /// The number of the frame that comes next.
    next: u64,
    /// Frames that the Pi says were left out.
    dropped: u64,
    /// Since when it has taken nothing of what there is.
    refuses: Option<u64>,
    /// Whether it has taken the Pi's last frame.
    has_all: bool,
}

impl Audience {
    /// Follows the Pi into another run, which has a queue of its own.
    pub(super) fn follow(&mut self, run: Run) {
        if self.run != run {
            self.run = run;
            for page in &mut self.pages {
                (page.refuses, page.has_all) = (None, false);
            }
        }
    }

    /// Notes a frame that the witness has taken.
    pub(super) fn note(&mut self, frame: Frame) {
        self.said.push_back(frame);
        self.count += 1;
        if self.said.len() > KEPT {
            self.said.pop_front();
        }
    }

    /// Judges the frame that a page is about to take.
    pub(super) fn judge_taken(
        &mut self,
        seat: usize,
        brain: &Pi<'_>,
        frame: &[u8],
    ) -> Result<(), Violation> {
        let standing = brain.receiver(seat).unwrap_or_default();
        let Some(page) = self.pages.get_mut(seat) else {
            return Ok(());
        };
        let number = self.count - standing.waiting as u64;
        let oldest = self.count - self.said.len() as u64;
        let place = number.checked_sub(oldest);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let right = place.and_then(|place| self.said.get(place));
        if right.is_none_or(|right| **right != *frame) {
            return Err(format!(
                "receiver {seat} is given frame {number} as another one than it is"
            ));
        }
        let left_out = number.checked_sub(page.next);
        let counted = standing.dropped - page.dropped;
        if left_out != Some(counted) {
            return Err(format!(
                "receiver {seat} is given frame {number} after {}, and {counted} are counted as \
                 dropped",
                page.next
            ));
        }
        (page.next, page.dropped, page.refuses) = (number + 1, standing.dropped, None);
        Ok(())
    }

    /// Notes that a page does not take what there is for it.
    pub(super) fn refuses(&mut self, seat: usize, now: u64) {
        if let Some(page) = self.pages.get_mut(seat) {
            page.refuses.get_or_insert(now);
        }
    }

    /// Judges, after all who would take something have, for whom the books wait.
    pub(super) fn judge_waits(
        &self,
        brain: &Pi<'_>,
        now: u64,
        patience: u64,
    ) -> Result<(), Violation> {
        let mut is_any_waited_for = false;
        for (seat, page) in self.pages.iter().enumerate() {
            let standing = brain.receiver(seat).unwrap_or_default();
            // Between two runs there is nothing that it could take.
            let is_waited_for = standing.is_attached && standing.waiting > 0;
            let Some(since) = page.refuses.filter(|_| is_waited_for) else {
                continue;
            };
            is_any_waited_for = true;
            if now - since > patience {
                return Err(format!(
                    "receiver {seat} has taken nothing for {} ns and is still waited for",
                    now - since
                ));
            }
        }
        if !brain.can_take_data() && !is_any_waited_for {
            return Err("the books wait, but nobody is waited for".into());
        }
        Ok(())
    }

    /// Notes that a page has taken the last frame of the run.
    pub(super) fn note_end(&mut self, seat: usize) {
        if let Some(page) = self.pages.get_mut(seat) {
            page.has_all = true;
        }
    }

    /// Returns whether a page has taken the last frame.
    pub(super) fn has_all(&self, seat: usize) -> bool {
        self.pages.get(seat).is_some_and(|page| page.has_all)
    }
}

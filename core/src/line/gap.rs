//! Gaps: numbers that are missing.

use core::fmt;

use heapless::Vec;

use super::epoch_seq::Span;
use crate::units::{Instant, SeqNum};

/// A range of missing numbers, from `first` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Gap {
    /// The first missing number.
    pub first: SeqNum,
    /// The number after the last missing one.
    pub end: SeqNum,
}

impl Gap {
    /// How many numbers are missing.
    #[must_use]
    pub fn messages(&self) -> u32 {
        self.first.gap_to(self.end).unwrap_or(0)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.first, self.end)
    }
}

/// A gap that somebody waits for.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct OpenGap {
    pub(super) span: Span,
    /// When to stop waiting for the other line.
    pub(super) deadline: Instant,
    /// Given up: to be reported when everything before it is delivered.
    pub(super) lost: bool,
}

/// The gaps of a channel, lowest first; they never touch what came.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct GapList<const N: usize> {
    gaps: Vec<OpenGap, N>,
}

/// The list has no room for another gap; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListFull;

impl<const N: usize> GapList<N> {
    pub(super) const fn new() -> Self {
        Self { gaps: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gaps.is_empty()
    }

    /// How many more gaps it can take.
    pub(super) fn room(&self) -> usize {
        N - self.gaps.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &OpenGap> {
        self.gaps.iter()
    }

    pub(super) fn first(&self) -> Option<&OpenGap> {
        self.gaps.first()
    }

    pub(super) fn first_mut(&mut self) -> Option<&mut OpenGap> {
        self.gaps.first_mut()
    }

    /// Takes the lowest gap away.
    pub(super) fn remove_first(&mut self) {
        if !self.gaps.is_empty() {
            self.gaps.remove(0);
        }
    }

    /// Adds a gap above all others.
    pub(super) fn push(&mut self, span: Span, deadline: Instant) -> Result<(), ListFull> {
        debug_assert!(span.first < span.end);
        debug_assert!(
            self.gaps
                .last()
                .is_none_or(|last| last.span.end <= span.first)
        );
        let gap = OpenGap {
            span,
            deadline,
            lost: false,
        };
        self.gaps.push(gap).map_err(|_| ListFull)
    }

    /// Whether any number of the span is missing.
    pub(super) fn meets(&self, span: &Span) -> bool {
        self.gaps.iter().any(|gap| gap.span.meets(span))
    }

    /// Whether any number of the span is missing and not given up.
    pub(super) fn awaits(&self, span: &Span) -> bool {
        self.gaps
            .iter()
            .any(|gap| !gap.lost && gap.span.meets(span))
    }

    /// The span came: nothing of it is missing any more. What is left of the gaps that it met is
    /// waited for until `deadline`.
    pub(super) fn fill(&mut self, span: &Span, deadline: Instant) -> Result<(), ListFull> {
        self.cut(span, Some(deadline))
    }

    /// The span will not come. Without room to keep its rest apart, whole gaps are given up.
    /// Returns whether it was awaited and surely holds something.
    pub(super) fn give_up(&mut self, span: &Span) -> bool {
        let awaited = self
            .gaps
            .iter()
            .any(|gap| !gap.lost && !gap.span.is_open_ended() && gap.span.meets(span));
        if self.cut(span, None).is_err() {
            for gap in self.gaps.iter_mut().filter(|gap| gap.span.meets(span)) {
                gap.lost = true;
            }
        }
        awaited
    }

    /// Cuts the span out of all gaps: it came, and the rest has a new deadline; or it is lost, and
    /// put back as that.
    fn cut(&mut self, span: &Span, came: Option<Instant>) -> Result<(), ListFull> {
        let keep_lost = came.is_none();
        let added: usize = self
            .gaps
            .iter()
            .filter(|gap| gap.span.meets(span) && !(keep_lost && gap.lost))
            .map(|gap| {
                let before = usize::from(gap.span.first < span.first);
                let after = usize::from(span.end < gap.span.end);
                (before + after + usize::from(keep_lost)).saturating_sub(1)
            })
            .sum();
        if added > self.room() {
            return Err(ListFull);
        }
        let mut at = 0;
        while let Some(&gap) = self.gaps.get(at) {
            if !gap.span.meets(span) || (keep_lost && gap.lost) {
                at += 1;
                continue;
            }
            self.gaps.remove(at);
            let from = gap.span.first.max(span.first);
            let to = gap.span.end.min(span.end);
            for (first, end, lost, wanted) in [
                (gap.span.first, from, gap.lost, true),
                (from, to, true, keep_lost),
                (to, gap.span.end, gap.lost, true),
            ] {
                if wanted && first < end {
                    let part = OpenGap {
                        span: Span { first, end },
                        lost,
                        deadline: came.unwrap_or(gap.deadline),
                    };
                    // There is room: the parts were counted.
                    self.gaps.insert(at, part).map_err(|_| ListFull)?;
                    at += 1;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::epoch_seq::EpochSeq;
    use super::*;

    extern crate std;
    use std::vec::Vec as StdVec;

    fn span(first: u32, end: u32) -> Span {
        let at = |raw| EpochSeq {
            epoch: 0,
            number: SeqNum::from_raw(raw),
        };
        Span {
            first: at(first),
            end: at(end),
        }
    }

    const LATER: Instant = Instant::from_raw(7);

    fn list<const N: usize>(spans: &[(u32, u32)]) -> GapList<N> {
        let mut list = GapList::new();
        for &(first, end) in spans {
            list.push(span(first, end), Instant::from_raw(0))
                .expect("room");
        }
        list
    }

    fn shown<const N: usize>(list: &GapList<N>) -> StdVec<(u32, u32, bool)> {
        list.iter()
            .map(|gap| {
                (
                    gap.span.first.number.raw(),
                    gap.span.end.number.raw(),
                    gap.lost,
                )
            })
            .collect()
    }

    #[test]
    fn what_comes_is_cut_out_of_every_gap_it_meets() {
        for (came, left) in [
            ((10, 20), std::vec![(30, 40, false)]),
            ((5, 15), std::vec![(15, 20, false), (30, 40, false)]),
            ((15, 35), std::vec![(10, 15, false), (35, 40, false)]),
            (
                (12, 13),
                std::vec![(10, 12, false), (13, 20, false), (30, 40, false)],
            ),
            ((20, 30), std::vec![(10, 20, false), (30, 40, false)]),
            ((1, 99), std::vec![]),
        ] {
            let mut gaps = list::<4>(&[(10, 20), (30, 40)]);
            gaps.fill(&span(came.0, came.1), LATER).expect("room");
            assert_eq!(shown(&gaps), left, "after {came:?}");
        }
    }

    #[test]
    fn what_is_left_of_a_gap_is_waited_for_anew() {
        let mut gaps = list::<4>(&[(10, 20), (30, 40)]);
        gaps.fill(&span(12, 13), LATER).expect("room");
        let deadlines: StdVec<_> = gaps.iter().map(|gap| gap.deadline.raw()).collect();
        assert_eq!(deadlines, [7, 7, 0]);
    }

    #[test]
    fn a_full_list_says_so_and_changes_nothing() {
        let mut gaps = list::<2>(&[(10, 20), (30, 40)]);
        assert_eq!(gaps.fill(&span(12, 13), LATER), Err(ListFull));
        assert_eq!(gaps.push(span(50, 60), Instant::from_raw(0)), Err(ListFull));
        assert_eq!(shown(&gaps), [(10, 20, false), (30, 40, false)]);
        gaps.fill(&span(10, 13), LATER)
            .expect("a cut at the edge needs no room");
        assert_eq!(shown(&gaps), [(13, 20, false), (30, 40, false)]);
    }

    #[test]
    fn giving_up_keeps_what_may_still_come() {
        let mut gaps = list::<8>(&[(10, 20), (30, 40)]);
        assert!(gaps.give_up(&span(15, 35)));
        assert_eq!(
            shown(&gaps),
            [
                (10, 15, false),
                (15, 20, true),
                (30, 35, true),
                (35, 40, false)
            ]
        );
        assert!(!gaps.give_up(&span(15, 20)), "that was given up before");
        assert!(!gaps.give_up(&span(20, 30)), "nothing is missing there");
        assert!(gaps.meets(&span(15, 16)) && !gaps.awaits(&span(15, 16)));
        // What comes after all is no longer missing.
        gaps.fill(&span(15, 20), LATER).expect("room");
        assert_eq!(
            shown(&gaps),
            [(10, 15, false), (30, 35, true), (35, 40, false)]
        );
    }

    #[test]
    fn giving_up_part_of_a_gap_in_a_full_list_gives_up_all_of_it() {
        let mut gaps = list::<2>(&[(10, 20), (30, 40)]);
        assert!(gaps.give_up(&span(12, 13)));
        assert_eq!(shown(&gaps), [(10, 20, true), (30, 40, false)]);
    }
}

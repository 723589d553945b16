//! Tests that ladders of many nodes hold and find what a sorted map does.

extern crate std;
use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::{LINES, LadderRoot, Ladders, Rank, nodes};
use crate::book::memory::{Line, WORDS};
use crate::book::refs::LevelRef;

/// The most levels of a test, more than a directory has entries for.
const LEVELS: u32 = 600;

/// What is done to a ladder.
#[derive(Clone, Debug)]
enum Change {
    /// Levels are added from this rank on, each so far from the one before.
    Grow { from: i32, by: i32, count: i32 },
    /// Levels are removed: of those that remain, from this one on, leaving some between.
    Shrink {
        from: usize,
        leave: usize,
        count: usize,
    },
    /// Levels get another rank where no other level lies between: of all, from this one on.
    Shift { from: usize, by: i32, count: usize },
    /// Only levels with a rank that this number does not divide stay.
    Retain { divisor: i32 },
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (-2_000..2_000, prop_oneof![-9..9, Just(0)], 1..120)
            .prop_map(|(from, by, count)| Change::Grow { from, by, count }),
        1 => (prop_oneof![Just(i32::MIN), Just(i32::MAX)], 1..2)
            .prop_map(|(from, count)| Change::Grow { from, by: 0, count }),
        3 => (0..600usize, 0..3usize, 1..150usize)
            .prop_map(|(from, leave, count)| Change::Shrink { from, leave, count }),
        2 => (0..600usize, prop_oneof![-40..40, Just(1), Just(-1)], 1..150usize)
            .prop_map(|(from, by, count)| Change::Shift { from, by, count }),
        1 => (2..5).prop_map(|divisor| Change::Retain { divisor }),
    ]
}

/// A ladder and what it must hold.
struct Both<'s> {
    ladders: Ladders<'s>,
    ladder: LadderRoot,
    expected: BTreeMap<i32, LevelRef>,
    next: u32,
}

impl<'s> Both<'s> {
    fn new(lines: &'s mut [Line]) -> Self {
        Self {
            ladders: Ladders::new(lines),
            ladder: LadderRoot::NONE,
            expected: BTreeMap::new(),
            next: 0,
        }
    }

    fn rank(number: i32) -> Rank {
        Rank::from_raw(number.cast_unsigned())
    }

    fn add(&mut self, number: i32) {
        if self.expected.contains_key(&number) || self.expected.len() >= LEVELS as usize {
            return;
        }
        let (rank, level) = (Self::rank(number), LevelRef::from_raw(self.next));
        self.next += 1;
        self.ladder = if self.ladder == LadderRoot::NONE {
            self.ladders.start(rank, level)
        } else {
            let rung = self.ladders.search(self.ladder, rank).unwrap_err();
            self.ladders.insert(self.ladder, rung, rank, level)
        };
        self.expected.insert(number, level);
        self.check();
    }

    fn remove(&mut self, number: i32) {
        let rung = self
            .ladders
            .search(self.ladder, Self::rank(number))
            .unwrap();
        assert_eq!(
            Some(self.ladders.level(rung)),
            self.expected.remove(&number)
        );
        self.ladder = self.ladders.remove(self.ladder, rung);
        self.check();
    }

    fn shift(&mut self, from: i32, to: i32) {
        let rung = self.ladders.search(self.ladder, Self::rank(from)).unwrap();
        if self.ladders.shift(rung, Self::rank(to)) {
            let level = self.expected.remove(&from).unwrap();
            assert_eq!(self.expected.insert(to, level), None);
        }
        self.check();
    }

    fn apply(&mut self, change: &Change) {
        match *change {
            Change::Grow { from, by, count } => {
                for number in 0..count {
                    self.add(from.saturating_add(by * number));
                }
            }
            Change::Shrink { from, leave, count } => {
                let gone = self
                    .expected
                    .keys()
                    .skip(from)
                    .step_by(leave + 1)
                    .take(count);
                for number in gone.copied().collect::<Vec<_>>() {
                    self.remove(number);
                }
            }
            Change::Shift { from, by, count } => {
                let some = self.expected.keys().skip(from).take(count);
                for number in some.copied().collect::<Vec<_>>() {
                    if self.expected.contains_key(&number) {
                        self.shift(number, number.saturating_add(by));
                    }
                }
            }
            Change::Retain { divisor } => {
                let stays = |number: i32| number.rem_euclid(divisor) != 0;
                self.ladder = self
                    .ladders
                    .retain(self.ladder, |rank, _| stays(rank.raw().cast_signed()));
                self.expected.retain(|&number, _| stays(number));
                self.check();
            }
        }
    }

    /// Compares all levels, and looks for each and for what is between.
    fn check(&self) {
        assert_eq!(self.ladders.broken(self.ladder), None);
        let expected = self.expected.iter().rev();
        let levels = self.ladders.iter(self.ladder);
        assert!(levels.eq(expected.map(|(&number, &level)| (Self::rank(number), level))));
        let in_use = self.ladders.nodes_of(self.ladder);
        assert_eq!(in_use + self.ladders.free_nodes(), self.ladders.count());
    }

    fn check_searches(&self) {
        if self.ladder == LadderRoot::NONE {
            return;
        }
        for number in (-2_500..2_500).chain([i32::MIN, i32::MAX]) {
            let found = self.ladders.search(self.ladder, Self::rank(number));
            let level = found.ok().map(|rung| self.ladders.level(rung));
            assert_eq!(level, self.expected.get(&number).copied(), "{number}");
        }
    }
}

#[test]
fn a_level_is_shifted_where_no_other_lies_between() {
    let mut lines = vec![[0; WORDS]; nodes(1, LEVELS) * LINES];
    let mut both = Both::new(&mut lines);
    for number in [10, 20, 30] {
        both.add(number);
    }
    for (from, to) in [(20, 29), (29, 11), (10, -5), (30, 12), (12, 40)] {
        both.shift(from, to);
    }
    assert!(both.expected.keys().eq(&[-5, 11, 40]));
    for (from, to) in [(11, -6), (11, 41), (11, -5), (11, 40), (-5, 11), (40, 0)] {
        both.shift(from, to);
    }
    assert!(both.expected.keys().eq(&[-5, 11, 40]), "others lie between");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn a_long_ladder_holds_what_a_sorted_map_holds(changes in prop::collection::vec(change(), 1..24)) {
        let mut lines = vec![[0; WORDS]; nodes(1, LEVELS) * LINES];
        let mut both = Both::new(&mut lines);
        for change in &changes {
            both.apply(change);
            both.check_searches();
        }
    }
}

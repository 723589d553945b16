//! How a range of a channel's numbers lies to what was taken before.

use oxberry_core::units::{Numbering, Position, SeqNum};

/// What a message covers: the numbers `(after, through]` of a numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The numbering.
    pub numbering: Numbering,
    /// The number before the first.
    pub after: SeqNum,
    /// The last number.
    pub through: SeqNum,
    /// When the numbering begins with it: where its sender left the one before.
    pub begins: Option<Position>,
}

/// How a range lies to a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// All of it was taken before.
    Copy,
    /// It goes on from the position; what of it was taken before is to be passed over.
    Follows,
    /// It goes on from the position by beginning its numbering.
    Begins,
    /// Something before it is missing.
    Hole,
}

impl Range {
    /// How it lies to the position of somebody who has taken all up to there.
    ///
    /// A lower numbering is a copy. A higher one follows only where its sender says that it begins
    /// right behind the position; else the hole begins with the tail of the old numbering.
    #[must_use]
    pub fn fit(&self, at: Position) -> Fit {
        if self.numbering < at.numbering {
            return Fit::Copy;
        }
        if self.numbering > at.numbering {
            return match self.begins {
                Some(previous)
                    if previous.numbering == at.numbering && previous.seq_num <= at.seq_num =>
                {
                    Fit::Begins
                }
                Some(_) | None => Fit::Hole,
            };
        }
        if self.after > at.seq_num {
            Fit::Hole
        } else if self.through <= at.seq_num {
            Fit::Copy
        } else {
            Fit::Follows
        }
    }

    /// From where on it goes on: whoever stands there or above misses nothing before it.
    #[must_use]
    pub const fn start(&self) -> Position {
        match self.begins {
            Some(previous) => previous,
            None => Position {
                numbering: self.numbering,
                seq_num: self.after,
            },
        }
    }

    /// Where somebody at `at`, to whom it is a [hole](Fit::Hole), has to come first; always above `at`.
    #[must_use]
    pub fn needs(&self, at: Position) -> Position {
        let start = self.start();
        if start > at {
            return start;
        }
        // It begins a numbering behind one that is not known here.
        Position {
            numbering: self.numbering,
            seq_num: self.after,
        }
    }

    /// Where somebody stands who has taken it.
    #[must_use]
    pub const fn end(&self) -> Position {
        Position {
            numbering: self.numbering,
            seq_num: self.through,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(numbering: u64, number: u32) -> Position {
        Position {
            numbering: Numbering::from_raw(numbering),
            seq_num: SeqNum::from_raw(number),
        }
    }

    fn range(numbering: u64, after: u32, through: u32, begins: Option<Position>) -> Range {
        Range {
            numbering: Numbering::from_raw(numbering),
            after: SeqNum::from_raw(after),
            through: SeqNum::from_raw(through),
            begins,
        }
    }

    #[test]
    fn a_range_of_the_same_numbering_is_a_copy_follows_or_shows_a_hole() {
        for (after, through, fit) in [
            (0, 9, Fit::Copy),
            (3, 10, Fit::Copy),
            (10, 10, Fit::Copy),
            (3, 11, Fit::Follows),
            (10, 12, Fit::Follows),
            (11, 11, Fit::Hole),
            (11, 12, Fit::Hole),
        ] {
            assert_eq!(
                range(5, after, through, None).fit(at(5, 10)),
                fit,
                "({after}, {through}]"
            );
        }
    }

    #[test]
    fn a_lower_numbering_is_a_copy_and_a_higher_one_a_hole_unless_it_begins_right_here() {
        assert_eq!(range(4, 11, 12, None).fit(at(5, 10)), Fit::Copy);
        assert_eq!(range(6, 0, 3, None).fit(at(5, 10)), Fit::Hole);
        assert_eq!(range(6, 0, 3, Some(at(5, 10))).fit(at(5, 10)), Fit::Begins);
        // Nothing happened in 9 and 10.
        assert_eq!(range(6, 0, 3, Some(at(5, 8))).fit(at(5, 10)), Fit::Begins);
        assert_eq!(range(6, 0, 3, Some(at(5, 11))).fit(at(5, 10)), Fit::Hole);
        assert_eq!(range(7, 0, 3, Some(at(6, 1))).fit(at(5, 10)), Fit::Hole);
        // Its beginning came before.
        assert_eq!(range(6, 0, 3, Some(at(5, 10))).fit(at(6, 3)), Fit::Copy);
        assert_eq!(range(6, 0, 4, Some(at(5, 10))).fit(at(6, 3)), Fit::Follows);
    }
}

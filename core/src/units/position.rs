//! Where a message stands in the life of its channel.

use super::{SeqNum, UnixNanos, unit};

unit! {
    /// One numbering of a channel: what a sequence number reset starts, named by the SourceTime of
    /// that reset in nanoseconds since 1970, or of the last one where it is repeated. Everybody who
    /// reads the channel gives it the same name, and a later numbering has a greater one.
    Numbering(u64)
}

impl Numbering {
    /// Before anything came.
    pub const NONE: Self = Self::from_raw(0);
    /// Its reset was not read: the reading began in the middle of a day.
    pub const UNNAMED: Self = Self::from_raw(1);

    /// The numbering that was started then.
    #[must_use]
    pub fn started(then: UnixNanos) -> Self {
        Self::from_raw(then.raw()).max(Self::UNNAMED.following())
    }

    /// The least name that a later numbering may have.
    #[must_use]
    pub const fn following(self) -> Self {
        Self::from_raw(self.raw().saturating_add(1))
    }
}

/// The place of a message in its channel. Later messages have greater positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Position {
    /// The numbering.
    pub numbering: Numbering,
    /// The number within it.
    pub seq_num: SeqNum,
}

impl core::fmt::Display for Position {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}", self.numbering, self.seq_num)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_later_numbering_is_after_every_number_of_an_earlier_one() {
        let position = |numbering, seq_num| Position {
            numbering,
            seq_num: SeqNum::from_raw(seq_num),
        };
        let named = Numbering::started(UnixNanos::from_raw(1_337_000_000));
        let unnamed = Numbering::UNNAMED;
        assert!(Position::default() < position(unnamed, 5));
        assert!(position(unnamed, 5) < position(unnamed, 6));
        assert!(position(unnamed, 99) < position(named, 1));
        assert_eq!(position(named, 7).to_string(), "1337000000:7");
    }

    #[test]
    fn a_name_is_never_that_of_a_numbering_without_one() {
        assert!(Numbering::started(UnixNanos::default()) > Numbering::UNNAMED);
    }
}

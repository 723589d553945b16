//! Durations as they can be typed.

use std::{num::NonZeroU64, str::FromStr};

/// The units, with their nanoseconds.
const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
];

/// How far samples are from each other, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Every(pub(super) NonZeroU64);

impl FromStr for Every {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let at = text.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = text.split_at_checked(at)?;
            let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
            let number: u64 = number.parse().ok()?;
            NonZeroU64::new(number.checked_mul(*nanoseconds)?)
        };
        let nanoseconds = parse();
        nanoseconds
            .map(Self)
            .ok_or("a duration is a number above 0 with ns, us, ms, s, m or h, as 100ms or 1m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_and_is_not_zero() {
        let typed = |text: &str| {
            text.parse()
                .ok()
                .map(|Every(nanoseconds)| nanoseconds.get())
        };
        assert_eq!(typed("1s"), Some(1_000_000_000));
        assert_eq!(typed("100ms"), Some(100_000_000));
        assert_eq!(typed("1m"), Some(60_000_000_000));
        assert_eq!(typed("250us"), Some(250_000));
        assert_eq!(typed("2h"), Some(7_200_000_000_000));
        for wrong in ["", "1", "s", "0s", "-1s", "1.5s", "1d", "99999999999h"] {
            assert_eq!(typed(wrong), None, "{wrong}");
        }
    }
}

//! Instants as they can be typed.

use std::str::FromStr;

use oxberry_core::units::UnixNanos;

use crate::new_york::Day;

const SECOND: i64 = 1_000_000_000;

/// What can be typed, for who typed something else.
const FORMS: &str = "a time is HH:MM[:SS[.fraction]] in New York, a date with a time and an offset as \
    2012-06-21T09:30:00-04:00, or nanoseconds since 1970 UTC";

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instant {
    /// A time of day in New York, on the day of the feed, in nanoseconds.
    OfDay(i64),
    /// A time of its own.
    Absolute(UnixNanos),
}

impl Instant {
    /// The time, where the feed is of this day.
    pub(super) fn on(self, day: Day) -> UnixNanos {
        match self {
            Self::OfDay(time) => {
                UnixNanos::from_raw(u64::try_from(day.at_in_new_york(time)).unwrap_or(0))
            }
            Self::Absolute(time) => time,
        }
    }
}

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| FORMS.to_owned())
    }
}

fn parse(text: &str) -> Option<Instant> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Instant::Absolute(UnixNanos::from_raw(text.parse().ok()?)));
    }
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return Some(Instant::OfDay(time_of_day(text)?));
    };
    let day = {
        let mut parts = date.split('-');
        let mut part = |digits| number(parts.next()?, digits);
        let day = Day::of_date(part(4)?, part(2)?, part(2)?)?;
        parts.next().is_none().then_some(day)?
    };
    let (time, ahead) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let (time, offset) = time.split_at_checked(at)?;
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let ahead = (hours * 60 + minutes) * 60 * SECOND;
            (
                time,
                if offset.starts_with('-') {
                    -ahead
                } else {
                    ahead
                },
            )
        }
    };
    let nanoseconds = day.at_in_utc(time_of_day(time)?) - ahead;
    let nanoseconds = u64::try_from(nanoseconds).ok()?;
    Some(Instant::Absolute(UnixNanos::from_raw(nanoseconds)))
}

/// `HH:MM[:SS[.fraction]]` in nanoseconds.
fn time_of_day(text: &str) -> Option<i64> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "00"));
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let (hours, minutes, seconds) = (number(hours, 2)?, number(minutes, 2)?, number(seconds, 2)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let fraction = number(&format!("{fraction:0<9}"), 9)?;
    Some(((hours * 60 + minutes) * 60 + seconds) * SECOND + fraction)
}

/// A number of so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_the_day(text: &str) -> Option<u64> {
        let day = Day::of_date(2012, 6, 21).unwrap();
        let instant: Result<Instant, _> = text.parse();
        instant.ok().map(|instant| instant.on(day).raw())
    }

    #[test]
    fn an_instant_can_be_typed_in_three_ways() {
        let half_past_nine = 1_340_285_400_000_000_000;
        for (text, plus) in [
            ("09:30", 0),
            ("09:30:00", 0),
            ("09:30:00.5", 500_000_000),
            ("09:30:01.000000001", 1_000_000_001),
            ("2012-06-21T09:30:00-04:00", 0),
            ("2012-06-21T13:30:00Z", 0),
            ("2012-06-21 13:30:00.25z", 250_000_000),
            ("2012-06-21T15:30+02:00", 0),
            ("1340285400000000000", 0),
        ] {
            assert_eq!(on_the_day(text), Some(half_past_nine + plus), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "9:30",
            "24:00",
            "09:60",
            "09:30:60",
            "09:30:00.",
            "09:30:00.1234567890",
            "2012-06-21",
            "2012-06-21T09:30",
            "2012-02-30T09:30Z",
            "2012-06-21T09:30-4",
            "2012-06-21T09:30+24:00",
            "2012-06-21T09:30-04:60",
            "1969-12-31T23:59Z",
            "0001-01-01T00:00Z",
            "2262-04-12T00:00Z",
            "9999-12-31T23:59Z",
            "-5",
            "99999999999999999999",
            "09:30:00,5",
            "noon",
        ] {
            assert_eq!(on_the_day(text), None, "{text}");
        }
    }
}

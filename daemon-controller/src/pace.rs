//! How fast a recorded feed is replayed.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use oxberry_core::units::{Instant, UnixNanos};

/// How many times faster than it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many thousandths of the recorded speed.
    Thousandths(u64),
    /// As fast as the cluster takes it.
    Max,
}

impl Speed {
    /// What a speed must be, for a message about one that is none.
    pub const MUST_BE: &str =
        "a number from 0.001 to 18446744073709551 with at most three decimals, or max";
}

/// The text is neither a number above 0 nor `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASpeed;

/// When each packet is due: send times of the feed, laid over the clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    speed: Speed,
    /// The first send time of all channels, and the instant that stands for it.
    start: (UnixNanos, Instant),
}

impl FromStr for Speed {
    type Err = NotASpeed;

    fn from_str(text: &str) -> Result<Self, NotASpeed> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > 3 || !is_digits(whole) || !is_digits(part) {
            return Err(NotASpeed);
        }
        let thousandths = format!("{whole}{part:0<3}")
            .parse()
            .map_err(|_| NotASpeed)?;
        if thousandths == 0 {
            Err(NotASpeed)
        } else {
            Ok(Self::Thousandths(thousandths))
        }
    }
}

/// As a person writes it.
impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thousandths(thousandths) => {
                write!(f, "{}", thousandths / 1_000)?;
                match thousandths % 1_000 {
                    0 => Ok(()),
                    part => write!(f, ".{}", format!("{part:03}").trim_end_matches('0')),
                }
            }
            Self::Max => f.write_str("max"),
        }
    }
}

impl Pace {
    /// A pace at which what was sent at `first_sent` is due now.
    #[must_use]
    pub const fn new(speed: Speed, first_sent: UnixNanos, now: Instant) -> Self {
        Self {
            speed,
            start: (first_sent, now),
        }
    }

    /// When a packet is due, `None` for at once.
    #[must_use]
    pub fn due(&self, sent: UnixNanos) -> Option<Instant> {
        match self.speed {
            Speed::Max => None,
            Speed::Thousandths(thousandths) => {
                let (first_sent, started) = self.start;
                let nanos = sent.since(first_sent).as_nanos() * 1_000 / u128::from(thousandths);
                let after = u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos);
                Some(started.after(after))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_numbers_above_zero_or_max() {
        let cases = [
            ("1", Ok(Speed::Thousandths(1_000))),
            ("0.25", Ok(Speed::Thousandths(250))),
            ("60", Ok(Speed::Thousandths(60_000))),
            ("max", Ok(Speed::Max)),
            ("0", Err(NotASpeed)),
            ("-1", Err(NotASpeed)),
            ("1e3", Err(NotASpeed)),
            ("", Err(NotASpeed)),
            (".5", Err(NotASpeed)),
            ("99999999999999999999", Err(NotASpeed)),
        ];
        for (text, speed) in cases {
            assert_eq!(text.parse(), speed, "{text}");
        }
    }

    #[test]
    fn a_speed_is_printed_as_it_is_written() {
        for text in ["1", "0.25", "60", "12.001", "0.1", "max"] {
            assert_eq!(text.parse::<Speed>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_packet_is_due_when_its_time_has_passed_at_the_pace() {
        let now = Instant::from_raw(5_000);
        let pace = Pace::new(Speed::Thousandths(2_000), UnixNanos::from_raw(100), now);
        assert_eq!(
            pace.due(UnixNanos::from_raw(300)),
            Some(Instant::from_raw(5_100))
        );
        assert_eq!(pace.due(UnixNanos::from_raw(50)), Some(now));
        let pace = Pace::new(Speed::Max, UnixNanos::from_raw(100), now);
        assert_eq!(pace.due(UnixNanos::from_raw(300)), None);
    }
}

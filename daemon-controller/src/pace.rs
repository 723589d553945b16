//! How fast a recorded feed is replayed.

use core::fmt;
use core::str::FromStr;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

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
#[derive(Clone, Debug)]
pub struct Pace {
    speed: Speed,
    /// The first send time of all channels, and the instant that stands for it.
    start: (UnixNanos, Instant),
    skipped: Skipped,
}

/// How much time of the replay is not waited for, since it was played by the controller before. The channels
/// of a run share it, so that they go on at one time of the feed: that of the one that is furthest.
#[derive(Clone, Debug, Default)]
pub struct Skipped(Arc<AtomicU64>);

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
    /// A pace at which what was sent at `first_sent` is due now, but for what is skipped.
    #[must_use]
    pub const fn new(speed: Speed, first_sent: UnixNanos, now: Instant, skipped: Skipped) -> Self {
        Self {
            speed,
            start: (first_sent, now),
            skipped,
        }
    }

    /// When a packet is due, `None` for at once.
    #[must_use]
    pub fn due(&self, sent: UnixNanos) -> Option<Instant> {
        let after = self.after(sent)?;
        let skipped = self.skipped.0.load(Ordering::Relaxed);
        Some(
            self.start
                .1
                .after(Duration::from_nanos(after.saturating_sub(skipped))),
        )
    }

    /// A packet is read that was played before: what follows it is due from now on.
    pub fn pass_by(&self, sent: UnixNanos, now: Instant) {
        let passed = now.since(self.start.1).as_nanos();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        let skipped = self.after(sent).unwrap_or(0).saturating_sub(passed);
        self.skipped.0.fetch_max(skipped, Ordering::Relaxed);
    }

    /// Nanoseconds of the replay from its start to a packet; `None` where all come at once.
    fn after(&self, sent: UnixNanos) -> Option<u64> {
        match self.speed {
            Speed::Max => None,
            Speed::Thousandths(thousandths) => {
                let since = sent.since(self.start.0).as_nanos();
                let nanos = since * 1_000 / u128::from(thousandths);
                Some(u64::try_from(nanos).unwrap_or(u64::MAX))
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
        let first_sent = UnixNanos::from_raw(100);
        let pace = |speed| Pace::new(speed, first_sent, now, Skipped::default());
        let (max, pace) = (pace(Speed::Max), pace(Speed::Thousandths(2_000)));
        assert_eq!(
            pace.due(UnixNanos::from_raw(300)),
            Some(Instant::from_raw(5_100))
        );
        assert_eq!(pace.due(UnixNanos::from_raw(50)), Some(now));
        assert_eq!(max.due(UnixNanos::from_raw(300)), None);
    }

    #[test]
    fn what_was_played_before_is_not_waited_for_by_any_channel() {
        let (first_sent, start) = (UnixNanos::from_raw(100), Instant::from_raw(5_000));
        let skipped = Skipped::default();
        let pace = |skipped| Pace::new(Speed::Thousandths(2_000), first_sent, start, skipped);
        let (first, second) = (pace(Skipped::clone(&skipped)), pace(skipped));
        // 900 of the feed are 450 of the replay, of which 50 have passed.
        first.pass_by(UnixNanos::from_raw(1_000), Instant::from_raw(5_050));
        // One that has less behind it takes nothing back.
        second.pass_by(UnixNanos::from_raw(500), Instant::from_raw(5_060));
        let due = Some(Instant::from_raw(5_150));
        assert_eq!(first.due(UnixNanos::from_raw(1_200)), due);
        assert_eq!(second.due(UnixNanos::from_raw(1_200)), due);
        let at_once = Some(start);
        assert_eq!(second.due(UnixNanos::from_raw(700)), at_once);
    }
}

//! The rim's clocks: deadlines from one, time stamps from the other.

use std::time::{Duration, SystemTime};

use oxberry_core::units::{Instant, UnixNanos};

/// A monotonic clock that began when it was made, and the wall clock for stamps.
///
/// Copies agree with each other, so that threads of one process can compare their times.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: std::time::Instant,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the rim's only reading of the monotonic clock"
    )]
    pub fn start() -> Self {
        let origin = std::time::Instant::now();
        Self { origin }
    }

    /// The present, for deadlines.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_raw(nanos(self.origin.elapsed()))
    }

    /// The present, for stamps that others read. Zero while the machine's clock is before 1970.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the rim's only reading of the wall clock"
    )]
    pub fn wall(&self) -> UnixNanos {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        UnixNanos::from_raw(nanos(since_epoch.unwrap_or_default()))
    }
}

/// Nanoseconds of a duration; `u64` holds 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn time_does_not_go_back() {
        let clock = Clock::start();
        let first = clock.now();
        assert!(clock.now() >= first);
    }

    #[test]
    fn stamps_are_of_this_century() {
        assert!(Clock::start().wall().raw() > 946_684_800_000_000_000);
    }
}

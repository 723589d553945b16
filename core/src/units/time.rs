//! Two clocks, two types: what others stamped, and what our deadlines use.

use core::time::Duration;

use super::unit;

unit! {
    /// Nanoseconds since 1970-01-01 UTC, as a venue or a capture stamped them.
    UnixNanos(u64)
}

unit! {
    /// Nanoseconds of a monotonic clock with an arbitrary start, for deadlines.
    Instant(u64)
}

/// Nanoseconds in a second.
const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl UnixNanos {
    /// From the whole seconds and nanoseconds that the wire carries apart.
    #[must_use]
    pub const fn from_parts(seconds: u32, nanoseconds: u32) -> Self {
        // At most 4.3e18 + 4.3e9, which fits; widening is lossless but `from` is not const.
        Self::from_raw(seconds as u64 * NANOS_PER_SECOND + nanoseconds as u64)
    }

    /// The whole seconds and nanoseconds apart, as the wire carries them; seconds saturate in 2106.
    #[must_use]
    pub fn to_parts(self) -> (u32, u32) {
        let seconds = u32::try_from(self.raw() / NANOS_PER_SECOND).unwrap_or(u32::MAX);
        let nanoseconds = u32::try_from(self.raw() % NANOS_PER_SECOND).unwrap_or(u32::MAX);
        (seconds, nanoseconds)
    }

    /// The time that passed since `earlier`; zero when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.raw().saturating_sub(earlier.raw()))
    }
}

impl Instant {
    /// This instant and `later` more; saturates at the end of the clock.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        let nanos = u64::try_from(later.as_nanos()).unwrap_or(u64::MAX);
        Self::from_raw(self.raw().saturating_add(nanos))
    }

    /// The time that passed since `earlier`; zero when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.raw().saturating_sub(earlier.raw()))
    }
}

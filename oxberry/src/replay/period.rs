//! The part of the feed that is played, and the part of it that is shown.

use anyhow::anyhow;
use oxberry_core::units::UnixNanos;

use super::instant::Instant;
use crate::{failure::Failure, new_york::Day};

/// A period as it was typed: the day that it is on is not known before the first packet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Period {
    /// Rows of what was sent before are left out.
    pub(super) from: Option<Instant>,
    /// Where reading stops.
    pub(super) end: Option<End>,
}

/// Where reading stops.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Before the first packet that was sent then or later.
    Until(Instant),
    /// Behind the last packet that was sent then or earlier.
    At(Instant),
}

/// A period of a feed whose day is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Rows begin here.
    pub(crate) from: UnixNanos,
    /// The first time that is not read any more.
    pub(crate) stop: Option<UnixNanos>,
}

impl Period {
    /// What lies between two times; without one of them, from the beginning or to the end.
    pub(crate) const fn between(from: Option<Instant>, until: Option<Instant>) -> Self {
        let end = match until {
            Some(until) => Some(End::Until(until)),
            None => None,
        };
        Self { from, end }
    }

    /// The period of a feed whose first packet was sent then.
    ///
    /// # Errors
    ///
    /// A usage error when nothing can be in it, and a failure when the feed begins behind the end.
    pub(crate) fn of_feed(self, first: UnixNanos) -> Result<Bounds, Failure> {
        let day = Day::in_new_york(first);
        let from = self.from.map(|from| from.on(day));
        let stop = self.end.map(|end| match end {
            End::Until(until) => until.on(day),
            End::At(at) => UnixNanos::from_raw(at.on(day).raw().saturating_add(1)),
        });
        if let (Some(from), Some(stop)) = (from, stop)
            && from >= stop
        {
            return Err(Failure::Usage(format!(
                "--from is not before --until: {from} and {stop} nanoseconds since 1970 on {day}, \
                 the day of the feed"
            )));
        }
        if let (Some(End::Until(_)), Some(stop)) = (self.end, stop)
            && stop <= first
        {
            return Err(Failure::Run(anyhow!(
                "--until: nothing was sent before {stop} nanoseconds since 1970; the first packet of {day} was sent \
                 at {first}"
            )));
        }
        let from = from.unwrap_or_default();
        Ok(Bounds { from, stop })
    }
}

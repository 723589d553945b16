//! Waiting for a peer, and when to tell a person.

use std::time::Duration;

use oxberry_core::units::Instant;

use crate::limits::PATIENCE;

/// Whether something is waited for, since when, and whether that was said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    since: Option<Instant>,
    is_said: bool,
}

impl Patience {
    /// There is something to wait for. Saying so again does not start anew.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// It came. Returns whether a person had been told that it is waited for.
    pub(crate) fn end(&mut self) -> bool {
        let Self { is_said, .. } = core::mem::take(self);
        is_said
    }

    /// Whether something is waited for.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// How long the wait has been, when it is time to tell a person: once a wait.
    pub(crate) fn overdue(&mut self, now: Instant) -> Option<Duration> {
        if self.poll_timeout()? > now {
            return None;
        }
        self.is_said = true;
        self.since.map(|since| now.since(since))
    }

    /// When [`overdue`](Self::overdue) wants to be asked next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let since = self.since.filter(|_| !self.is_said)?;
        Some(since.after(PATIENCE))
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::Instant;

    use super::Patience;
    use crate::limits::PATIENCE;

    #[test]
    fn a_wait_is_said_once_after_its_time() {
        let start = Instant::from_raw(1_000);
        let mut patience = Patience::default();
        assert_eq!(patience.overdue(start), None);
        patience.begin(start);
        patience.begin(start.after(PATIENCE / 2));
        assert_eq!(patience.poll_timeout(), Some(start.after(PATIENCE)));
        assert_eq!(patience.overdue(start.after(PATIENCE / 2)), None);
        assert_eq!(patience.overdue(start.after(PATIENCE)), Some(PATIENCE));
        assert_eq!(patience.overdue(start.after(PATIENCE * 2)), None);
        assert!(patience.end());
        assert!(!patience.is_waiting());
    }

    #[test]
    fn a_short_wait_is_never_said() {
        let mut patience = Patience::default();
        patience.begin(Instant::from_raw(0));
        assert!(!patience.end());
        assert_eq!(patience.poll_timeout(), None);
    }
}

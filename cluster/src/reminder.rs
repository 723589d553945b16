//! When one who waits says so again.

use core::time::Duration;

use oxberry_core::units::Instant;

use crate::limits::{LONGEST_REPORT_INTERVAL, WAITING_REPORT_INTERVAL};

/// Soon at first, then half as often each time: who is at the machine learns at once what is missing,
/// and a night of waiting fills no log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reminder {
    said: Instant,
    pause: Duration,
}

impl Reminder {
    /// One that begins to wait now, or has just said for what.
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            said: now,
            pause: WAITING_REPORT_INTERVAL,
        }
    }

    /// When it is due.
    pub(crate) fn due(&self) -> Instant {
        self.said.after(self.pause)
    }

    /// Whether it is due. The next one comes later then.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let is_due = self.due() <= now;
        if is_due {
            self.said = now;
            self.pause = (self.pause * 2).min(LONGEST_REPORT_INTERVAL);
        }
        is_due
    }

    /// Something else is to be said than before. That waits no longer than the first pause.
    pub(crate) const fn hurry(&mut self) {
        self.pause = WAITING_REPORT_INTERVAL;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_of_waiting_is_told_soon_and_then_every_ten_minutes() {
        let second = Duration::from_secs(1);
        let mut now = Instant::from_raw(0);
        let mut reminder = Reminder::new(now);
        let mut told = Vec::new();
        for passed in 1..=12 * 3_600 {
            now = now.after(second);
            if reminder.take(now) {
                told.push(passed);
            }
        }
        assert_eq!(told[..4], [5, 15, 35, 75]);
        assert!(told.len() < 80, "{told:?}");
        let last = told[told.len() - 2..].to_vec();
        assert_eq!(last[1] - last[0], 600);
    }

    #[test]
    fn other_news_do_not_wait_for_the_long_pause() {
        let mut now = Instant::from_raw(0);
        let mut reminder = Reminder::new(now);
        for _ in 0..10 {
            now = reminder.due();
            assert!(reminder.take(now));
        }
        reminder.hurry();
        assert!(!reminder.take(now));
        assert!(reminder.take(now.after(WAITING_REPORT_INTERVAL)));
    }
}

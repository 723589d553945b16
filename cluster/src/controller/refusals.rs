//! Whom the controller sends away, and how often that is said.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use oxberry_core::units::Instant;
use oxberry_proto::NodeName;
use oxberry_proto::start::RefusedReason;

use crate::reminder::Reminder;

/// Names that are remembered. Of more, as no cluster has them, only the count is told.
const MOST_NAMES: usize = 256;

/// A Pi that is sent away asks again about once a second, and a person wants to read of it once.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    said: BTreeMap<NodeName, (RefusedReason, Reminder)>,
}

impl Refusals {
    /// Whether a person is to be told that a node of this name is sent away: at first, when the reason
    /// is another one, and now and then if it does not pass by itself.
    pub(super) fn is_news(&mut self, now: Instant, name: &NodeName, reason: RefusedReason) -> bool {
        let is_full = self.said.len() >= MOST_NAMES;
        match self.said.entry(name.clone()) {
            Entry::Vacant(entry) => {
                if !is_full {
                    entry.insert((reason, Reminder::new(now)));
                }
                !is_full
            }
            Entry::Occupied(mut entry) => {
                let (said, reminder) = entry.get_mut();
                let is_another = *said != reason;
                if is_another {
                    reminder.hurry();
                }
                let is_news = (is_another || !reason.passes()) && reminder.take(now);
                if is_news {
                    *said = reason;
                }
                is_news
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn who_is_sent_away_every_second_is_told_seldom() {
        let mut refusals = Refusals::default();
        let name = NodeName::try_from("pi").unwrap();
        let mut told = |reason: fn(u32) -> RefusedReason, second: u64| {
            let now = Instant::default().after(Duration::from_secs(second));
            let reason = reason(u32::try_from(second).unwrap());
            refusals.is_news(now, &name, reason)
        };
        let next_run = |_| RefusedReason::NextRun;
        assert!(told(next_run, 1));
        assert!((2..10_000).all(|second| !told(next_run, second)));
        let small = |_| RefusedReason::TooSmall { symbols: 9 };
        let times = (10_000..20_000).filter(|&second| told(small, second));
        assert!((2..30).contains(&times.count()));
        // Two of one name, of which each is told something else.
        let in_turns = |second| RefusedReason::TooSmall { symbols: second };
        let times = (20_000..20_100).filter(|&second| told(in_turns, second));
        assert!(times.count() <= 20);
    }

    #[test]
    fn more_names_than_a_cluster_has_take_no_more_memory() {
        let mut refusals = Refusals::default();
        let now = Instant::default();
        let told = (0..10_000).filter(|number| {
            let name = format!("pi-{number}");
            let name = NodeName::try_from(name.as_str()).unwrap();
            refusals.is_news(now, &name, RefusedReason::Full)
        });
        assert_eq!(told.count(), MOST_NAMES);
        assert_eq!(refusals.said.len(), MOST_NAMES);
    }
}

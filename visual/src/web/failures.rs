//! Wrong tokens, by the address that they came from.
//!
//! Who guesses has to wait; who comes from elsewhere has not. One table of fixed size, which forgets.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::Instant;

use super::network::network;
use crate::limits::{FAILURE_MEMORY, MAX_FAILING_ADDRESSES, MAX_FAILURES};

/// Where the failures of those beyond the table's size are counted.
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Who failed lately, and how often.
#[derive(Debug, Default)]
pub(super) struct Failures(BTreeMap<IpAddr, Lately>);

#[derive(Clone, Copy, Debug)]
struct Lately {
    since: Instant,
    times: u32,
}

impl Failures {
    /// How long this address has to wait before its next try, if it has to.
    pub(super) fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let lately = self.0.get(&self.key(from))?;
        let rest = (lately.since + FAILURE_MEMORY).checked_duration_since(now)?;
        (lately.times >= MAX_FAILURES && !rest.is_zero()).then_some(rest)
    }

    /// Counts a wrong token of this address.
    pub(super) fn handle_failure(&mut self, from: IpAddr, now: Instant) {
        self.0
            .retain(|_, lately| now.duration_since(lately.since) < FAILURE_MEMORY);
        let key = self.key(from);
        let first = Lately {
            since: now,
            times: 0,
        };
        self.0.entry(key).or_insert(first).times += 1;
    }

    fn key(&self, from: IpAddr) -> IpAddr {
        let network = network(from);
        if self.0.contains_key(&network) || self.0.len() < MAX_FAILING_ADDRESSES {
            network
        } else {
            OTHERS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(last: u32) -> IpAddr {
        Ipv4Addr::from_bits(0xc000_0200 + last).into()
    }

    fn fail(failures: &mut Failures, from: IpAddr, times: u32, now: Instant) {
        for _ in 0..times {
            failures.handle_failure(from, now);
        }
    }

    #[test]
    fn who_failed_too_often_waits_until_it_is_forgotten_and_others_do_not() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        fail(&mut failures, v4(1), MAX_FAILURES - 1, start);
        assert_eq!(failures.wait(v4(1), start), None);
        fail(&mut failures, v4(1), 1, start);
        assert_eq!(failures.wait(v4(1), start), Some(FAILURE_MEMORY));
        assert_eq!(failures.wait(v4(2), start), None);
        let later = start + FAILURE_MEMORY / 3;
        assert_eq!(failures.wait(v4(1), later), Some(FAILURE_MEMORY * 2 / 3));
        let end = start + FAILURE_MEMORY;
        assert_eq!(failures.wait(v4(1), end), None);
        fail(&mut failures, v4(1), 1, end);
        assert_eq!(failures.wait(v4(1), end), None, "it begins anew");
    }

    #[test]
    fn one_person_has_one_count_under_all_addresses_of_a_network() {
        let (mut failures, now) = (Failures::default(), Instant::now());
        let v6 = |text: &str| text.parse::<IpAddr>().unwrap();
        fail(&mut failures, v6("2001:db8::1"), MAX_FAILURES, now);
        assert!(failures.wait(v6("2001:db8::ffff:1"), now).is_some());
        assert!(failures.wait(v6("2001:db8:0:1::1"), now).is_none());
        fail(&mut failures, v6("::ffff:192.0.2.9"), MAX_FAILURES, now);
        assert!(failures.wait(v4(9), now).is_some());
        assert!(failures.wait(v4(8), now).is_none());
    }

    #[test]
    fn the_table_does_not_grow_and_those_beyond_it_share_one_count() {
        let (mut failures, now) = (Failures::default(), Instant::now());
        let many = u32::try_from(MAX_FAILING_ADDRESSES).unwrap();
        for last in 0..2 * many {
            failures.handle_failure(v4(last), now);
        }
        assert_eq!(failures.0.len(), MAX_FAILING_ADDRESSES + 1);
        assert!(failures.wait(v4(0), now).is_none());
        assert!(failures.wait(v4(5 * many), now).is_some());
        let later = now + FAILURE_MEMORY;
        failures.handle_failure(v4(0), later);
        assert_eq!(failures.0.len(), 1, "what is old makes room");
        assert!(failures.wait(v4(5 * many), later).is_none());
    }
}

//! How many requests an address may send.
//!
//! A bucket for each address: it fills by one in every [`API_INTERVAL`], up to [`API_BURST`], and a
//! request takes one out. Who finds it empty has to wait; who comes from elsewhere has not.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::Instant;

use super::network::network;
use crate::limits::{API_BURST, API_INTERVAL, MAX_API_ADDRESSES};

/// Whose bucket those share who are beyond the table's size.
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The buckets, each as when it will be full.
#[derive(Debug, Default)]
pub(super) struct Rates(BTreeMap<IpAddr, Instant>);

impl Rates {
    /// Takes one out of an address's bucket.
    ///
    /// # Errors
    ///
    /// How long it has to wait when there is none.
    pub(super) fn take(&mut self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let network = network(from);
        let is_known = self.0.contains_key(&network);
        if !is_known && self.0.len() >= MAX_API_ADDRESSES {
            self.0.retain(|_, full_at| *full_at > now);
        }
        let has_room = is_known || self.0.len() < MAX_API_ADDRESSES;
        let bucket = self.0.entry(if has_room { network } else { OTHERS });
        let full_at = bucket.or_insert(now);
        let next = (*full_at).max(now) + API_INTERVAL;
        let wait = next
            .duration_since(now)
            .saturating_sub(API_INTERVAL * API_BURST);
        if !wait.is_zero() {
            return Err(wait);
        }
        *full_at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u32) -> IpAddr {
        Ipv4Addr::from_bits(0xc000_0200 + last).into()
    }

    #[test]
    fn a_burst_is_served_and_then_one_in_each_interval() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        for _ in 0..API_BURST {
            assert_eq!(rates.take(address(1), start), Ok(()));
        }
        assert_eq!(rates.take(address(1), start), Err(API_INTERVAL));
        assert_eq!(
            rates.take(address(1), start),
            Err(API_INTERVAL),
            "asking costs nothing"
        );
        assert_eq!(rates.take(address(2), start), Ok(()), "others do not wait");
        let later = start + API_INTERVAL;
        assert_eq!(rates.take(address(1), later), Ok(()));
        assert_eq!(rates.take(address(1), later), Err(API_INTERVAL));
        let much_later = start + API_INTERVAL * (10 * API_BURST);
        let served = (0..2 * API_BURST).filter(|_| rates.take(address(1), much_later).is_ok());
        assert_eq!(
            u32::try_from(served.count()),
            Ok(API_BURST),
            "rest is not saved up"
        );
    }

    #[test]
    fn the_table_does_not_grow_and_those_beyond_it_share_one_bucket() {
        let (mut rates, now) = (Rates::default(), Instant::now());
        let many = u32::try_from(MAX_API_ADDRESSES).unwrap();
        let served = (0..3 * many).filter(|&last| rates.take(address(last), now).is_ok());
        assert_eq!(u32::try_from(served.count()), Ok(many + API_BURST));
        assert_eq!(rates.0.len(), MAX_API_ADDRESSES + 1);
        let later = now + API_INTERVAL * (2 * API_BURST);
        assert_eq!(rates.take(address(9 * many), later), Ok(()));
        assert_eq!(rates.0.len(), 1, "full buckets make room");
    }
}

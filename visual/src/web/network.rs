//! Which addresses count as one person's.

use std::net::{IpAddr, Ipv6Addr};

/// What one person has: an address of IPv4, or a /64 of IPv6.
pub(super) fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(bits).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

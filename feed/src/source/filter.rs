//! Which packets of a capture are wanted.

use std::net::{IpAddr, SocketAddr};

/// The multicast groups and ports whose packets are wanted; an empty list wants all.
///
/// Channel files have neither, so they pass as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Addresses that packets were sent to.
    pub groups: Vec<IpAddr>,
    /// Ports that packets were sent to.
    pub ports: Vec<u16>,
}

impl Filter {
    /// Whether packets to this group and port are wanted.
    #[must_use]
    #[inline]
    pub fn lets_through(&self, group: SocketAddr) -> bool {
        (self.groups.is_empty() || self.groups.contains(&group.ip()))
            && (self.ports.is_empty() || self.ports.contains(&group.port()))
    }
}

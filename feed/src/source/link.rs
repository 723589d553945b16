//! The link layers whose frames are understood.

use etherparse::EtherType;

use super::{
    counters::PassedOver,
    frame::{self, Datagram, Place},
};

/// How a capture's frames begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkLayer {
    Ethernet,
    RawIp,
    /// Four bytes that tell the family of addresses, which the version in IP's header tells too.
    Loopback,
    LinuxCooked,
    LinuxCooked2,
}

/// Where the EtherType lies in a Linux cooked header, and where the header ends. `etherparse` reads
/// only the first kind, and only from five kinds of hardware, of which the loopback is none.
const COOKED: (usize, usize) = (14, 16);
const COOKED_2: (usize, usize) = (0, 20);

const LOOPBACK_HEADER: usize = 4;

impl LinkLayer {
    /// From the number that capture files use, or `None` when it is not supported.
    pub(super) fn from_wire(link: u32) -> Option<Self> {
        match link {
            0 | 108 => Some(Self::Loopback),
            1 => Some(Self::Ethernet),
            12 | 14 | 101 | 228 | 229 => Some(Self::RawIp),
            113 => Some(Self::LinuxCooked),
            276 => Some(Self::LinuxCooked2),
            _ => None,
        }
    }

    /// Finds the UDP datagram in a frame, of which `missing` bytes were not captured.
    #[inline]
    pub(super) fn datagram(self, frame: &[u8], missing: usize) -> Result<Datagram, PassedOver> {
        let place = Place::new(frame, missing);
        match self {
            Self::Ethernet => frame::ethernet(place, frame),
            Self::RawIp => frame::ip(place, frame),
            Self::Loopback => frame::ip(place, after(frame, LOOPBACK_HEADER)?),
            Self::LinuxCooked => cooked(place, frame, COOKED),
            Self::LinuxCooked2 => cooked(place, frame, COOKED_2),
        }
    }
}

fn cooked(
    place: Place<'_>,
    frame: &[u8],
    (at, end): (usize, usize),
) -> Result<Datagram, PassedOver> {
    let ethertype = after(frame, at)?
        .first_chunk()
        .map(|bytes| EtherType(u16::from_be_bytes(*bytes)))
        .ok_or(PassedOver::CutOff)?;
    frame::of_type(place, ethertype, after(frame, end)?)
}

fn after(frame: &[u8], length: usize) -> Result<&[u8], PassedOver> {
    frame.get(length..).ok_or(PassedOver::CutOff)
}

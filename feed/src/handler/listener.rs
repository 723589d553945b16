//! Who listens to a handler.

use core::fmt;

use oxberry_core::feed::Follower;
use oxberry_core::line::Continuity;
use oxberry_core::xdp::{PacketRef, WireError};

/// Takes what a channel tells, and hears of the packets that tell it. `P` notes where one lies.
pub trait Listener<P>: Follower {
    /// The turn of a packet has come; what it tells follows.
    fn turn(&mut self, packet: &PacketRef<'_>, place: P);

    /// The packet has told everything.
    fn done(&mut self, packet: &PacketRef<'_>, place: P, read: &Read);

    /// A packet is not read, and tells nothing that another one told.
    fn dropped(&mut self, packet: &PacketRef<'_>, place: P, why: Dropped);
}

/// What reading a packet showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// What its number is to the channel, or why the rest of the packet is lost.
    pub sequence: Result<Continuity, WireError>,
    /// Whether it has messages that are malformed, or make no sense, or are of unknown symbols.
    pub has_odd_messages: bool,
    /// Whether it defines symbols.
    pub has_definitions: bool,
}

/// Why a packet is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It is cut off in the capture; another line may bring all of it.
    Cut,
    /// It is longer than any packet of the venue, and early.
    TooLong,
    /// It comes when its messages were given up.
    Late,
    /// It has numbers of long ago, and the next packet of its line does not go on with them.
    Unbelievable,
    /// It is of a refresh that holds messages of its channel which were never read.
    Ahead,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "cut off; left to the other lines",
            Self::TooLong => "longer than a packet can be; passed over",
            Self::Ahead => "of a refresh that holds more than was read; passed over",
            Self::Late => "comes when its messages were given up",
            Self::Unbelievable => {
                "numbers of long ago, with which the next packet does not go on; passed over"
            }
        })
    }
}

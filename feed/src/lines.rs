//! The lines by which a channel comes in captures.
//!
//! A venue sends every channel twice, to two multicast groups, and what one line loses the other
//! mostly brings.

use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;
use std::net::SocketAddr;

use oxberry_core::line::Arrival;
use oxberry_core::xdp::PacketRef;

use crate::source::Source;

/// How much of a capture [`look_ahead`] shows: time enough for the lines of a busy channel to show
/// what they carry, and little enough to wait for at the end of a pipe.
const PREVIEW: Duration = Duration::from_secs(1);

/// What came by one line; packets with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineCounters {
    /// To whom they were sent.
    pub group: SocketAddr,
    /// All of them.
    pub packets: u64,
    /// Brought what was missing when they came.
    pub filled: u64,
    /// Brought nothing new.
    pub duplicates: u64,
    /// Came when their messages were given up.
    pub late: u64,
    /// Were cut off, or not to be believed.
    pub unusable: u64,
}

impl LineCounters {
    pub(crate) const fn new(group: SocketAddr) -> Self {
        Self {
            group,
            packets: 0,
            filled: 0,
            duplicates: 0,
            late: 0,
            unusable: 0,
        }
    }

    /// Counts what became of a packet of this line, and how many gaps that filled.
    pub(crate) const fn count(&mut self, arrival: &Arrival, filled: u64) {
        self.packets += 1;
        self.filled += filled;
        match arrival {
            Arrival::Deliver { .. } | Arrival::Held | Arrival::Heartbeat => {}
            Arrival::Duplicate => self.duplicates += 1,
            Arrival::Late => self.late += 1,
            Arrival::Damaged
            | Arrival::Stray
            | Arrival::Unavailable
            | Arrival::Unwanted
            | Arrival::NoRoom => self.unusable += 1,
        }
    }
}

impl fmt::Display for LineCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            group,
            packets,
            filled,
            duplicates,
            late,
            unusable,
        } = self;
        write!(
            f,
            "by {group} {packets} packets, of which {filled} brought what was missing, {duplicates} \
             came twice, {late} too late, {unusable} unusable"
        )
    }
}

/// Shows the packets that come by lines, with their groups, at the start of a capture; of a channel
/// file none. To be called before the first packet is asked for.
pub fn look_ahead(source: &mut Source, mut visit: impl FnMut(SocketAddr, &PacketRef<'_>)) {
    let mut start = None;
    source.look_ahead(|packet| {
        let Some(group) = packet.group else {
            return ControlFlow::Break(());
        };
        if let Some(captured) = packet.captured
            && captured.since(*start.get_or_insert(captured)) > PREVIEW
        {
            return ControlFlow::Break(());
        }
        if let Ok(packet) = PacketRef::new(packet.bytes)
            && comes_by_line(&packet)
        {
            visit(group, &packet);
        }
        ControlFlow::Continue(())
    });
}

/// Whether the packet has messages with the channel's own numbers that nobody asked for.
fn comes_by_line(packet: &PacketRef<'_>) -> bool {
    let header = packet.header();
    let flag = header.delivery_flag;
    header.number_msgs > 0 && !flag.is_numbered_apart() && !flag.is_retransmission()
}

//! The lines by which a channel comes in captures, put in order.
//!
//! A venue sends every channel twice, to two multicast groups, and what one line loses the other
//! mostly brings. [`Lines`] says of each packet whether its turn has come, and keeps the early ones
//! until it comes, or until nobody can be expected to bring what is missing before them. Its clock
//! is that of the capture, so that the same files give the same order on every machine.
//!
//! When a channel comes by one line, or from a channel file, the turn of every packet is now: what
//! is missing there is missing for good.

use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;
use std::collections::VecDeque;
use std::net::SocketAddr;

use oxberry_core::line::{
    Arrival, Command, Config, Line, Sequence, SequenceTracker, Sequencer, Slot, Source as Way,
};
use oxberry_core::units::{Instant, SeqNum, UnixNanos};
use oxberry_core::xdp::PacketRef;

use crate::source::Source;

/// How long a missing number is awaited. The lines leave the venue together, so it covers what they
/// may differ by on their ways and in two capturing machines. Only the clock of the capture waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// Early packets that are kept a channel: 6 MB, and what 40,000 packets a second bring in that time.
const SLOTS: usize = 4_096;

/// How much of a capture [`look_ahead`] shows: time enough for the lines of a busy channel to show
/// what they carry, and little enough to wait for at the end of a pipe.
const PREVIEW: Duration = Duration::from_secs(1);

/// The lines of one channel. `P` is the caller's note of where a packet lies.
#[derive(Debug)]
pub struct Lines<P> {
    counters: Vec<LineCounters>,
    /// There is none before there are two lines.
    arbiter: Option<Arbiter<P>>,
}

/// Whether the turn of a packet has come.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has: read it now, then what [`Lines::release`] hands out.
    Now,
    /// It is kept until it has.
    Later,
    /// It will not: another line was first, or it comes too late, or cannot be believed.
    Never,
    /// It is cut off in the capture. Another line may bring all of it.
    Damaged,
}

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

/// What there is to do when a channel comes by more than one line.
#[derive(Debug)]
struct Arbiter<P> {
    sequencer: Sequencer<Box<[Slot]>>,
    /// The latest time seen: the clocks of two capturing machines may differ a little.
    now: Instant,
    /// Where the packets lie that are kept, by their first numbers, as they came.
    places: VecDeque<(SeqNum, P)>,
}

impl<P: Copy> Lines<P> {
    /// No line as yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            counters: Vec::new(),
            arbiter: None,
        }
    }

    /// The lines that a source shows at its start, when all that it holds is one channel.
    #[must_use]
    pub fn of_source(source: &mut Source) -> Self {
        let mut lines = Self::new();
        look_ahead(source, |group, _| lines.expect(group));
        lines
    }

    /// This line is known to carry the channel before its first packet comes. What another line
    /// loses before the first packet of a line that is not expected is not awaited.
    pub fn expect(&mut self, group: SocketAddr) {
        if self.index(group) > 0 && self.arbiter.is_none() {
            self.arbiter = Some(Arbiter::new(SeqNum::from_raw(1)));
        }
    }

    /// A packet came by a line, or from a channel file, which has no `group`. `captured` is when, as
    /// far as the capture tells; `tracker` is that of the channel that the packets are handed to.
    pub fn handle_packet(
        &mut self,
        group: Option<SocketAddr>,
        captured: Option<UnixNanos>,
        packet: &PacketRef<'_>,
        place: P,
        tracker: &SequenceTracker,
    ) -> Turn {
        let Some(group) = group else { return Turn::Now };
        if !comes_by_line(packet) {
            // A retransmission may bring what no line did, but must not get ahead of the lines.
            let early = matches!(tracker.classify(packet), Sequence::Gap { .. });
            let asked_for = packet.header().delivery_flag.is_retransmission();
            let waits = asked_for && self.arbiter.is_some();
            return if early && waits {
                Turn::Never
            } else {
                Turn::Now
            };
        }
        let index = self.index(group);
        let Some(counters) = self.counters.get_mut(index) else {
            return Turn::Now;
        };
        counters.packets += 1;
        if index > 0 && self.arbiter.is_none() {
            // What started the numbering says nothing to an arbiter that joins later.
            let starts = packet.header().seq_num == SeqNum::from_raw(1);
            if starts && tracker.classify(packet) == Sequence::Duplicate {
                counters.duplicates += 1;
                return Turn::Never;
            }
            self.arbiter = Some(Arbiter::new(tracker.next()));
        }
        let Some(arbiter) = &mut self.arbiter else {
            return Turn::Now;
        };
        let line = if index == 0 { Line::A } else { Line::B };
        let now = captured.unwrap_or_else(|| packet.header().send_time);
        arbiter.handle_packet(instant(now), line, packet, place, counters)
    }

    /// The time that [`poll_timeout`](Self::poll_timeout) named has come, by the clock of the
    /// capture.
    pub fn handle_timeout(&mut self, now: UnixNanos) {
        if let Some(arbiter) = &mut self.arbiter {
            arbiter.handle_timeout(instant(now));
        }
    }

    /// When something that is missing is to be given up.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<UnixNanos> {
        let deadline = self.arbiter.as_ref()?.sequencer.poll_timeout()?;
        Some(UnixNanos::from_raw(deadline.raw()))
    }

    /// Nothing comes any more, so that nothing is worth waiting for.
    pub fn finish(&mut self, deliver: &mut impl FnMut(&PacketRef<'_>, P)) {
        let Some(arbiter) = &mut self.arbiter else {
            return;
        };
        // Every turn gives up the lowest gap and releases what is before the next one.
        while arbiter.sequencer.held_packets() > 0 {
            arbiter.handle_timeout(Instant::from_raw(u64::MAX));
            arbiter.release(deliver);
        }
    }

    /// Hands out the kept packets whose turn has come; called after every other call.
    pub fn release(&mut self, deliver: &mut impl FnMut(&PacketRef<'_>, P)) {
        if let Some(arbiter) = &mut self.arbiter {
            arbiter.release(deliver);
        }
    }

    /// What came by each line, in the order in which they were first seen.
    #[must_use]
    pub fn counters(&self) -> &[LineCounters] {
        &self.counters
    }

    /// The number of a line, which is new if need be.
    fn index(&mut self, group: SocketAddr) -> usize {
        let known = self.counters.iter().position(|line| line.group == group);
        known.unwrap_or_else(|| {
            self.counters.push(LineCounters::new(group));
            self.counters.len() - 1
        })
    }
}

impl<P: Copy> Default for Lines<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Copy> Arbiter<P> {
    fn new(expected: SeqNum) -> Self {
        let config = Config {
            expected,
            two_lines: true,
            other_line_wait: PATIENCE,
            ..Config::FILE
        };
        let now = Instant::from_raw(0);
        let slots = vec![Slot::EMPTY; SLOTS].into_boxed_slice();
        Self {
            sequencer: Sequencer::new(now, config, slots),
            now,
            places: VecDeque::new(),
        }
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        line: Line,
        packet: &PacketRef<'_>,
        place: P,
        counters: &mut LineCounters,
    ) -> Turn {
        self.now = self.now.max(now);
        let filled = self.filled();
        let arrival = self
            .sequencer
            .handle_packet(self.now, Way::Line(line), packet);
        counters.filled += self.filled() - filled;
        match arrival {
            Arrival::Deliver { .. } => return Turn::Now,
            Arrival::Held => {
                self.places.push_back((packet.header().seq_num, place));
                return Turn::Later;
            }
            Arrival::Duplicate => counters.duplicates += 1,
            Arrival::Late => counters.late += 1,
            Arrival::Damaged => {
                counters.unusable += 1;
                return Turn::Damaged;
            }
            Arrival::Heartbeat
            | Arrival::Stray
            | Arrival::Unavailable
            | Arrival::Unwanted
            | Arrival::NoRoom => counters.unusable += 1,
        }
        Turn::Never
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.sequencer.handle_timeout(self.now);
    }

    fn release(&mut self, deliver: &mut impl FnMut(&PacketRef<'_>, P)) {
        // Losses show in the numbers of what comes after them, which the channel tracks.
        while let Some(command) = self.sequencer.next_command() {
            let Command::Deliver { packet, .. } = command else {
                continue;
            };
            let number = packet.header().seq_num;
            let kept = self.places.iter().position(|(kept, _)| *kept == number);
            let place = kept.and_then(|kept| self.places.remove(kept));
            debug_assert!(place.is_some(), "every kept packet has a place");
            if let Some((_, place)) = place {
                deliver(&packet, place);
            }
        }
        if self.sequencer.held_packets() == 0 {
            // What is left is of packets whose messages came in another packing.
            self.places.clear();
        }
    }

    /// Packets that brought what was missing.
    const fn filled(&self) -> u64 {
        let counters = self.sequencer.counters();
        counters.filled_by_a + counters.filled_by_b
    }
}

impl LineCounters {
    const fn new(group: SocketAddr) -> Self {
        Self {
            group,
            packets: 0,
            filled: 0,
            duplicates: 0,
            late: 0,
            unusable: 0,
        }
    }

    /// Packets that were not handed on.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.duplicates + self.late + self.unusable
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

/// The clock of the capture as the clock of deadlines.
const fn instant(time: UnixNanos) -> Instant {
    Instant::from_raw(time.raw())
}

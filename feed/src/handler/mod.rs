//! The handler of one channel: takes packets as they arrive and tells what they mean, in order.
//!
//! It arbitrates lines A and B, waits a short time for missing or swapped packets, and reads each
//! packet once, in order. Its clock runs on the times of its own packets: capture times where the
//! capture has them, send times otherwise. So the result depends on the packets and their times alone,
//! not on who drives the handler, on other channels, or on speed.

mod listener;
mod reading;
mod totals;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use oxberry_core::feed::{Channel, FeedSymbol, Lost, TooManySymbols};
use oxberry_core::line::{Arrival, Command, Config, Line, LineArbiter, Slot, Source as Way};
use oxberry_core::units::{Instant, Position, SeqNum, UnixNanos};
use oxberry_core::xdp::{Dialect, PacketRef};

pub use self::listener::{Dropped, Listener, Read};
use self::reading::{Kept, Reading};
pub use self::totals::Totals;
use crate::lines::LineCounters;
use crate::mapping::MappingFile;

/// How long to wait for a missing number. Both lines leave the venue together, so this covers the
/// difference of their paths and of two capturing machines, and packets that several receive queues
/// swap. Only the clock of the packets waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// Early packets that can be held: 6 MB, as much as 40,000 packets a second bring in that time.
const SLOTS: usize = 4_096;

/// Slots of a channel's symbol table for each symbol, so that searches stay short.
const SLOTS_A_SYMBOL: usize = 2;
/// Slots beyond those, for symbols that only the feed knows.
const SPARE_SLOTS: usize = 1_024;

/// Packets whose numbers are further apart than this cannot belong to one channel at one time.
const NEAR: u32 = 50_000;

/// Handles one channel. `P` is the caller's note of where a packet lies.
#[derive(Debug)]
pub struct Handler<P> {
    arbiter: LineArbiter<Box<[Slot]>>,
    reading: Reading<P>,
    lines: Vec<LineCounters>,
    /// The latest time seen: the clocks of two capturing machines may differ a little.
    now: Instant,
    /// Where the packets lie that are kept, by their first numbers, as they came.
    places: VecDeque<(SeqNum, P)>,
    /// The last packet of each line, if it cannot be believed before the next one.
    suspects: [Option<Kept<P>>; 2],
    /// How far numbers exist that came in packets which cannot be used.
    unusable: Option<Unusable>,
    packets: u64,
    dropped: u64,
}

/// The number after the last one of an unusable packet, and when that was sent.
#[derive(Clone, Copy, Debug)]
struct Unusable {
    end: SeqNum,
    sent: UnixNanos,
}

impl<P: Copy> Handler<P> {
    /// A handler that starts with whatever packet comes first and knows the symbols of the mapping
    /// file.
    ///
    /// # Errors
    ///
    /// When the symbols find no room, which the number of slots excludes.
    pub fn new(dialect: Dialect, mapping: &MappingFile) -> Result<Self, TooManySymbols> {
        Self::of_channel(Channel::new(dialect, slots(mapping)), mapping)
    }

    /// A handler that continues after the position an earlier run reached.
    ///
    /// # Errors
    ///
    /// As [`Handler::new`].
    pub fn after(
        position: Position,
        dialect: Dialect,
        mapping: &MappingFile,
    ) -> Result<Self, TooManySymbols> {
        Self::of_channel(Channel::after(position, dialect, slots(mapping)), mapping)
    }

    fn of_channel(
        mut channel: Channel<Box<[FeedSymbol]>>,
        mapping: &MappingFile,
    ) -> Result<Self, TooManySymbols> {
        for (symbol_index, symbol) in &mapping.symbols {
            channel.define(*symbol_index, symbol.system_id)?;
        }
        // In the middle of a day the numbers before the first packet are awaited, too: it may have
        // been overtaken. The channel does not take them for a loss.
        let config = Config {
            expected: channel.detector().next(),
            other_line_wait: PATIENCE,
            ..Config::FILE
        };
        let early = vec![Slot::EMPTY; SLOTS].into_boxed_slice();
        let now = Instant::from_raw(0);
        Ok(Self {
            arbiter: LineArbiter::new(now, config, early),
            reading: Reading::new(channel),
            lines: Vec::new(),
            now,
            places: VecDeque::new(),
            suspects: [None, None],
            unusable: None,
            packets: 0,
            dropped: 0,
        })
    }

    /// Announces a line before its first packet comes.
    pub fn expect(&mut self, group: SocketAddr) {
        self.line(Some(group));
    }

    /// Handles a packet of a line, or of a channel file, which has no `group`. `captured` is the capture
    /// time, if there is one. What was due before that time is told first.
    pub fn handle_packet(
        &mut self,
        group: Option<SocketAddr>,
        captured: Option<UnixNanos>,
        packet: &PacketRef<'_>,
        place: P,
        out: &mut impl Listener<P>,
    ) {
        let header = packet.header();
        let now = self.now.max(instant(captured.unwrap_or(header.send_time)));
        self.fire(now, out);
        self.now = now;
        self.packets += 1;
        if header.number_msgs == 0 {
            return self.reading.heartbeat(packet, out);
        }
        if header.delivery_flag.is_numbered_apart() {
            self.reading.numbered_apart(packet, place, out);
        } else if header.delivery_flag.is_retransmission() {
            let arrival = (self.arbiter).handle_packet(self.now, Way::Retransmission, packet);
            self.arrived(arrival, packet, place, out);
        } else {
            self.handle_live(group, packet, place, out);
        }
        if !self.arbiter.is_in_order() || !self.places.is_empty() {
            self.release(out);
        }
    }

    /// Gives up every gap that is due, each at its own time.
    pub fn handle_timeout(&mut self, now: UnixNanos, out: &mut impl Listener<P>) {
        self.fire(instant(now), out);
    }

    fn fire(&mut self, now: Instant, out: &mut impl Listener<P>) {
        // As nearly always.
        if self.arbiter.is_in_order() {
            return;
        }
        while let Some(due) = self.arbiter.poll_timeout()
            && due <= now
        {
            self.now = self.now.max(due);
            self.arbiter.handle_timeout(self.now);
            self.release(out);
        }
    }

    /// All numbers of the channel up to this one were read, or given up.
    #[must_use]
    pub fn covered(&self) -> SeqNum {
        SeqNum::from_raw(self.channel().detector().next().raw().saturating_sub(1))
    }

    /// When the next gap is due to be given up, by the clock of the packets.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<UnixNanos> {
        let deadline = self.arbiter.poll_timeout()?;
        Some(UnixNanos::from_raw(deadline.raw()))
    }

    /// Handles the end of the packets: gives up all gaps and delivers what is held.
    pub fn finish(&mut self, out: &mut impl Listener<P>) {
        self.handle_timeout(UnixNanos::from_raw(u64::MAX), out);
        // No packet can contradict a last one that goes back to numbers of long ago.
        for suspect in core::mem::take(&mut self.suspects).into_iter().flatten() {
            if let Ok(packet) = PacketRef::new(&suspect.bytes) {
                self.read(&packet, suspect.place, out);
            }
        }
        self.reading.finish(out);
        // Numbers at the end that are known to exist are missing although nothing comes after them.
        let unusable = self.unusable.take();
        let detector = self.channel().detector();
        if let Some(Unusable { end, sent }) = unusable
            && detector.begun().is_some_and(|begun| begun <= sent)
            && detector.next() < end
        {
            out.lost(Lost {
                first: detector.next(),
                last: SeqNum::from_raw(end.raw() - 1),
            });
        }
    }

    /// The channel that reads the packets.
    #[must_use]
    pub const fn channel(&self) -> &Channel<Box<[FeedSymbol]>> {
        &self.reading.channel
    }

    /// Whether the number of a packet is near enough for it to be of this channel.
    #[must_use]
    pub fn is_near(&self, packet: &PacketRef<'_>) -> bool {
        let (number, next) = (packet.header().seq_num.raw(), self.arbiter.expected().raw());
        let held = self.places.back().map_or(next, |(number, _)| number.raw());
        number.abs_diff(next).min(number.abs_diff(held)) <= NEAR
    }

    /// What each line brought, in the order in which the lines were first seen.
    #[must_use]
    pub fn lines(&self) -> &[LineCounters] {
        &self.lines
    }

    /// Totals so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::of(
            self.packets,
            (self.dropped, self.reading.given_up()),
            self.arbiter.counters(),
            self.channel(),
        )
    }

    fn handle_live(
        &mut self,
        group: Option<SocketAddr>,
        packet: &PacketRef<'_>,
        place: P,
        out: &mut impl Listener<P>,
    ) {
        let index = self.line(group);
        let line = if index == 0 { Line::A } else { Line::B };
        let suspect = self.suspect(line).take();
        let (filled, restarts) = (self.filled(), self.arbiter.counters().restarts);
        let arrival = (self.arbiter).handle_packet(self.now, Way::Line(line), packet);
        let filled = self.filled() - filled;
        if let Some(counters) = self.lines.get_mut(index) {
            counters.count(&arrival, filled);
        }
        if arrival == Arrival::Stray {
            *self.suspect(line) = Some(Kept {
                bytes: packet.bytes().into(),
                place,
            });
        } else {
            self.arrived(arrival, packet, place, out);
        }
        let has_restarted = self.arbiter.counters().restarts > restarts;
        if let Some(suspect) = suspect {
            self.judge(line, suspect, has_restarted, out);
        }
        if has_restarted {
            // What the other line showed first was meant so, too.
            for line in [Line::A, Line::B] {
                if let Some(suspect) = self.suspect(line).take() {
                    self.judge(line, suspect, true, out);
                }
            }
        }
    }

    /// Takes a packet that was not believed at first, if the channel has started again since.
    fn judge(
        &mut self,
        line: Line,
        Kept { bytes, place }: Kept<P>,
        has_restarted: bool,
        out: &mut impl Listener<P>,
    ) {
        let Ok(packet) = PacketRef::new(&bytes) else {
            return;
        };
        if has_restarted {
            let arrival = (self.arbiter).handle_packet(self.now, Way::Line(line), &packet);
            self.arrived(arrival, &packet, place, out);
        } else {
            self.drop(&packet, place, Dropped::Unbelievable, out);
        }
    }

    /// What became of a packet.
    fn arrived(
        &mut self,
        arrival: Arrival,
        packet: &PacketRef<'_>,
        place: P,
        out: &mut impl Listener<P>,
    ) {
        match arrival {
            Arrival::Deliver { .. } => self.read(packet, place, out),
            Arrival::Held => self.places.push_back((packet.header().seq_num, place)),
            Arrival::Duplicate | Arrival::Heartbeat | Arrival::Unavailable | Arrival::Unwanted => {}
            Arrival::Late => self.drop(packet, place, Dropped::Late, out),
            Arrival::Stray => self.drop(packet, place, Dropped::Unbelievable, out),
            Arrival::Damaged => self.unusable(packet, place, Dropped::Cut, out),
            Arrival::NoRoom => self.unusable(packet, place, Dropped::TooLong, out),
        }
    }

    fn unusable(
        &mut self,
        packet: &PacketRef<'_>,
        place: P,
        why: Dropped,
        out: &mut impl Listener<P>,
    ) {
        let header = packet.header();
        let end = header.seq_num.plus(u32::from(header.number_msgs));
        if self.unusable.is_none_or(|before| before.end < end) {
            let sent = header.send_time;
            self.unusable = Some(Unusable { end, sent });
        }
        self.drop(packet, place, why, out);
    }

    fn drop(&mut self, packet: &PacketRef<'_>, place: P, why: Dropped, out: &mut impl Listener<P>) {
        self.dropped += u64::from(why == Dropped::Unbelievable);
        out.dropped(packet, place, why);
    }

    /// Reads the kept packets whose turn has come.
    fn release(&mut self, out: &mut impl Listener<P>) {
        let Self {
            arbiter,
            reading,
            places,
            ..
        } = self;
        // Losses show in the numbers of what comes after them, which the channel tracks.
        while let Some(command) = arbiter.next_command() {
            let Command::Deliver { packet, .. } = command else {
                continue;
            };
            let number = packet.header().seq_num;
            let kept = places.iter().position(|(kept, _)| *kept == number);
            let place = kept.and_then(|kept| places.remove(kept));
            debug_assert!(place.is_some(), "every kept packet has a place");
            if let Some((_, place)) = place {
                reading.read(&packet, place, out);
            }
        }
        if arbiter.held_packets() == 0 {
            // What is left is of packets whose messages came in another packing.
            places.clear();
        }
    }

    fn read(&mut self, packet: &PacketRef<'_>, place: P, out: &mut impl Listener<P>) {
        self.reading.read(packet, place, out);
    }

    /// The number of a line, which is new if need be; a channel file has but one.
    fn line(&mut self, group: Option<SocketAddr>) -> usize {
        let Some(group) = group else { return 0 };
        let known = self.lines.iter().position(|line| line.group == group);
        known.unwrap_or_else(|| {
            self.lines.push(LineCounters::new(group));
            if self.lines.len() > 1 {
                self.arbiter.join_second_line();
            }
            self.lines.len() - 1
        })
    }

    const fn suspect(&mut self, line: Line) -> &mut Option<Kept<P>> {
        let [a, b] = &mut self.suspects;
        match line {
            Line::A => a,
            Line::B => b,
        }
    }

    /// Packets that brought what was missing.
    const fn filled(&self) -> u64 {
        let counters = self.arbiter.counters();
        counters.filled_by_a + counters.filled_by_b
    }
}

/// Room for the symbols of the mapping file, and some more.
fn slots(mapping: &MappingFile) -> Box<[FeedSymbol]> {
    let slots = mapping.symbols.len() * SLOTS_A_SYMBOL + SPARE_SLOTS;
    vec![FeedSymbol::EMPTY; slots].into_boxed_slice()
}

/// The clock of the packets as the clock of deadlines.
const fn instant(time: UnixNanos) -> Instant {
    Instant::from_raw(time.raw())
}

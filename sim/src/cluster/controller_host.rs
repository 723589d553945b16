//! The controller's machine: its brain, and a reader and publisher for each channel.

use std::rc::Rc;

use oxberry_cluster::channel::{ChannelStreams, Occurrence, Occurrences};
use oxberry_cluster::controller::{Controller, Outcome};
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::units::{ChannelId, Position, UnixNanos};
use oxberry_proto::{Run, StreamId};

use super::edge::Frame;
use super::marks::{Mark, Marks};
use super::oracle::{Oracle, Violation};
use super::plan::Plan;
use super::reader::Reader;
use super::rebuild_host::RebuildHost;
use super::recording::{Entry, Shared};
use super::venue::{Day, Packet};
use crate::random::Random;

/// How many packets a channel reads in one turn.
const PACKETS_PER_TURN: usize = 16;

/// How long a channel with more to read waits for its next turn.
const TURN_NS: u64 = 20_000;

/// The controller while it runs.
#[derive(Debug)]
pub(super) struct ControllerHost {
    pub(super) brain: Controller,
    pub(super) table: PartitionTable,
    pub(super) channels: Vec<ChannelHost>,
    pub(super) rebuilds: RebuildHost,
    /// The run and its start, once the feed has started.
    pub(super) started: Option<(Run, u64)>,
    pub(super) next_beat: u64,
    pub(super) outcome: Option<Outcome>,
}

/// One channel.
#[derive(Debug)]
pub(super) struct ChannelHost {
    pub(super) channel: ChannelId,
    streams: ChannelStreams,
    reader: Reader,
    occurrences: Occurrences,
    /// All that was read and published.
    pub(super) log: Vec<Occurrence>,
    /// What the source brings.
    source: Shared,
    /// How much of that was read.
    read: usize,
    pub(super) has_ended: bool,
    is_told: bool,
    /// The stream whose window is full.
    pub(super) blocked_on: Option<StreamId>,
}

/// The parts of the world that a turn of a channel needs.
pub(super) struct Turn<'a> {
    pub(super) now: u64,
    pub(super) plan: &'a Plan,
    pub(super) day: &'a Day,
    pub(super) heals: Heals,
    pub(super) random: &'a mut Random,
    pub(super) oracle: &'a mut Oracle,
    pub(super) marks: &'a mut Marks,
    /// Frames to be published.
    pub(super) out: &'a mut Vec<Frame>,
}

/// When faults end, and when the feed goes on after that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heals {
    pub(super) at: u64,
    pub(super) goes_on: u64,
}

impl ControllerHost {
    /// Tells the channel of a stream whether anybody is waited for.
    pub(super) fn set_held(&mut self, stream: StreamId, is_held: bool) {
        let mut channels = self.channels.iter_mut();
        let channel = channels.find(|one| one.channel == stream.channel);
        if let Some(channel) = channel {
            channel.streams.set_held(stream.partition, is_held);
        }
    }
}

impl ChannelHost {
    pub(super) fn new(plan: &Plan, day: &Day, at: usize, table: &PartitionTable) -> Option<Self> {
        let &(channel, _) = day.channels.get(at)?;
        let listed = day.symbols.iter().filter(|one| one.in_file);
        let listed = listed.map(|one| (one.symbol_index, one.scale));
        Some(Self {
            channel,
            streams: ChannelStreams::new(Run::default(), channel, table.partitions(), plan.limits),
            reader: Reader::new(plan.market.dialect, listed, lines(plan)),
            occurrences: Occurrences::default(),
            log: Vec::new(),
            source: Shared::default(),
            read: 0,
            has_ended: false,
            is_told: false,
            blocked_on: None,
        })
    }

    /// Starts the feed, as its source brings it and has brought it.
    pub(super) fn start(&mut self, run: Run, source: Shared) {
        self.streams.set_run(run);
        self.source = source;
    }

    pub(super) const fn streams(&mut self) -> &mut ChannelStreams {
        &mut self.streams
    }

    /// Returns the position up to which everything was published.
    pub(super) fn covered(&self) -> Position {
        self.streams.covered()
    }

    /// Returns, once, that the channel has ended and the brain must be told.
    pub(super) fn take_end(&mut self) -> bool {
        let tells = self.has_ended && !self.is_told;
        self.is_told |= tells;
        tells
    }

    /// Publishes how far every stream is covered.
    pub(super) fn tell_coverage(&mut self, turn: &mut Turn<'_>) {
        let wall = UnixNanos::from_raw(turn.now);
        let seen = self.reader.seen();
        let is_read = self.occurrences.is_empty();
        let streams = &mut self.streams;
        if is_read && streams.covered().numbering == self.reader.position().numbering {
            streams.set_seen(seen);
        }
        streams.tell_coverage(wall, &mut |frame| turn.out.push(Rc::from(frame)));
    }

    /// Reads and publishes as much as one turn allows. Returns when the next turn is due.
    pub(super) fn turn(
        &mut self,
        table: &PartitionTable,
        (run, started): (Run, u64),
        turn: &mut Turn<'_>,
    ) -> Result<Option<u64>, Violation> {
        if self.has_ended {
            return Ok(None);
        }
        let at = usize::from(self.channel.raw()) - 1;
        let packets = turn.day.channels.get(at);
        let packets = packets.map_or(&[][..], |(_, packets)| packets.as_slice());
        for _ in 0..PACKETS_PER_TURN {
            if self.publish(table, turn) {
                turn.marks.hit(Mark::Blocked);
                return Ok(None);
            }
            if self.read_again(packets) {
                turn.marks.hit(Mark::ReadAgain);
                self.name(run, turn)?;
                continue;
            }
            let next = self.source.borrow().next;
            let due = packets
                .get(next)
                .map(|packet| due(packet, next, packets.len(), started, turn));
            if let Some(due) = due.filter(|&due| due > turn.now) {
                let until = self.reader.poll_timeout();
                if until.is_some_and(|until| until <= turn.now) {
                    self.take(Entry::Nothing { until: turn.now }, packets);
                    self.name(run, turn)?;
                    continue;
                }
                if turn.random.chance(turn.plan.flushes.max(100)) {
                    self.flush(turn);
                }
                return Ok(Some(until.map_or(due, |until| until.min(due))));
            }
            if due.is_none() {
                self.finish(run, table, packets, turn)?;
                return Ok(None);
            }
            if let Some(packet) = packets.get(next) {
                self.read(next, packet, packets, turn);
                self.name(run, turn)?;
                self.source.borrow_mut().next += 1;
            }
        }
        Ok(Some(turn.now + TURN_NS))
    }

    /// Reads what is left, and ends the streams when all of it has left.
    fn finish(
        &mut self,
        run: Run,
        table: &PartitionTable,
        packets: &[Packet],
        turn: &mut Turn<'_>,
    ) -> Result<(), Violation> {
        let late = core::mem::take(&mut self.source.borrow_mut().late);
        for (_, line, packet) in late {
            let at = turn.now;
            self.take(Entry::Packet { at, line, packet }, packets);
            self.name(run, turn)?;
        }
        self.take(Entry::End, packets);
        self.name(run, turn)?;
        if self.publish(table, turn) {
            return Ok(());
        }
        self.flush(turn);
        if self.streams.is_flushed() {
            let out = &mut *turn.out;
            self.streams.end(&mut |frame| out.push(Rc::from(frame)));
            self.has_ended = true;
        }
        Ok(())
    }

    /// Reads what comes now, and records it.
    fn take(&mut self, entry: Entry, packets: &[Packet]) {
        self.source.borrow_mut().push(entry);
        self.read_again(packets);
    }

    /// Reads something that is recorded; returns whether there was anything.
    fn read_again(&mut self, packets: &[Packet]) -> bool {
        let Some(entry) = self.source.borrow().get(self.read) else {
            return false;
        };
        self.read += 1;
        entry.tell(&mut self.reader, packets, &mut self.occurrences);
        true
    }

    /// Reads a packet from each line that delivers it.
    fn read(&mut self, at: usize, packet: &Packet, packets: &[Packet], turn: &mut Turn<'_>) {
        let now = turn.now;
        for (left, _, late) in &mut self.source.borrow_mut().late {
            // None comes later than the reset behind it.
            let is_of_segment = packets.get(*late).map(|late| late.segment) == Some(packet.segment);
            *left = if is_of_segment {
                left.saturating_sub(1)
            } else {
                0
            };
        }
        self.read_late(now, packets);
        let mut lost = 0;
        for line in 0..lines(turn.plan) {
            lost += u8::from(!self.read_by(line, at, packets, turn));
        }
        if lost == lines(turn.plan) {
            turn.marks.hit(Mark::PacketLost);
        } else if lost > 0 {
            turn.marks.hit(Mark::PacketOfOneLine);
        }
        self.read_late(now, packets);
        if self.reader.poll_timeout().is_some() {
            turn.marks.hit(Mark::Waiting);
        }
        let until = self.reader.poll_timeout();
        if until.is_some_and(|until| until <= now) {
            self.take(Entry::Nothing { until: now }, packets);
        }
    }

    /// Reads a packet from one line, which may lose, repeat or delay it; returns whether it arrived.
    fn read_by(
        &mut self,
        line: u8,
        packet: usize,
        packets: &[Packet],
        turn: &mut Turn<'_>,
    ) -> bool {
        let (now, rates) = (turn.now, turn.plan.line);
        let is_well = now >= turn.heals.at || !may_be_lost(packet, packets);
        let chance = turn.random.below(1_000);
        let (late, twice) = (
            rates.lost + rates.late,
            rates.lost + rates.late + rates.repeated,
        );
        if !is_well && chance < rates.lost {
            return false;
        }
        if !is_well && chance < late {
            turn.marks.hit(Mark::PacketLate);
            let by = usize::try_from(turn.random.between(1, 6)).unwrap_or(1);
            self.source.borrow_mut().late.push((by, line, packet));
            return true;
        }
        let arrives = Entry::Packet {
            at: now,
            line,
            packet,
        };
        self.take(arrives, packets);
        if now < turn.heals.at && (late..twice).contains(&chance) {
            turn.marks.hit(Mark::PacketTwice);
            self.take(arrives, packets);
        }
        true
    }

    /// Reads the packets that have been overtaken often enough.
    fn read_late(&mut self, at: u64, packets: &[Packet]) {
        let is_due = |&(left, ..): &(usize, u8, usize)| left == 0;
        loop {
            let mut source = self.source.borrow_mut();
            let Some(place) = source.late.iter().position(is_due) else {
                return;
            };
            let (_, line, packet) = source.late.swap_remove(place);
            drop(source);
            self.take(Entry::Packet { at, line, packet }, packets);
        }
    }

    fn name(&mut self, run: Run, turn: &mut Turn<'_>) -> Result<(), Violation> {
        while let Some((numbering, segment)) = self.reader.next_name() {
            turn.oracle.name(run, self.channel, numbering, segment)?;
        }
        Ok(())
    }

    /// Publishes what was read; returns whether the channel has to wait for credit.
    fn publish(&mut self, table: &PartitionTable, turn: &mut Turn<'_>) -> bool {
        self.blocked_on = None;
        let streams = &mut self.streams;
        let out = &mut *turn.out;
        let mut send = |frame: &[u8]| out.push(Rc::from(frame));
        let wall = UnixNanos::from_raw(turn.now);
        while let Some(occurrence) = self.occurrences.front() {
            let pushed = streams.push(occurrence, table, wall, &mut send);
            self.blocked_on = pushed.err().map(|blocked| blocked.stream);
            if self.blocked_on.is_some() {
                streams.flush(wall, &mut send);
                return true;
            }
            match occurrence {
                Occurrence::Begins(beginning) => {
                    turn.marks.hit(Mark::ResetRead);
                    if beginning.failover {
                        turn.marks.hit(Mark::FailoverRead);
                    }
                    if beginning.after.raw() > 0 {
                        turn.marks.hit(Mark::BegunLate);
                    }
                }
                Occurrence::Settled(_) => turn.marks.hit(Mark::SettledRead),
                Occurrence::Lost(_) => turn.oracle.lose(self.channel),
                Occurrence::Event(_) => {}
            }
            self.log.push(*occurrence);
            self.occurrences.pop_front();
        }
        let position = self.reader.position();
        if streams.covered().numbering == position.numbering {
            streams.cover(position.seq_num);
        }
        if turn.random.chance(turn.plan.flushes) {
            self.flush(turn);
        }
        false
    }

    fn flush(&mut self, turn: &mut Turn<'_>) {
        let out = &mut *turn.out;
        let wall = UnixNanos::from_raw(turn.now);
        self.streams
            .flush(wall, &mut |frame| out.push(Rc::from(frame)));
    }
}

/// Returns the number of lines of each channel.
const fn lines(plan: &Plan) -> u8 {
    if plan.line.has_twin { 2 } else { 1 }
}

/// Returns when a packet is due. The last quarter of the day waits until all faults are healed, so that
/// there is something left to show the recovery.
fn due(packet: &Packet, at: usize, of: usize, started: u64, turn: &Turn<'_>) -> u64 {
    let due = if turn.plan.is_timed {
        started + packet.at
    } else {
        started
    };
    if turn.plan.holds && at * 4 >= of * 3 {
        due.max(turn.heals.goes_on)
    } else {
        due
    }
}

/// Returns whether a reader can notice the loss of this packet. If it loses the reset that begins a
/// numbering, it must see the numbers go back.
fn may_be_lost(at: usize, packets: &[Packet]) -> bool {
    let segment = |at: usize| packets.get(at).map(|packet| packet.segment);
    let begins = |at: usize| at == 0 || segment(at) != segment(at - 1);
    if begins(at) {
        // The numbers of what follows must have been there before.
        let of_last = packets.iter();
        let of_last = of_last.filter(|one| Some(one.segment + 1) == segment(at));
        let numbers: u32 = of_last.map(|one| one.messages).sum();
        return numbers > 60 && segment(at + 5) == segment(at);
    }
    // Those right behind a reset tell that there was one.
    (1..=4.min(at)).all(|back| !begins(at - back))
}

//! Two lines and a way to the request server, with all that happens on them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;

use oxberry_core::line::{Line, Source};
use oxberry_core::units::Instant;
use oxberry_core::xdp::RequestResponse;

use super::{Faults, MILLISECOND, Random};

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The venue sends its next packet.
    Publish,
    /// The venue sends a heartbeat.
    Heartbeat,
    /// A packet arrives.
    Packet(Source, Vec<u8>),
    /// The request server answers.
    Response(RequestResponse),
    /// A deadline of the machine passes.
    Timeout,
}

/// Events in the order of their time.
pub(crate) struct Network {
    faults: Faults,
    random: Random,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    count: u64,
    now: u64,
    /// Milliseconds that each line needs at least.
    path_ms: [u64; 2],
    /// Neither line works until then.
    outage_until: u64,
    /// One line alone does not work until then.
    down_until: [u64; 2],
    no_outage_until: u64,
    healed: bool,
}

impl Network {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            faults,
            path_ms: [random.between(0, 8), random.between(0, 8)],
            random,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            count: 0,
            now: 0,
            outage_until: 0,
            down_until: [0; 2],
            no_outage_until: 0,
            healed: false,
        }
    }

    /// The next event and its time, or the deadline if that is earlier.
    pub(crate) fn next(&mut self, deadline: Option<Instant>) -> Option<(u64, Event)> {
        let Reverse((next, _)) = *self.queue.peek()?;
        let deadline = deadline.map(|deadline| deadline.raw().max(self.now));
        if let Some(deadline) = deadline.filter(|deadline| *deadline <= next) {
            self.now = deadline;
            return Some((deadline, Event::Timeout));
        }
        let Reverse((at, id)) = self.queue.pop()?;
        self.now = at;
        self.events.remove(&id).map(|event| (at, event))
    }

    pub(crate) fn schedule(&mut self, at: u64, event: Event) {
        self.count += 1;
        self.queue.push(Reverse((at, self.count)));
        self.events.insert(self.count, event);
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&mut self) {
        self.healed = true;
        self.end_outages(u64::MAX);
    }

    /// Both lines work again, at least until then.
    pub(crate) fn end_outages(&mut self, until: u64) {
        self.outage_until = 0;
        self.down_until = [0; 2];
        self.no_outage_until = until;
    }

    /// Sends a packet by both lines.
    pub(crate) fn multicast(&mut self, at: u64, packet: &[u8], may_be_lost: bool) {
        let faults = self.faults;
        if at >= self.no_outage_until {
            if faults.outages && self.random.chance(4) {
                self.outage_until = at + self.random.between(1, 400) * MILLISECOND;
            }
            if faults.loss && self.random.chance(2) {
                let line = usize::from(self.random.chance(500));
                self.down_until[line] = at + self.random.between(1, 5_000) * MILLISECOND;
            }
        }
        let mut lost = [false; 2];
        for (line, lost) in lost.iter_mut().enumerate() {
            let loses = faults.loss && !self.healed && self.random.chance(30);
            *lost = may_be_lost && (loses || at < self.outage_until || at < self.down_until[line]);
        }
        if faults.one_line_at_a_time && at >= self.outage_until && lost == [true, true] {
            lost[usize::from(self.random.chance(500))] = false;
        }
        for (line, lost) in [Line::A, Line::B].into_iter().zip(lost) {
            if !lost {
                self.bring(at, line, packet);
            }
        }
    }

    /// Sends a packet of the retransmission or refresh group.
    pub(crate) fn answer(&mut self, at: u64, source: Source, packet: &[u8], reliable: bool) {
        if reliable || self.healed || !self.random.chance(100) {
            self.schedule(at, Event::Packet(source, packet.to_vec()));
        }
        if self.faults.duplication && self.random.chance(100) {
            self.schedule(at + MILLISECOND, Event::Packet(source, packet.to_vec()));
        }
    }

    fn bring(&mut self, at: u64, line: Line, packet: &[u8]) {
        let faults = self.faults;
        let path_ms = self.path_ms[usize::from(line == Line::B)];
        let arrival = at + path_ms * MILLISECOND;
        let late = |random: &mut Random| random.between(0, 5 * MILLISECOND);
        let jitter = if faults.reordering && self.random.chance(300) {
            late(&mut self.random)
        } else {
            0
        };
        self.schedule(
            arrival + jitter,
            Event::Packet(Source::Line(line), packet.to_vec()),
        );
        if faults.duplication && self.random.chance(50) {
            let again = arrival + late(&mut self.random);
            self.schedule(again, Event::Packet(Source::Line(line), packet.to_vec()));
        }
    }
}

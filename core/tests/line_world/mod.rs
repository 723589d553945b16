//! A venue, a network that loses, and a reader that knows what it should see.

mod network;
mod reader;
mod venue;

use oxberry_core::line::{
    Arrival, Command, Config, Line, LineArbiter, LineCounters, Slot, Source, State,
};
use oxberry_core::units::Instant;
use oxberry_core::xdp::PacketRef;

use network::{Event, Network};
use reader::Reader;
use venue::Venue;

/// Nanoseconds in a millisecond.
pub(crate) const MILLISECOND: u64 = 1_000_000;

/// Packets that the venue sends in a run, before all is healed.
const PACKETS: usize = 1_500;

/// What may go wrong in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    pub(crate) loss: bool,
    pub(crate) duplication: bool,
    pub(crate) reordering: bool,
    /// Neither line brings anything for a while.
    pub(crate) outages: bool,
    /// What is lost on one line is never lost on the other.
    pub(crate) one_line_at_a_time: bool,
    /// The venue starts its numbering again, in failovers.
    pub(crate) resets: bool,
    /// Its resets may be lost like any packet.
    pub(crate) lost_resets: bool,
    /// Packets with absurd numbers, and cut off packets.
    pub(crate) rubbish: bool,
    /// Storage for a few packets only.
    pub(crate) little_storage: bool,
    pub(crate) server: Server,
}

/// How good the request server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Good,
    /// Refuses, ignores, lacks messages, and its answers get lost.
    Bad,
    Absent,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) counters: LineCounters,
    pub(crate) live_at_end: bool,
}

/// One run, all of it from a seed.
pub(crate) struct Run {
    seed: u64,
    faults: Faults,
}

/// Small, seeded, good enough: SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` up to, not including, `high`.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    /// True `times` of a thousand.
    pub(crate) const fn chance(&mut self, times: u64) -> bool {
        self.next() % 1_000 < times
    }
}

impl Faults {
    /// A network without faults and a good server.
    pub(crate) const NONE: Self = Self {
        loss: false,
        duplication: false,
        reordering: false,
        outages: false,
        one_line_at_a_time: false,
        resets: false,
        lost_resets: false,
        rubbish: false,
        little_storage: false,
        server: Server::Good,
    };

    /// A random subset of all.
    pub(crate) const fn drawn(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0xFA17);
        Self {
            loss: random.chance(700),
            duplication: random.chance(500),
            reordering: random.chance(500),
            outages: random.chance(500),
            one_line_at_a_time: random.chance(300),
            resets: random.chance(500),
            lost_resets: random.chance(500),
            rubbish: random.chance(400),
            little_storage: random.chance(200),
            server: match random.between(0, 4) {
                0 => Server::Absent,
                1 => Server::Good,
                _ => Server::Bad,
            },
        }
    }
}

impl Run {
    pub(crate) const fn new(seed: u64, faults: Faults) -> Self {
        Self { seed, faults }
    }

    /// Plays it to the end; panics when anything is wrong.
    pub(crate) fn play(&self) -> Outcome {
        let mut random = Random::new(self.seed);
        let mut network = Network::new(self.faults, random.next());
        let mut venue = Venue::new(self.faults, random.next());
        let mut reader = Reader::new(self.faults);
        let slots = vec![Slot::EMPTY; if self.faults.little_storage { 8 } else { 4_096 }];
        let config = match self.faults.server {
            Server::Absent => Config {
                retransmission: None,
                refresh: None,
                ..Config::LIVE
            },
            Server::Good | Server::Bad => Config::LIVE,
        };
        let mut channel = LineArbiter::new(Instant::from_raw(0), config, slots);
        venue.start(&mut network);
        let mut sent = 0;
        while let Some((at, event)) = network.next(channel.poll_timeout()) {
            let now = Instant::from_raw(at);
            match event {
                Event::Publish if sent < PACKETS => {
                    sent += 1;
                    venue.publish(at, &mut network);
                }
                Event::Publish => venue.heal(at, &mut network),
                Event::Heartbeat => venue.heartbeat(at, &mut network),
                Event::Timeout => channel.handle_timeout(now),
                Event::Response(response) => channel.handle_request_response(now, &response),
                Event::Packet(source, bytes) => {
                    let packet = PacketRef::new(&bytes).expect("a header is whole");
                    reader.arrived(at, source, &packet);
                    let arrival = channel.handle_packet(now, source, &packet);
                    assert_ne!(arrival, Arrival::NoRoom, "commands are always drained");
                    if let Arrival::Deliver { skip } = arrival {
                        reader.deliver(source, &packet, skip);
                    }
                }
            }
            while let Some(command) = channel.next_command() {
                match command {
                    Command::Deliver { packet, skip } => {
                        reader.deliver(Source::Line(Line::A), &packet, skip);
                    }
                    Command::Lost(gap) => reader.lost(at, gap),
                    Command::RequestRetransmission(gap) => {
                        venue.handle_request(at, gap, &mut network);
                    }
                    Command::RequestRefresh => venue.handle_refresh_request(at, &mut network),
                    Command::State(state) => reader.state(state),
                    Command::LineSilent(line) => reader.silent(line, true),
                    Command::LineHeard(line) => reader.silent(line, false),
                }
            }
        }
        assert_eq!(channel.gaps().count(), 0, "nothing is awaited for ever");
        assert_eq!(channel.held_packets(), 0, "nothing is kept for ever");
        assert_eq!(
            channel.expected(),
            venue.next_number(),
            "the end is reached"
        );
        let counters = *channel.counters();
        reader.end(&venue, &counters);
        let live_at_end = channel.state() == State::Live;
        assert!(
            live_at_end || self.faults.server != Server::Good,
            "with a good server all is well in the end, not {:?}",
            channel.state()
        );
        Outcome {
            counters,
            live_at_end,
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("seed {} with {:?}", self.seed, self.faults);
            println!(
                "again: OXBERRY_SEED={} cargo test -p oxberry-core --test line_simulation",
                self.seed
            );
        }
    }
}

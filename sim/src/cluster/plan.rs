//! What a seed draws: the market, the limits, and a subset of the possible faults.

use core::fmt;
use core::time::Duration;

use oxberry_cluster::limits::{Limits, MIN_BATCH_BYTES};
use oxberry_core::units::SymbolIndex;
use oxberry_core::xdp::Dialect;
use oxberry_proto::limits::MAX_BATCH_BYTES;

use super::fault::{self, Fault, FaultAt, Line, Ways};
use crate::random::Random;

/// Something that only some venues do. A seed draws which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Habit {
    Reset,
    Failover,
    Clear,
    LateClear,
    Scale,
    Halt,
    Session,
    Close,
    Contradiction,
    Unreadable,
    Second,
    Heartbeat,
    SharedSymbol,
    NoFirstReset,
    RepeatedReset,
    Refresh,
}

impl Habit {
    const ALL: [Self; 16] = [
        Self::Reset,
        Self::Failover,
        Self::Clear,
        Self::LateClear,
        Self::Scale,
        Self::Halt,
        Self::Session,
        Self::Close,
        Self::Contradiction,
        Self::Unreadable,
        Self::Second,
        Self::Heartbeat,
        Self::SharedSymbol,
        Self::NoFirstReset,
        Self::RepeatedReset,
        Self::Refresh,
    ];
}

/// The market and its venue.
#[derive(Clone, Debug)]
pub(super) struct Market {
    pub(super) dialect: Dialect,
    pub(super) channels: u8,
    pub(super) symbols: u32,
    /// Symbols that the feed alone defines.
    pub(super) unlisted: u32,
    pub(super) messages: u32,
    /// The most messages of a packet.
    pub(super) packet_messages: u64,
    /// The longest pause between two packets.
    pub(super) pause_ns: u64,
    pub(super) habits: Vec<Habit>,
}

impl Market {
    /// Returns whether the mapping file has the symbol. Odd numbers are those that only the feed defines.
    pub(super) fn is_listed(&self, symbol_index: SymbolIndex) -> bool {
        symbol_index.raw().is_multiple_of(2)
    }

    pub(super) fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }
}

/// How many of 1,000 packets are lost, repeated or late on their way to a reader.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LinePlan {
    pub(super) lost: u64,
    pub(super) repeated: u64,
    /// Packets that others overtake.
    pub(super) late: u64,
    /// Whether there are two lines, which lose packets independently.
    pub(super) has_twin: bool,
}

/// How the edges treat frames: losses, repetitions and reorderings per mille, delays and queues.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EdgePlan {
    pub(super) data_lost: u64,
    pub(super) data_repeated: u64,
    pub(super) data_reordered: u64,
    pub(super) stock_lost: u64,
    pub(super) stock_repeated: u64,
    pub(super) stock_reordered: u64,
    pub(super) delay_ns: (u64, u64),
    /// How many frames may wait for one subscriber, and for the page.
    pub(super) data_queue: usize,
    pub(super) stock_queue: usize,
    /// How long it takes to restore a broken connection.
    pub(super) reconnect_ns: u64,
}

/// Everything that a seed draws.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) market: Market,
    pub(super) limits: Limits,
    pub(super) nodes: usize,
    pub(super) replicas: usize,
    pub(super) partitions: usize,
    pub(super) await_visual: bool,
    /// Whether a controller goes on with the run of the one before it.
    pub(super) continues: bool,
    pub(super) line: LinePlan,
    pub(super) edges: EdgePlan,
    /// Whether packets come at their times; otherwise they come as fast as they are read.
    pub(super) is_timed: bool,
    /// How many of 1,000 packets of the first channel are missed because reading begins late.
    pub(super) begun_late: u64,
    /// How many frames a Pi takes in one turn, and how long it needs for each.
    pub(super) pi_burst: usize,
    pub(super) pi_turn_ns: u64,
    /// The chance, per mille, that a batch leaves at once although it is not full.
    pub(super) flushes: u64,
    pub(super) faults: Vec<FaultAt>,
    /// When all faults are healed.
    pub(super) heals_at: u64,
    /// How long the feed pauses after that.
    pub(super) quiet_ns: u64,
    /// Whether the last quarter of the feed waits until then. Otherwise the run may end in the middle of
    /// faults.
    pub(super) holds: bool,
    /// Whether the feed comes from files, which can be read again.
    pub(super) is_file: bool,
    /// Whether another run follows.
    pub(super) next_day: Option<NextDay>,
    /// Whether there is a page on another machine.
    pub(super) second: Option<SecondPlan>,
}

/// When the second page does nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct SecondPlan {
    pub(super) stalls: u64,
    /// `None` is for good: all is well without it.
    pub(super) until: Option<u64>,
}

/// The run after the first one.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextDay {
    /// Whether it plays something else.
    pub(super) is_another: bool,
    /// How long after the end of the first run the controller starts.
    pub(super) after: u64,
}

impl Plan {
    /// Draws the plan of a seed.
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let random = &mut random;
        let limits = draw_limits(random);
        let beat = nanos(limits.beat);
        let market = draw_market(random, beat);
        let is_calm = random.chance(100);
        let nodes = pick(random, &[1, 2, 2, 3, 3, 4]);
        let mut plan = Self {
            seed,
            limits,
            nodes,
            replicas: pick(random, &[1, 2, 2, 2]),
            partitions: pick(random, &[1, 2, 3, 5]),
            await_visual: random.chance(300),
            // By itself, so that the rest of a seed is the same with and without.
            continues: Random::new(seed, 6).chance(800),
            line: LinePlan::default(),
            edges: EdgePlan {
                delay_ns: draw_delay(random),
                data_queue: pick(random, &[4, 16, 64, 100_000]),
                stock_queue: pick(random, &[1, 4, 100, 1_000]),
                reconnect_ns: random.between(1, beat),
                ..EdgePlan::default()
            },
            is_timed: random.chance(600),
            begun_late: 0,
            pi_burst: pick(random, &[1, 4, 64]),
            pi_turn_ns: pick(random, &[1_000, 20_000, 200_000]),
            flushes: pick(random, &[0, 200, 1_000]),
            faults: Vec::new(),
            heals_at: 0,
            quiet_ns: 0,
            holds: random.chance(750),
            is_file: Random::new(seed, 6).chance(850),
            next_day: draw_next_day(seed, beat),
            second: None,
            market,
        };
        if is_calm {
            plan.edges.data_queue = 100_000;
        } else {
            plan.draw_faults(random);
        }
        plan.draw_receivers();
        plan.draw_damage();
        plan.draw_deaths();
        plan
    }

    /// Draws by itself how long nobody takes what a dead Pi held, and who dies for good.
    fn draw_deaths(&mut self) {
        let random = &mut Random::new(self.seed, 8);
        let (beat, timeout) = (self.limits.beat, self.limits.node_timeout);
        let waits = [Duration::ZERO, beat, 4 * beat, timeout, NEVER];
        self.limits.replace_after = pick(random, &waits);
        if self.heals_at == 0 || !random.chance(350) {
            return;
        }
        for _ in 0..random.between(1, 2) {
            let fault = fault::lose_pi(random, self.nodes);
            let at = random.below(self.heals_at) / random.between(1, 3);
            self.faults.push(FaultAt { at, fault });
            if random.chance(600) && self.is_replaced() {
                // When others are told to take what it held.
                let told = at + nanos(timeout + self.limits.replace_after + beat);
                let at = told.saturating_sub(random.below(3 * nanos(beat)));
                let fault = fault::in_a_move(random, self.nodes, &self.limits);
                let one = FaultAt {
                    at: at.min(self.heals_at),
                    fault,
                };
                self.faults.push(one);
                self.faults.extend(self.companion(random, one));
            }
        }
        self.faults.sort_by_key(|fault| fault.at);
        self.quiet_ns = self.pause_ns();
    }

    /// Returns whether others take what a dead Pi held while the simulation lasts.
    pub(super) fn is_replaced(&self) -> bool {
        self.limits.replace_after < NEVER
    }

    /// Draws by itself, as the next day is.
    fn draw_receivers(&mut self) {
        let random = &mut Random::new(self.seed, 4);
        let beat = self.limits.beat;
        self.limits.receiver_patience = pick(random, &[beat / 2, beat, 2 * beat, 3 * beat]);
        let (beat, timeout) = (nanos(beat), nanos(self.limits.node_timeout));
        let stalls = random.below(20 * beat);
        let until = stalls + pick(random, &[0, beat, 4 * beat, 2 * timeout]);
        let until = random.chance(700).then_some(until);
        self.second = random.chance(400).then_some(SecondPlan { stalls, until });
    }

    /// Draws by itself when memory changes.
    fn draw_damage(&mut self) {
        let random = &mut Random::new(self.seed, 5);
        if self.heals_at == 0 || !random.chance(250) {
            return;
        }
        for _ in 0..random.between(1, 4) {
            let fault = fault::flip(random, self.nodes);
            let at = random.below(self.heals_at);
            self.faults.push(FaultAt { at, fault });
        }
        self.faults.sort_by_key(|fault| fault.at);
    }

    fn draw_faults(&mut self, random: &mut Random) {
        let beat = nanos(self.limits.beat);
        let rate = |random: &mut Random| pick(random, &[0, 0, 2, 20, 100]);
        if random.chance(350) {
            self.line = LinePlan {
                lost: pick(random, &[0, 0, 3, 20]),
                repeated: rate(random),
                late: pick(random, &[0, 3, 20]),
                has_twin: random.chance(500),
            };
        }
        if random.chance(350) {
            self.edges.data_lost = rate(random);
            self.edges.data_repeated = rate(random);
            self.edges.data_reordered = rate(random);
        }
        if random.chance(300) {
            self.edges.stock_lost = pick(random, &[0, 20, 100, 300]);
            self.edges.stock_repeated = rate(random);
        }
        if random.chance(150) && !self.market.has(Habit::Scale) {
            self.begun_late = random.between(50, 600);
        }
        self.heals_at = random.between(15, 60) * beat;
        // Few kinds a seed, so that one does not hide what another shows.
        let kinds = fault::KINDS.iter().filter(|_| random.chance(180));
        let kinds: Vec<_> = kinds.collect();
        for kind in kinds {
            // Often once, and then again while the first is being mended.
            let mut at = random.below(self.heals_at);
            for _ in 0..random.between(1, 4) {
                at = if random.chance(400) {
                    (at + random.below(beat / 4)).min(self.heals_at)
                } else {
                    random.below(self.heals_at)
                };
                let fault = kind(random, self.nodes, &self.limits);
                self.faults.push(FaultAt { at, fault });
                if let Some(also) = self.companion(random, FaultAt { at, fault }) {
                    self.faults.push(also);
                }
            }
        }
        self.faults.sort_by_key(|fault| fault.at);
        self.quiet_ns = self.pause_ns();
    }

    /// Returns the fault that comes with another one, if there is one.
    fn companion(&self, random: &mut Random, FaultAt { at, fault }: FaultAt) -> Option<FaultAt> {
        if let Fault::Cut {
            pi,
            line,
            ns,
            breaks: true,
            ..
        } = fault
        {
            // What has waited meanwhile is lost with the connection, in part or all.
            let at = (at + ns).saturating_sub(1).min(self.heals_at);
            let fault = Fault::Break { pi, line };
            return Some(FaultAt { at, fault });
        }
        if let Fault::RestartController { ns, .. } = fault
            && random.chance(500)
        {
            // What a Pi has told of one run waits until the page hears of the next.
            let beat = nanos(self.limits.beat);
            let fault = Fault::Cut {
                pi: usize::try_from(random.below(self.nodes as u64)).unwrap_or(0),
                line: Line::Stock,
                ways: Ways::Both,
                ns: ns + random.between(1, 8) * beat,
                breaks: false,
            };
            let at = at.saturating_sub(random.below(beat));
            return Some(FaultAt { at, fault });
        }
        if let Fault::RestartController { ns, .. } = fault
            && random.chance(300)
        {
            // The next controller hears of it when it has gone on without it.
            let beat = nanos(self.limits.beat);
            let fault = Fault::Cut {
                pi: usize::try_from(random.below(self.nodes as u64)).unwrap_or(0),
                line: Line::Control,
                ways: Ways::Both,
                ns: ns + random.between(5, 12) * beat,
                breaks: false,
            };
            return Some(FaultAt { at, fault });
        }
        None
    }

    /// Returns for how long the feed pauses so that everybody is there again.
    pub(super) fn pause_ns(&self) -> u64 {
        let mut faults = self.faults.iter();
        let is_gone_on_with = self.continues && faults.any(|one| one.fault.is_of_controller());
        // Whoever is not heard by a controller that goes on with a run keeps his place so long.
        let absent = self.limits.adoption() + self.limits.node_timeout;
        let absent = if is_gone_on_with { nanos(absent) } else { 0 };
        let is_lost = |one: &FaultAt| matches!(one.fault, Fault::LosePi { .. });
        // Until a death is found, others have been told, and have what was told to them.
        let replaced = self.limits.node_timeout + self.limits.replace_after + 8 * self.limits.beat;
        let replaced = if self.is_replaced() && self.faults.iter().any(is_lost) {
            nanos(replaced) + self.slack_ns()
        } else {
            0
        };
        8 * nanos(self.limits.beat) + 1_500_000_000 + absent + replaced
    }

    /// Returns the longest time from sending a frame to handling it, queues included.
    pub(super) fn slack_ns(&self) -> u64 {
        let frames = self.edges.data_queue.min(2_000) / self.pi_burst + 64;
        // The outbox holds what one batch can cause beside its frames, and leaves in rounds.
        let streams = self.partitions * usize::from(self.market.channels);
        let batches = self.limits.window_bytes / self.limits.batch_bytes * streams;
        let rounds = (self.limits.outbox_frames + 60 + batches) / self.edges.stock_queue + 8;
        let travel = self.edges.delay_ns.1 * rounds as u64 + self.pi_turn_ns * frames as u64;
        // And books may wait for the other page meanwhile.
        travel + nanos(self.limits.receiver_patience) + 2_000_000
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            market,
            limits,
            nodes,
            replicas,
            partitions,
            line,
            edges,
            ..
        } = self;
        writeln!(
            f,
            "market: {} messages, {:?}, {} channels, {} symbols and {} of the feed alone, {:?}",
            market.messages,
            market.dialect,
            market.channels,
            market.symbols,
            market.unlisted,
            market.habits
        )?;
        writeln!(
            f,
            "cluster: {nodes} nodes, {replicas} replicas, {partitions} partitions, awaits the page: \
             {}, goes on: {}, timed: {}, begins at {} of 1000",
            self.await_visual, self.continues, self.is_timed, self.begun_late
        )?;
        writeln!(f, "{limits:?}")?;
        writeln!(f, "{line:?}")?;
        writeln!(f, "{edges:?}")?;
        writeln!(
            f,
            "a Pi takes {} frames in {} ns; flushes: {} of 1000; heals at {} ns, holds the end: {}",
            self.pi_burst, self.pi_turn_ns, self.flushes, self.heals_at, self.holds
        )?;
        if let Some(next_day) = self.next_day {
            writeln!(f, "{next_day:?}")?;
        }
        if let Some(second) = self.second {
            writeln!(f, "{second:?}")?;
        }
        for FaultAt { at, fault } in &self.faults {
            writeln!(f, "{at:>12} ns {fault:?}")?;
        }
        Ok(())
    }
}

/// Longer than any simulation.
const NEVER: Duration = Duration::from_secs(3_600);

/// Draws by itself, so that the rest of a seed is the same with and without.
fn draw_next_day(seed: u64, beat: u64) -> Option<NextDay> {
    let mut random = Random::new(seed, 3);
    random.chance(300).then(|| NextDay {
        is_another: random.chance(500),
        after: pick(&mut random, &[0, 1, 4, 100]) * beat,
    })
}

fn draw_limits(random: &mut Random) -> Limits {
    let beat = Duration::from_millis(pick(random, &[20, 50, 100, 250]));
    let batch_bytes = pick(
        random,
        &[MIN_BATCH_BYTES, MIN_BATCH_BYTES + 40, 500, MAX_BATCH_BYTES],
    );
    let ticks = u32::try_from(random.between(7, 20)).unwrap_or(7);
    Limits {
        window_bytes: batch_bytes * pick(random, &[1, 2, 8, 64]),
        window_batches: pick(random, &[1, 3, 64]),
        // What nobody lacks for long is soon gone, and what is held has little room.
        ring_bytes: batch_bytes * pick(random, &[0, 1, 64]),
        held_bytes: batch_bytes * pick(random, &[0, 1, 4, 64]),
        repair_timeout: beat * pick(random, &[1, 3, 6]),
        batch_bytes,
        ack_batches: pick(random, &[1, 2, 16]),
        ack_delay: Duration::from_millis(pick(random, &[0, 1, 5])),
        beat,
        outbox_frames: pick(random, &[1, 4, 64]),
        // Drawn with the receivers.
        receiver_patience: beat,
        sweep: pick(random, &[1, 3, 256]),
        snapshot_orders: pick(random, &[4, 1_024]),
        snapshot_wishes: pick(random, &[1, 2, 8]),
        snapshot_events: pick(random, &[2, 64, 4_096]),
        // All books in each beat.
        scrub_orders: 4_096,
        scrub_pause: beat,
        node_timeout: beat * ticks,
        // Drawn with the deaths.
        replace_after: NEVER,
        // Enough for every queue to run empty.
        end_timeout: beat * u32::try_from(random.between(10, 30)).unwrap_or(10),
    }
}

fn draw_market(random: &mut Random, beat: u64) -> Market {
    let dialect = pick(random, &Dialect::ALL);
    let messages = pick(random, &[60, 300, 800, 1_500, 3_000]);
    let packet_messages = pick(random, &[1, 3, 8]);
    // So that a day takes about so many beats.
    let packets = u64::from(messages) / packet_messages + 1;
    let beats = random.between(3, 30);
    let channels = pick(random, &[1, 1, 2, 3]);
    let mut habits: Vec<_> = Habit::ALL
        .into_iter()
        .filter(|_| random.chance(300))
        .collect();
    if habits.contains(&Habit::Scale) {
        // The scale is told when it changes, and a reader who misses that goes on with the old one
        // after the next clear or reset, since neither tells it again. Of a symbol that two channels define
        // otherwise, one who misses the one definition takes the other for it.
        habits.retain(|habit| {
            !matches!(
                habit,
                Habit::Reset
                    | Habit::Clear
                    | Habit::Failover
                    | Habit::RepeatedReset
                    | Habit::Refresh
                    | Habit::SharedSymbol
            )
        });
    }
    Market {
        dialect,
        channels,
        symbols: u32::from(channels) + u32::try_from(random.below(6)).unwrap_or(0),
        unlisted: pick(random, &[0, 0, 0, 2, 4]),
        messages,
        packet_messages,
        pause_ns: beats * beat * 2 * u64::from(channels) / packets,
        habits,
    }
}

fn draw_delay(random: &mut Random) -> (u64, u64) {
    let least = pick(random, &[1_000, 50_000, 500_000]);
    (least, least * pick(random, &[1, 2, 10]))
}

/// Returns one of the values, all equally likely.
pub(super) fn pick<T: Copy>(random: &mut Random, of: &[T]) -> T {
    let at = usize::try_from(random.below(of.len() as u64)).unwrap_or(0);
    *of.get(at).expect("there is something to pick from")
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

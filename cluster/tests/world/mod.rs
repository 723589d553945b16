//! A controller, its channels, Pis and a page in one thread, joined by perfect queues.
#![allow(dead_code, reason = "every test file uses its own part")]

mod source;

use std::collections::{BTreeMap, VecDeque};

use oxberry_cluster::channel::{ChannelStreams, Occurrence};
use oxberry_cluster::controller::{
    Command, Controller, ControllerConfig, Outcome, Report, RimStatus, Symbol,
};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::{self, Page};
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::{self, Pi, PiConfig};
use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, Beginning, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Instant, Numbering, OrderId, Position, PriceScale, Qty, RawPrice, SeqNum, Side,
    SymbolIndex, SymbolSeqNum, UnixNanos,
};
use oxberry_proto::flow::RepairGone;
use oxberry_proto::start::{RefusedReason, SetupVisualRequest};
use oxberry_proto::{Kind, Libzmq, Run, SCHEMA_FINGERPRINT, StreamId, Topic, encode, kind_of};

pub(crate) use source::{Reading, Source};

/// What the books of a Pi hold.
pub(crate) const CAPACITY: Capacity = Capacity {
    symbols: 64,
    orders: 4_096,
    levels: 2_048,
};

/// What is published again of what a Pi lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repairs {
    /// All that is there.
    All,
    /// Nothing, and nobody says so.
    None,
    /// Nothing, which is said.
    Gone,
}

/// One millisecond, the step of the world's clock.
const STEP: core::time::Duration = core::time::Duration::from_millis(1);

/// Everything, and what it did.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) controller: Controller,
    config: ControllerConfig,
    pub(crate) pis: Vec<SimulatedPi>,
    channels: Vec<SimulatedChannel>,
    feed: Vec<Vec<Occurrence>>,
    pub(crate) started: Option<Run>,
    next_beat: Instant,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) reports: Vec<Report>,
    pub(crate) page: Page,
    /// Whether anybody carries what the page asks for.
    pub(crate) has_page: bool,
    /// Events that the page showed live, by symbol.
    pub(crate) shown: BTreeMap<SymbolIndex, usize>,
    pub(crate) ended_pis: usize,
    /// The batches that reach nobody, by how many left before them; in order.
    pub(crate) lost_batches: Vec<usize>,
    /// Batches that left.
    batches: usize,
    /// What is published again.
    pub(crate) repairs: Repairs,
    /// Wishes for that.
    pub(crate) wishes: usize,
    /// What reads the feed again.
    pub(crate) reading: Reading,
    /// Whether the feed pauses; how far it is, is told all the same.
    pub(crate) is_paused: bool,
    /// How far the wall clocks are ahead of the time that passes.
    pub(crate) wall_ahead: core::time::Duration,
    /// Receivers of stock events that a Pi which is added has: one, the page, or none.
    pub(crate) receivers: usize,
}

pub(crate) struct SimulatedPi {
    /// By what the controller knows its connection.
    pub(crate) peer: String,
    pub(crate) brain: Pi<'static>,
    topics: Vec<Topic>,
    data: VecDeque<Vec<u8>>,
    control: VecDeque<Vec<u8>>,
    pub(crate) reports: Vec<pi::Report>,
    /// Whether all replicas were equal, once its run is over.
    pub(crate) result: Option<bool>,
    /// Neither reads nor speaks.
    pub(crate) is_dead: bool,
    /// Pushes no frames, and is not told that its page takes none.
    pub(crate) is_stuck: bool,
    /// The end of the next batch does not reach it.
    pub(crate) loses_an_end: bool,
    /// Whether nothing that is published comes to it.
    pub(crate) is_deaf: bool,
    /// Pushes no frames, since its page takes none.
    pub(crate) is_refused: bool,
    /// What it said to the controller, by kind.
    pub(crate) said: BTreeMap<u8, usize>,
    /// The most bytes of batches that ever waited for it.
    pub(crate) most_waiting: usize,
}

struct SimulatedChannel {
    streams: ChannelStreams,
    occurrences: VecDeque<Occurrence>,
    has_ended: bool,
}

/// The beginning of a numbering and `count` events of ten symbols: orders that join and leave around a
/// slowly moving price.
pub(crate) fn channel(first_symbol: u32, count: u32) -> Vec<Occurrence> {
    let event = |number: u32| {
        let symbol = first_symbol + number % 10;
        let seq = number / 10 + 1;
        let order_id = OrderId::from_raw(u64::from(seq.div_ceil(2)));
        let (side, away) = if seq % 4 < 2 {
            (Side::Bid, 0)
        } else {
            (Side::Ask, 200)
        };
        let action = if seq % 2 == 1 {
            Action::Add {
                order_id,
                side,
                price: RawPrice::from_raw(100_000 + seq / 50 * 10 + away),
                qty: Qty::from_raw(100 + seq % 7),
                sessions: TradeSessions::ALL,
            }
        } else {
            Action::Delete { order_id }
        };
        FeedEvent {
            seq_num: SeqNum::from_raw(number + 2),
            symbol_index: SymbolIndex::from_raw(symbol),
            symbol_seq_num: Some(SymbolSeqNum::from_raw(seq)),
            ts_event: Some(UnixNanos::from_raw(u64::from(number))),
            action,
        }
    };
    let beginning = Beginning {
        is_announced: true,
        numbering: Numbering::from_raw(1_000),
        after: SeqNum::from_raw(0),
        failover: false,
    };
    let mut all = vec![Occurrence::Begins(beginning)];
    all.extend((0..count).map(event).map(Occurrence::Event));
    all
}

impl World {
    /// A world whose channel `n` publishes the `n`-th list, each symbol in one channel.
    pub(crate) fn new(nodes: usize, await_visual: bool, feed: Vec<Vec<Occurrence>>) -> Self {
        let symbol_of = |occurrence: &Occurrence| match occurrence {
            Occurrence::Event(event) => Some(event.symbol_index),
            Occurrence::Begins(_) | Occurrence::Lost(_) | Occurrence::Settled(_) => None,
        };
        let mut indexes: Vec<_> = feed.iter().flatten().filter_map(symbol_of).collect();
        indexes.sort_unstable();
        indexes.dedup();
        let table = PartitionTable::balanced(indexes.iter().map(|&symbol| (symbol, 1)), 8);
        let symbol = |&symbol_index: &SymbolIndex| Symbol {
            symbol_index,
            name: format!("S{symbol_index}").as_str().try_into().unwrap(),
            scale: PriceScale::new(4).unwrap(),
        };
        let config = ControllerConfig {
            nodes,
            replicas: 2,
            await_visual,
            channels: (1..).map(ChannelId::from_raw).take(feed.len()).collect(),
            symbols: indexes.iter().map(symbol).collect(),
            table,
            identity: 7,
            generation: 1,
            continues: true,
            limits: Limits::DEFAULT,
        };
        let now = Instant::from_raw(1_000_000_000);
        let mut world = Self {
            now,
            controller: Controller::new(config.clone(), now),
            config,
            pis: Vec::new(),
            channels: Vec::new(),
            feed,
            started: None,
            next_beat: now,
            outcome: None,
            reports: Vec::new(),
            page: Page::new(Limits::DEFAULT),
            has_page: true,
            shown: BTreeMap::new(),
            ended_pis: 0,
            lost_batches: Vec::new(),
            batches: 0,
            repairs: Repairs::All,
            wishes: 0,
            reading: Reading::new(Source::Pipe),
            is_paused: false,
            receivers: 1,
            wall_ahead: core::time::Duration::ZERO,
        };
        world.rewind();
        world
    }

    /// How long a partition lacks a replica before somebody takes it. Said before anybody joins.
    pub(crate) fn replace_after(&mut self, time: core::time::Duration) {
        self.config.limits.replace_after = time;
        self.controller = Controller::new(self.config.clone(), self.now);
    }

    /// The controller's process dies; another one begins the same day.
    pub(crate) fn restart_controller(&mut self) {
        self.config.generation += 1;
        self.controller = Controller::new(self.config.clone(), self.now);
        self.started = None;
        self.outcome = None;
        self.rewind();
        for pi in &mut self.pis {
            // What it subscribed to it subscribes to again by itself.
            pi.data.clear();
            pi.control.clear();
        }
    }

    /// The controller's process dies; another one begins the same day, whatever is played.
    pub(crate) fn restart_controller_afresh(&mut self) {
        self.config.continues = false;
        self.restart_controller();
        self.config.continues = true;
    }

    fn rewind(&mut self) {
        let channels = self.feed.iter().zip(&self.config.channels);
        let channel = |(occurrences, &id): (&Vec<Occurrence>, &ChannelId)| SimulatedChannel {
            streams: ChannelStreams::new(
                Run::default(),
                id,
                self.config.table.partitions(),
                Limits::DEFAULT,
            ),
            occurrences: occurrences.clone().into(),
            has_ended: false,
        };
        self.channels = channels.map(channel).collect();
    }

    pub(crate) fn add_pi(&mut self, name: &str) {
        self.add_pi_with(name, CAPACITY);
    }

    pub(crate) fn add_pi_with(&mut self, name: &str, capacity: Capacity) {
        let brain = self.brain(name, capacity);
        self.pis.push(SimulatedPi {
            peer: format!("{name}-{}", self.pis.len()),
            brain,
            topics: Vec::new(),
            data: VecDeque::new(),
            control: VecDeque::new(),
            reports: Vec::new(),
            result: None,
            is_dead: false,
            is_stuck: false,
            loses_an_end: false,
            is_deaf: false,
            is_refused: false,
            said: BTreeMap::new(),
            most_waiting: 0,
        });
    }

    fn brain(&self, name: &str, capacity: Capacity) -> Pi<'static> {
        let memory = vec![0; capacity.words()].leak();
        let config = PiConfig {
            name: name.try_into().unwrap(),
            max_orders: capacity.orders,
            max_symbols: capacity.symbols,
            receivers: self.receivers,
            libzmq: Libzmq::default(),
            limits: Limits::DEFAULT,
        };
        Pi::new(config, Books::new(capacity, memory).unwrap(), self.now)
    }

    /// The process of a Pi dies, and another one starts under its name.
    pub(crate) fn restart_pi(&mut self, at: usize, name: &str) {
        let brain = self.brain(name, CAPACITY);
        let pi = &mut self.pis[at];
        pi.brain = brain;
        pi.peer += "'";
        pi.topics.clear();
        pi.data.clear();
        pi.control.clear();
        pi.result = None;
    }

    /// Turns the world until `done`, for at most a minute of its time.
    pub(crate) fn run_until(&mut self, done: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..60_000 {
            if done(self) {
                return true;
            }
            self.turn();
        }
        done(self)
    }

    /// Turns the world for so long of its time.
    pub(crate) fn run_for(&mut self, time: core::time::Duration) {
        let until = self.now.after(time);
        while self.now < until {
            self.turn();
        }
    }

    /// Why a Pi was sent away, each time that it said so.
    pub(crate) fn refusals(&self, pi: usize) -> Vec<RefusedReason> {
        let mut refusals = Vec::new();
        for report in &self.pis[pi].reports {
            if let pi::Report::Refused(reason) = report {
                refusals.push(*reason);
            }
        }
        refusals
    }

    /// Whether every row is live.
    pub(crate) fn is_page_live(&self) -> bool {
        let rows = self.page.rows();
        !rows.is_empty() && (0..rows.len()).all(|row| self.page.standing(row, self.now).is_live())
    }

    fn turn(&mut self) {
        self.now = self.now.after(STEP);
        for at in 0..self.pis.len() {
            self.turn_pi(at);
        }
        self.turn_page();
        if self
            .controller
            .poll_timeout()
            .is_some_and(|due| due <= self.now)
        {
            self.controller.handle_timeout(self.now);
        }
        self.obey();
        let feed = (&self.config, self.feed.as_slice());
        self.reading.turn(self.now, feed, &mut self.controller);
        if self.started.is_some() {
            for at in 0..self.channels.len() {
                self.turn_channel(at);
            }
            if self.next_beat <= self.now {
                self.next_beat = self.now.after(Limits::DEFAULT.beat);
            }
        }
        self.obey();
    }

    fn obey(&mut self) {
        while let Some(command) = self.controller.next_command() {
            match command {
                Command::Send { peer, message } => {
                    let mut pis = self.pis.iter_mut();
                    let pi = pis.find(|pi| pi.peer.as_bytes() == peer && !pi.is_dead);
                    if let Some(pi) = pi {
                        pi.control.push_back(message);
                    }
                }
                Command::Answer { message } => {
                    self.page.handle_symbols(&message).unwrap();
                }
                Command::Publish { frame } => publish(&mut self.pis, &frame),
                Command::Start { run } => {
                    self.started = Some(run);
                    for channel in &mut self.channels {
                        channel.streams.set_run(run);
                    }
                }
                Command::Credit { stream, acked } => {
                    let of_stream = self.config.channels.iter().zip(&mut self.channels);
                    for (_, channel) in of_stream.filter(|(id, _)| **id == stream.channel) {
                        channel.streams.handle_credit(stream.partition, acked);
                    }
                }
                Command::Repair { stream, from, to } => {
                    self.wishes += 1;
                    let of_stream = self.config.channels.iter().zip(&self.channels);
                    for (_, channel) in of_stream.filter(|(id, _)| **id == stream.channel) {
                        let mut send = |frame: &[u8]| publish(&mut self.pis, frame);
                        match self.repairs {
                            Repairs::All => {
                                let partition = stream.partition;
                                channel.streams.repair(partition, from, to, &mut send);
                            }
                            Repairs::Gone => send(&gone(self.started, stream, to)),
                            Repairs::None => {}
                        }
                    }
                }
                Command::Held { stream } => self.set_held(stream, true),
                Command::Unheld { stream } => self.set_held(stream, false),
                Command::Rebuild(order) => self.reading.order(self.now, order),
                Command::ForgetRebuild => self.reading.forget(),
                Command::Report(report) => self.reports.push(report),
                Command::Stop(outcome) => self.outcome = Some(outcome),
            }
        }
    }

    fn set_held(&mut self, stream: StreamId, is_held: bool) {
        let of_stream = self.config.channels.iter().zip(&mut self.channels);
        for (_, channel) in of_stream.filter(|(id, _)| **id == stream.channel) {
            channel.streams.set_held(stream.partition, is_held);
        }
    }

    fn turn_channel(&mut self, at: usize) {
        let is_beat = self.next_beat <= self.now;
        let Self {
            channels,
            config,
            pis,
            lost_batches,
            batches,
            now,
            wall_ahead,
            is_paused,
            ..
        } = self;
        let channel = &mut channels[at];
        let streams = &mut channel.streams;
        let wall = UnixNanos::from_raw(now.after(*wall_ahead).raw());
        let mut send = |frame: &[u8]| {
            let (_, message) = Topic::split(frame).unwrap();
            let is_batch = kind_of(message) == Ok(Kind::Batch);
            if !is_batch || lost_batches.binary_search(batches).is_err() {
                publish(pis, frame);
            }
            *batches += usize::from(is_batch);
        };
        while !*is_paused && let Some(occurrence) = channel.occurrences.front() {
            if streams
                .push(occurrence, &config.table, wall, &mut send)
                .is_err()
            {
                break;
            }
            if let Occurrence::Event(event) = occurrence {
                streams.cover(event.seq_num);
            }
            channel.occurrences.pop_front();
        }
        streams.flush(wall, &mut send);
        if is_beat {
            streams.tell_coverage(wall, &mut send);
        }
        if channel.occurrences.is_empty() && streams.is_flushed() && !channel.has_ended {
            streams.end(&mut send);
            channel.has_ended = true;
            self.controller
                .handle_end_of_channel(self.now, config.channels[at]);
        }
    }

    fn turn_pi(&mut self, at: usize) {
        let now = self.now;
        let wall = UnixNanos::from_raw(now.after(self.wall_ahead).raw());
        let pi = &mut self.pis[at];
        if pi.is_dead {
            return;
        }
        pi.brain.handle_timeout(now);
        while let Some(message) = pi.control.pop_front() {
            pi.brain.handle_control(now, wall, &message);
        }
        let waiting = pi.data.iter().map(Vec::len).sum();
        pi.most_waiting = pi.most_waiting.max(waiting);
        while pi.brain.can_take_data()
            && let Some(mut frame) = pi.data.pop_front()
        {
            let is_batch = frame.len() > 100;
            if is_batch && core::mem::take(&mut pi.loses_an_end) {
                frame.truncate(frame.len() - 3);
            }
            pi.brain.handle_data(now, wall, &frame);
        }
        pi.brain.mend(now, wall);
        if pi.is_refused && pi.brain.stock_frame(0, wall).is_some() {
            pi.brain.stock_refused(0, now);
        }
        while self.receivers > 0
            && !(pi.is_stuck || pi.is_refused)
            && let Some(frame) = pi.brain.stock_frame(0, wall)
        {
            self.ended_pis += usize::from(kind_of(frame) == Ok(Kind::EndOfEvents));
            self.page.handle_stock(now, frame);
            pi.brain.stock_sent(0);
        }
        while let Some(command) = pi.brain.next_command() {
            match command {
                pi::Command::Subscribe(topic) => pi.topics.push(topic),
                pi::Command::Unsubscribe(topic) => pi.topics.retain(|known| *known != topic),
                pi::Command::Report(report) => {
                    if let pi::Report::Finished { equal } = report {
                        pi.result = Some(equal);
                    } else if let pi::Report::Assigned { .. } = report {
                        pi.result = None;
                    }
                    pi.reports.push(report);
                }
            }
        }
        // Nobody has more to say at once than this.
        for _ in 0..1_000 {
            let Some(message) = pi.brain.control_message(now) else {
                return;
            };
            let kind = kind_of(message).unwrap();
            *pi.said.entry(kind as u8).or_default() += 1;
            // Nobody hears one who has left.
            if self.outcome.is_none() {
                self.controller
                    .handle_message(now, pi.peer.as_bytes(), message);
            }
            pi.brain.control_sent(now);
        }
        panic!("{} never has said all", pi.peer);
    }

    fn turn_page(&mut self) {
        if !self.has_page {
            return;
        }
        let is_due = self.page.poll_timeout().is_some_and(|due| due <= self.now);
        if self.page.run().is_none() || is_due {
            self.page.handle_timeout(self.now);
        }
        while let Some(shown) = self.page.next_shown() {
            *self.shown.entry(shown.symbol_index).or_default() += 1;
        }
        while let Some(command) = self.page.next_command() {
            if let page::Command::Ask { tell } = command {
                let mut buffer = [0; 64];
                let request = SetupVisualRequest {
                    schema: SCHEMA_FINGERPRINT,
                    tell,
                };
                let length = encode(&request, &mut buffer).unwrap();
                let rim = RimStatus::default();
                self.controller
                    .handle_question(self.now, &buffer[..length], &rim);
            }
        }
    }
}

/// The word that nothing of a stream can be published again.
fn gone(run: Option<Run>, stream: StreamId, through: Position) -> Vec<u8> {
    let gone = RepairGone {
        run: run.unwrap(),
        stream,
        through,
    };
    let topic = Topic {
        partition: stream.partition,
    };
    let mut frame = [0; Topic::MAX_PLAIN_FRAME_BYTES];
    let length = topic.encode(&gone, &mut frame).unwrap();
    frame[..length].to_vec()
}

/// Puts a frame before every living Pi that subscribed to its topic.
fn publish(pis: &mut [SimulatedPi], frame: &[u8]) {
    let (topic, _) = Topic::split(frame).unwrap();
    for pi in pis
        .iter_mut()
        .filter(|pi| !pi.is_dead && !pi.is_deaf && pi.topics.contains(&topic))
    {
        pi.data.push_back(frame.to_vec());
    }
}

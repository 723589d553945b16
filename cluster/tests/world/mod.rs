//! A controller, its channels, Pis and a visualisation in one thread, joined by perfect queues.

use std::collections::{BTreeMap, VecDeque};

use oxberry_cluster::channel::ChannelStreams;
use oxberry_cluster::controller::{Command, Controller, ControllerConfig, Outcome, Report, Symbol};
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::{self, Pi, PiConfig};
use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, Instant, PriceScale, SymbolIndex, UnixNanos};
use oxberry_proto::start::SetupVisualRequest;
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockEvent};
use oxberry_proto::{Kind, SCHEMA_FINGERPRINT, Topic, decode, decode_list, encode, kind_of};

/// What the books of a Pi hold.
pub(crate) const CAPACITY: Capacity = Capacity {
    symbols: 64,
    orders: 4_096,
    levels: 2_048,
};

/// One millisecond, the step of the world's clock.
const STEP: core::time::Duration = core::time::Duration::from_millis(1);

/// Everything, and what it did.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) controller: Controller,
    pub(crate) pis: Vec<SimulatedPi>,
    channels: Vec<SimulatedChannel>,
    running: bool,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) reports: Vec<Report>,
    /// What came from each Pi, in order.
    pub(crate) stock: BTreeMap<String, Vec<StockEvent>>,
    pub(crate) visual_answers: usize,
    pub(crate) ended_pis: usize,
    losing: bool,
}

pub(crate) struct SimulatedPi {
    pub(crate) name: String,
    pub(crate) brain: Pi<'static>,
    topics: Vec<Topic>,
    data: VecDeque<Vec<u8>>,
    control: VecDeque<Vec<u8>>,
    pub(crate) reports: Vec<pi::Report>,
    pub(crate) stop: Option<pi::Stop>,
    /// Neither reads nor speaks.
    pub(crate) is_dead: bool,
    /// Takes no stock events: its visualisation does not read.
    pub(crate) is_stuck: bool,
    /// Frames that it pushed to the visualisation.
    pub(crate) stock_frames: usize,
    /// The most data frames that ever waited for it.
    pub(crate) most_waiting: usize,
}

struct SimulatedChannel {
    streams: ChannelStreams,
    events: VecDeque<FeedEvent>,
    has_ended: bool,
}

impl World {
    /// A world whose channel `n` publishes the `n`-th list of events, each symbol in one channel.
    pub(crate) fn new(nodes: usize, await_visual: bool, events: Vec<Vec<FeedEvent>>) -> Self {
        let mut indexes: Vec<_> = events
            .iter()
            .flatten()
            .map(|event| event.symbol_index)
            .collect();
        indexes.sort_unstable();
        indexes.dedup();
        let table = PartitionTable::balanced(indexes.iter().map(|&symbol| (symbol, 1)), 8);
        let symbol = |&symbol_index: &SymbolIndex| Symbol {
            symbol_index,
            name: format!("S{symbol_index}").as_str().try_into().unwrap(),
            scale: PriceScale::new(4).unwrap(),
        };
        let channel_ids: Vec<_> = (1..).map(ChannelId::from_raw).take(events.len()).collect();
        let channels = channel_ids
            .iter()
            .zip(events)
            .map(|(&channel, events)| SimulatedChannel {
                streams: ChannelStreams::new(channel, table.partitions()),
                events: events.into(),
                has_ended: false,
            });
        let channels = channels.collect();
        let config = ControllerConfig {
            nodes,
            replicas: 2,
            await_visual,
            channels: channel_ids,
            symbols: indexes.iter().map(symbol).collect(),
            table,
        };
        let now = Instant::from_raw(1_000_000_000);
        Self {
            now,
            controller: Controller::new(config, now),
            pis: Vec::new(),
            channels,
            running: false,
            outcome: None,
            reports: Vec::new(),
            stock: BTreeMap::new(),
            visual_answers: 0,
            ended_pis: 0,
            losing: false,
        }
    }

    /// The next batch that a channel publishes reaches nobody.
    pub(crate) fn lose_next_batch(&mut self) {
        self.losing = true;
    }

    pub(crate) fn add_pi(&mut self, name: &str) {
        self.add_pi_with(name, CAPACITY);
    }

    pub(crate) fn add_pi_with(&mut self, name: &str, capacity: Capacity) {
        let memory = vec![0; capacity.words()].leak();
        let config = PiConfig {
            name: name.try_into().unwrap(),
            max_orders: capacity.orders,
            max_symbols: capacity.symbols,
        };
        self.pis.push(SimulatedPi {
            name: name.to_owned(),
            brain: Pi::new(config, Books::new(capacity, memory).unwrap(), self.now),
            topics: Vec::new(),
            data: VecDeque::new(),
            control: VecDeque::new(),
            reports: Vec::new(),
            stop: None,
            is_dead: false,
            is_stuck: false,
            stock_frames: 0,
            most_waiting: 0,
        });
    }

    pub(crate) fn ask_for_symbols(&mut self) {
        let mut buffer = [0; 64];
        let length = encode(
            &SetupVisualRequest {
                schema: SCHEMA_FINGERPRINT,
            },
            &mut buffer,
        );
        self.controller
            .handle_visual_request(self.now, &buffer[..length.unwrap()]);
    }

    /// How many stock events came, twins included. A Pi without news sends batches without any.
    pub(crate) fn stock_events(&self) -> usize {
        self.stock.values().map(Vec::len).sum()
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

    fn turn(&mut self) {
        self.now = self.now.after(STEP);
        if self
            .controller
            .poll_timeout()
            .is_some_and(|due| due <= self.now)
        {
            self.controller.handle_timeout(self.now);
        }
        for at in 0..self.pis.len() {
            self.turn_pi(at);
        }
        while let Some(command) = self.controller.next_command() {
            self.obey(command);
        }
        if self.running {
            for at in 0..self.channels.len() {
                self.turn_channel(at);
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Send { peer, message } => {
                let pi = self
                    .pis
                    .iter_mut()
                    .find(|pi| pi.name.as_bytes() == peer && !pi.is_dead);
                if let Some(pi) = pi {
                    pi.control.push_back(message);
                }
            }
            Command::AnswerVisual { .. } => self.visual_answers += 1,
            Command::Publish { frame } => publish(&mut self.pis, &frame),
            Command::Start => self.running = true,
            Command::Credit { stream, acked } => {
                let channels = self.channels.iter_mut();
                for channel in channels.filter(|one| one.streams.channel() == stream.channel) {
                    channel.streams.handle_credit(stream.partition, acked);
                }
            }
            Command::Report(report) => self.reports.push(report),
            Command::Stop(outcome) => self.outcome = Some(outcome),
        }
    }

    fn turn_channel(&mut self, at: usize) {
        let Self {
            channels,
            controller,
            pis,
            losing,
            ..
        } = self;
        let channel = &mut channels[at];
        let wall = UnixNanos::from_raw(1);
        let mut send = |frame: &[u8]| {
            if !core::mem::take(losing) {
                publish(pis, frame);
            }
        };
        while let Some(event) = channel.events.front() {
            let partition = controller.table().partition_of(event.symbol_index).unwrap();
            if channel
                .streams
                .push(partition, event, wall, &mut send)
                .is_err()
            {
                return;
            }
            channel.events.pop_front();
        }
        channel.streams.flush(wall, &mut send);
        if channel.streams.is_flushed() && !channel.has_ended {
            channel.streams.end(&mut send);
            channel.has_ended = true;
            let lasts = channel.streams.lasts().collect();
            controller.handle_end_of_channel(self.now, channel.streams.channel(), lasts);
        }
    }

    fn turn_pi(&mut self, at: usize) {
        let (now, wall) = (self.now, UnixNanos::from_raw(self.now.raw()));
        let pi = &mut self.pis[at];
        if pi.is_dead || pi.stop.is_some() {
            return;
        }
        if pi.brain.poll_timeout().is_some_and(|due| due <= now) {
            pi.brain.handle_timeout(now);
        }
        while let Some(message) = pi.control.pop_front() {
            pi.brain.handle_control(now, &message);
        }
        pi.most_waiting = pi.most_waiting.max(pi.data.len());
        while pi.brain.can_take_data()
            && let Some(frame) = pi.data.pop_front()
        {
            pi.brain.handle_data(now, wall, &frame);
        }
        while !pi.is_stuck
            && let Some(frame) = pi.brain.stock_frame(wall)
        {
            if kind_of(frame) == Ok(Kind::EndOfEvents) {
                decode::<EndOfEvents>(frame).unwrap();
                self.ended_pis += 1;
            } else {
                let (_, events) = decode_list::<StockBatch>(frame).unwrap();
                let came = self.stock.entry(pi.name.clone()).or_default();
                came.extend(events.map(Result::unwrap));
            }
            pi.stock_frames += 1;
            pi.brain.stock_sent();
        }
        while let Some(command) = pi.brain.next_command() {
            match command {
                pi::Command::Subscribe(topic) => pi.topics.push(topic),
                pi::Command::Report(report) => pi.reports.push(report),
                pi::Command::Stop(stop) => pi.stop = Some(stop),
            }
        }
        while let Some(message) = pi.brain.control_message(now) {
            self.controller
                .handle_message(now, pi.name.as_bytes(), message);
            pi.brain.control_sent();
        }
    }
}

/// Puts a frame before every living Pi that subscribed to its topic.
fn publish(pis: &mut [SimulatedPi], frame: &[u8]) {
    let (topic, _) = Topic::split(frame).unwrap();
    for pi in pis
        .iter_mut()
        .filter(|pi| !pi.is_dead && pi.topics.contains(&topic))
    {
        pi.data.push_back(frame.to_vec());
    }
}

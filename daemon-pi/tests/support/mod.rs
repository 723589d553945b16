//! A controller and a visualisation around one Pi, on real sockets.
#![allow(dead_code, reason = "every test file uses its own part")]

pub(crate) mod process;
pub(crate) mod scrape;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use oxberry_cluster::channel::{ChannelStreams, Occurrence};
use oxberry_cluster::controller::{
    Command, Controller, ControllerConfig, Outcome, RimStatus, Symbol,
};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Action, Beginning, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Instant, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
    SymbolSeqNum, UnixNanos,
};
use oxberry_net::limits::queue_frames;
use oxberry_net::{
    Clock, Context, ControlServer, Delivery, Endpoint, Interest, Proxy, Shutdown, StockPuller,
    SynchronizedPublisher, wait,
};
use oxberry_proto::depth::{DepthRequest, DepthWish, LevelName};
use oxberry_proto::limits::{MAX_DEPTH_LEVELS, MAX_DEPTH_QUEUES, MAX_PLAIN_BYTES};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockEvent};
use oxberry_proto::{
    Deltas, Kind, NodeId, SCHEMA_FINGERPRINT, StockTold, decode, decode_list, encode, kind_of,
};

/// Symbols of the feed.
const SYMBOLS: u32 = 100;

/// The feed has one channel.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

const PARTITIONS: usize = 8;

/// One of so many batches is lost on its way, and published again when the node asks for it.
const LOST_EVERY: u64 = 500;

/// Long enough for any step of a test on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A controller that plays a made-up feed to one node, in a thread of its own.
pub(crate) struct Feed {
    pub(crate) control: Endpoint,
    pub(crate) data: Endpoint,
    thread: JoinHandle<Outcome>,
}

impl Feed {
    /// Waits for the node, plays `events` events, and calls `progress` with how many were
    /// acknowledged whenever that changes.
    pub(crate) fn play(events: u64, mut progress: impl FnMut(u64) + Send + 'static) -> Self {
        Self::play_days(1, events, move |_, acked| progress(acked))
    }

    /// Plays so many days after each other, each as a new controller does; `progress` is told which.
    pub(crate) fn play_days(
        days: u32,
        events: u64,
        mut progress: impl FnMut(u32, u64) + Send + 'static,
    ) -> Self {
        let context = Context::new();
        let any_port = Endpoint::loopback(0);
        let (server, control) = ControlServer::bind(&context, any_port).unwrap();
        let proxy = Proxy::start(&context, any_port, queue_frames(PARTITIONS)).unwrap();
        let data = proxy.endpoint();
        let thread = thread::spawn(move || {
            let mut player = Player::new(server, &proxy);
            let mut outcome = player.play(events, &mut |acked| progress(1, acked));
            for day in 2..=days {
                assert!(
                    outcome.is_good() && outcome.missing.is_empty(),
                    "{outcome:?}"
                );
                player.begin_day(day);
                outcome = player.play(events, &mut |acked| progress(day, acked));
            }
            outcome
        });
        Self {
            control,
            data,
            thread,
        }
    }

    /// What the controller found at the end.
    pub(crate) fn outcome(self) -> Outcome {
        self.thread.join().unwrap()
    }
}

struct Player {
    clock: Clock,
    brain: Controller,
    server: ControlServer,
    publisher: SynchronizedPublisher,
    table: PartitionTable,
    /// Made when the feed starts.
    streams: Option<ChannelStreams>,
    next_coverage: Instant,
    batches: u64,
    outcome: Option<Outcome>,
}

impl Player {
    fn new(server: ControlServer, proxy: &Proxy) -> Self {
        let symbols = (0..SYMBOLS).map(SymbolIndex::from_raw);
        let table = PartitionTable::balanced(symbols.map(|symbol| (symbol, 1)), PARTITIONS);
        let clock = Clock::start();
        Self {
            brain: brain(1, &table, clock),
            clock,
            server,
            publisher: proxy.publisher().unwrap(),
            table,
            streams: None,
            next_coverage: Instant::default(),
            batches: 0,
            outcome: None,
        }
    }

    /// Begins another day, of which nobody was told yet.
    fn begin_day(&mut self, day: u32) {
        self.brain = brain(day, &self.table, self.clock);
        self.streams = None;
        self.outcome = None;
    }

    fn play(&mut self, events: u64, progress: &mut dyn FnMut(u64)) -> Outcome {
        let mut next = 0;
        let mut has_ended = false;
        let mut acked = vec![0; PARTITIONS];
        loop {
            let item = self.server.poll_item(Interest::Read);
            let deadline = [self.brain.poll_timeout(), Some(self.next_coverage)];
            let deadline = deadline.into_iter().flatten().min();
            wait(&self.clock, deadline, [item]).unwrap();
            let now = self.clock.now();
            assert!(now.raw() < 300_000_000_000, "the feed does not get through");
            self.brain.handle_timeout(now);
            while let Some(from) = self.server.recv().unwrap() {
                self.brain.handle_message(now, from.peer, from.message);
            }
            self.obey(&mut acked);

            progress(*acked.iter().min().unwrap());
            if let Some(outcome) = self.outcome.take() {
                return outcome;
            }
            if self.streams.is_some() && !has_ended && self.push(&mut next, events) {
                self.brain.handle_end_of_channel(now, CHANNEL);
                has_ended = true;
                self.obey(&mut acked);
            }
            self.tell_coverage(now);
        }
    }

    /// Pushes events until a window is full; says whether everything was said.
    fn push(&mut self, next: &mut u64, events: u64) -> bool {
        let wall = self.clock.wall();
        let Self {
            publisher,
            streams,
            table,
            batches,
            ..
        } = self;
        let streams = streams.as_mut().unwrap();
        let mut send = |frame: &[u8]| {
            *batches += 1;
            if !batches.is_multiple_of(LOST_EVERY) {
                publisher.publish(frame).unwrap();
            }
        };
        while *next < events {
            let event = Occurrence::Event(event(*next));
            if streams.push(&event, table, wall, &mut send).is_err() {
                break;
            }
            *next += 1;
        }
        streams.cover(number(*next));
        streams.flush(wall, &mut send);
        let is_all = *next == events && streams.is_flushed();
        if is_all {
            streams.end(&mut send);
        }
        is_all
    }

    fn tell_coverage(&mut self, now: Instant) {
        if self.next_coverage <= now {
            self.next_coverage = now.after(Limits::DEFAULT.beat);
            self.look(now);
            let publisher = &mut self.publisher;
            if let Some(streams) = &mut self.streams {
                let wall = self.clock.wall();
                streams.tell_coverage(wall, &mut |frame| publisher.publish(frame).unwrap());
            }
        }
    }

    /// Somebody looks at a symbol all the while.
    fn look(&mut self, now: Instant) {
        let symbol_index = SymbolIndex::from_raw(1);
        let best = LevelName {
            side: Side::Ask,
            price: RawPrice::from_raw(900_064),
        };
        let request = DepthRequest {
            schema: SCHEMA_FINGERPRINT,
            run: self.brain.run(),
            node: NodeId::from_raw(0),
            wish: DepthWish {
                symbol_index,
                partition: self.table.partition_of(symbol_index),
                levels: MAX_DEPTH_LEVELS,
                queues: [Some(best); MAX_DEPTH_QUEUES],
            },
        };
        let mut message = [0; MAX_PLAIN_BYTES];
        let length = encode(&request, &mut message).unwrap();
        let rim = RimStatus::default();
        self.brain.handle_question(now, &message[..length], &rim);
    }

    fn obey(&mut self, acked_of: &mut [u64]) {
        while let Some(command) = self.brain.next_command() {
            match command {
                Command::Send { peer, message } => {
                    let sent = self.server.send(&peer, &message).unwrap();
                    // A Pi that has said farewell is gone.
                    assert_ne!(sent, Delivery::Full);
                }
                Command::Publish { frame } => self.publisher.publish(&frame).unwrap(),
                Command::Start { run } => {
                    let partitions = self.table.partitions();
                    let mut streams =
                        ChannelStreams::new(run, CHANNEL, partitions, Limits::DEFAULT);
                    let begins = Occurrence::Begins(Beginning {
                        is_announced: true,
                        numbering: Numbering::from_raw(1_000),
                        after: number(0),
                        failover: false,
                    });
                    let publisher = &mut self.publisher;
                    let mut send = |frame: &[u8]| publisher.publish(frame).unwrap();
                    let wall = self.clock.wall();
                    streams.push(&begins, &self.table, wall, &mut send).unwrap();
                    self.streams = Some(streams);
                }
                Command::Credit { stream, acked } => {
                    if let Some(streams) = &mut self.streams {
                        streams.handle_credit(stream.partition, acked);
                    }
                    acked_of[usize::from(stream.partition.raw())] = u64::from(acked.seq_num.raw());
                }
                Command::Repair { stream, from, to } => {
                    let publisher = &mut self.publisher;
                    if let Some(streams) = &self.streams {
                        let mut send = |frame: &[u8]| publisher.publish(frame).unwrap();
                        streams.repair(stream.partition, from, to, &mut send);
                    }
                }
                Command::Stop(outcome) => self.outcome = Some(outcome),
                Command::Answer { .. }
                | Command::Held { .. }
                | Command::Unheld { .. }
                // Nobody wishes for a book that nobody has.
                | Command::Rebuild(_)
                | Command::ForgetRebuild
                | Command::Report(_) => {}
            }
        }
    }
}

/// The brain of a controller that plays this day to one node.
fn brain(day: u32, table: &PartitionTable, clock: Clock) -> Controller {
    let symbols = (0..SYMBOLS).map(SymbolIndex::from_raw);
    let config = ControllerConfig {
        nodes: 1,
        replicas: 2,
        await_visual: false,
        channels: vec![CHANNEL],
        symbols: symbols
            .map(|symbol_index| Symbol {
                symbol_index,
                name: format!("S{symbol_index}").as_str().try_into().unwrap(),
                scale: PriceScale::new(4).unwrap(),
            })
            .collect(),
        table: table.clone(),
        identity: day,
        generation: 1,
        continues: true,
        limits: Limits::DEFAULT,
    };
    Controller::new(config, clock.now())
}

/// The channel's number of the message before this event.
fn number(event: u64) -> SeqNum {
    SeqNum::from_raw(u32::try_from(event).unwrap())
}

/// The event of this number: each symbol gets an order and loses it again, in turns, around a price
/// that moves; a few orders rest for long.
fn event(number: u64) -> FeedEvent {
    let symbol = u32::try_from(number % u64::from(SYMBOLS)).unwrap();
    let seq = u32::try_from(number / u64::from(SYMBOLS) + 1).unwrap();
    // An order is named after the event that added it, the one before of the symbol if not this.
    let added = OrderId::from_raw(number);
    let before = OrderId::from_raw(number.saturating_sub(u64::from(SYMBOLS)));
    let (side, away) = if seq % 4 < 2 {
        (Side::Bid, 0)
    } else {
        (Side::Ask, 500)
    };
    let action = if seq % 2 == 1 {
        Action::Add {
            order_id: added,
            side,
            price: RawPrice::from_raw(100_000 + seq / 64 % 4_000 * 100 + away),
            qty: Qty::from_raw(100 + seq % 7),
            sessions: TradeSessions::ALL,
        }
    } else if seq % 64 == 0 && seq < 6_400 {
        // This ask stays, far away.
        Action::Modify {
            order_id: before,
            price: RawPrice::from_raw(900_000 + seq),
            qty: Qty::from_raw(50),
            loses_place: true,
        }
    } else {
        Action::Delete { order_id: before }
    };
    FeedEvent {
        seq_num: self::number(number).next(),
        symbol_index: SymbolIndex::from_raw(symbol),
        symbol_seq_num: Some(SymbolSeqNum::from_raw(seq)),
        ts_event: Some(UnixNanos::from_raw(number)),
        action,
    }
}

/// A visualisation that takes everything until the node says that it was all.
pub(crate) struct Page {
    pub(crate) stock: Endpoint,
    thread: JoinHandle<Vec<StockEvent>>,
}

impl Page {
    /// Begins to read when `begin` is requested.
    pub(crate) fn read_from(begin: Shutdown) -> Self {
        Self::read_days(1, begin)
    }

    /// Takes everything of so many runs.
    fn read_days(days: u32, begin: Shutdown) -> Self {
        let context = Context::new();
        let (mut puller, stock) = StockPuller::bind(&context, Endpoint::loopback(0)).unwrap();
        let thread = thread::spawn(move || {
            let clock = Clock::start();
            wait(&clock, None, [begin.poll_item()]).unwrap();
            let mut events = Vec::new();
            let mut ended = 0;
            loop {
                let deadline = clock.now().after(DEADLINE);
                wait(&clock, Some(deadline), [puller.poll_item(Interest::Read)]).unwrap();
                assert!(clock.now() < deadline, "no stock events any more");
                while let Some(frame) = puller.recv().unwrap() {
                    if decode::<EndOfEvents>(frame).is_ok() {
                        ended += 1;
                        if ended == days {
                            return events;
                        }
                        continue;
                    }
                    if kind_of(frame) != Ok(Kind::StockBatch) {
                        continue;
                    }
                    let (head, records) = decode_list::<StockBatch>(frame).unwrap();
                    let mut deltas = Deltas::new(head.numbering, head.after);
                    for record in records {
                        if let StockTold::Event(event) = deltas.stock_told(record.unwrap()) {
                            events.push(event);
                        }
                    }
                }
            }
        });
        Self { stock, thread }
    }

    /// A page that reads at once.
    pub(crate) fn reading() -> Self {
        let begin = Shutdown::new().unwrap();
        begin.request();
        Self::read_from(begin)
    }

    /// One that reads so many runs at once.
    pub(crate) fn reading_days(days: u32) -> Self {
        let begin = Shutdown::new().unwrap();
        begin.request();
        Self::read_days(days, begin)
    }

    /// Everything that came, after the end.
    pub(crate) fn events(self) -> Vec<StockEvent> {
        self.thread.join().unwrap()
    }
}

/// Asserts that events of every symbol came, each once and in order, and all that were told: each
/// event of this feed changes the best prices of its symbol.
pub(crate) fn assert_complete(events: &[StockEvent]) {
    let mut last = vec![SeqNum::default(); usize::try_from(SYMBOLS).unwrap()];
    for event in events {
        let last = &mut last[usize::try_from(event.symbol_index.raw()).unwrap()];
        assert!(event.seq_num > *last, "symbol {}", event.symbol_index);
        *last = event.seq_num;
    }
    assert!(last.iter().all(|last| *last > SeqNum::default()));
}

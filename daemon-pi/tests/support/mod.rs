//! A controller and a visualisation around one Pi, on real sockets.
#![allow(dead_code, reason = "every test file uses its own part")]

pub(crate) mod process;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use oxberry_cluster::channel::ChannelStreams;
use oxberry_cluster::controller::{Command, Controller, ControllerConfig, Outcome, Symbol};
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
    UnixNanos,
};
use oxberry_net::limits::queue_frames;
use oxberry_net::{
    Clock, Context, ControlServer, Delivery, Endpoint, Interest, Proxy, Shutdown, StockPuller,
    SynchronizedPublisher, wait,
};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockEvent};
use oxberry_proto::{EventNum, decode, decode_list};

/// Symbols of the feed.
const SYMBOLS: u32 = 100;

/// The feed has one channel.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

const PARTITIONS: usize = 8;

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
        let context = Context::new();
        let any_port = Endpoint::loopback(0);
        let (server, control) = ControlServer::bind(&context, any_port).unwrap();
        let proxy = Proxy::start(&context, any_port, queue_frames(PARTITIONS)).unwrap();
        let data = proxy.endpoint();
        let thread = thread::spawn(move || Player::new(server, &proxy).play(events, &mut progress));
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
    streams: ChannelStreams,
    is_running: bool,
    outcome: Option<Outcome>,
}

impl Player {
    fn new(server: ControlServer, proxy: &Proxy) -> Self {
        let symbols = || (0..SYMBOLS).map(SymbolIndex::from_raw);
        let table = PartitionTable::balanced(symbols().map(|symbol| (symbol, 1)), PARTITIONS);
        let streams = ChannelStreams::new(CHANNEL, table.partitions());
        let config = ControllerConfig {
            nodes: 1,
            replicas: 2,
            await_visual: false,
            channels: vec![CHANNEL],
            symbols: symbols()
                .map(|symbol_index| Symbol {
                    symbol_index,
                    name: format!("S{symbol_index}").as_str().try_into().unwrap(),
                    scale: PriceScale::new(4).unwrap(),
                })
                .collect(),
            table,
        };
        let clock = Clock::start();
        Self {
            brain: Controller::new(config, clock.now()),
            clock,
            server,
            publisher: proxy.publisher().unwrap(),
            streams,
            is_running: false,
            outcome: None,
        }
    }

    fn play(mut self, events: u64, progress: &mut dyn FnMut(u64)) -> Outcome {
        let mut next = 0;
        let mut has_ended = false;
        let mut acked = vec![0; PARTITIONS];
        loop {
            let item = self.server.poll_item(Interest::Read);
            wait(&self.clock, self.brain.poll_timeout(), [item]).unwrap();
            let now = self.clock.now();
            assert!(now.raw() < 300_000_000_000, "the feed does not get through");
            self.brain.handle_timeout(now);
            while let Some(from) = self.server.recv().unwrap() {
                self.brain.handle_message(now, from.peer, from.message);
            }
            self.obey(&mut acked);

            progress(acked.iter().sum());
            if let Some(outcome) = self.outcome {
                return outcome;
            }
            if self.is_running && !has_ended {
                self.push(&mut next, events);
                if next == events && self.streams.is_flushed() {
                    let publisher = &mut self.publisher;
                    let mut send = |frame: &[u8]| publisher.publish(frame).unwrap();
                    self.streams.end(&mut send);
                    let lasts = self.streams.lasts().collect();
                    self.brain.handle_end_of_channel(now, CHANNEL, lasts);
                    has_ended = true;
                    self.obey(&mut acked);
                }
            }
        }
    }

    /// Pushes events until a window is full.
    fn push(&mut self, next: &mut u64, events: u64) {
        let wall = self.clock.wall();
        let Self {
            publisher, streams, ..
        } = self;
        let mut send = |frame: &[u8]| publisher.publish(frame).unwrap();
        while *next < events {
            let event = event(*next);
            let partition = self.brain.table().partition_of(event.symbol_index).unwrap();
            if streams.push(partition, &event, wall, &mut send).is_err() {
                break;
            }
            *next += 1;
        }
        streams.flush(wall, &mut send);
    }

    fn obey(&mut self, acked_of: &mut [u64]) {
        while let Some(command) = self.brain.next_command() {
            match command {
                Command::Send { peer, message } => {
                    let sent = self.server.send(&peer, &message).unwrap();
                    assert_eq!(sent, Delivery::Sent);
                }
                Command::Publish { frame } => self.publisher.publish(&frame).unwrap(),
                Command::Start => self.is_running = true,
                Command::Credit { stream, acked } => {
                    self.streams.handle_credit(stream.partition, acked);
                    acked_of[usize::from(stream.partition.raw())] = acked.raw();
                }
                Command::Stop(outcome) => self.outcome = Some(outcome),
                Command::AnswerVisual { .. } | Command::Report(_) => {}
            }
        }
    }
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
        seq_num: SeqNum::from_raw(u32::try_from(number + 1).unwrap()),
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
        let context = Context::new();
        let (mut puller, stock) = StockPuller::bind(&context, Endpoint::loopback(0)).unwrap();
        let thread = thread::spawn(move || {
            let clock = Clock::start();
            wait(&clock, None, [begin.poll_item()]).unwrap();
            let mut events = Vec::new();
            loop {
                let deadline = clock.now().after(DEADLINE);
                wait(&clock, Some(deadline), [puller.poll_item(Interest::Read)]).unwrap();
                assert!(clock.now() < deadline, "no stock events any more");
                while let Some(frame) = puller.recv().unwrap() {
                    if decode::<EndOfEvents>(frame).is_ok() {
                        return events;
                    }
                    let (_, batch) = decode_list::<StockBatch>(frame).unwrap();
                    events.extend(batch.map(Result::unwrap));
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

    /// Everything that came, after the end.
    pub(crate) fn events(self) -> Vec<StockEvent> {
        self.thread.join().unwrap()
    }
}

/// Asserts that of every symbol all events came, in order.
pub(crate) fn assert_complete(events: &[StockEvent]) {
    let mut last = vec![EventNum::NONE; usize::try_from(SYMBOLS).unwrap()];
    for event in events {
        let last = &mut last[usize::try_from(event.symbol_index.raw()).unwrap()];
        assert_eq!(
            event.event_num,
            last.next(),
            "symbol {}",
            event.symbol_index
        );
        *last = event.event_num;
    }
    assert!(last.iter().all(|last| *last > EventNum::NONE));
}

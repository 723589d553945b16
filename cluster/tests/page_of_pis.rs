//! The page beside two real Pis: whatever frames it loses, what it calls live is what the books are, and
//! once nothing is lost any more all is live.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use oxberry_cluster::channel::{ChannelStreams, Occurrence};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::{Command, Page};
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::{Pi, PiConfig};
use oxberry_core::book::{Books, Capacity, Trust};
use oxberry_core::feed::{Action, Beginning, FeedEvent, Lost, TradeSessions};
use oxberry_core::units::{
    ChannelId, Instant, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
    SymbolSeqNum, UnixNanos,
};
use oxberry_proto::start::{
    Ping, Replica, SetupPi, SetupVisual, SymbolAssignment, SymbolEntry, TellState,
};
use oxberry_proto::stock::{StockBatch, StockBeat, View};
use oxberry_proto::{
    Head, Libzmq, NodeId, NodeName, RecordsWriter, Run, SCHEMA_FINGERPRINT, StreamId, SymbolName,
    Topic, decode_list, encode,
};
use proptest::prelude::*;

const RUN: Run = Run {
    identity: 7,
    generation: 1,
};
const CAPACITY: Capacity = Capacity {
    symbols: 16,
    orders: 1_024,
    levels: 1_024,
};
const SYMBOLS: u32 = 6;
const START: u64 = 1_000_000_000;
const WALL: UnixNanos = UnixNanos::from_raw(1_340_285_400_000_000_000);

fn symbols() -> impl Iterator<Item = SymbolIndex> {
    (100..100 + SYMBOLS).map(SymbolIndex::from_raw)
}

fn message<H: Head>(head: &H) -> Vec<u8> {
    let mut buffer = [0; 128];
    let length = encode(head, &mut buffer).unwrap();
    buffer.get(..length).unwrap().to_vec()
}

fn enveloped<H: Head>(topic: Topic, head: &H) -> Vec<u8> {
    [topic.to_bytes().as_slice(), &message(head)].concat()
}

/// Two Pis that hold everything, two channels that feed them, and the page.
struct World<'s> {
    now: Instant,
    table: PartitionTable,
    channels: [ChannelStreams; 2],
    pis: Vec<Pi<'s>>,
    page: Page,
    /// The last number of each channel.
    numbers: [u32; 2],
    symbol_numbers: BTreeMap<SymbolIndex, u32>,
    /// What the venue's books show, as the first Pi's do when nothing was lost on its way.
    views: BTreeMap<(SymbolIndex, u32), View>,
    orders: Vec<(SymbolIndex, OrderId)>,
    next_order: u64,
    /// How far the page has heard each Pi in each stream.
    heard: BTreeMap<(NodeId, StreamId), u32>,
}

impl<'s> World<'s> {
    fn new(memory: &'s mut [Vec<u32>]) -> Self {
        let now = Instant::from_raw(START);
        let limits = Limits {
            // Tellings that take several frames, between which something may be lost.
            sweep: 2,
            ..Limits::DEFAULT
        };
        let table = PartitionTable::balanced(symbols().map(|symbol| (symbol, 1)), 2);
        let channels = [0, 1].map(|channel| {
            let channel = ChannelId::from_raw(channel);
            ChannelStreams::new(RUN, channel, table.partitions(), limits)
        });
        let mut pis = Vec::new();
        for (node, memory) in (0..).map(NodeId::from_raw).zip(memory) {
            let config = PiConfig {
                name: NodeName::try_from("pi").unwrap(),
                max_orders: CAPACITY.orders,
                max_symbols: CAPACITY.symbols,
                receivers: 1,
                libzmq: Libzmq::default(),
                limits,
            };
            let mut pi = Pi::new(config, Books::new(CAPACITY, memory).unwrap(), now);
            let mut writer = RecordsWriter::<_, SetupPi>::new(vec![0; 2_000]);
            for (symbol_index, partition) in table.symbols() {
                let scale = PriceScale::new(4).unwrap();
                let assignment = SymbolAssignment {
                    symbol_index,
                    scale,
                    partition,
                };
                writer.push(&assignment).unwrap();
            }
            let head = SetupPi {
                run: RUN,
                node,
                channels: 2,
                partitions: 2,
                feed_runs: false,
                symbols: 0,
            };
            pi.handle_control(now, WALL, writer.finish(&[], head).unwrap());
            for partition in table.partitions() {
                let ping = Ping {
                    run: RUN,
                    partition,
                };
                pi.handle_data(now, WALL, &enveloped(Topic { partition }, &ping));
            }
            pis.push(pi);
        }
        let mut page = Page::new(limits);
        let mut writer = RecordsWriter::<_, SetupVisual>::new(vec![0; 2_000]);
        for (symbol_index, partition) in table.symbols() {
            let name = SymbolName::try_from(symbol_index.to_string().as_str()).unwrap();
            let entry = SymbolEntry {
                symbol_index,
                name,
                partition,
            };
            writer.push(&entry).unwrap();
        }
        let head = SetupVisual {
            schema: SCHEMA_FINGERPRINT,
            run: RUN,
            nodes: 2,
            partitions: 2,
            symbols: 0,
        };
        page.handle_symbols(writer.finish(&[], head).unwrap())
            .unwrap();
        let mut world = Self {
            now,
            table,
            channels,
            pis,
            page,
            numbers: [0; 2],
            symbol_numbers: BTreeMap::new(),
            views: BTreeMap::new(),
            orders: Vec::new(),
            next_order: 1,
            heard: BTreeMap::new(),
        };
        for channel in 0..2 {
            let beginning = Beginning {
                is_announced: true,
                numbering: Numbering::from_raw(WALL.raw()),
                after: SeqNum::from_raw(0),
                failover: false,
            };
            world.publish(channel, &Occurrence::Begins(beginning));
        }
        world
    }

    /// The channel brings something; both Pis hear it at once.
    fn publish(&mut self, at: usize, occurrence: &Occurrence) {
        let mut frames = Vec::new();
        let mut send = |frame: &[u8]| frames.push(frame.to_vec());
        let channel = self.channels.get_mut(at).unwrap();
        channel
            .push(occurrence, &self.table, WALL, &mut send)
            .unwrap();
        channel.cover(SeqNum::from_raw(self.numbers[at]));
        channel.flush(WALL, &mut send);
        channel.tell_coverage(WALL, &mut send);
        for partition in self.table.partitions() {
            channel.handle_credit(partition, channel.covered());
        }
        self.give(&frames);
    }

    fn give(&mut self, frames: &[Vec<u8>]) {
        for frame in frames {
            for pi in &mut self.pis {
                // Where the page hears nothing, what does not fit is lost.
                while !pi.can_take_data() && pi.stock_frame(0, WALL).is_some() {
                    pi.stock_sent(0);
                }
                pi.handle_data(self.now, WALL, frame);
            }
        }
    }

    /// An order joins a book, or one leaves it.
    fn trade(&mut self, choice: u32) {
        let (symbol, action) = if choice.is_multiple_of(3) && !self.orders.is_empty() {
            let at = usize::try_from(choice).unwrap() % self.orders.len();
            let (symbol, order_id) = self.orders.swap_remove(at);
            (symbol, Action::Delete { order_id })
        } else {
            let symbol = SymbolIndex::from_raw(100 + choice % SYMBOLS);
            let order_id = OrderId::from_raw(self.next_order);
            self.next_order += 1;
            self.orders.push((symbol, order_id));
            let action = Action::Add {
                order_id,
                side: Side::Bid,
                price: RawPrice::from_raw(1_000 + choice % 50),
                qty: Qty::from_raw(100),
                sessions: TradeSessions::ALL,
            };
            (symbol, action)
        };
        let channel = channel_of(symbol);
        self.numbers[channel] += 1;
        let number = self.numbers[channel];
        let symbol_number = self.symbol_numbers.entry(symbol).or_default();
        *symbol_number += 1;
        let event = FeedEvent {
            seq_num: SeqNum::from_raw(number),
            symbol_index: symbol,
            symbol_seq_num: Some(SymbolSeqNum::from_raw(*symbol_number)),
            ts_event: Some(UnixNanos::from_raw(WALL.raw() + u64::from(number))),
            action,
        };
        self.publish(channel, &Occurrence::Event(event));
    }

    /// A number of a channel is lost: no book of it can be trusted from here on.
    fn lose_a_number(&mut self, channel: usize) {
        self.numbers[channel] += 1;
        let lost = SeqNum::from_raw(self.numbers[channel]);
        let lost = Lost {
            first: lost,
            last: lost,
        };
        self.publish(channel, &Occurrence::Lost(lost));
    }

    /// The page hears at most `frames` of a Pi, and loses those for which `is_lost`.
    fn hear(&mut self, node: usize, frames: usize, mut is_lost: impl FnMut() -> bool) {
        for _ in 0..frames {
            let Some(pi) = self.pis.get_mut(node) else {
                return;
            };
            let Some(frame) = pi.stock_frame(0, WALL) else {
                return;
            };
            if !is_lost() {
                self.page.handle_stock(self.now, frame);
                note_heard(&mut self.heard, frame);
            }
            pi.stock_sent(0);
            self.obey();
            self.check();
        }
    }

    /// The controller passes on what the page wishes.
    fn obey(&mut self) {
        while let Some(command) = self.page.next_command() {
            if let Command::Ask {
                tell: Some(Replica { node, partition }),
            } = command
            {
                let tell = TellState {
                    run: RUN,
                    partition,
                };
                let pi = self.pis.get_mut(usize::from(node.raw())).unwrap();
                pi.handle_control(self.now, WALL, &message(&tell));
            }
        }
        while self.page.next_shown().is_some() {}
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        let mut frames = Vec::new();
        for channel in &mut self.channels {
            channel.tell_coverage(WALL, &mut |frame: &[u8]| frames.push(frame.to_vec()));
        }
        self.give(&frames);
        for pi in &mut self.pis {
            pi.handle_timeout(self.now);
            while pi.control_message(self.now).is_some() {
                pi.control_sent(self.now);
            }
        }
        self.page.handle_timeout(self.now);
        self.obey();
        self.check();
    }

    /// Notes what the books show after every number.
    fn note(&mut self) {
        for symbol in symbols() {
            let view = self.view_of(0, symbol);
            let number = self.numbers[channel_of(symbol)];
            self.views.insert((symbol, number), view);
        }
    }

    fn view_of(&self, node: usize, symbol: SymbolIndex) -> View {
        let books = self.pis.get(node).unwrap().books();
        let slot = books.slot(symbol).unwrap();
        let bbo = books.bbo(slot);
        let quote = |level: oxberry_core::book::Level| oxberry_proto::stock::Quote {
            price: level.price,
            qty: level.qty,
            orders: level.orders,
        };
        View {
            scale: books.scale(slot),
            bid: bbo.bid.map(quote),
            ask: bbo.ask.map(quote),
        }
    }

    /// What is live shows what the book was at its position, and what it still is as far as some Pi
    /// was heard.
    fn check(&self) {
        for (place, row) in self.page.rows().iter().enumerate() {
            let standing = self.page.standing(place, self.now);
            if !standing.is_live() {
                continue;
            }
            let (symbol, view) = (row.symbol_index, row.view.unwrap_or(NOTHING));
            let shows = |number: u32| self.views.get(&(symbol, number)) == Some(&view);
            if let Some((_, position)) = row.at {
                assert!(shows(position.seq_num.raw()), "{symbol} at {position}");
            }
            let channel = ChannelId::from_raw(u8::try_from(channel_of(symbol)).unwrap());
            let stream = StreamId {
                channel,
                partition: row.partition,
            };
            let of_stream = self.heard.iter().filter(|((_, of), _)| *of == stream);
            let mut heard = of_stream.map(|(_, &number)| number).chain([0]);
            assert!(heard.any(shows), "{symbol} is out of date: {:?}", row.at);
        }
    }
}

/// What is shown of a book without orders.
const NOTHING: View = View {
    scale: PriceScale::new(4).unwrap(),
    bid: None,
    ask: None,
};

/// Each channel brings symbols of both partitions.
fn channel_of(symbol: SymbolIndex) -> usize {
    usize::try_from(symbol.raw() / 2 % 2).unwrap()
}

fn note_heard(heard: &mut BTreeMap<(NodeId, StreamId), u32>, frame: &[u8]) {
    if let Ok((head, _)) = decode_list::<StockBatch>(frame) {
        let number = heard.entry((head.node, head.stream)).or_default();
        *number = head.through.raw().max(*number);
    } else {
        let (head, words) = decode_list::<StockBeat>(frame).unwrap();
        for word in words.map(Result::unwrap) {
            let number = heard.entry((head.node, word.stream)).or_default();
            *number = word.through.raw().max(*number);
        }
    }
}

/// One step: what happens, to whom, and by what choice.
fn step() -> impl Strategy<Value = (u8, usize, u32)> {
    (0_u8..12, 0_usize..2, any::<u32>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_live_is_right_whatever_is_lost_and_all_is_live_in_the_end(
        steps in prop::collection::vec(step(), 1..120),
        loses_numbers in any::<bool>(),
    ) {
        let mut memory = vec![vec![0; CAPACITY.words()]; 2];
        let mut world = World::new(&mut memory);
        world.note();
        for (what, node, choice) in steps {
            match what {
                0..=4 => {
                    world.trade(choice);
                    world.note();
                }
                5 if loses_numbers && choice.is_multiple_of(8) => {
                    world.lose_a_number(node);
                    world.note();
                }
                5..=8 => {
                    world.hear(node, 4, || false);
                }
                9 => {
                    let mut pattern = choice;
                    world.hear(node, 6, || {
                        pattern = pattern.rotate_left(1);
                        pattern % 2 == 1
                    });
                }
                _ => world.pass(Duration::from_millis(u64::from(choice % 260))),
            }
        }
        // Nothing is lost any more.
        for _ in 0..24 {
            world.pass(Duration::from_millis(130));
            for node in 0..2 {
                world.hear(node, 64, || false);
            }
        }
        for (place, row) in world.page.rows().iter().enumerate() {
            let standing = world.page.standing(place, world.now);
            let books = world.pis.first().unwrap().books();
            let trust = books.trust(books.slot(row.symbol_index).unwrap());
            prop_assert_eq!(standing.trust, trust, "{}", row.symbol_index);
            prop_assert!(!standing.silent);
            if let Some(view) = row.view {
                prop_assert_eq!(view, world.view_of(0, row.symbol_index));
            }
            prop_assert!(loses_numbers || trust == Trust::Live);
        }
    }
}

//! What a Pi says when it joins a run whose feed goes on already, and what the page makes of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;

use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::Page;
use oxberry_cluster::pi::{Pi, PiConfig};
use oxberry_core::book::{Books, Capacity, Trust};
use oxberry_core::units::{
    ChannelId, Instant, Numbering, PriceScale, SeqNum, SymbolIndex, UnixNanos,
};
use oxberry_proto::flow::Coverage;
use oxberry_proto::start::{Ping, SetupPi, SetupVisual, SymbolAssignment, SymbolEntry};
use oxberry_proto::{
    Head, Kind, Libzmq, NodeId, NodeName, Partition, RecordsWriter, Run, SCHEMA_FINGERPRINT,
    StreamId, SymbolName, Topic, encode, kind_of,
};

const RUN: Run = Run {
    identity: 7,
    generation: 1,
};
const PARTITION: Partition = Partition::from_raw(0);
const SYMBOLS: [SymbolIndex; 2] = [SymbolIndex::from_raw(10), SymbolIndex::from_raw(11)];
const START: Instant = Instant::from_raw(1_000_000_000);
const WALL: UnixNanos = UnixNanos::from_raw(1_340_285_400_000_000_000);
const CAPACITY: Capacity = Capacity {
    symbols: 4,
    orders: 16,
    levels: 16,
};

fn message<H: Head>(head: &H) -> Vec<u8> {
    let mut buffer = [0; 128];
    let length = encode(head, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// A Pi that was told two symbols of one partition, of a feed of two channels, and a page that lists them.
struct Pair {
    now: Instant,
    pi: Pi<'static>,
    page: Page,
    /// What the Pi said to the controller, by kind.
    said: BTreeMap<u8, usize>,
}

impl Pair {
    fn new(feed_runs: bool) -> Self {
        let config = PiConfig {
            name: NodeName::try_from("pi").unwrap(),
            max_orders: CAPACITY.orders,
            max_symbols: CAPACITY.symbols,
            libzmq: Libzmq::default(),
            receivers: 1,
            limits: Limits::DEFAULT,
        };
        let memory = vec![0; CAPACITY.words()].leak();
        let mut pi = Pi::new(config, Books::new(CAPACITY, memory).unwrap(), START);
        let mut writer = RecordsWriter::<_, SetupPi>::new(vec![0; 512]);
        let mut entries = RecordsWriter::<_, SetupVisual>::new(vec![0; 512]);
        for symbol_index in SYMBOLS {
            let assignment = SymbolAssignment {
                symbol_index,
                scale: PriceScale::new(4).unwrap(),
                partition: PARTITION,
            };
            writer.push(&assignment).unwrap();
            let entry = SymbolEntry {
                symbol_index,
                name: SymbolName::try_from("S").unwrap(),
                partition: PARTITION,
            };
            entries.push(&entry).unwrap();
        }
        let head = SetupPi {
            run: RUN,
            node: NodeId::from_raw(4),
            channels: 2,
            partitions: 1,
            feed_runs,
            symbols: 0,
        };
        pi.handle_control(START, WALL, writer.finish(&[], head).unwrap());
        let head = SetupVisual {
            schema: SCHEMA_FINGERPRINT,
            run: RUN,
            nodes: 2,
            partitions: 1,
            symbols: 0,
        };
        let mut page = Page::new(Limits::DEFAULT);
        page.handle_symbols(entries.finish(&[], head).unwrap())
            .unwrap();
        let mut pair = Self {
            now: START,
            pi,
            page,
            said: BTreeMap::new(),
        };
        pair.speak();
        pair
    }

    fn publish<H: Head>(&mut self, head: &H) {
        let topic = Topic {
            partition: PARTITION,
        };
        let frame = [topic.to_bytes().as_slice(), &message(head)].concat();
        self.pi.handle_data(self.now, WALL, &frame);
        self.speak();
    }

    fn ping(&mut self) {
        let (run, partition) = (RUN, PARTITION);
        self.publish(&Ping { run, partition });
    }

    /// How far a channel is; 0 is before anything.
    fn cover(&mut self, channel: u8, through: u32) {
        let numbering = if through == 0 {
            Numbering::NONE
        } else {
            Numbering::from_raw(9)
        };
        let through = SeqNum::from_raw(through);
        self.publish(&Coverage {
            run: RUN,
            stream: StreamId {
                channel: ChannelId::from_raw(channel),
                partition: PARTITION,
            },
            numbering,
            after: through,
            through,
            seen: through,
            ended: false,
        });
    }

    fn beat(&mut self) {
        self.now = self.now.after(Limits::DEFAULT.beat);
        self.pi.handle_timeout(self.now);
        self.speak();
    }

    /// The Pi says whatever it has to say.
    fn speak(&mut self) {
        while let Some(frame) = self.pi.stock_frame(0, WALL) {
            self.page.handle_stock(self.now, frame);
            self.pi.stock_sent(0);
            // Neither before nor behind any of its frames.
            assert!(self.live() == 0 || self.pi.standing().symbols.live > 0);
        }
        while let Some(message) = self.pi.control_message(self.now) {
            let kind = kind_of(message).unwrap();
            *self.said.entry(kind as u8).or_default() += 1;
            self.pi.control_sent(self.now);
        }
    }

    /// How many rows are live.
    fn live(&self) -> usize {
        let rows = 0..self.page.rows().len();
        rows.filter(|&row| self.page.standing(row, self.now).is_live())
            .count()
    }

    fn readies(&self) -> usize {
        let ready = Kind::Ready as u8;
        self.said.get(&ready).copied().unwrap_or_default()
    }
}

#[test]
fn a_channel_that_has_not_begun_does_not_vouch_for_symbols_of_another_one() {
    for feed_runs in [false, true] {
        let mut pair = Pair::new(feed_runs);
        pair.ping();
        // The first channel has said nothing yet. The second one is in its middle, and is heard later.
        pair.cover(1, 0);
        pair.beat();
        // Who was there from the beginning knows that nothing happened.
        assert_eq!(pair.live(), if feed_runs { 0 } else { SYMBOLS.len() });
        pair.cover(2, 700);
        pair.beat();
        assert_eq!(pair.live(), 0);
        assert_eq!(pair.pi.counters().holes, 1);
        assert_eq!(pair.page.standing(0, pair.now).trust, Trust::Stale);
    }
}

#[test]
fn whoever_is_pinged_when_it_is_ready_says_so_again_with_its_next_beat() {
    let mut pair = Pair::new(true);
    pair.ping();
    pair.cover(1, 500);
    pair.beat();
    let before = pair.readies();
    pair.beat();
    assert_eq!(pair.readies(), before, "the feed is heard");
    for _ in 0..3 {
        pair.ping();
    }
    assert_eq!(pair.readies(), before);
    pair.beat();
    assert_eq!(pair.readies(), before + 1);
    pair.beat();
    assert_eq!(pair.readies(), before + 1);
}

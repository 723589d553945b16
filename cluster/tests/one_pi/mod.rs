//! A Pi in its run, the channel that feeds it, and those who take what it tells.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::time::Duration;

use oxberry_cluster::channel::{ChannelStreams, Occurrence};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::{Pi, PiConfig};
use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, Beginning, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Instant, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
    UnixNanos,
};
use oxberry_proto::flow::Finish;
use oxberry_proto::start::{Ping, SetupPi, SymbolAssignment};
use oxberry_proto::{Head, Libzmq, NodeId, NodeName, Partition, RecordsWriter, Run, Topic, encode};

pub(crate) const LIMITS: Limits = Limits::DEFAULT;
pub(crate) const RUN: Run = Run {
    identity: 1,
    generation: 1,
};
pub(crate) const NODE: NodeId = NodeId::from_raw(3);
pub(crate) const SYMBOL: SymbolIndex = SymbolIndex::from_raw(7);
pub(crate) const CHANNEL: ChannelId = ChannelId::from_raw(1);
pub(crate) const NUMBERING: Numbering = Numbering::from_raw(1_000);
pub(crate) const WALL: UnixNanos = UnixNanos::from_raw(1_000);

/// All frames that there are.
pub(crate) const ALL: usize = usize::MAX;

/// A Pi, and the channel that feeds it.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) pi: Pi<'static>,
    pub(crate) table: PartitionTable,
    pub(crate) channel: ChannelStreams,
    pub(crate) number: u32,
}

impl World {
    pub(crate) fn new(receivers: usize) -> Self {
        let capacity = Capacity {
            symbols: 16,
            orders: 4_096,
            levels: 4_096,
        };
        let now = Instant::from_raw(1_000_000_000);
        let config = PiConfig {
            name: NodeName::try_from("pi").unwrap(),
            max_orders: capacity.orders,
            max_symbols: capacity.symbols,
            receivers,
            libzmq: Libzmq::default(),
            limits: LIMITS,
        };
        let memory = vec![0; capacity.words()].leak();
        let table = PartitionTable::balanced([(SYMBOL, 1)], 1);
        let mut world = Self {
            now,
            pi: Pi::new(config, Books::new(capacity, memory).unwrap(), now),
            channel: ChannelStreams::new(RUN, CHANNEL, table.partitions(), LIMITS),
            table,
            number: 0,
        };
        world.assign();
        world.publish(&Occurrence::Begins(Beginning {
            is_announced: true,
            numbering: NUMBERING,
            after: SeqNum::from_raw(0),
            failover: false,
        }));
        world
    }

    fn assign(&mut self) {
        let mut writer = RecordsWriter::<_, SetupPi>::new(vec![0; 512]);
        let assignment = SymbolAssignment {
            symbol_index: SYMBOL,
            scale: PriceScale::new(4).unwrap(),
            partition: self.partition(),
        };
        writer.push(&assignment).unwrap();
        let head = SetupPi {
            run: RUN,
            node: NODE,
            channels: 1,
            partitions: 1,
            feed_runs: false,
            symbols: 0,
        };
        self.control(writer.finish(&[], head).unwrap());
        let partition = self.partition();
        let ping = Ping {
            run: RUN,
            partition,
        };
        let mut frame = Topic { partition }.to_bytes().to_vec();
        frame.extend(bytes(&ping));
        self.pi.handle_data(self.now, WALL, &frame);
    }

    pub(crate) fn partition(&self) -> Partition {
        self.table.partition_of(SYMBOL)
    }

    pub(crate) fn control(&mut self, message: &[u8]) {
        self.pi.handle_control(self.now, WALL, message);
    }

    pub(crate) fn publish(&mut self, occurrence: &Occurrence) {
        let mut frames = Vec::new();
        let mut send = |frame: &[u8]| frames.push(frame.to_vec());
        self.channel
            .push(occurrence, &self.table, WALL, &mut send)
            .unwrap();
        self.channel.cover(SeqNum::from_raw(self.number));
        self.channel.flush(WALL, &mut send);
        let covered = self.channel.covered();
        for partition in self.table.partitions() {
            self.channel.handle_credit(partition, covered);
        }
        for frame in frames {
            self.pi.handle_data(self.now, WALL, &frame);
        }
    }

    /// An order joins the book, in a batch of its own.
    pub(crate) fn add(&mut self, side: Side, price: u32, qty: u32) {
        self.number += 1;
        self.publish(&Occurrence::Event(FeedEvent {
            seq_num: SeqNum::from_raw(self.number),
            symbol_index: SYMBOL,
            symbol_seq_num: None,
            ts_event: None,
            action: Action::Add {
                order_id: OrderId::from_raw(self.number.into()),
                side,
                price: RawPrice::from_raw(price),
                qty: Qty::from_raw(qty),
                sessions: TradeSessions::ALL,
            },
        }));
    }

    /// A receiver takes at most so many frames.
    pub(crate) fn take(&mut self, receiver: usize, most: usize) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        while frames.len() < most
            && let Some(frame) = self.pi.stock_frame(receiver, WALL)
        {
            frames.push(frame.to_vec());
            self.pi.stock_sent(receiver);
        }
        frames
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.pi.handle_timeout(self.now);
        while self.pi.control_message(self.now).is_some() {
            self.pi.control_sent(self.now);
        }
    }

    /// The feed ends, and the controller has all digests.
    pub(crate) fn finish(&mut self) {
        let mut frames = Vec::new();
        self.channel
            .end(&mut |frame: &[u8]| frames.push(frame.to_vec()));
        for frame in frames {
            self.pi.handle_data(self.now, WALL, &frame);
        }
        self.pass(LIMITS.beat);
        let finish = Finish {
            run: RUN,
            equal: true,
        };
        self.control(&bytes(&finish));
    }
}

pub(crate) fn bytes<M: Head>(message: &M) -> Vec<u8> {
    let mut buffer = [0; 128];
    let length = encode(message, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

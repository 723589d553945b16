//! What may leave while nobody acknowledges.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use oxberry_cluster::channel::{ChannelStreams, Occurrence};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::feed::{Action, Beginning, FeedEvent};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, Position, SeqNum, SymbolIndex, SymbolSeqNum, UnixNanos,
};
use oxberry_proto::{Partition, Run};

const RUN: Run = Run {
    identity: 7,
    generation: 1,
};
const NUMBERING: Numbering = Numbering::from_raw(1_340_285_400_000_000_000);
const PARTITION: Partition = Partition::from_raw(0);
const SYMBOL: SymbolIndex = SymbolIndex::from_raw(100);

/// One stream.
struct Channel {
    streams: ChannelStreams,
    table: PartitionTable,
    number: u32,
    /// Bytes of each batch that left.
    left: Vec<usize>,
}

impl Channel {
    fn new() -> Self {
        let table = PartitionTable::balanced([(SYMBOL, 1)], 1);
        let channel = ChannelId::from_raw(1);
        let mut streams = ChannelStreams::new(RUN, channel, table.partitions(), Limits::DEFAULT);
        let begins = Occurrence::Begins(Beginning {
            numbering: NUMBERING,
            after: SeqNum::from_raw(0),
            is_announced: true,
            failover: false,
        });
        let now = UnixNanos::from_raw(0);
        streams.push(&begins, &table, now, &mut |_| {}).unwrap();
        streams.handle_credit(PARTITION, position(0));
        Self {
            streams,
            table,
            number: 0,
            left: Vec::new(),
        }
    }

    /// Takes another event; false when the window does not allow it.
    fn push(&mut self) -> bool {
        let number = self.number + 1;
        let event = FeedEvent {
            symbol_index: SYMBOL,
            ts_event: Some(UnixNanos::from_raw(u64::from(number) * 1_000_000)),
            seq_num: SeqNum::from_raw(number),
            symbol_seq_num: Some(SymbolSeqNum::from_raw(number)),
            action: Action::Delete {
                order_id: OrderId::from_raw(u64::from(number)),
            },
        };
        let (left, now) = (&mut self.left, UnixNanos::from_raw(0));
        let mut send = |frame: &[u8]| left.push(frame.len());
        let pushed = (self.streams).push(&Occurrence::Event(event), &self.table, now, &mut send);
        self.number += u32::from(pushed.is_ok());
        pushed.is_ok()
    }

    fn flush(&mut self) {
        let left = &mut self.left;
        let mut send = |frame: &[u8]| left.push(frame.len());
        self.streams.flush(UnixNanos::from_raw(0), &mut send);
    }
}

fn position(number: u32) -> Position {
    Position {
        numbering: NUMBERING,
        seq_num: SeqNum::from_raw(number),
    }
}

/// A replica that died acknowledges nothing until it is found out. Its twin must not stand still
/// meanwhile, whatever small batches a slow feed leaves in.
#[test]
fn a_slow_feed_goes_on_until_a_dead_replica_is_found_out() {
    let mut channel = Channel::new();
    let events = 100 * Limits::DEFAULT.node_timeout.as_secs();
    for event in 1..=events {
        assert!(channel.push(), "event {event} was not taken");
        channel.flush();
        assert!(channel.streams.is_flushed(), "event {event} did not leave");
    }
    assert_eq!(channel.left.len() as u64, events);
}

#[test]
fn a_fast_feed_stops_when_the_bytes_of_the_window_are_on_their_way() {
    let mut channel = Channel::new();
    while channel.push() {}
    let limits = Limits::DEFAULT;
    let bytes: usize = channel.left.iter().sum();
    assert!(bytes >= limits.window_bytes && bytes < limits.window_bytes + limits.batch_bytes);
    let taken = channel.number;
    assert!(!channel.push(), "without credit nothing more is taken");
    channel
        .streams
        .handle_credit(PARTITION, position(taken / 2));
    assert!(channel.push());
}

/// Coverage that ended below what was seen would make Pis call the stream recovering.
#[test]
fn coverage_comes_behind_what_waited_for_it() {
    let mut channel = Channel::new();
    assert!(channel.push());
    assert_eq!(channel.left, [] as [usize; 0], "it waits for more");
    let left = &mut channel.left;
    let mut send = |frame: &[u8]| left.push(frame.len());
    (channel.streams).tell_coverage(UnixNanos::from_raw(0), &mut send);
    assert!(channel.streams.is_flushed());
    assert_eq!(channel.left.len(), 2, "the event, then the coverage");
}

//! No message is longer than the limits say.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::feed::{Action, FeedEvent};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, Position, Price, PriceScale, Qty, RawPrice, SeqNum, Side,
    SymbolIndex, SymbolSeqNum, UnixNanos,
};
use oxberry_proto::depth::{
    Depth, DepthPart, DepthRecord, DepthRequest, DepthWish, LevelName, TellDepth,
};
use oxberry_proto::flow::{Batch, Begins, Coverage, Heartbeat, RepairGone, RepairWish};
use oxberry_proto::limits::{
    MAX_BATCH_BYTES, MAX_DEPTH_LEVELS, MAX_DEPTH_QUEUES, MAX_LIST_HEAD_BYTES, MAX_PLAIN_BYTES,
    MAX_RECORD_BYTES, MAX_STATUS_POSITION_BYTES, MAX_STATUS_RECORD_BYTES,
};
use oxberry_proto::start::Hello;
use oxberry_proto::status::{
    ChannelPosition, NodeBeat, NodeState, NodeStatus, RunPhase, Status, StatusFrom, StatusRecord,
    StatusRequest, TrustTotals,
};
use oxberry_proto::stock::{
    Quote, StockBatch, StockEvent, StreamWord, SymbolState, SymbolTrust, TradePrint, TrustWord,
    View,
};
use oxberry_proto::{
    Deltas, Health, Libzmq, NodeId, Partition, Recorded, RecordsWriter, Run, StockTold, StreamId,
    Throttling, Topic, decode_list,
};

use crate::lines::postcard_len;
use crate::samples::{batch, event_records, recorded, stock_records, stock_told};

#[test]
fn usual_records_are_short() {
    let lengths: Vec<_> = event_records(&recorded())
        .iter()
        .map(postcard_len)
        .collect();
    // The first of a batch says its time and its id in full: kind, way ahead, symbol, number, time, id,
    // price, quantity. The next one, of the same order, tells both from it.
    let first = 1 + 1 + 2 + 2 + 7 + 6 + 3 + 2;
    assert_eq!(lengths[..2], [first, first - 6 - 5]);
    let told: Vec<_> = stock_records(&stock_told())
        .iter()
        .map(postcard_len)
        .collect();
    // Two quotes, with and without a trade.
    let quiet = 1 + 1 + 2 + 7 + 1 + 2 * (3 + 2 + 1);
    assert_eq!(told[..2], [quiet, quiet - 6 + 4]);
}

#[test]
fn the_largest_values_keep_to_the_limits() {
    let time = Some(UnixNanos::from_raw(u64::from(u32::MAX) * 1_000_000_000));
    let largest = FeedEvent {
        seq_num: SeqNum::from_raw(u32::MAX),
        symbol_index: SymbolIndex::from_raw(u32::MAX),
        symbol_seq_num: Some(SymbolSeqNum::from_raw(u32::MAX)),
        ts_event: time,
        action: Action::Replace {
            order_id: OrderId::from_raw(u64::MAX),
            new_order_id: OrderId::from_raw(u64::MAX),
            price: RawPrice::from_raw(u32::MAX),
            qty: Qty::from_raw(u32::MAX),
        },
    };
    let start = || Deltas::new(Numbering::NONE, SeqNum::default());
    assert!(postcard_len(&start().record(&Recorded::Event(largest))) <= MAX_RECORD_BYTES);
    let quote = Some(Quote {
        price: RawPrice::from_raw(u32::MAX),
        qty: u64::MAX,
        orders: u32::MAX,
    });
    let view = View {
        scale: PriceScale::new(9).unwrap(),
        bid: quote,
        ask: quote,
    };
    let event = StockTold::Event(StockEvent {
        seq_num: SeqNum::from_raw(u32::MAX),
        symbol_index: SymbolIndex::from_raw(u32::MAX),
        ts_event: time,
        view,
        trade: Some(TradePrint {
            price: RawPrice::from_raw(u32::MAX),
            qty: Qty::from_raw(u32::MAX),
        }),
    });
    assert!(postcard_len(&start().stock_record(&event)) <= MAX_RECORD_BYTES);
    let state = StockTold::State(SymbolState {
        trust: SymbolTrust {
            symbol_index: SymbolIndex::from_raw(u32::MAX),
            trust: Trust::Stale,
            status: TradingStatus::Closed,
        },
        view,
        last_trade: Some(Price::from_raw(i64::MIN)),
        at: Some((
            ChannelId::from_raw(u8::MAX),
            Position {
                numbering: Numbering::from_raw(u64::MAX),
                seq_num: SeqNum::from_raw(u32::MAX),
            },
        )),
    });
    assert!(postcard_len(&start().stock_record(&state)) <= MAX_RECORD_BYTES);
    let stream = StreamId {
        channel: ChannelId::from_raw(u8::MAX),
        partition: Partition::from_raw(u16::MAX),
    };
    let run = Run {
        identity: u32::MAX,
        generation: u32::MAX,
    };
    let position = Position {
        numbering: Numbering::from_raw(u64::MAX),
        seq_num: SeqNum::from_raw(u32::MAX),
    };
    let (numbering, number) = (position.numbering, position.seq_num);
    let ts_sent = UnixNanos::from_raw(u64::MAX);
    let batch = Batch {
        run,
        stream,
        numbering,
        after: number,
        through: number,
        begins: Some(Begins {
            previous: position,
            is_announced: true,
            failover: true,
        }),
        events: u16::MAX,
        ts_sent,
    };
    assert!(Topic::LEN + 2 + postcard_len(&batch) <= MAX_LIST_HEAD_BYTES);
    let trust = TrustWord {
        told: u32::MAX,
        pending: true,
    };
    let stock = StockBatch {
        run,
        node: NodeId::from_raw(u16::MAX),
        stream,
        numbering,
        after: number,
        through: number,
        begins: Some(position),
        trust,
        events: u16::MAX,
        ts_sent,
    };
    assert!(2 + postcard_len(&stock) <= MAX_LIST_HEAD_BYTES);
    let word = StreamWord {
        stream,
        numbering,
        after: number,
        through: number,
        trust,
        recovering: true,
        silent: true,
        ended: true,
    };
    assert!(postcard_len(&word) <= MAX_RECORD_BYTES);
    let coverage = Coverage {
        run,
        stream,
        numbering,
        after: number,
        through: number,
        seen: number,
        ended: true,
    };
    assert!(2 + postcard_len(&coverage) <= MAX_PLAIN_BYTES);
    let wish = RepairWish {
        run,
        node: NodeId::from_raw(u16::MAX),
        stream,
        from: position,
        to: position,
    };
    assert!(2 + postcard_len(&wish) <= MAX_PLAIN_BYTES);
    let gone = RepairGone {
        run,
        stream,
        through: position,
    };
    assert!(2 + postcard_len(&gone) <= MAX_PLAIN_BYTES);
    let name = "n".repeat(oxberry_proto::limits::MAX_NODE_NAME_BYTES);
    let hello = Hello {
        name: name.as_str().try_into().unwrap(),
        schema: u64::MAX,
        last_run: Some(run),
        max_orders: u32::MAX,
        max_symbols: u32::MAX,
        libzmq: LARGEST_LIBZMQ,
    };
    assert!(2 + postcard_len(&hello) <= MAX_PLAIN_BYTES);
}

#[test]
fn the_largest_status_keeps_to_the_limits() {
    let run = Run {
        identity: u32::MAX,
        generation: u32::MAX,
    };
    let node = NodeId::from_raw(u16::MAX);
    let beat = NodeBeat {
        events: u64::MAX,
        orders: u32::MAX,
        trust: TrustTotals {
            live: u32::MAX,
            recovering: u32::MAX,
            partial: u32::MAX,
            stale: u32::MAX,
        },
        health: Health {
            resident_bytes: Some(u64::MAX),
            millicelsius: Some(i32::MIN),
            throttling: Some(Throttling::from_raw(u32::MAX)),
            low_voltage_alarm: Some(true),
        },
    };
    let heartbeat = Heartbeat { run, node, beat };
    assert!(2 + postcard_len(&heartbeat) <= MAX_PLAIN_BYTES);
    let next = StatusFrom::Partition(Partition::from_raw(u16::MAX));
    let request = StatusRequest {
        schema: u64::MAX,
        from: next,
    };
    assert!(2 + postcard_len(&request) <= MAX_PLAIN_BYTES);
    let status = Status {
        schema: u64::MAX,
        run,
        phase: RunPhase::Over,
        phase_ms: u64::MAX,
        nodes: u16::MAX,
        replicas: u16::MAX,
        partitions: u16::MAX,
        channels: u16::MAX,
        symbols: u16::MAX,
        libzmq: LARGEST_LIBZMQ,
        next: Some(next),
        records: u16::MAX,
    };
    assert!(2 + postcard_len(&status) <= MAX_LIST_HEAD_BYTES);
    let name = "n".repeat(oxberry_proto::limits::MAX_NODE_NAME_BYTES);
    let record = StatusRecord::Node(NodeStatus {
        node,
        name: name.as_str().try_into().unwrap(),
        state: NodeState::Replaced,
        heard_ms: u64::MAX,
        max_orders: u32::MAX,
        max_symbols: u32::MAX,
        libzmq: LARGEST_LIBZMQ,
        beat: Some(beat),
    });
    assert!(postcard_len(&record) <= MAX_STATUS_RECORD_BYTES);
    let position = StatusRecord::Position(ChannelPosition {
        channel: ChannelId::from_raw(u8::MAX),
        position: Position {
            numbering: Numbering::from_raw(u64::MAX),
            seq_num: SeqNum::from_raw(u32::MAX),
        },
    });
    assert!(postcard_len(&position) <= MAX_STATUS_POSITION_BYTES);
}

#[test]
fn the_largest_depth_keeps_to_the_limits() {
    let run = Run {
        identity: u32::MAX,
        generation: u32::MAX,
    };
    let node = NodeId::from_raw(u16::MAX);
    let level = LevelName {
        side: Side::Ask,
        price: RawPrice::from_raw(u32::MAX),
    };
    let wish = DepthWish {
        symbol_index: SymbolIndex::from_raw(u32::MAX),
        partition: Partition::from_raw(u16::MAX),
        levels: u8::MAX,
        queues: [Some(level); MAX_DEPTH_QUEUES],
    };
    let request = DepthRequest {
        schema: u64::MAX,
        run,
        node,
        wish,
    };
    assert!(2 + postcard_len(&request) <= MAX_PLAIN_BYTES);
    assert!(2 + postcard_len(&TellDepth { run, wish }) <= MAX_PLAIN_BYTES);
    let depth = Depth {
        run,
        node,
        symbol_index: wish.symbol_index,
        at: Some((
            ChannelId::from_raw(u8::MAX),
            Position {
                numbering: Numbering::from_raw(u64::MAX),
                seq_num: SeqNum::from_raw(u32::MAX),
            },
        )),
        trust: Trust::Stale,
        status: TradingStatus::Closed,
        scale: PriceScale::new(9).unwrap(),
        part: DepthPart::Queue {
            level,
            orders: u32::MAX,
            qty: u64::MAX,
        },
        ts_sent: UnixNanos::from_raw(u64::MAX),
        records: u16::MAX,
    };
    assert!(2 + postcard_len(&depth) <= MAX_LIST_HEAD_BYTES);
    // Both sides of a usual book fit one frame.
    let usual = DepthRecord::Bid(Quote {
        price: RawPrice::from_raw(9_999_999),
        qty: 999_999,
        orders: 9_999,
    });
    let levels = 2 * usize::from(MAX_DEPTH_LEVELS) * postcard_len(&usual);
    assert!(MAX_LIST_HEAD_BYTES + levels <= MAX_BATCH_BYTES);
}

const LARGEST_LIBZMQ: Libzmq = Libzmq {
    major: u8::MAX,
    minor: u8::MAX,
    patch: u8::MAX,
    has_curve: true,
};

#[test]
fn a_full_writer_refuses_the_record_and_keeps_the_others() {
    let mut writer = RecordsWriter::<_, Batch>::new([0; MAX_LIST_HEAD_BYTES + 60]);
    let record = event_records(&recorded())[0];
    let mut pushed = 0;
    while writer.push(&record).is_ok() {
        pushed += 1;
    }
    assert!(pushed > 0);
    let message = writer.finish(&[], batch()).unwrap();
    let (head, records) = decode_list::<Batch>(message).unwrap();
    assert_eq!(usize::from(head.events), pushed);
    assert!(records.eq(std::iter::repeat_n(Ok(record), pushed)));
    assert!(writer.is_empty());
}

//! The stored bytes of every message kind: what this version writes, and what it must keep reading.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::fmt::Write as _;

use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, Price, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
    TradeId, UnixNanos,
};
use oxberry_proto::flow::{
    Ack, Batch, Digests, EndOfStream, Finish, Heartbeat, PartitionDigest, Position,
};
use oxberry_proto::limits::{MAX_LIST_HEAD_BYTES, MAX_PLAIN_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::start::{
    Hello, Ping, Ready, Refused, RefusedReason, SetupPi, SetupVisual, SetupVisualRequest,
    SymbolAssignment, SymbolEntry,
};
use oxberry_proto::stock::{EndOfEvents, Quote, StockBatch, StockEvent, SymbolState, TradePrint};
use oxberry_proto::{
    EventNum, Head, Kind, Listed, NodeId, Partition, RecordsWriter, SCHEMA_FINGERPRINT, StreamId,
    Topic, decode, decode_list, encode, kind_of,
};

const GOLDEN: &str = include_str!("../golden/v1.txt");

const NODE: NodeId = NodeId::from_raw(3);
const PARTITION: Partition = Partition::from_raw(258);
const STREAM: StreamId = StreamId {
    channel: ChannelId::from_raw(4),
    partition: PARTITION,
};
const SENT: UnixNanos = UnixNanos::from_raw(1_340_285_400_123_456_789);

/// One event of every action.
fn feed_events() -> Vec<FeedEvent> {
    let (order_id, price, qty) = (
        OrderId::legacy(77, true),
        RawPrice::from_raw(508_500),
        Qty::from_raw(300),
    );
    let trade_id = TradeId::from_raw(9);
    let actions = [
        Action::Add {
            order_id,
            side: Side::Ask,
            price,
            qty,
            sessions: TradeSessions::ALL,
        },
        Action::Modify {
            order_id,
            price,
            qty,
            loses_place: true,
        },
        Action::Delete { order_id },
        Action::Execute {
            order_id,
            price,
            qty,
            trade_id,
            effect: ExecutionEffect::Fill,
            printable: true,
        },
        Action::Replace {
            order_id,
            new_order_id: OrderId::from_raw(u64::MAX),
            price,
            qty,
        },
        Action::Trade {
            price,
            qty,
            trade_id,
            printable: false,
        },
        Action::Clear {
            next: SymbolSeqNum::from_raw(300),
        },
        Action::Session {
            session: TradeSessions::CORE,
        },
        Action::Halt,
        Action::Resume,
        Action::Close,
        Action::Scale {
            scale: PriceScale::new(6).unwrap(),
        },
        Action::Unreadable,
        Action::Refresh {
            last: SymbolSeqNum::from_raw(300),
            through: SeqNum::from_raw(70_000),
        },
        Action::RefreshAdd {
            order_id,
            side: Side::Bid,
            price,
            qty,
            sessions: TradeSessions::ALL,
        },
        Action::Refreshed,
        Action::Other,
    ];
    actions
        .into_iter()
        .map(|action| FeedEvent {
            seq_num: SeqNum::from_raw(129),
            symbol_index: SymbolIndex::from_raw(1753),
            symbol_seq_num: Some(SymbolSeqNum::from_raw(12)),
            ts_event: Some(SENT),
            action,
        })
        .collect()
}

/// Turns heads and lists into golden lines, and checks that they read back equal.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn push(&mut self, kind: Kind, message: &[u8]) {
        assert_eq!(kind_of(message), Ok(kind));
        write!(self.0, "{kind:?} ").unwrap();
        for byte in message {
            write!(self.0, "{byte:02x}").unwrap();
        }
        self.0.push('\n');
    }

    fn plain<H: Head + PartialEq + std::fmt::Debug>(&mut self, head: &H) {
        let mut buffer = [0; MAX_PLAIN_BYTES];
        let length = encode(head, &mut buffer).unwrap();
        assert_eq!(decode::<H>(&buffer[..length]).as_ref(), Ok(head));
        self.push(H::KIND, &buffer[..length]);
    }

    fn list<H>(&mut self, mut head: H, records: &[H::Record])
    where
        H: Listed + Clone + PartialEq + std::fmt::Debug,
        H::Record: PartialEq + std::fmt::Debug,
    {
        let mut writer = RecordsWriter::new([0; 4096]);
        for record in records {
            writer.push(record).unwrap();
            assert!(postcard_len(record) <= MAX_RECORD_BYTES);
        }
        let topic = Topic {
            partition: PARTITION,
        };
        let frame = writer.finish(&topic.to_bytes(), head.clone()).unwrap();
        let (read_topic, message) = Topic::split(frame).unwrap();
        assert_eq!(read_topic, topic);
        head.set_count(records.len());
        let (read_head, read) = decode_list::<H>(message).unwrap();
        assert_eq!(read_head, head);
        assert_eq!(read.map(Result::unwrap).collect::<Vec<_>>(), records);
        self.push(H::KIND, message);
    }
}

fn postcard_len(record: &impl serde::Serialize) -> usize {
    postcard::to_slice(record, &mut [0; 1024]).unwrap().len()
}

fn written_now() -> String {
    let price = Price::from_raw(50_850_000_000);
    let mut lines = Lines::default();
    lines.plain(&Hello {
        name: "pi-1".try_into().unwrap(),
        schema: 0,
        max_orders: 1_000_000,
        max_symbols: 8_000,
    });
    let symbol_index = SymbolIndex::from_raw(1753);
    let scale = PriceScale::new(4).unwrap();
    lines.list(
        SetupPi {
            node: NODE,
            channels: 4,
            symbols: 0,
        },
        &[SymbolAssignment {
            symbol_index,
            scale,
            partition: PARTITION,
        }],
    );
    for reason in [
        RefusedReason::Schema { expected: 1 },
        RefusedReason::NameTaken,
        RefusedReason::Full,
        RefusedReason::TooSmall { symbols: 9_000 },
    ] {
        lines.plain(&Refused { reason });
    }
    lines.plain(&Ping {
        partition: PARTITION,
    });
    lines.plain(&Ready { node: NODE });
    lines.plain(&SetupVisualRequest { schema: 0 });
    lines.list(
        SetupVisual {
            schema: 0,
            nodes: 4,
            partitions: 16,
            symbols: 0,
        },
        &[SymbolEntry {
            symbol_index,
            name: "GOOG".try_into().unwrap(),
            partition: PARTITION,
        }],
    );
    lines.list(
        Batch {
            stream: STREAM,
            first: EventNum::from_raw(1_000),
            events: 0,
            ts_sent: SENT,
        },
        &feed_events(),
    );
    lines.plain(&EndOfStream {
        stream: STREAM,
        last: EventNum::NONE,
    });
    lines.list(
        Ack {
            node: NODE,
            streams: 0,
        },
        &[Position {
            stream: STREAM,
            applied: EventNum::from_raw(1_013),
        }],
    );
    lines.plain(&Heartbeat {
        node: NODE,
        events: 5,
        orders: 6,
        stale_symbols: 7,
    });
    lines.list(
        Digests {
            node: NODE,
            partitions: 0,
        },
        &[PartitionDigest {
            partition: PARTITION,
            digest: u64::MAX,
            events: 5,
            stale_symbols: 1,
        }],
    );
    lines.plain(&Finish { equal: true });
    let quote = Quote {
        price,
        qty: 300,
        orders: 2,
    };
    let event = StockEvent {
        symbol_index,
        event_num: EventNum::from_raw(4),
        ts_event: Some(SENT),
        state: SymbolState::Live,
        bid: Some(quote),
        ask: None,
        trade: Some(TradePrint {
            price,
            qty: Qty::from_raw(100),
        }),
    };
    let states = [
        SymbolState::Live,
        SymbolState::Stale,
        SymbolState::Recovering,
        SymbolState::Halted,
        SymbolState::Closed,
    ];
    lines.list(
        StockBatch {
            node: NODE,
            events: 0,
            ts_sent: SENT,
        },
        &states.map(|state| StockEvent { state, ..event }),
    );
    lines.plain(&EndOfEvents { node: NODE });
    lines.0
}

#[test]
fn every_kind_writes_its_golden_bytes() {
    let now = written_now();
    assert!(
        now == GOLDEN,
        "the schema changed; the new golden file is:\n{now}"
    );
    for kind in Kind::ALL {
        assert!(
            now.contains(&format!("{kind:?} ")),
            "{kind:?} has no golden bytes"
        );
    }
}

#[test]
fn the_fingerprint_is_that_of_the_golden_bytes() {
    let fingerprint = GOLDEN
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    assert_eq!(
        SCHEMA_FINGERPRINT, fingerprint,
        "set SCHEMA_FINGERPRINT to {fingerprint:#018x}"
    );
}

#[test]
fn the_largest_values_keep_to_the_limits() {
    let largest = FeedEvent {
        seq_num: SeqNum::from_raw(u32::MAX),
        symbol_index: SymbolIndex::from_raw(u32::MAX),
        symbol_seq_num: Some(SymbolSeqNum::from_raw(u32::MAX)),
        ts_event: Some(UnixNanos::from_raw(u64::MAX)),
        action: Action::Replace {
            order_id: OrderId::from_raw(u64::MAX),
            new_order_id: OrderId::from_raw(u64::MAX),
            price: RawPrice::from_raw(u32::MAX),
            qty: Qty::from_raw(u32::MAX),
        },
    };
    assert!(postcard_len(&largest) <= MAX_RECORD_BYTES);
    let quote = Some(Quote {
        price: Price::from_raw(i64::MIN),
        qty: u64::MAX,
        orders: u32::MAX,
    });
    let event = StockEvent {
        symbol_index: SymbolIndex::from_raw(u32::MAX),
        event_num: EventNum::from_raw(u64::MAX),
        ts_event: Some(UnixNanos::from_raw(u64::MAX)),
        state: SymbolState::Closed,
        bid: quote,
        ask: quote,
        trade: Some(TradePrint {
            price: Price::from_raw(i64::MIN),
            qty: Qty::from_raw(u32::MAX),
        }),
    };
    assert!(postcard_len(&event) <= MAX_RECORD_BYTES);
    let batch = Batch {
        stream: StreamId {
            channel: ChannelId::from_raw(u8::MAX),
            partition: Partition::from_raw(u16::MAX),
        },
        first: EventNum::from_raw(u64::MAX),
        events: u16::MAX,
        ts_sent: UnixNanos::from_raw(u64::MAX),
    };
    assert!(Topic::LEN + 2 + postcard_len(&batch) <= MAX_LIST_HEAD_BYTES);
    let name = "n".repeat(oxberry_proto::limits::MAX_NODE_NAME_BYTES);
    let hello = Hello {
        name: name.as_str().try_into().unwrap(),
        schema: u64::MAX,
        max_orders: u32::MAX,
        max_symbols: u32::MAX,
    };
    assert!(2 + postcard_len(&hello) <= MAX_PLAIN_BYTES);
}

#[test]
fn a_full_writer_refuses_the_record_and_keeps_the_others() {
    let mut writer = RecordsWriter::<_, Batch>::new([0; MAX_LIST_HEAD_BYTES + 60]);
    let event = feed_events()[0];
    let mut pushed = 0;
    while writer.push(&event).is_ok() {
        pushed += 1;
    }
    assert!(pushed > 0);
    let head = Batch {
        stream: STREAM,
        first: EventNum::from_raw(1),
        events: 0,
        ts_sent: SENT,
    };
    let message = writer.finish(&[], head).unwrap();
    let (head, records) = decode_list::<Batch>(message).unwrap();
    assert_eq!(usize::from(head.events), pushed);
    assert!(records.eq(std::iter::repeat_n(Ok(event), pushed)));
    assert!(writer.is_empty());
}

#[test]
fn every_cut_and_every_flipped_byte_is_an_error_or_another_value_but_never_a_panic() {
    for line in GOLDEN.lines() {
        let (_, hex) = line.split_once(' ').unwrap();
        let message: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        for cut in 0..message.len() {
            read_as_everything(&message[..cut]);
        }
        for at in 0..message.len() {
            for flip in 1..=u8::MAX {
                let mut changed = message.clone();
                changed[at] ^= flip;
                read_as_everything(&changed);
            }
        }
    }
}

fn read_as_everything(message: &[u8]) {
    fn plain<H: Head>(message: &[u8]) {
        let _ = decode::<H>(message);
    }
    fn list<H: Listed>(message: &[u8]) {
        if let Ok((head, records)) = decode_list::<H>(message) {
            assert!(records.count() <= head.count() + 1);
        }
    }
    plain::<Hello>(message);
    plain::<Refused>(message);
    plain::<Heartbeat>(message);
    plain::<EndOfStream>(message);
    list::<Batch>(message);
    list::<StockBatch>(message);
    list::<SetupPi>(message);
    list::<SetupVisual>(message);
    list::<Ack>(message);
    list::<Digests>(message);
}

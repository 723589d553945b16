//! The stored bytes of every message kind: what this version writes, and what it must keep reading.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::fmt::Write as _;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, Position, Price, PriceScale, Qty, RawPrice, SeqNum, Side,
    SymbolIndex, SymbolSeqNum, TradeId, UnixNanos,
};
use oxberry_proto::flow::{
    Ack, Batch, Begins, Coverage, Digests, Farewell, Finish, Heartbeat, Refresh, StreamPosition,
    SymbolDigest,
};
use oxberry_proto::limits::{MAX_LIST_HEAD_BYTES, MAX_PLAIN_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::start::{
    Hello, Ping, Ready, Refused, RefusedReason, Replica, SayHello, SetupPi, SetupVisual,
    SetupVisualRequest, SymbolAssignment, SymbolEntry, TellState,
};
use oxberry_proto::stock::{
    EndOfEvents, Quote, StockBatch, StockBeat, StockEvent, StreamWord, SymbolState, SymbolTrust,
    TradePrint, TrustWord, View,
};
use oxberry_proto::{
    Deltas, EventRecord, Head, Kind, Listed, NodeId, Partition, Recorded, RecordsWriter, Run,
    SCHEMA_FINGERPRINT, StockRecord, StockTold, StreamId, Topic, decode, decode_list, encode,
    kind_of,
};

const GOLDEN: &str = include_str!("../golden/v2.txt");

const RUN: Run = Run {
    identity: 0x1234_5678,
    generation: 2,
};
const NODE: NodeId = NodeId::from_raw(3);
const PARTITION: Partition = Partition::from_raw(258);
const STREAM: StreamId = StreamId {
    channel: ChannelId::from_raw(4),
    partition: PARTITION,
};
const SENT: UnixNanos = UnixNanos::from_raw(1_340_285_400_123_456_789);
const NUMBERING: Numbering = Numbering::from_raw(1_340_265_600_000_000_000);
const AFTER: SeqNum = SeqNum::from_raw(1_000);
const SCALE: u8 = 4;

/// One record of every kind.
fn recorded() -> Vec<Recorded> {
    let (order_id, price, qty) = (
        OrderId::legacy(77, true),
        RawPrice::from_raw(508_500),
        Qty::from_raw(300),
    );
    let trade_id = TradeId::from_raw(9);
    let execute = |effect, printable| Action::Execute {
        order_id,
        price,
        qty,
        trade_id,
        effect,
        printable,
    };
    let add = |side, sessions| Action::Add {
        order_id,
        side,
        price,
        qty,
        sessions,
    };
    let modify = |loses_place| Action::Modify {
        order_id,
        price,
        qty,
        loses_place,
    };
    let actions = [
        add(Side::Bid, TradeSessions::ALL),
        add(Side::Ask, TradeSessions::ALL),
        add(Side::Ask, TradeSessions::CORE),
        modify(false),
        modify(true),
        Action::Delete { order_id },
        execute(ExecutionEffect::Reduce, true),
        execute(ExecutionEffect::Fill, true),
        execute(ExecutionEffect::None, false),
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
            next: SymbolSeqNum::from_raw(1),
        },
        Action::Session {
            session: TradeSessions::CORE,
        },
        Action::Halt,
        Action::Resume,
        Action::Close,
        Action::Define {
            scale: PriceScale::new(6).unwrap(),
            is_whole: true,
        },
        Action::Define {
            scale: PriceScale::new(4).unwrap(),
            is_whole: false,
        },
        Action::Unreadable,
        Action::Refresh {
            last: SymbolSeqNum::from_raw(7),
            through: SeqNum::from_raw(900),
            scale: PriceScale::new(4),
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
    let mut number = AFTER;
    let mut recorded: Vec<_> = actions
        .into_iter()
        .map(|action| {
            number = number.next();
            Recorded::Event(FeedEvent {
                seq_num: number,
                symbol_index: SymbolIndex::from_raw(1753),
                symbol_seq_num: Some(SymbolSeqNum::from_raw(number.raw())),
                ts_event: Some(SENT),
                action,
            })
        })
        .collect();
    recorded.push(Recorded::Event(FeedEvent {
        seq_num: number.plus(300),
        symbol_index: SymbolIndex::from_raw(0),
        symbol_seq_num: None,
        ts_event: None,
        action: Action::Other,
    }));
    recorded.push(Recorded::Lost {
        first: number.plus(301),
        last: number.plus(305),
    });
    recorded.push(Recorded::Settled {
        before: number.plus(306),
    });
    recorded
}

fn event_records(recorded: &[Recorded]) -> Vec<EventRecord> {
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    recorded.iter().map(|one| deltas.record(one)).collect()
}

/// One record of every kind of a stock batch.
fn stock_told() -> Vec<StockTold> {
    let scale = PriceScale::new(SCALE).unwrap();
    let symbol_index = SymbolIndex::from_raw(1753);
    let quote = Quote {
        price: RawPrice::from_raw(508_500),
        qty: 300,
        orders: 2,
    };
    let trade = TradePrint {
        price: RawPrice::from_raw(508_600),
        qty: Qty::from_raw(100),
    };
    let mut told = Vec::new();
    let mut number = AFTER;
    for bid in [Some(quote), None] {
        for ask in [Some(quote), None] {
            for trade in [None, Some(trade)] {
                number = number.next();
                told.push(StockTold::Event(StockEvent {
                    seq_num: number,
                    symbol_index,
                    ts_event: Some(SENT),
                    view: View { scale, bid, ask },
                    trade,
                }));
            }
        }
    }
    let trusts = [Trust::Live, Trust::Recovering, Trust::Partial, Trust::Stale];
    let statuses = [
        TradingStatus::Unknown,
        TradingStatus::Open,
        TradingStatus::Halted,
        TradingStatus::Closed,
    ];
    for (trust, status) in trusts.into_iter().zip(statuses) {
        let trust = SymbolTrust {
            symbol_index,
            trust,
            status,
        };
        told.push(StockTold::Trust(trust));
        let state = SymbolState {
            trust,
            view: View {
                scale,
                bid: Some(quote),
                ask: None,
            },
            last_trade: Some(Price::from_raw(50_850_000_000)),
            at: Some((
                ChannelId::from_raw(3),
                Position {
                    numbering: Numbering::from_raw(1_340_285_400_000_000_000),
                    seq_num: SeqNum::from_raw(1_000_000),
                },
            )),
        };
        told.push(StockTold::State(state));
        told.push(StockTold::Rebuilt(state));
    }
    told.push(StockTold::StateEnd(4));
    told
}

fn stock_records(told: &[StockTold]) -> Vec<StockRecord> {
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    told.iter().map(|one| deltas.stock_record(one)).collect()
}

fn batch() -> Batch {
    Batch {
        run: RUN,
        stream: STREAM,
        numbering: NUMBERING,
        after: AFTER,
        through: AFTER.plus(400),
        begins: None,
        events: 0,
        ts_sent: SENT,
    }
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
    let mut lines = Lines::default();
    let mut hello = Hello {
        name: "pi-1".try_into().unwrap(),
        schema: 0,
        last_run: None,
        max_orders: 1_000_000,
        max_symbols: 8_000,
    };
    lines.plain(&hello);
    hello.last_run = Some(RUN);
    lines.plain(&hello);
    let symbol_index = SymbolIndex::from_raw(1753);
    let scale = PriceScale::new(SCALE).unwrap();
    lines.list(
        SetupPi {
            run: RUN,
            node: NODE,
            channels: 4,
            partitions: 16,
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
        run: RUN,
        partition: PARTITION,
    });
    lines.plain(&Ready {
        run: RUN,
        node: NODE,
    });
    lines.plain(&SayHello { run: RUN });
    lines.plain(&TellState {
        run: RUN,
        partition: PARTITION,
    });
    lines.plain(&SetupVisualRequest {
        schema: 0,
        tell: None,
    });
    lines.plain(&SetupVisualRequest {
        schema: 0,
        tell: Some(Replica {
            node: NODE,
            partition: PARTITION,
        }),
    });
    lines.list(
        SetupVisual {
            schema: 0,
            run: RUN,
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
    lines.list(batch(), &event_records(&recorded()));
    let begins = Batch {
        after: SeqNum::default(),
        through: SeqNum::default(),
        begins: Some(Begins {
            previous: Position {
                numbering: Numbering::UNNAMED,
                seq_num: AFTER,
            },
            is_announced: true,
            failover: true,
        }),
        ..batch()
    };
    lines.list(begins, &[]);
    let refresh = Refresh {
        run: RUN,
        stream: STREAM,
        numbering: NUMBERING,
        after: AFTER,
        through: AFTER,
        serial: 3,
        events: 0,
    };
    lines.list(refresh, &event_records(&recorded()));
    lines.plain(&Coverage {
        run: RUN,
        stream: STREAM,
        numbering: NUMBERING,
        after: AFTER,
        through: AFTER.plus(9),
        seen: AFTER.plus(12),
        ended: true,
    });
    lines.list(
        Ack {
            run: RUN,
            node: NODE,
            streams: 0,
        },
        &[StreamPosition {
            stream: STREAM,
            position: Position {
                numbering: NUMBERING,
                seq_num: AFTER,
            },
        }],
    );
    lines.plain(&Heartbeat {
        run: RUN,
        node: NODE,
        events: 5,
        orders: 6,
        not_live: 7,
    });
    lines.list(
        Digests {
            run: RUN,
            node: NODE,
            of: 5,
            symbols: 0,
        },
        &[SymbolDigest {
            symbol_index,
            trust: Trust::Partial,
            digest: u64::MAX,
        }],
    );
    lines.plain(&Finish {
        run: RUN,
        equal: true,
    });
    lines.plain(&Farewell {
        run: RUN,
        node: NODE,
    });
    let trust = TrustWord {
        told: 300,
        pending: true,
    };
    let stock = StockBatch {
        run: RUN,
        node: NODE,
        stream: STREAM,
        numbering: NUMBERING,
        after: AFTER,
        through: AFTER.plus(400),
        begins: None,
        trust,
        events: 0,
        ts_sent: SENT,
    };
    lines.list(stock, &stock_records(&stock_told()));
    let begins = Some(Position::default());
    lines.list(StockBatch { begins, ..stock }, &[]);
    lines.list(
        StockBeat {
            run: RUN,
            node: NODE,
            streams: 0,
            ts_sent: SENT,
        },
        &[StreamWord {
            stream: STREAM,
            numbering: NUMBERING,
            after: AFTER,
            through: AFTER.plus(1),
            trust,
            recovering: false,
            silent: true,
            ended: false,
        }],
    );
    lines.plain(&EndOfEvents {
        run: RUN,
        node: NODE,
    });
    lines.0
}

#[test]
fn records_say_what_was_said() {
    let said = recorded();
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    let read: Vec<_> = event_records(&said)
        .into_iter()
        .map(|record| deltas.recorded(record))
        .collect();
    assert_eq!(read, said);
    let said = stock_told();
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    let read: Vec<_> = stock_records(&said)
        .into_iter()
        .map(|record| deltas.stock_told(record))
        .collect();
    assert_eq!(read, said);
}

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
    let name = "n".repeat(oxberry_proto::limits::MAX_NODE_NAME_BYTES);
    let hello = Hello {
        name: name.as_str().try_into().unwrap(),
        schema: u64::MAX,
        last_run: Some(run),
        max_orders: u32::MAX,
        max_symbols: u32::MAX,
    };
    assert!(2 + postcard_len(&hello) <= MAX_PLAIN_BYTES);
}

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
    plain::<Coverage>(message);
    list::<Batch>(message);
    list::<Refresh>(message);
    list::<StockBatch>(message);
    list::<StockBeat>(message);
    list::<SetupPi>(message);
    list::<SetupVisual>(message);
    list::<Ack>(message);
    list::<Digests>(message);
}

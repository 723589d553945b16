//! One record of every kind, and the values that the golden messages have in common.

use oxberry_core::book::{
    Conditions, Digest, MEDIAN_WINDOW, Order, SnapshotHead, Tape, TradingStatus, Trust,
};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, Position, Price, PriceScale, Qty, RawPrice, SeqNum, Side,
    SymbolIndex, SymbolSeqNum, TradeId, UnixNanos,
};
use oxberry_proto::depth::{DepthRecord, DepthWish, LevelName};
use oxberry_proto::flow::Batch;
use oxberry_proto::snapshot::{HeadReader, SnapshotRecord};
use oxberry_proto::status::{
    ChannelPosition, ChannelStatus, ControllerStatus, NodeBeat, NodeState, NodeStatus,
    PartitionStatus, ReplicaStatus, RunPhase, Status, StatusFrom, StatusRecord, TrustTotals,
};
use oxberry_proto::stock::{Quote, StockEvent, SymbolState, SymbolTrust, TradePrint, View};
use oxberry_proto::{
    Deltas, EventRecord, Health, Libzmq, NodeId, Partition, Recorded, Run, StockRecord, StockTold,
    StreamId, Throttling,
};

pub(crate) const RUN: Run = Run {
    identity: 0x1234_5678,
    generation: 2,
};
pub(crate) const NODE: NodeId = NodeId::from_raw(3);
pub(crate) const PARTITION: Partition = Partition::from_raw(258);
pub(crate) const STREAM: StreamId = StreamId {
    channel: ChannelId::from_raw(4),
    partition: PARTITION,
};
pub(crate) const SENT: UnixNanos = UnixNanos::from_raw(1_340_285_400_123_456_789);
pub(crate) const NUMBERING: Numbering = Numbering::from_raw(1_340_265_600_000_000_000);
pub(crate) const AFTER: SeqNum = SeqNum::from_raw(1_000);
pub(crate) const SCALE: u8 = 4;
pub(crate) const LIBZMQ: Libzmq = Libzmq {
    major: 4,
    minor: 3,
    patch: 5,
    has_curve: true,
};
pub(crate) const HEALTH: Health = Health {
    resident_bytes: Some(150_000_000),
    millicelsius: Some(-1_500),
    throttling: Some(Throttling::from_raw(0x5_0002)),
    low_voltage_alarm: Some(false),
};

/// One record of every kind.
pub(crate) fn recorded() -> Vec<Recorded> {
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

pub(crate) fn event_records(recorded: &[Recorded]) -> Vec<EventRecord> {
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    recorded.iter().map(|one| deltas.record(one)).collect()
}

/// One record of every kind of a stock batch.
pub(crate) fn stock_told() -> Vec<StockTold> {
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

pub(crate) fn stock_records(told: &[StockTold]) -> Vec<StockRecord> {
    let mut deltas = Deltas::new(NUMBERING, AFTER);
    told.iter().map(|one| deltas.stock_record(one)).collect()
}

pub(crate) fn batch() -> Batch {
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

pub(crate) fn status() -> Status {
    Status {
        schema: 0,
        run: RUN,
        phase: RunPhase::Running,
        phase_ms: 90_000,
        nodes: 4,
        replicas: 2,
        partitions: 16,
        channels: 4,
        symbols: 8_000,
        libzmq: LIBZMQ,
        next: Some(StatusFrom::Partition(PARTITION)),
        records: 0,
    }
}

pub(crate) fn node_beat() -> NodeBeat {
    NodeBeat {
        events: 5,
        orders: 6,
        trust: TrustTotals {
            live: 7,
            recovering: 8,
            partial: 9,
            stale: 10,
        },
        health: HEALTH,
    }
}

/// One record of every kind of a status, of nodes one in every state.
pub(crate) fn status_records() -> Vec<StatusRecord> {
    let position = Position {
        numbering: NUMBERING,
        seq_num: AFTER,
    };
    let states = [
        NodeState::Joined,
        NodeState::Assigned,
        NodeState::Ready,
        NodeState::Done,
        NodeState::Gone,
        NodeState::Dead,
        NodeState::Replaced,
    ];
    let mut records = vec![StatusRecord::Controller(ControllerStatus {
        out_of_place: 1,
        foreign: 2,
        bad_messages: 3,
        vain_wishes: 4,
        refused: 5,
        joined_late: 6,
        takes: 8,
        fenced: 7,
    })];
    records.extend(states.map(|state| {
        StatusRecord::Node(NodeStatus {
            node: NODE,
            name: "pi-1".try_into().unwrap(),
            state,
            heard_ms: 250,
            max_orders: 1_000_000,
            max_symbols: 8_000,
            libzmq: LIBZMQ,
            beat: (state != NodeState::Joined).then(node_beat),
        })
    }));
    records.extend([
        StatusRecord::Channel(ChannelStatus {
            channel: STREAM.channel,
            position,
            ended: true,
            packets: 11,
            events: 12,
            losses: 13,
            lost_messages: 14,
        }),
        StatusRecord::Partition(PartitionStatus {
            partition: PARTITION,
            symbols: 500,
        }),
        StatusRecord::Replica(ReplicaStatus {
            node: NODE,
            is_alive: false,
        }),
        StatusRecord::Position(ChannelPosition {
            channel: STREAM.channel,
            position,
        }),
    ]);
    records
}

/// One record of every kind of a snapshot.
pub(crate) fn snapshot_records() -> Vec<SnapshotRecord> {
    let price = |raw: i64| Price::from_raw(50_850_000_000 + raw);
    let mut prices = [Price::default(); MEDIAN_WINDOW];
    (prices[0], prices[1]) = (price(0), price(1));
    let head = SnapshotHead {
        symbol_index: SymbolIndex::from_raw(1753),
        scale: PriceScale::new(SCALE).unwrap(),
        channel: Some(STREAM.channel),
        conditions: Conditions {
            trading_status: TradingStatus::Open,
            expired: true,
            ..Conditions::default()
        },
        symbol_seq_num: Some(SymbolSeqNum::from_raw(300)),
        since: AFTER,
        tape: Tape {
            trades: 2,
            volume: 300,
            notional: 1 << 70,
            high: price(1),
            low: price(0),
            prices,
        },
        orders: [1, 0],
        digest: Digest::from_raw(u64::MAX),
    };
    let mut records: Vec<_> = SnapshotRecord::of_head(&head).collect();
    let mut reader = HeadReader::default();
    assert!(records.iter().all(|record| reader.take(record)));
    assert_eq!(reader.head(), Some(head));
    records.push(SnapshotRecord::Order(Order {
        order_id: OrderId::legacy(77, true),
        price: RawPrice::from_raw(508_500),
        qty: Qty::from_raw(300),
        last_session: TradeSessions::ALL,
    }));
    records
}

/// A wish for the depth of a symbol and two of its queues.
pub(crate) fn depth_wish() -> DepthWish {
    let level = |side, price| {
        Some(LevelName {
            side,
            price: RawPrice::from_raw(price),
        })
    };
    let queues = [
        level(Side::Bid, 508_500),
        level(Side::Ask, 508_700),
        None,
        None,
    ];
    DepthWish {
        symbol_index: SymbolIndex::from_raw(1_753),
        partition: PARTITION,
        levels: 40,
        queues,
    }
}

/// The levels of a depth.
pub(crate) fn level_records() -> [DepthRecord; 2] {
    let quote = |price, qty, orders| Quote {
        price: RawPrice::from_raw(price),
        qty,
        orders,
    };
    [
        DepthRecord::Bid(quote(508_500, 70_000, 300)),
        DepthRecord::Ask(quote(508_700, 200, 1)),
    ]
}

/// The orders of a queue.
pub(crate) fn order_records() -> [DepthRecord; 2] {
    [
        (OrderId::legacy(77, true), 300),
        (OrderId::from_raw(u64::MAX), u32::MAX),
    ]
    .map(|(order_id, qty)| DepthRecord::Order {
        order_id,
        qty: Qty::from_raw(qty),
    })
}

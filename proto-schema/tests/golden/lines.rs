//! The golden lines as this version writes them, one message of every kind each.

use std::fmt::Write as _;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{Numbering, Position, PriceScale, SeqNum, SymbolIndex};
use oxberry_proto::depth::{Depth, DepthAsked, DepthPart, DepthRequest, TellDepth};
use oxberry_proto::flow::{
    Ack, Batch, Begins, Coverage, Digests, Farewell, Finish, Heartbeat, Refresh, RepairGone,
    RepairWish, StreamPosition, SymbolDigest,
};
use oxberry_proto::limits::{MAX_PLAIN_BYTES, MAX_RECORD_BYTES, MAX_STATUS_RECORD_BYTES};
use oxberry_proto::membership::{Introduction, MemberStage, Membership, TellMembership};
use oxberry_proto::snapshot::{
    NoSnapshot, Snapshot, SnapshotRefused, SnapshotUnderWay, SnapshotWish,
};
use oxberry_proto::start::{
    Hello, Ping, Ready, Refused, RefusedReason, Replica, SayHello, SetupPi, SetupVisual,
    SetupVisualRequest, SymbolAssignment, SymbolEntry, TellState,
};
use oxberry_proto::status::{NodeBeat, StatusFrom, StatusRequest};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockBeat, StreamWord, TrustWord};
use oxberry_proto::taking::{TakePartition, Taken};
use oxberry_proto::{
    Head, Kind, Listed, RecordsWriter, Topic, decode, decode_list, encode, kind_of,
};

use crate::samples::{
    AFTER, LIBZMQ, NODE, NUMBERING, PARTITION, RUN, SCALE, SENT, STREAM, batch, depth_wish,
    event_records, level_records, node_beat, order_records, recorded, snapshot_records, status,
    status_records, stock_records, stock_told,
};

/// Turns heads and lists into golden lines, and checks that they read back equal.
#[derive(Default)]
pub(crate) struct Lines(String);

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
        let longest = if H::KIND == Kind::Status {
            MAX_STATUS_RECORD_BYTES
        } else {
            MAX_RECORD_BYTES
        };
        let mut writer = RecordsWriter::new([0; 4096]);
        for record in records {
            writer.push(record).unwrap();
            assert!(postcard_len(record) <= longest);
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

pub(crate) fn postcard_len(record: &impl serde::Serialize) -> usize {
    postcard::to_slice(record, &mut [0; 1024]).unwrap().len()
}

fn membership(lines: &mut Lines, hello: Hello) {
    lines.plain(&TellMembership { run: RUN });
    lines.plain(&Introduction { hello });
    for stage in [
        MemberStage::Pinging,
        MemberStage::Running,
        MemberStage::Over,
    ] {
        let head = Membership {
            run: RUN,
            node: NODE,
            stage,
            came_late: true,
            streams: 8,
            cluster_partitions: 16,
            partitions: 0,
        };
        lines.list(head, &[PARTITION]);
    }
}

fn taking(lines: &mut Lines, symbol: SymbolAssignment) {
    let head = TakePartition {
        run: RUN,
        node: NODE,
        partition: PARTITION,
        symbols: 0,
    };
    lines.list(head, &[symbol]);
    for is_held in [true, false] {
        lines.plain(&Taken {
            run: RUN,
            node: NODE,
            partition: PARTITION,
            is_held,
        });
    }
}

pub(crate) fn written_now() -> String {
    let mut lines = Lines::default();
    let mut hello = Hello {
        name: "pi-1".try_into().unwrap(),
        schema: 0,
        last_run: None,
        max_orders: 1_000_000,
        max_symbols: 8_000,
        libzmq: LIBZMQ,
    };
    lines.plain(&hello);
    hello.last_run = Some(RUN);
    lines.plain(&hello);
    membership(&mut lines, hello);
    let symbol_index = SymbolIndex::from_raw(1753);
    let scale = PriceScale::new(SCALE).unwrap();
    let symbol = SymbolAssignment {
        symbol_index,
        scale,
        partition: PARTITION,
    };
    lines.list(
        SetupPi {
            run: RUN,
            node: NODE,
            channels: 4,
            partitions: 16,
            feed_runs: true,
            symbols: 0,
        },
        &[symbol],
    );
    taking(&mut lines, symbol);
    for reason in [
        RefusedReason::Schema { expected: 1 },
        RefusedReason::NameTaken,
        RefusedReason::Full,
        RefusedReason::TooSmall { symbols: 9_000 },
        RefusedReason::NextRun,
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
    for from in [
        StatusFrom::Start,
        StatusFrom::Node(NODE),
        StatusFrom::Channel(STREAM.channel),
        StatusFrom::Partition(PARTITION),
    ] {
        lines.plain(&StatusRequest { schema: 0, from });
    }
    lines.list(status(), &status_records());
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
    for beat in [node_beat(), NodeBeat::default()] {
        lines.plain(&Heartbeat {
            run: RUN,
            node: NODE,
            beat,
        });
    }
    lines.list(
        Digests {
            run: RUN,
            node: NODE,
            of: 5,
            partitions: 3,
            symbols: 0,
        },
        &[SymbolDigest {
            symbol_index,
            trust: Trust::Partial,
            digest: u64::MAX,
        }],
    );
    lines.list(
        SnapshotWish {
            run: RUN,
            node: NODE,
            wish: 300,
            symbol_index,
            partition: PARTITION,
            has_lost: true,
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
    let snapshot = Snapshot {
        run: RUN,
        node: NODE,
        to: NODE,
        wish: 300,
        at: Some((
            STREAM.channel,
            Position {
                numbering: NUMBERING,
                seq_num: AFTER,
            },
        )),
        part: 0,
        is_last: true,
        records: 0,
    };
    lines.list(snapshot, &snapshot_records());
    lines.list(
        Snapshot {
            at: None,
            part: 1,
            ..snapshot
        },
        &[],
    );
    for reason in [NoSnapshot::Alone, NoSnapshot::NotLive, NoSnapshot::TooLarge] {
        lines.plain(&SnapshotRefused {
            run: RUN,
            to: NODE,
            wish: 300,
            reason,
        });
    }
    lines.plain(&SnapshotUnderWay {
        run: RUN,
        to: NODE,
        wish: 300,
    });
    lines.plain(&Finish {
        run: RUN,
        equal: true,
    });
    lines.plain(&Farewell {
        run: RUN,
        node: NODE,
    });
    let position = |after| Position {
        numbering: NUMBERING,
        seq_num: after,
    };
    lines.plain(&RepairWish {
        run: RUN,
        node: NODE,
        stream: STREAM,
        from: position(AFTER),
        to: position(AFTER.plus(9)),
    });
    lines.plain(&RepairGone {
        run: RUN,
        stream: STREAM,
        through: position(AFTER.plus(5)),
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
    depth_lines(&mut lines);
    lines.plain(&EndOfEvents {
        run: RUN,
        node: NODE,
    });
    lines.0
}

/// The question for the depth of a symbol, and its answer.
fn depth_lines(lines: &mut Lines) {
    let wish = depth_wish();
    lines.plain(&DepthRequest {
        schema: 0,
        run: RUN,
        node: NODE,
        wish,
    });
    for is_passed_on in [false, true] {
        lines.plain(&DepthAsked {
            run: RUN,
            is_passed_on,
        });
    }
    lines.plain(&TellDepth { run: RUN, wish });
    let depth = Depth {
        run: RUN,
        node: NODE,
        symbol_index: wish.symbol_index,
        at: Some((
            STREAM.channel,
            Position {
                numbering: NUMBERING,
                seq_num: AFTER,
            },
        )),
        trust: Trust::Live,
        status: TradingStatus::Open,
        scale: PriceScale::new(SCALE).unwrap(),
        part: DepthPart::Levels {
            more_bids: true,
            more_asks: false,
        },
        ts_sent: SENT,
        records: 0,
    };
    lines.list(depth, &level_records());
    let [Some(level), ..] = wish.queues else {
        panic!("the sample asks for a queue")
    };
    let queue = Depth {
        trust: Trust::Stale,
        status: TradingStatus::Halted,
        part: DepthPart::Queue {
            level,
            orders: 300,
            qty: 70_000,
        },
        ..depth
    };
    lines.list(queue, &order_records());
    lines.list(Depth { at: None, ..queue }, &[]);
}

use std::time::Duration;

use oxberry_cluster::limits::ASK_INTERVAL;
use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, Numbering, Position, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex,
};
use oxberry_proto::start::{SetupVisual, SymbolEntry};
use oxberry_proto::stock::{
    EndOfEvents, Quote, StockBatch, StockBeat, StockEvent, StreamWord, SymbolTrust, TradePrint,
    TrustWord, View,
};
use oxberry_proto::{Deltas, RecordsWriter, SCHEMA_FINGERPRINT, StockTold, StreamId, encode};
use proptest::prelude::*;

use super::*;
use crate::state::State;

const START: Instant = Instant::from_raw(1_000_000_000);
const LIMITS: Limits = Limits::DEFAULT;
const NUMBERING: Numbering = Numbering::from_raw(1_340_285_400_000_000_000);
const RUN: Run = Run {
    identity: 7,
    generation: 1,
};
const NEXT_RUN: Run = Run {
    generation: 2,
    ..RUN
};

/// Symbols 10, 11, …, of two partitions in turn; slot 0 is symbol 10.
fn board(symbols: u32, nodes: u16) -> Board {
    let mut board = Board::new(LIMITS);
    board.handle_timeout(START, &mut |_, _| {});
    board.handle_answer(&answer(RUN, symbols, nodes)).unwrap();
    board
}

fn answer(run: Run, symbols: u32, nodes: u16) -> Vec<u8> {
    let mut writer = RecordsWriter::<_, SetupVisual>::new([0; 1_400]);
    for index in 10..10 + symbols {
        let entry = SymbolEntry {
            symbol_index: SymbolIndex::from_raw(index),
            name: SymbolName::try_from(format!("S{index}").as_str()).unwrap(),
            partition: partition(index),
        };
        writer.push(&entry).unwrap();
    }
    let head = SetupVisual {
        schema: SCHEMA_FINGERPRINT,
        run,
        nodes,
        partitions: 2,
        symbols: 0,
    };
    writer.finish(&[], head).unwrap().to_vec()
}

fn partition(symbol: u32) -> Partition {
    Partition::from_raw(u16::try_from(symbol % 2).unwrap())
}

fn event(symbol: u32, number: u32, trade: Option<u32>) -> StockTold {
    StockTold::Event(StockEvent {
        seq_num: SeqNum::from_raw(number),
        symbol_index: SymbolIndex::from_raw(symbol),
        ts_event: Some(UnixNanos::from_raw(NUMBERING.raw() + u64::from(number))),
        view: View {
            scale: PriceScale::new(4).unwrap(),
            bid: Some(Quote {
                price: RawPrice::from_raw(number),
                qty: 1,
                orders: 1,
            }),
            ask: None,
        },
        trade: trade.map(|price| TradePrint {
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(3),
        }),
    })
}

/// A Pi that says the streams of both partitions.
struct Pi {
    run: Run,
    node: NodeId,
    through: [u32; 2],
    has_begun: [bool; 2],
    told: [u32; 2],
}

impl Pi {
    fn new(run: Run, node: u16) -> Self {
        Self {
            run,
            node: NodeId::from_raw(node),
            through: [0; 2],
            has_begun: [false; 2],
            told: [0; 2],
        }
    }

    /// A batch of the partition of `symbol` up to a number.
    fn batch(&mut self, symbol: u32, through: u32, records: &[StockTold]) -> Vec<u8> {
        let at = usize::from(partition(symbol).raw());
        let after = SeqNum::from_raw(self.through[at]);
        let mut deltas = Deltas::new(NUMBERING, after);
        let mut writer = RecordsWriter::<_, StockBatch>::new(vec![0; 1_400]);
        let told = self.told[at];
        for record in records {
            self.told[at] += u32::from(!matches!(record, StockTold::Event(_)));
            writer.push(&deltas.stock_record(record)).unwrap();
        }
        let head = StockBatch {
            run: self.run,
            node: self.node,
            stream: StreamId {
                channel: ChannelId::from_raw(1),
                partition: partition(symbol),
            },
            numbering: NUMBERING,
            after,
            through: SeqNum::from_raw(through),
            begins: (!self.has_begun[at]).then(Position::default),
            trust: TrustWord {
                told,
                pending: false,
            },
            events: 0,
            ts_sent: UnixNanos::from_raw(0),
        };
        (self.through[at], self.has_begun[at]) = (through, true);
        writer.finish(&[], head).unwrap().to_vec()
    }

    /// How far it is in the stream of the partition of `symbol`, and whether it hears of it.
    fn beat(&self, symbol: u32, silent: bool) -> Vec<u8> {
        self.word(symbol, silent, false)
    }

    fn word(&self, symbol: u32, silent: bool, ended: bool) -> Vec<u8> {
        let at = usize::from(partition(symbol).raw());
        let mut writer = RecordsWriter::<_, StockBeat>::new(vec![0; 1_400]);
        let word = StreamWord {
            stream: StreamId {
                channel: ChannelId::from_raw(1),
                partition: partition(symbol),
            },
            numbering: NUMBERING,
            after: SeqNum::from_raw(self.through[at]),
            through: SeqNum::from_raw(self.through[at]),
            trust: TrustWord {
                told: self.told[at],
                pending: false,
            },
            recovering: false,
            silent,
            ended,
        };
        writer.push(&word).unwrap();
        let head = StockBeat {
            run: self.run,
            node: self.node,
            streams: 0,
            ts_sent: UnixNanos::from_raw(0),
        };
        writer.finish(&[], head).unwrap().to_vec()
    }

    /// The last beats, and that no more follows.
    fn ends(&self) -> Vec<Vec<u8>> {
        let of = [10, 11].into_iter();
        let begun = of.filter(|symbol| self.has_begun[usize::from(partition(*symbol).raw())]);
        let beats = begun.map(|symbol| self.word(symbol, false, true));
        beats.chain([self.end()]).collect()
    }

    fn end(&self) -> Vec<u8> {
        let mut buffer = [0; 64];
        let end = EndOfEvents {
            run: self.run,
            node: self.node,
        };
        let length = encode(&end, &mut buffer).unwrap();
        buffer[..length].to_vec()
    }
}

fn give(board: &mut Board, frame: &[u8]) {
    board.handle_frame(START, frame, &mut |_, _| {});
}

fn take_changed(board: &mut Board, now: Instant) -> Vec<(usize, RowState)> {
    let mut changed = Vec::new();
    board.take_changed(now, |slot, _, state| changed.push((slot, state)));
    changed.sort_unstable_by_key(|(slot, _)| *slot);
    changed
}

fn slots(changed: &[(usize, RowState)]) -> Vec<usize> {
    changed.iter().map(|(slot, _)| *slot).collect()
}

#[test]
fn every_event_is_counted_and_seen_once() {
    let mut board = board(2, 2);
    let mut seen = Vec::new();
    for node in [0, 1] {
        let mut pi = Pi::new(RUN, node);
        let frames = [
            pi.batch(10, 4, &[event(10, 1, Some(5)), event(10, 4, Some(6))]),
            pi.batch(11, 2, &[event(11, 2, None)]),
        ];
        for frame in frames {
            board.handle_frame(START, &frame, &mut |name, told| {
                let Told::Event(shown) = told else {
                    panic!("{told:?}");
                };
                seen.push((name.to_string(), shown.position.seq_num.raw()));
            });
        }
    }
    let expected = [("S10", 1), ("S10", 4), ("S11", 2)];
    assert_eq!(
        seen,
        expected.map(|(name, number)| (name.to_owned(), number))
    );
    let expected = Counters {
        frames: 4,
        events: 3,
        copies: 3,
        trades: 2,
        volume: 6,
        conflated: 1,
        runs: 1,
        ..Counters::default()
    };
    assert_eq!(*board.counters(), expected);
    let nodes: Vec<_> = board.nodes().map(|(_, _, firsts)| firsts).collect();
    assert_eq!(nodes, [3, 0]);
    assert_eq!(slots(&take_changed(&mut board, START)), [0, 1]);
    assert!(!board.has_changed());
    assert_eq!(board.market_time().unwrap().raw(), NUMBERING.raw() + 4);
}

#[test]
fn a_change_of_trust_alone_changes_its_row() {
    let mut board = board(3, 1);
    let mut pi = Pi::new(RUN, 0);
    give(&mut board, &pi.batch(10, 1, &[event(10, 1, None)]));
    take_changed(&mut board, START);
    let trust = StockTold::Trust(SymbolTrust {
        symbol_index: SymbolIndex::from_raw(10),
        trust: Trust::Partial,
        status: TradingStatus::Halted,
    });
    give(&mut board, &pi.batch(10, 1, &[trust]));
    let expected = RowState {
        trust: Some(Trust::Partial),
        silent: false,
        status: TradingStatus::Halted,
    };
    assert_eq!(take_changed(&mut board, START), [(0, expected)]);
    let counts = board.state_counts();
    let counted: Vec<_> = counts.iter().filter(|(_, symbols)| *symbols > 0).collect();
    let partial = State::Heard(Trust::Partial);
    assert_eq!(counted, [(State::Waiting, 2), (partial, 1)]);
    let paused: Vec<_> = board.status_counts().paused().collect();
    let (halted, closed) = (TradingStatus::Halted, TradingStatus::Closed);
    assert_eq!(paused, [(halted, 1), (closed, 0)]);
    board.handle_timeout(START.after(LIMITS.beat), &mut |_, _| {});
    assert!(!board.has_changed(), "a look at all rows found nothing new");
}

#[test]
fn rows_are_silent_once_nobody_speaks_for_them() {
    let mut board = board(2, 2);
    let (mut one, mut other) = (Pi::new(RUN, 0), Pi::new(RUN, 1));
    give(&mut board, &one.batch(10, 1, &[event(10, 1, None)]));
    give(&mut board, &one.batch(11, 1, &[event(11, 1, None)]));
    give(&mut board, &other.batch(11, 1, &[event(11, 1, None)]));
    take_changed(&mut board, START);
    // The second goes on, but has partition 1 only.
    let later = START.after(LIMITS.silence());
    board.handle_frame(later, &other.batch(11, 2, &[]), &mut |_, _| {});
    board.handle_timeout(later, &mut |_, _| {});
    let changed = take_changed(&mut board, later);
    assert_eq!(slots(&changed), [0]);
    assert!(changed[0].1.silent);
    assert!(board.row_state(1).unwrap().is_live());
    assert_eq!(board.phase(), Phase::Running);
    assert_eq!(board.state_counts().of(State::Silent), 1);

    let silent = later.after(LIMITS.silence());
    board.handle_timeout(silent, &mut |_, _| {});
    assert_eq!(board.phase(), Phase::Silent);
    assert_eq!(slots(&take_changed(&mut board, silent)), [1]);
    let live = State::Heard(Trust::Live);
    assert_eq!(board.state_counts().of(live), 0);
    board.handle_frame(silent, &one.batch(10, 2, &[]), &mut |_, _| {});
    board.handle_timeout(silent, &mut |_, _| {});
    take_changed(&mut board, silent);
    assert_eq!(board.phase(), Phase::Running);
    assert!(board.row_state(0).unwrap().is_live());
}

#[test]
fn pis_that_hear_nothing_of_the_feed_are_a_silent_page() {
    let mut board = board(2, 1);
    let mut pi = Pi::new(RUN, 0);
    give(&mut board, &pi.batch(10, 1, &[event(10, 1, None)]));
    take_changed(&mut board, START);
    assert_eq!(board.phase(), Phase::Running);
    for (silent, phase) in [(true, Phase::Silent), (false, Phase::Running)] {
        give(&mut board, &pi.beat(10, silent));
        take_changed(&mut board, START);
        assert_eq!(board.row_state(0).unwrap().silent, silent);
        assert_eq!(board.phase(), phase);
    }
    let voices: Vec<_> = board.nodes().map(|(_, voice, _)| voice).collect();
    assert_eq!(voices, [Voice::Speaking]);
}

#[test]
fn a_twin_that_catches_up_makes_rows_live_by_the_clock() {
    let mut board = board(1, 2);
    let (mut one, mut other) = (Pi::new(RUN, 0), Pi::new(RUN, 1));
    give(&mut board, &one.batch(10, 9, &[event(10, 9, None)]));
    give(&mut board, &other.batch(10, 3, &[]));
    let later = START.after(LIMITS.node_timeout);
    board.handle_frame(later, &other.batch(10, 4, &[]), &mut |_, _| {});
    board.handle_timeout(later, &mut |_, _| {});
    take_changed(&mut board, later);
    let trust = board.row_state(0).unwrap().trust;
    assert_eq!(trust, Some(Trust::Recovering), "the twin is not as far");
    board.handle_frame(later, &other.batch(10, 9, &[]), &mut |_, _| {});
    let soon = board.poll_timeout();
    assert!(soon <= later.after(LIMITS.beat));
    board.handle_timeout(soon, &mut |_, _| {});
    assert_eq!(slots(&take_changed(&mut board, soon)), [0]);
    assert!(board.row_state(0).unwrap().is_live());
}

#[test]
fn the_feed_ends_when_every_pi_said_so_and_nobody_waits_for_the_dead() {
    let mut board = board(1, 2);
    let (mut one, mut other) = (Pi::new(RUN, 0), Pi::new(RUN, 1));
    let phase_at = |board: &mut Board, now| {
        board.handle_timeout(now, &mut |_, _| {});
        board.phase()
    };
    assert_eq!(phase_at(&mut board, START), Phase::Waiting);
    give(&mut board, &one.batch(10, 1, &[]));
    assert_eq!(
        phase_at(&mut board, START),
        Phase::Waiting,
        "it is no event"
    );
    give(&mut board, &one.batch(10, 2, &[event(10, 2, None)]));
    one.ends().iter().for_each(|frame| give(&mut board, frame));
    assert_eq!(phase_at(&mut board, START), Phase::Running);
    give(&mut board, &other.batch(10, 1, &[]));
    let silent = START.after(LIMITS.silence());
    assert_eq!(
        phase_at(&mut board, silent),
        Phase::Running,
        "it may return"
    );
    let dead = START.after(LIMITS.node_timeout);
    assert_eq!(phase_at(&mut board, dead), Phase::Ended);
    take_changed(&mut board, dead);
    assert!(board.row_state(0).unwrap().is_live(), "ended is not silent");
}

#[test]
fn a_page_that_hears_nothing_asks_whether_another_run_is_played() {
    let mut board = board(1, 1);
    let mut pi = Pi::new(RUN, 0);
    let asks = |board: &mut Board| {
        let commands = std::iter::from_fn(|| board.next_command());
        commands
            .filter(|command| *command == Command::Ask { tell: None })
            .count()
    };
    give(&mut board, &pi.batch(10, 1, &[event(10, 1, None)]));
    take_changed(&mut board, START);
    board.handle_timeout(START, &mut |_, _| {});
    asks(&mut board);
    let mut now = START;
    while now < START.after(LIMITS.silence()) {
        assert_eq!(asks(&mut board), 0, "it hears of its run");
        now = board.poll_timeout();
        board.handle_timeout(now, &mut |_, _| {});
    }
    assert_eq!(board.phase(), Phase::Silent);
    let asked = now.after(ASK_INTERVAL);
    board.handle_timeout(asked, &mut |_, _| {});
    assert!(asks(&mut board) > 0);
    // Not more often than it is of use.
    board.handle_timeout(asked.after(ASK_INTERVAL / 2), &mut |_, _| {});
    assert_eq!(asks(&mut board), 0);
    board.handle_timeout(asked.after(ASK_INTERVAL), &mut |_, _| {});
    assert_eq!(asks(&mut board), 1);
    // After the end, too.
    let end = asked.after(ASK_INTERVAL * 2);
    for frame in pi.ends() {
        board.handle_frame(end, &frame, &mut |_, _| {});
    }
    board.handle_timeout(end, &mut |_, _| {});
    assert_eq!((board.phase(), asks(&mut board)), (Phase::Ended, 1));
}

#[test]
fn another_run_begins_afresh() {
    let mut board = board(2, 1);
    let mut pi = Pi::new(RUN, 0);
    give(&mut board, &pi.batch(10, 1, &[event(10, 1, Some(5))]));
    pi.ends().iter().for_each(|frame| give(&mut board, frame));
    board.handle_timeout(START, &mut |_, _| {});
    assert_eq!(board.phase(), Phase::Ended);
    let first = board.table().clone();
    take_changed(&mut board, START);

    let mut again = Pi::new(NEXT_RUN, 0);
    give(&mut board, &again.batch(11, 1, &[event(11, 1, Some(6))]));
    board.handle_timeout(START, &mut |_, _| {});
    assert_eq!(board.phase(), Phase::Running);
    let table = board.table().clone();
    assert_eq!(table.edition, first.edition + 1);
    assert_eq!(table.entries(), first.entries());
    assert_eq!(slots(&take_changed(&mut board, START)), [1]);
    assert_eq!(board.rows()[0], Row::default());
    assert_eq!(board.row_state(0), Some(RowState::WAITING));
    assert_eq!(board.counters().trades, 2);
    assert_eq!(board.counters_of_run().trades, 1);
    assert_eq!(board.rows()[1].last.unwrap().direction, None);
}

#[test]
fn bytes_that_are_no_frame_are_counted() {
    let mut board = board(2, 1);
    let whole = Pi::new(RUN, 0).batch(10, 1, &[event(10, 1, None)]);
    for length in 0..whole.len() - 1 {
        give(&mut board, &whole[..length]);
    }
    assert_eq!(board.counters().malformed, whole.len() as u64 - 1);
    assert_eq!(board.counters().events, 0);
}

/// Each node's frames in their order, the nodes interleaved as `turns` says.
fn interleave(of_nodes: &[Vec<Vec<u8>>], turns: &[usize]) -> Board {
    let mut board = board(4, u16::try_from(of_nodes.len()).unwrap());
    let mut queues: Vec<_> = of_nodes.iter().map(|frames| frames.iter()).collect();
    for turn in turns {
        if let Some(frame) = queues[turn % of_nodes.len()].next() {
            give(&mut board, frame);
        }
    }
    for frame in queues.into_iter().flatten() {
        give(&mut board, frame);
    }
    board.handle_timeout(START.after(Duration::from_millis(1)), &mut |_, _| {});
    board
}

proptest! {
    #[test]
    fn any_interleaving_of_equal_sequences_shows_the_same_and_counts_every_event_once(
        steps in prop::collection::vec((10_u32..14, prop::option::of(1_u32..4)), 0..100),
        cuts in prop::collection::vec(1_usize..10, 3),
        turns in prop::collection::vec(0_usize..3, 0..300),
    ) {
        let events: Vec<_> = steps.iter().zip(1..).map(|(&(symbol, trade), number)| {
            (symbol, number, event(symbol, number, trade))
        }).collect();
        let of_nodes: Vec<_> = (0..3).zip(&cuts).map(|(node, &cut)| {
            let mut pi = Pi::new(RUN, node);
            let mut frames = Vec::new();
            for part in events.chunks(cut) {
                for of in [10, 11] {
                    let records: Vec<_> = part.iter()
                        .filter(|(symbol, ..)| partition(*symbol) == partition(of))
                        .map(|(.., event)| *event)
                        .collect();
                    frames.push(pi.batch(of, part.last().unwrap().1, &records));
                }
            }
            frames.extend(pi.ends());
            frames
        }).collect();
        let single = interleave(&of_nodes[..1], &[]);
        let merged = interleave(&of_nodes, &turns);
        let (alone, counters) = (*single.counters(), *merged.counters());
        prop_assert_eq!(alone.events, events.len() as u64);
        prop_assert_eq!(
            (counters.events, counters.copies, counters.trades, counters.volume),
            (alone.events, 2 * alone.events, alone.trades, alone.volume)
        );
        prop_assert_eq!((counters.missed, counters.malformed, counters.untrusted), (0, 0, 0));
        prop_assert_eq!(merged.phase(), Phase::Ended);
        for (row, one) in merged.rows().iter().zip(single.rows()) {
            prop_assert_eq!(row, one);
        }
    }

    #[test]
    fn any_bytes_are_taken_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut board = board(2, 2);
        for kind in [32, 33, 34] {
            let mut frame = vec![oxberry_proto::VERSION, kind];
            frame.extend(&bytes);
            give(&mut board, &frame);
        }
        let _ = board.handle_answer(&bytes);
        board.handle_timeout(START, &mut |_, _| {});
        take_changed(&mut board, START);
    }
}

#[test]
fn a_dead_pi_is_listed_until_another_one_has_its_place() {
    let mut board = board(1, 2);
    let mut pis = [0, 1, 2].map(|node| Pi::new(RUN, node));
    for pi in pis.iter_mut().take(2) {
        give(&mut board, &pi.batch(10, 1, &[event(10, 1, None)]));
    }
    let later = START.after(LIMITS.node_timeout);
    let mut speak = |board: &mut Board, of: usize| {
        board.handle_frame(later, &pis[of].batch(10, 2, &[]), &mut |_, _| {});
        board.handle_timeout(later, &mut |_, _| {});
    };
    let listed = |board: &Board| -> Vec<_> {
        let nodes = board.nodes();
        nodes.map(|(node, voice, _)| (node.raw(), voice)).collect()
    };
    speak(&mut board, 1);
    assert_eq!(listed(&board), [(0, Voice::Dead), (1, Voice::Speaking)]);
    speak(&mut board, 2);
    assert_eq!(listed(&board), [(1, Voice::Speaking), (2, Voice::Speaking)]);
}

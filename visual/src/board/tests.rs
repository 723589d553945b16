use oxberry_core::units::{Price, Qty, SymbolIndex};
use oxberry_proto::stock::{Quote, SymbolState, TradePrint};
use oxberry_proto::{EventNum, Partition, RecordsWriter, SymbolName, encode};
use proptest::prelude::*;

use super::*;
use crate::limits::NODE_SILENT_AFTER;

const ZERO: NodeId = NodeId::from_raw(0);
const TWIN: NodeId = NodeId::from_raw(1);
const START: Instant = Instant::from_raw(1);

/// Symbols 10, 11, …, of two partitions in turn, named so that slots run the other way.
fn board(symbols: u32, nodes: u16) -> Board {
    let entries = (0..symbols).map(|at| SymbolEntry {
        symbol_index: SymbolIndex::from_raw(10 + at),
        name: SymbolName::try_from(format!("S{:05}", 99_999 - at).as_str()).unwrap(),
        partition: Partition::from_raw(u16::try_from(at % 2).unwrap()),
    });
    Board::new(Arc::new(
        SymbolTable::new(nodes, entries.collect()).unwrap(),
    ))
}

fn event(symbol_index: u32, number: u64, trade: Option<i64>) -> StockEvent {
    StockEvent {
        symbol_index: SymbolIndex::from_raw(symbol_index),
        event_num: EventNum::from_raw(number),
        ts_event: Some(UnixNanos::from_raw(number)),
        state: SymbolState::Live,
        bid: Some(Quote {
            price: Price::from_raw(1),
            qty: number,
            orders: 1,
        }),
        ask: None,
        trade: trade.map(|price| TradePrint {
            price: Price::from_raw(price),
            qty: Qty::from_raw(3),
        }),
    }
}

fn batch(node: NodeId, events: &[StockEvent]) -> Vec<u8> {
    let mut writer = RecordsWriter::<_, StockBatch>::new([0; 1_400]);
    for event in events {
        writer.push(event).unwrap();
    }
    let head = StockBatch {
        node,
        events: 0,
        ts_sent: UnixNanos::from_raw(0),
    };
    writer.finish(&[], head).unwrap().to_vec()
}

fn end(node: NodeId) -> Vec<u8> {
    let mut buffer = [0; 16];
    let len = encode(&EndOfEvents { node }, &mut buffer).unwrap();
    buffer[..len].to_vec()
}

fn give(board: &mut Board, message: &[u8]) -> Result<(), MessageError> {
    board.handle_message(START, message, &mut |_, _| {})
}

fn take_changed(board: &mut Board) -> Vec<(usize, EventNum, RowState)> {
    let mut changed = Vec::new();
    board.take_changed(|slot, row, state| changed.push((slot, row.newest, state)));
    changed.sort_unstable();
    changed
}

#[test]
fn copies_of_the_twin_are_dropped_and_every_event_is_seen_once() {
    let mut board = board(2, 2);
    let events = [
        event(10, 1, Some(5)),
        event(11, 1, None),
        event(10, 2, Some(6)),
    ];
    let mut seen = Vec::new();
    for node in [ZERO, TWIN] {
        board
            .handle_message(START, &batch(node, &events), &mut |entry, event| {
                seen.push((entry.name.to_string(), *event));
            })
            .unwrap();
    }
    let names: Vec<_> = seen
        .iter()
        .map(|(name, event)| (name.as_str(), *event))
        .collect();
    assert_eq!(
        names,
        [
            ("S99999", events[0]),
            ("S99998", events[1]),
            ("S99999", events[2])
        ]
    );
    let expected = Counters {
        received: 6,
        events: 3,
        duplicates: 3,
        trades: 2,
        volume: 6,
        conflated: 1,
        ..Counters::default()
    };
    assert_eq!(*board.counters(), expected);
}

#[test]
fn a_jump_of_the_numbers_is_a_gap_and_the_newest_state_is_shown() {
    let mut board = board(1, 1);
    give(
        &mut board,
        &batch(ZERO, &[event(10, 1, None), event(10, 5, None)]),
    )
    .unwrap();
    assert_eq!((board.counters().gaps, board.counters().missed), (1, 3));
    assert_eq!(
        take_changed(&mut board),
        [(0, EventNum::from_raw(5), RowState::Live)]
    );
    assert!(!board.has_changed());
}

#[test]
fn an_unknown_symbol_is_counted_and_harms_nobody() {
    let mut board = board(1, 1);
    give(
        &mut board,
        &batch(ZERO, &[event(99, 1, None), event(10, 1, None)]),
    )
    .unwrap();
    assert_eq!(
        (board.counters().unknown_symbols, board.counters().events),
        (1, 1)
    );
}

#[test]
fn a_broken_message_is_counted_and_loses_nothing_that_was_good() {
    let mut board = board(2, 1);
    let whole = batch(ZERO, &[event(10, 1, None), event(11, 1, None)]);
    for len in 0..whole.len() {
        give(&mut board, &whole[..len]).unwrap_err();
    }
    assert_eq!(board.counters().malformed, whole.len() as u64);
    give(&mut board, &batch(NodeId::from_raw(64), &[])).unwrap_err();
    give(&mut board, &end(NodeId::from_raw(u16::MAX))).unwrap_err();
    give(&mut board, &whole).unwrap();
    assert_eq!(board.counters().events, 2);
}

#[test]
fn rows_are_unheard_once_all_pis_of_their_partition_are_silent() {
    let mut board = board(2, 2);
    give(
        &mut board,
        &batch(ZERO, &[event(10, 1, None), event(11, 1, None)]),
    )
    .unwrap();
    give(&mut board, &batch(TWIN, &[event(11, 1, None)])).unwrap();
    take_changed(&mut board);

    // The twin keeps partition 1 only, and goes on to speak.
    let later = START.after(NODE_SILENT_AFTER);
    board
        .handle_message(later, &batch(TWIN, &[]), &mut |_, _| {})
        .unwrap();
    board.handle_timeout(later);
    let (partition_1, partition_0) = (0, 1);
    assert_eq!(board.row_state(partition_0), Some(RowState::Unheard));
    assert_eq!(board.row_state(partition_1), Some(RowState::Live));
    assert_eq!(take_changed(&mut board).len(), 2);
    let expected = StateCounts {
        live: 1,
        unheard: 1,
        ..StateCounts::default()
    };
    assert_eq!(board.state_counts(), expected);

    board
        .handle_message(later, &batch(ZERO, &[]), &mut |_, _| {})
        .unwrap();
    assert_eq!(board.row_state(partition_0), Some(RowState::Live));
    assert_eq!(take_changed(&mut board).len(), 2);
}

#[test]
fn the_feed_ends_when_every_pi_said_so_and_nobody_waits_for_the_first_that_did() {
    let mut board = board(1, 2);
    assert_eq!(board.phase(), Phase::Waiting);
    give(&mut board, &batch(ZERO, &[])).unwrap();
    assert_eq!(board.phase(), Phase::Waiting, "a sign of life is no event");
    give(&mut board, &batch(ZERO, &[event(10, 1, None)])).unwrap();
    give(&mut board, &end(ZERO)).unwrap();
    assert_eq!(board.phase(), Phase::Running);
    give(
        &mut board,
        &batch(TWIN, &[event(10, 1, None), event(10, 2, None)]),
    )
    .unwrap();
    assert_eq!(
        take_changed(&mut board),
        [(0, EventNum::from_raw(2), RowState::Live)]
    );
    give(&mut board, &end(TWIN)).unwrap();
    assert_eq!(board.phase(), Phase::Ended);
}

/// Each node's messages in their order, the nodes interleaved as `turns` says.
fn interleave(of_nodes: &[Vec<Vec<u8>>], turns: &[usize]) -> Board {
    let mut board = board(4, u16::try_from(of_nodes.len()).unwrap());
    let mut queues: Vec<_> = of_nodes.iter().map(|messages| messages.iter()).collect();
    for turn in turns {
        if let Some(message) = queues[turn % of_nodes.len()].next() {
            give(&mut board, message).unwrap();
        }
    }
    for message in queues.into_iter().flatten() {
        give(&mut board, message).unwrap();
    }
    board
}

/// All of a row that a page can show.
fn visible(row: &Row) -> impl PartialEq + std::fmt::Debug {
    let Row {
        newest,
        ts_event,
        bid,
        ask,
        last,
        trades,
        volume,
        missed,
        ..
    } = *row;
    (
        newest,
        row.state(true),
        ts_event,
        bid,
        ask,
        last,
        (trades, volume, missed),
    )
}

/// The events of one partition's stream, cut into messages.
fn messages(node: NodeId, events: &[StockEvent], cut: usize) -> Vec<Vec<u8>> {
    let mut messages: Vec<_> = events
        .chunks(cut)
        .map(|events| batch(node, events))
        .collect();
    messages.push(end(node));
    messages
}

proptest! {
    #[test]
    fn any_interleaving_of_equal_sequences_shows_the_same_and_counts_every_event_once(
        steps in prop::collection::vec((10_u32..14, prop::option::of(1_i64..4)), 0..100),
        cuts in prop::collection::vec(1_usize..10, 3),
        turns in prop::collection::vec(0_usize..3, 0..300),
    ) {
        let mut numbers = [0; 4];
        let events: Vec<_> = steps
            .iter()
            .map(|&(symbol_index, trade)| {
                let number = &mut numbers[symbol_index as usize - 10];
                *number += 1;
                event(symbol_index, *number, trade)
            })
            .collect();
        let of_nodes: Vec<_> = (0..3)
            .map(NodeId::from_raw)
            .zip(&cuts)
            .map(|(node, &cut)| messages(node, &events, cut))
            .collect();
        let mut alone = Counters::default();
        let single = interleave(&of_nodes[..1], &[]);
        alone.clone_from(single.counters());

        let merged = interleave(&of_nodes, &turns);

        let counters = merged.counters();
        prop_assert_eq!(counters.received, 3 * alone.received);
        prop_assert_eq!(counters.duplicates, 2 * alone.received);
        prop_assert_eq!(
            (counters.events, counters.trades, counters.volume, counters.conflated),
            (alone.events, alone.trades, alone.volume, alone.conflated)
        );
        prop_assert_eq!((counters.gaps, counters.rewound, counters.malformed), (0, 0, 0));
        prop_assert_eq!(merged.phase(), Phase::Ended);
        for (row, one) in merged.rows().iter().zip(single.rows()) {
            prop_assert_eq!(visible(row), visible(one));
        }
    }

    #[test]
    fn any_bytes_are_taken_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut board = board(2, 2);
        let mut message = batch(ZERO, &[]);
        message.truncate(2);
        message.extend(bytes);
        let _ = give(&mut board, &message);
    }
}

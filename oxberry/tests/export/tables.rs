//! Trades, best prices, orders and queues of a real day, message by message.

use std::collections::BTreeMap;

use oxberry_core::{
    units::{OrderId, Qty, SymbolSeqNum},
    xdp::{
        CrossType, PillarCrossTrade, PillarModifyOrder, PillarOrderExecution, PositionChange,
        PrintableFlag, SignedPrice, TradeCond1, TradeCond3,
    },
};

use crate::{
    DIALECTS, channel,
    data::data,
    feed::{ChannelWriter, GOOG, MSFT},
    naive::Naive,
    picked, replay, rows, two_symbols,
};

/// Compares a column of text, and says where it first differs.
fn compare(what: &str, found: &[String], expected: &[String]) {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "{what}: row {at}");
    }
    assert_eq!(found.len(), expected.len(), "{what}");
    assert!(!expected.is_empty(), "{what}");
}

#[test]
fn trades_best_prices_and_orders_are_those_of_the_messages() {
    let Some(data) = data() else { return };
    for dialect in DIALECTS {
        let flow = data.join("flow").join(dialect);
        let naive = Naive::of_flow(&flow, &[]);
        let tables: [(&str, &[&str], &[String]); 3] = [
            (
                "trades",
                &["trade_id", "trade_px", "trade_sz", "aggressor"],
                &naive.trades,
            ),
            (
                "bbo",
                &["bid_px", "bid_sz", "ask_px", "ask_sz"],
                &naive.best,
            ),
            (
                "orders",
                &[
                    "action",
                    "order_id",
                    "old_order_id",
                    "side",
                    "order_px",
                    "order_sz",
                    "left_sz",
                ],
                &naive.orders,
            ),
        ];
        for (what, columns, expected) in tables {
            let columns = [&["symbol_seq_num", "seq"], columns].concat();
            let found = rows(&flow, &["--what", what, "--symbol", "GOOG"]);
            let found: Vec<String> = found.iter().map(|row| picked(row, &columns)).collect();
            compare(&format!("{dialect} {what}"), &found, expected);
        }
    }
}

#[test]
fn the_places_of_orders_in_their_queues_are_those_of_the_messages() {
    let Some(data) = data() else { return };
    let flow = data.join("flow/pillar");
    // Those that others rest before at some time.
    let followed = [
        858_718_597_112_030,
        858_718_596_577_150,
        858_718_597_129_729,
    ];
    let naive = Naive::of_flow(&flow, &followed);
    let text = followed.map(|order| order.to_string());
    let mut arguments = vec!["--what", "queue", "--symbol", "GOOG"];
    for order in &text {
        arguments.extend(["--order", order]);
    }
    let mut found = BTreeMap::<u64, Vec<String>>::new();
    for row in rows(&flow, &arguments) {
        let columns = [
            "symbol_seq_num",
            "order_px",
            "order_sz",
            "position",
            "shares_ahead",
        ];
        let of_order = found.entry(row["order_id"].parse().unwrap()).or_default();
        of_order.push(picked(&row, &columns));
    }
    assert_eq!(found, naive.queues);
    assert!(found.values().all(|rows| rows.len() > 1));
}

#[test]
fn the_priority_of_an_order_is_the_message_that_gave_it_its_place() {
    let Some(data) = data() else { return };
    let flow = data.join("flow/pillar");
    let orders = rows(
        &flow,
        &["--what", "orders", "--symbol", "GOOG", "--until", "09:40"],
    );
    let mut priorities = BTreeMap::new();
    let mut kept = 0;
    for row in &orders {
        let [id, priority] = ["order_id", "priority"].map(|name| row[name].clone());
        let before = priorities.insert(id, priority.clone());
        match row["action"].as_str() {
            "add" | "replace" => assert_eq!(priority, row["seq"]),
            "cancel" | "fill" => {
                kept += 1;
                assert_eq!(Some(priority), before);
            }
            _ => {}
        }
    }
    assert!(kept > 100, "{kept}");
    // The queues of that instant are in the order of the priorities.
    let queues = rows(
        &flow,
        &["--at", "09:39:59.999999999", "--orders", "--symbol", "GOOG"],
    );
    let mut shared = 0;
    for pair in queues.windows(2) {
        if picked(&pair[0], &["side", "order_px"]) == picked(&pair[1], &["side", "order_px"]) {
            shared += 1;
            let place = |row: &BTreeMap<_, _>| priorities[&row["order_id"]].parse::<u32>().unwrap();
            assert!(place(&pair[0]) < place(&pair[1]), "{pair:?}");
        }
    }
    assert!(shared > 3, "{shared}");
}

#[test]
fn a_modify_that_loses_its_place_has_a_new_priority_and_another_one_keeps_its_own() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    let changes = [
        (50_000, PositionChange::KEPT),
        (50_000, PositionChange::LOST),
        (50_100, PositionChange::KEPT),
    ];
    for (number, (price, position_change)) in (2..).zip(changes) {
        writer.message(&PillarModifyOrder {
            symbol_index: GOOG,
            symbol_seq_num: SymbolSeqNum::from_raw(number),
            order_id: OrderId::from_raw(7),
            price: SignedPrice::from_raw(price),
            volume: Qty::from_raw(50),
            position_change,
            ..Default::default()
        });
    }
    let directory = channel(&writer.bytes);
    let found = rows(directory.path(), &["--what", "orders"]);
    let found: Vec<_> = found
        .iter()
        .map(|row| picked(row, &["action", "seq", "priority"]))
        .collect();
    assert_eq!(found, ["add,4,4", "modify,5,4", "modify,6,6", "modify,7,7"]);
}

/// What the orders table of a feed that is not always live says of GOOG, by these columns.
fn order_rows_of(writer: &ChannelWriter, columns: &[&str]) -> Vec<String> {
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &["--what", "orders", "--symbol", "GOOG"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let found = crate::csv(&run.stdout);
    found.iter().map(|row| picked(row, columns)).collect()
}

#[test]
fn a_refresh_empties_a_book_in_a_row_of_its_own_and_one_that_is_not_taken_has_none() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .lose(1)
        .bid(GOOG, 3, 9, 52_000);
    for (through, expected) in [
        (
            6,
            &[
                "add,7,50000",
                "add,9,52000",
                "clear,,",
                "add,7,50000",
                "add,8,51000",
                "cancel,7,50000",
            ][..],
        ),
        // Told as of before the gap, it cannot fill it.
        (4, &["add,7,50000", "add,9,52000", "cancel,7,50000"]),
    ] {
        let last = if through == 6 { 3 } else { 1 };
        let mut writer = writer.clone();
        writer
            .refresh(through, last, &[(7, 50_000), (8, 51_000)])
            .delete(GOOG, 4, 7);
        let found = order_rows_of(&writer, &["action", "order_id", "order_px"]);
        assert_eq!(found, expected, "through {through}");
    }
}

#[test]
fn orders_that_leave_with_a_numbering_have_a_row_before_the_first_message_of_the_next() {
    let mut before = ChannelWriter::start(&[GOOG]);
    before.bid(GOOG, 1, 7, 50_000).bid(GOOG, 2, 8, 50_100);
    let announced = |first| {
        let mut writer = before.clone();
        writer
            .begin_again()
            .bid(GOOG, first, 7, 51_000)
            .delete(GOOG, first + 1, 7);
        writer
    };
    let unannounced = {
        let mut next = ChannelWriter::start(&[GOOG]);
        let reset = next.bytes[0];
        next.bid(GOOG, 1, 7, 51_000).delete(GOOG, 2, 7);
        next.hours_later(2);
        let mut writer = before.clone();
        writer.bytes.extend(&next.bytes[usize::from(reset)..]);
        writer
    };
    for (writer, trust) in [
        (announced(1), "live"),
        // The first messages of the symbol are missing.
        (announced(3), "stale"),
        (unannounced, "stale"),
    ] {
        let directory = channel(&writer.bytes);
        let run = replay(
            directory.path(),
            &["--dialect", "pillar", "--what", "orders"],
        );
        let found = crate::csv(&run.stdout);
        let columns = ["action", "order_id", "order_px", "left_sz"];
        let last = found.last().unwrap();
        assert_eq!(last["trust"], trust, "{}", run.stderr);
        let found: Vec<_> = found.iter().map(|row| picked(row, &columns)).collect();
        assert_eq!(
            found,
            [
                "add,7,50000,100",
                "add,8,50100,100",
                "clear,,,",
                "add,7,51000,100",
                "cancel,7,51000,0"
            ],
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_packet_that_was_held_for_another_one_tells_when_it_was_sent_itself() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    let start = writer.bytes.len();
    writer.bid(GOOG, 1, 7, 50_000);
    let first = writer.bytes.split_off(start);
    writer.bid(GOOG, 2, 8, 50_100);
    writer.bytes.extend(first);
    let directory = channel(&writer.bytes);
    let found = rows(directory.path(), &["--what", "orders"]);
    let found: Vec<_> = found
        .iter()
        .map(|row| picked(row, &["seq", "ts_send_ns"]))
        .collect();
    assert_eq!(found, ["4,1340285400000000004", "5,1340285400000000005"]);
}

#[test]
fn a_trade_tells_its_conditions_and_whether_it_counts() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    let number = SymbolSeqNum::from_raw;
    writer
        .bid(GOOG, 1, 7, 50_000)
        .message(&PillarOrderExecution {
            symbol_index: GOOG,
            symbol_seq_num: number(2),
            order_id: OrderId::from_raw(7),
            price: SignedPrice::from_raw(50_000),
            volume: Qty::from_raw(30),
            printable_flag: PrintableFlag::NOT_PRINTED,
            trade_cond1: TradeCond1::from_raw(b'@'),
            trade_cond3: TradeCond3::from_raw(b'T'),
            ..Default::default()
        })
        .message(&PillarCrossTrade {
            symbol_index: GOOG,
            symbol_seq_num: number(3),
            cross_id: 5,
            price: SignedPrice::from_raw(50_050),
            volume: Qty::from_raw(900),
            cross_type: CrossType::CLOSING,
            ..Default::default()
        });
    let directory = channel(&writer.bytes);
    let found = rows(
        directory.path(),
        &["--what", "trades", "--prices", "decimal"],
    );
    let columns = [
        "trade_px",
        "trade_sz",
        "aggressor",
        "printable",
        "conditions",
        "cross_type",
        "trust",
    ];
    let found: Vec<_> = found.iter().map(|row| picked(row, &columns)).collect();
    assert_eq!(
        found,
        ["5.00,30,sell,false,@ T,,live", "5.005,900,,true,,6,live"]
    );
}

#[test]
fn best_prices_have_a_row_when_the_trust_changes_without_a_message_of_the_symbol() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(MSFT, 1, 8, 40_000)
        .lose(1)
        .bid(GOOG, 2, 9, 50_100);
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &["--what", "bbo"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let found = crate::csv(&run.stdout);
    let columns = ["symbol", "symbol_seq_num", "seq", "bid_px", "trust"];
    let found: Vec<_> = found.iter().map(|row| picked(row, &columns)).collect();
    assert_eq!(
        found,
        [
            "GOOG,1,5,50000,live",
            "MSFT.Q,1,6,40000,live",
            "GOOG,,7,50000,stale",
            "MSFT.Q,,7,40000,stale",
            "GOOG,2,8,50100,stale",
        ]
    );
}

#[test]
fn a_chosen_symbol_is_shown_alone_by_either_of_its_names() {
    let directory = two_symbols();
    for what in [&[][..], &["--what", "bbo"], &["--what", "orders"]] {
        let names = |more: &[&str]| {
            let found = rows(directory.path(), &[what, more].concat());
            let names = found.into_iter().map(|row| row["symbol"].clone());
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(&["--symbol", "GOOG"]), ["GOOG", "GOOG"]);
        assert_eq!(names(&["--symbol", "MSFT"]), ["MSFT.Q", "MSFT.Q"]);
        assert_eq!(names(&["--symbol", "MSFT.Q"]), ["MSFT.Q", "MSFT.Q"]);
        let both = names(&["--symbol", "MSFT.Q", "--symbol", "GOOG"]);
        assert_eq!(both, names(&[]));
        assert_eq!(both.len(), 4);
    }
}

#[test]
fn json_lines_have_the_columns_and_values_of_csv() {
    let Some(data) = data() else { return };
    let flow = data.join("flow/pillar");
    for what in ["bbo", "depth", "trades", "orders"] {
        for prices in ["raw", "decimal"] {
            let arguments = ["--what", what, "--prices", prices, "--until", "09:32"];
            let rows = rows(&flow, &arguments);
            let run = replay(&flow, &[&arguments[..], &["--format", "jsonl"]].concat());
            let mut lines = 0;
            for (line, row) in run.stdout.lines().zip(&rows) {
                let object: BTreeMap<String, serde_json::Value> =
                    serde_json::from_str(line).unwrap();
                let text = object.into_iter().map(|(name, value)| {
                    let text = match value.as_str() {
                        Some(text) => text.to_owned(),
                        None if value.is_null() => String::new(),
                        None => value.to_string(),
                    };
                    (name, text)
                });
                assert_eq!(&text.collect::<BTreeMap<_, _>>(), row);
                lines += 1;
            }
            assert_eq!(lines, rows.len(), "{what} {prices}");
            assert!(lines > 100, "{what} {prices}: {lines}");
        }
    }
}

#[test]
fn decimal_prices_are_exact() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    for (number, price) in [(1, 1), (2, 50_000), (3, 2_147_483_647)] {
        writer.bid(GOOG, number, u64::from(number), price);
    }
    let directory = channel(&writer.bytes);
    let prices: Vec<_> = rows(directory.path(), &["--prices", "decimal"])
        .iter()
        .map(|row| row["bid_px_1"].clone())
        .collect();
    assert_eq!(prices, ["0.0001", "5.00", "214748.3647"]);
}

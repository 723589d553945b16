//! Feed in, page out.

use std::net::{SocketAddr, TcpListener};

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_net::Endpoint;
use oxberry_proto::start::{Replica, SymbolEntry};
use oxberry_proto::{NodeId, Partition, Run};
use oxberry_visual::board::Phase;
use oxberry_visual::table::TableError;
use oxberry_visual::{Config, Error, Sockets};
use serde_json::{Value, json};

use crate::client::{Page, get, symbol_state};
use crate::cluster::{Controller, NUMBERING, Pi, RUN, event, symbol};
use crate::run::{Dashboard, config};

fn three_symbols() -> [SymbolEntry; 3] {
    [symbol(7, "MSFT"), symbol(12, "GOOG"), symbol(13, "AAPL")]
}

#[test]
fn a_page_shows_what_the_twins_push_each_event_once() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(2, &three_symbols());
    let events = [
        event(7, 1, Some(305_000), None, None),
        event(7, 2, Some(305_000), Some(305_100), Some(305_050)),
        event(12, 1, Some(5_650_000), Some(5_651_500), Some(5_650_000)),
        event(7, 3, Some(305_000), Some(305_150), Some(305_051)),
    ];
    let mut page = Page::open(dashboard.address);
    for node in [0, 1] {
        let mut pi = Pi::connect(node, dashboard.stock);
        pi.push(&events);
        pi.end();
    }
    page.until(|page| page.last["phase"] == "ended");

    assert_eq!(page.symbols, ["MSFT", "GOOG", "AAPL"]);
    let msft = json!({
        "slot": 0, "state": "live", "trust": "live", "status": "open",
        "last": "30.5051", "direction": "up", "last_qty": 10, "mid": "30.5075", "spread": "0.015",
        "bid": "30.50", "bid_qty": 103, "bid_orders": 1,
        "ask": "30.515", "ask_qty": 103, "ask_orders": 1,
        "trades": 2, "volume": 20, "change": "0.0001", "change_bp": 0,
        "vwap": "30.50505", "median": "30.505", "high": "30.5051", "low": "30.505",
        "events": 3, "may_lack_trades": false,
    });
    assert_eq!(page.row("MSFT"), Some(&msft));
    let goog = json!({
        "slot": 1, "state": "live", "trust": "live", "status": "open",
        "last": "565.00", "direction": null, "last_qty": 10, "mid": "565.075", "spread": "0.15",
        "bid": "565.00", "bid_qty": 101, "bid_orders": 1,
        "ask": "565.15", "ask_qty": 101, "ask_orders": 1,
        "trades": 1, "volume": 10, "change": "0.00", "change_bp": 0,
        "vwap": "565.00", "median": "565.00", "high": "565.00", "low": "565.00",
        "events": 1, "may_lack_trades": false,
    });
    assert_eq!(page.row("GOOG"), Some(&goog));
    assert_eq!(page.row("AAPL"), None);
    let counters = &page.last["counters"];
    for (name, count) in [("events", 4), ("copies", 4), ("trades", 3), ("missed", 0)] {
        assert_eq!(counters[name], count, "{name}");
    }
    assert_eq!(page.last["states"]["live"], 2);
    assert_eq!(page.last["states"]["waiting"], 1);
    let nodes = page.last["nodes"].as_array().unwrap();
    let voices: Vec<_> = nodes.iter().map(|node| &node["state"]).collect();
    assert_eq!(voices, ["ended", "ended"]);
    let firsts: u64 = nodes
        .iter()
        .map(|node| node["firsts"].as_u64().unwrap())
        .sum();
    assert_eq!(firsts, 4);

    // Who comes later sees the same at once.
    let mut later = Page::open(dashboard.address);
    later.until(|page| page.last["kind"] == "frame");
    assert_eq!(later.rows, page.rows);

    assert_state_of_msft(dashboard.address);
    let summary = dashboard.stop();
    assert_eq!(summary.phase, Some(Phase::Ended));
    assert_eq!(summary.counters.copies, 4);
    page.until_goodbye();
}

/// What programs are told of the symbol at the end of the first test.
fn assert_state_of_msft(address: SocketAddr) {
    let state = symbol_state(address, "MSFT");
    assert_eq!(
        [&state["trust"], &state["silent"], &state["status"]],
        [&json!("live"), &json!(false), &json!("open")]
    );
    assert_eq!(
        state["position"],
        json!({"channel": 1, "numbering": NUMBERING, "seq": 3})
    );
    assert_eq!(state["mid"], "30.5075");
    assert_eq!(
        state["last"],
        json!({"price": "30.5051", "qty": 10, "direction": "up"})
    );
    assert_eq!(
        state["bid"],
        json!({"price": "30.50", "qty": 103, "orders": 1})
    );
}

/// Trust, silence and trading status of a symbol.
fn said(page: &Page, name: &str) -> Value {
    let row = page.row(name).unwrap();
    json!([row["trust"], row["state"] == "silent", row["status"]])
}

#[test]
fn how_far_a_symbol_can_be_trusted_is_shown_apart_from_whether_it_trades() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    let mut pi = Pi::connect(0, dashboard.stock);
    pi.push(&[7, 12, 13].map(|index| event(index, 1, Some(1), None, None)));
    pi.trust(7, Trust::Stale, TradingStatus::Open);
    pi.trust(12, Trust::Live, TradingStatus::Halted);
    pi.trust(13, Trust::Partial, TradingStatus::Unknown);
    let mut page = Page::open(dashboard.address);
    page.until(|page| {
        page.row("AAPL")
            .is_some_and(|row| row["state"] == "partial")
    });
    assert_eq!(said(&page, "MSFT"), json!(["stale", false, "open"]));
    assert_eq!(said(&page, "GOOG"), json!(["live", false, "halted"]));
    assert_eq!(said(&page, "AAPL"), json!(["partial", false, "unknown"]));
    assert_eq!(page.last["states"]["live"], 1);
    assert_eq!(page.last["statuses"]["halted"], 1);
    dashboard.stop();
}

#[test]
fn pis_that_are_silent_are_told_within_a_second_and_heard_again() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(2, &three_symbols());
    let mut pis = [0, 1].map(|node| Pi::connect(node, dashboard.stock));
    let mut page = Page::open(dashboard.address);
    for pi in &mut pis {
        pi.push(&[event(7, 1, Some(1), Some(2), None)]);
    }
    page.until(|page| page.last["states"]["live"] == 1);
    assert_eq!(page.last["phase"], "running");
    for pi in &mut pis {
        pi.fall_silent();
    }
    page.until(|page| page.last["phase"] == "silent");
    assert_eq!(said(&page, "MSFT"), json!(["live", true, "open"]));
    assert_eq!(page.last["states"]["live"], 0);
    // Nothing has happened to AAPL yet, but who would say so?
    assert_eq!(page.last["states"]["silent"], 2);
    let nodes = page.last["nodes"].as_array().unwrap();
    assert!(
        nodes.iter().all(|node| node["state"] == "silent"),
        "{nodes:?}"
    );
    pis[1].push(&[event(7, 2, Some(1), Some(2), None)]);
    page.until(|page| page.last["phase"] == "running");
    page.until(|page| page.last["states"]["live"] == 1);
    // Who says that it is over may be silent.
    for pi in &mut pis {
        pi.end();
    }
    page.until(|page| page.last["phase"] == "ended");
    assert_eq!(said(&page, "MSFT"), json!(["live", false, "open"]));
    dashboard.stop();
}

#[test]
fn after_a_lost_frame_nothing_is_live_until_the_replica_told_its_state() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    let mut pi = Pi::connect(0, dashboard.stock);
    let mut page = Page::open(dashboard.address);
    let quoted = |number| event(7, number, Some(100), Some(200), None);
    pi.push(&[quoted(1), event(13, 1, Some(1), Some(2), None)]);
    page.until(|page| page.last["states"]["live"] == 2);
    pi.lose(&[event(13, 2, Some(5), Some(6), None)]);
    pi.push(&[quoted(2)]);
    page.until(|page| page.last["states"]["stale"] == 2);

    let expected = Replica {
        node: NodeId::from_raw(0),
        partition: Partition::from_raw(1),
    };
    assert_eq!(controller.wish(), expected);
    pi.state(&[quoted(2), event(13, 2, Some(5), Some(6), Some(7))]);
    page.until(|page| page.last["states"]["live"] == 2);
    let aapl = page.row("AAPL").unwrap();
    assert_eq!(
        (&aapl["bid"], &aapl["last"]),
        (&json!("0.0005"), &json!("0.0007"))
    );
    assert_eq!(page.last["counters"]["missed"], 1);
    dashboard.stop();
}

#[test]
fn a_new_run_is_shown_afresh_and_one_of_another_directory_with_its_own_symbols() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    let mut page = Page::open(dashboard.address);
    let mut first = Pi::connect(0, dashboard.stock);
    let traded = |index| event(index, 1, Some(1), Some(2), Some(3));
    first.push(&[traded(7), traded(13)]);
    first.end();
    page.until(|page| page.last["phase"] == "ended");
    assert_eq!(page.last["counters"]["trades"], 2);

    // The same day again.
    let again = Run {
        generation: 2,
        ..RUN
    };
    let mut second = Pi::connect_in(again, 0, dashboard.stock);
    second.push(&[traded(13)]);
    page.until(|page| page.last["run"] == again.to_string());
    page.until(|page| page.row("AAPL").is_some());
    assert_eq!(page.row("MSFT"), None, "it is of the run before");
    assert_eq!(page.last["phase"], "running");
    assert_eq!(page.last["counters"]["trades"], 1);

    // Another day, in which the numbers are of other symbols.
    let other_day = Run {
        identity: 8,
        generation: 1,
    };
    second.fall_silent();
    let mut third = Pi::connect_in(other_day, 0, dashboard.stock);
    third.push(&[traded(7)]);
    controller.run = other_day;
    controller.answer(1, &[symbol(7, "ZZZ"), symbol(13, "YYY")]);
    page.until(|page| page.last["run"] == other_day.to_string());
    assert_eq!(page.symbols, ["ZZZ", "YYY"]);
    // What came before the symbols were known is missing.
    third.push(&[traded(7)]);
    controller.wish();
    third.state(&[traded(7), traded(13)]);
    page.until(|page| page.last["states"]["live"] == 2);
    dashboard.stop();
}

#[test]
fn a_symbol_that_only_the_feed_defines_gets_a_row_behind_the_others() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    let mut page = Page::open(dashboard.address);
    let mut pi = Pi::connect(0, dashboard.stock);
    pi.push(&[event(7, 1, Some(1), Some(2), None)]);
    page.until(|page| page.row("MSFT").is_some());
    pi.push(&[event(99, 1, Some(1), Some(2), None)]);
    page.until(|page| page.row("#99").is_some());
    assert_eq!(page.tables, 2);
    assert_eq!(page.symbols, ["MSFT", "GOOG", "AAPL", "#99"]);
    assert!(page.row("MSFT").is_some(), "what was known stays");
    let mut later = Page::open(dashboard.address);
    later.until(|page| page.last["kind"] == "frame");
    assert_eq!((later.tables, &later.rows), (1, &page.rows));
    dashboard.stop();
}

#[test]
fn a_page_that_reads_nothing_slows_nobody_and_the_others_see_the_newest() {
    const ROUNDS: u64 = 40_000;
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    // It never confirms a frame, nor even takes one from the connection.
    let idle = Page::open(dashboard.address);
    let gone = Page::open(dashboard.address);
    let mut page = Page::open(dashboard.address);
    page.until(|page| page.last["kind"] == "frame");

    let mut pi = Pi::connect(0, dashboard.stock);
    let events: Vec<_> = (1..=ROUNDS)
        .flat_map(|number| [7, 12, 13].map(|index| event(index, number, Some(1), Some(2), None)))
        .collect();
    let (first, second) = events.split_at(events.len() / 2);
    pi.push(first);
    drop(gone);
    pi.push(second);
    pi.end();
    page.until(|page| page.last["phase"] == "ended");

    let counters = &page.last["counters"];
    assert_eq!(counters["events"], 3 * ROUNDS);
    assert!(counters["conflated"].as_u64().unwrap() > ROUNDS);
    for name in ["AAPL", "GOOG", "MSFT"] {
        assert_eq!(
            page.row(name).unwrap()["bid_qty"],
            100 + ROUNDS,
            "the newest, whatever was left out"
        );
    }
    drop(idle);
    dashboard.stop();
}

#[test]
fn without_a_controller_the_page_says_what_it_waits_for_and_the_end_comes_at_once() {
    let nobody = Endpoint::loopback(9);
    let dashboard = Dashboard::start(config(nobody));
    let mut page = Page::open(dashboard.address);
    page.until(|page| page.last["kind"] == "setup");
    assert_eq!(page.last["controller"], nobody.to_string());
    assert!(
        get(dashboard.address, "/healthz")
            .1
            .contains("waiting for the controller")
    );
    assert_eq!(
        get(dashboard.address, "/api/state").1,
        r#"{"phase":"setup"}"#
    );
    let summary = dashboard.stop();
    assert_eq!(summary.phase, None);
    page.until_goodbye();
}

#[test]
fn a_controller_of_another_schema_is_refused_with_a_clear_word() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer_as(17, 1, &three_symbols());
    let error = dashboard.wait().unwrap_err();
    assert!(matches!(
        error,
        Error::Table(TableError::Schema { theirs: 17 })
    ));
    assert!(
        error.to_string().contains("install the same version"),
        "{error}"
    );
}

#[test]
fn a_taken_port_is_named() {
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let http = holder.local_addr().unwrap();
    let error = Sockets::open(&Config {
        http,
        ..config(Endpoint::loopback(9))
    })
    .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("port {} is taken", http.port())),
        "{text}"
    );

    let stock = Endpoint::loopback(http.port());
    let error = Sockets::open(&Config {
        stock,
        ..config(Endpoint::loopback(9))
    })
    .unwrap_err();
    assert!(error.to_string().contains(&stock.to_string()), "{error}");
}

#[test]
fn a_page_of_somebody_else_may_not_listen() {
    let dashboard = Dashboard::start(config(Endpoint::loopback(9)));
    for origin in ["http://example.com", "null", "http://127.0.0.1"] {
        let refused = Page::open_from(dashboard.address, origin).err().unwrap();
        assert!(refused.contains("403"), "{origin}: {refused}");
    }
    dashboard.stop();
}

#[test]
fn the_page_and_all_it_needs_come_from_here_under_a_strict_policy() {
    let dashboard = Dashboard::start(config(Endpoint::loopback(9)));
    let (head, page) = get(dashboard.address, "/");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(!page.contains("http"), "the page refers to another place");
    let modules = [
        "main.js",
        "feed.js",
        "link.js",
        "session.js",
        "schema.js",
        "market.js",
        "columns.js",
        "grid.js",
        "headline.js",
        "totals.js",
    ];
    for file in ["style.css", "icon.svg"].into_iter().chain(modules) {
        let (head, body) = get(dashboard.address, &format!("/{file}"));
        assert!(head.starts_with("HTTP/1.1 200"), "{file}: {head}");
        assert!(!body.is_empty());
    }
    assert!(
        get(dashboard.address, "/nothing")
            .0
            .starts_with("HTTP/1.1 404")
    );
    dashboard.stop();
}

#[test]
fn metrics_tell_what_was_counted() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    let mut page = Page::open(dashboard.address);
    let mut pi = Pi::connect(0, dashboard.stock);
    pi.push(&[
        event(7, 3, None, None, Some(1)),
        event(99, 1, None, None, None),
    ]);
    pi.send(b"\x02\x20 nonsense");
    pi.end();
    page.until(|page| page.last["phase"] == "ended");
    let (head, text) = get(dashboard.address, "/metrics");
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.contains(expected), "{head}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    for line in [
        "oxberry_visual_events_total 2",
        "oxberry_visual_copies_total 0",
        "oxberry_visual_missed_total 0",
        "oxberry_visual_foreign_frames_total 0",
        "oxberry_visual_trades_total 1",
        "oxberry_visual_malformed_total 1",
        "oxberry_visual_symbols{state=\"live\"} 1",
        // Of a symbol that is not listed nobody has said that it is live.
        "oxberry_visual_symbols{state=\"stale\"} 1",
        "oxberry_visual_symbols_not_trading{status=\"halted\"} 0",
        "oxberry_visual_node_speaks{node=\"0\"} 1",
        "oxberry_visual_feed_silent 0",
        "oxberry_visual_browsers 1",
        "oxberry_visual_feed_ended 1",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    dashboard.stop();
}

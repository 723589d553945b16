//! Feed in, page out.

use std::net::TcpListener;

use oxberry_net::Endpoint;
use oxberry_proto::start::SymbolEntry;
use oxberry_proto::stock::{StockEvent, SymbolState};
use oxberry_visual::board::Phase;
use oxberry_visual::table::TableError;
use oxberry_visual::{Config, Error, Sockets};
use serde_json::json;

use crate::client::{Page, get, symbol_state};
use crate::cluster::{Controller, Pi, event, symbol};
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

    assert_eq!(page.symbols, ["AAPL", "GOOG", "MSFT"]);
    let msft = json!([
        2, "live", "30.5051", "up", 10, "30.5075", "0.015", "30.50", 103, 1, "30.515", 103, 1, 2,
        20, 0
    ]);
    assert_eq!(page.row("MSFT"), Some(&msft));
    let goog = json!([
        1, "live", "565.00", null, 10, "565.075", "0.15", "565.00", 101, 1, "565.15", 101, 1, 1,
        10, 0
    ]);
    assert_eq!(page.row("GOOG"), Some(&goog));
    assert_eq!(page.row("AAPL"), None);
    let counters = &page.last["counters"];
    for (name, count) in [
        ("received", 8),
        ("events", 4),
        ("duplicates", 4),
        ("trades", 3),
    ] {
        assert_eq!(counters[name], count, "{name}");
    }
    assert_eq!(page.last["states"]["live"], 2);
    assert_eq!(page.last["states"]["waiting"], 1);
    assert_eq!(
        page.last["nodes"],
        json!([[0, "ended", 4], [1, "ended", 4]])
    );

    // Who comes later sees the same at once.
    let mut later = Page::open(dashboard.address);
    later.until(|page| page.last["kind"] == "frame");
    assert_eq!(later.rows, page.rows);

    let state = symbol_state(dashboard.address, "MSFT");
    assert_eq!(state["mid"], "30.5075");
    assert_eq!(
        state["last"],
        json!({"price": "30.5051", "qty": 10, "direction": "up"})
    );
    assert_eq!(
        state["bid"],
        json!({"price": "30.50", "qty": 103, "orders": 1})
    );

    let summary = dashboard.stop();
    assert_eq!(summary.phase, Some(Phase::Ended));
    assert_eq!(summary.counters.duplicates, 4);
    page.until_goodbye();
}

#[test]
fn a_symbol_that_is_not_live_is_shown_so() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    controller.answer(1, &three_symbols());
    let mut pi = Pi::connect(0, dashboard.stock);
    let with_state = |index, state| StockEvent {
        state,
        ..event(index, 1, None, None, None)
    };
    pi.push(&[
        with_state(7, SymbolState::Stale),
        with_state(12, SymbolState::Halted),
        with_state(13, SymbolState::Recovering),
    ]);
    let mut page = Page::open(dashboard.address);
    page.until(|page| page.row("AAPL").is_some());
    let state = |name| page.row(name).unwrap()[1].clone();
    assert_eq!(
        [state("MSFT"), state("GOOG"), state("AAPL")],
        ["stale", "halted", "recovering"]
    );
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
            page.row(name).unwrap()[8],
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
        text.contains(&format!("holds port {}", http.port())),
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
    let modules = ["main.js", "feed.js", "market.js", "grid.js", "totals.js"];
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
    pi.send(b"\x01\x20 nonsense");
    pi.end();
    page.until(|page| page.last["phase"] == "ended");
    let (head, text) = get(dashboard.address, "/metrics");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    for line in [
        "oxberry_visual_events_total 1",
        "oxberry_visual_gaps_total 1",
        "oxberry_visual_missed_events_total 2",
        "oxberry_visual_unknown_symbols_total 1",
        "oxberry_visual_malformed_total 1",
        "oxberry_visual_symbols{state=\"live\"} 1",
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

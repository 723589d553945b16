//! Looking at one symbol closely: who is asked, how often, and what comes of it.

use std::time::Duration;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_proto::NodeId;
use oxberry_proto::start::SymbolEntry;
use oxberry_visual::limits::{DEPTH_INTERVAL, MAX_LOOKED_AT, TAPE_TRADES};
use serde_json::{Value, json};

use crate::books::Book;
use crate::client::{Page, get};
use crate::cluster::{Controller, Pi, event, symbol};
use crate::run::{Dashboard, config};

/// A dashboard with two Pis that have told the best prices of two symbols.
struct Stage {
    controller: Controller,
    dashboard: Dashboard,
    pis: [Pi; 2],
}

fn book() -> Book {
    Book::live(
        &[(305_000, &[100, 300, 200]), (304_900, &[50])],
        &[(305_100, &[70]), (305_300, &[10, 20])],
    )
}

impl Stage {
    fn new() -> Self {
        Self::of(&[symbol(7, "MSFT"), symbol(12, "BRK A")])
    }

    fn of(symbols: &[SymbolEntry]) -> Self {
        let mut controller = Controller::start();
        let dashboard = Dashboard::start(config(controller.endpoint));
        controller.answer(2, symbols);
        let mut pis = [0, 1].map(|node| Pi::connect(node, dashboard.stock));
        for pi in &mut pis {
            pi.push(&[
                event(7, 1, Some(305_000), Some(305_100), None),
                event(12, 1, Some(1_228_000_000), None, None),
            ]);
            pi.set_book(7, book());
            pi.tells(&controller);
        }
        let mut page = Page::open(dashboard.address);
        page.until(|page| page.last["counters"]["copies"] == 2);
        Self {
            controller,
            dashboard,
            pis,
        }
    }

    fn page(&self) -> Page {
        Page::open(self.dashboard.address)
    }

    fn asked(&self) -> usize {
        self.controller.looks.asked().len()
    }

    fn api(&self, path: &str) -> (u16, Value) {
        api(&self.dashboard, path)
    }
}

fn api(dashboard: &Dashboard, path: &str) -> (u16, Value) {
    let (head, body) = get(dashboard.address, &format!("/api/v1/symbols/{path}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

/// Takes frames for so long.
fn watch(page: &mut Page, time: Duration) {
    let begin = page.last["shown_at_ms"].as_u64().unwrap();
    let end = begin + u64::try_from(time.as_millis()).unwrap();
    page.until(|page| page.last["shown_at_ms"].as_u64().unwrap() >= end);
}

#[test]
fn a_page_sees_the_levels_and_the_queue_that_a_pi_tells() {
    let stage = Stage::new();
    let mut page = stage.page();
    page.look_at(Some("MSFT"), Some(("bid", 305_000)));
    page.until(|page| page.look["queue"]["orders"] == 3);
    let depth = &page.look["depth"];
    assert_eq!(depth["bids"], json!([[305_000, 600, 3], [304_900, 50, 1]]));
    assert_eq!(depth["asks"], json!([[305_100, 70, 1], [305_300, 30, 2]]));
    assert_eq!(
        (&depth["scale"], &depth["trust"]),
        (&json!(4), &json!("live"))
    );
    assert_eq!(depth["position"]["seq"], 1);
    let queue = &page.look["queue"];
    assert_eq!(queue["qty"], 600);
    let orders = json!([["305000001", 100], ["305000002", 300], ["305000003", 200]]);
    assert_eq!(queue["first"], orders);
    page.look_at(Some("MSFT"), None);
    page.until(|page| page.look["depth"].is_object());
    assert_eq!(page.look["queue"], Value::Null);
    stage.dashboard.stop();
}

#[test]
fn there_is_one_question_however_many_pages_and_programs_look() {
    let stage = Stage::new();
    let mut pages: Vec<_> = (0..5).map(|_| stage.page()).collect();
    for page in &mut pages {
        page.look_at(Some("MSFT"), None);
    }
    for page in &mut pages {
        page.until(|page| page.look["depth"].is_object());
    }
    for _ in 0..10 {
        assert_eq!(stage.api("MSFT/depth").0, 200);
    }
    pages[0].until(|_| stage.asked() >= 6);
    let asked = stage.controller.looks.asked();
    let took = asked[asked.len() - 1].0.since(asked[0].0);
    let least = DEPTH_INTERVAL * (u32::try_from(asked.len()).unwrap() - 1);
    // The first one may have been passed on late.
    assert!(
        took + DEPTH_INTERVAL >= least,
        "{took:?} for {}",
        asked.len()
    );
    stage.dashboard.stop();
}

#[test]
fn nobody_is_asked_when_nobody_looks() {
    let stage = Stage::new();
    let mut other = stage.page();
    other.until(|page| page.row("MSFT").is_some());
    watch(&mut other, 2 * DEPTH_INTERVAL);
    assert_eq!(stage.asked(), 0);
    // One looks away, one goes, one reads once.
    let mut away = stage.page();
    let mut goes = stage.page();
    for page in [&mut away, &mut goes] {
        page.look_at(Some("MSFT"), None);
        page.until(|page| page.look["depth"].is_object());
    }
    assert_eq!(stage.api("MSFT/depth").0, 200);
    away.look_at(None, None);
    drop(goes);
    let metric = "oxberry_visual_symbols_looked_at 0\n";
    other.until(|_| get(stage.dashboard.address, "/metrics").1.contains(metric));
    let before = stage.asked();
    watch(&mut other, 4 * DEPTH_INTERVAL);
    assert_eq!(stage.asked(), before);
    stage.dashboard.stop();
}

#[test]
fn when_a_pi_does_not_answer_its_twin_is_asked() {
    let stage = Stage::new();
    stage.controller.looks.know(NodeId::from_raw(0), None);
    let mut page = stage.page();
    page.look_at(Some("MSFT"), None);
    page.until(|page| page.look["depth"].is_object());
    assert_eq!(page.look["depth"]["node"], 1);
    let asked = stage.controller.looks.asked();
    assert_eq!(asked[0].1.node.raw(), 0, "the first was asked before");
    stage.dashboard.stop();
}

#[test]
fn a_pi_that_dies_is_followed_by_its_twin() {
    let mut stage = Stage::new();
    let mut page = stage.page();
    page.look_at(Some("MSFT"), None);
    page.until(|page| page.look["depth"]["node"] == 0);
    stage.pis[0].fall_silent();
    stage.controller.looks.know(NodeId::from_raw(0), None);
    stage.pis[1].push(&[event(7, 2, Some(305_000), Some(305_200), None)]);
    stage.pis[1].set_book(7, Book::live(&[(305_000, &[100])], &[(305_200, &[40])]));
    page.until(|page| page.look["depth"]["node"] == 1);
    assert_eq!(page.look["depth"]["asks"], json!([[305_200, 40, 1]]));
    stage.dashboard.stop();
}

#[test]
fn when_no_pi_answers_it_is_said_in_words() {
    let stage = Stage::new();
    for node in [0, 1] {
        stage.controller.looks.know(NodeId::from_raw(node), None);
    }
    let mut page = stage.page();
    page.look_at(Some("MSFT"), None);
    let said = "the Pis that hold this symbol do not answer";
    page.until(|page| page.look["note"] == said);
    let (status, body) = stage.api("MSFT/depth");
    assert_eq!((status, &body["error"]), (504, &json!(said)));
    stage.dashboard.stop();
}

#[test]
fn a_book_that_is_not_live_is_told_and_says_so() {
    let mut stage = Stage::new();
    for pi in &mut stage.pis {
        pi.set_book(
            7,
            Book {
                trust: Trust::Partial,
                status: TradingStatus::Halted,
                ..book()
            },
        );
    }
    let (status, depth) = stage.api("MSFT/depth");
    assert_eq!(status, 200);
    assert_eq!(depth["trust"], "partial");
    assert_eq!(depth["status"], "halted");
    stage.dashboard.stop();
}

#[test]
fn more_symbols_than_may_be_looked_at_are_refused_with_a_word_until_one_is_free() {
    let names = u32::try_from(MAX_LOOKED_AT + 1).unwrap();
    let mut symbols = vec![symbol(7, "MSFT"), symbol(12, "BRK A")];
    symbols.extend((0..names).map(|at| symbol(100 + at, &format!("S{at}"))));
    let stage = Stage::of(&symbols);
    let look_at = |at: u32| {
        let mut page = stage.page();
        page.look_at(Some(&format!("S{at}")), None);
        page.until(|page| page.look["kind"] == "look");
        page
    };
    let pages: Vec<_> = (0..names - 1).map(look_at).collect();
    assert!(pages.iter().all(|page| page.look["refused"].is_null()));
    let mut late = look_at(names - 1);
    let said = format!("{MAX_LOOKED_AT} other symbols are looked at already");
    assert_eq!(late.look["refused"], said);
    let (status, body) = stage.api("MSFT/depth");
    assert_eq!((status, &body["error"]), (503, &json!(said)));
    assert!(
        look_at(0).look["refused"].is_null(),
        "it is looked at already"
    );
    drop(pages);
    late.until(|_| stage.api("MSFT/depth").0 == 200);
    stage.dashboard.stop();
}

#[test]
fn the_tape_has_the_newest_trades_and_goes_on_where_it_ended() {
    let mut stage = Stage::new();
    let trade = |number, price| event(7, number, Some(305_000), Some(305_100), Some(price));
    let many = u64::try_from(TAPE_TRADES).unwrap() + 5;
    let events: Vec<_> = (2..many + 2).map(|number| trade(number, 305_000)).collect();
    let mut page = stage.page();
    for pi in &mut stage.pis {
        pi.push(&events);
    }
    page.until(|page| page.row("MSFT").is_some_and(|row| row["trades"] == many));
    page.look_at(Some("MSFT"), None);
    page.until(|page| page.look["trades"].is_object());
    assert_eq!(page.look["trades"]["first"], 6, "the oldest are not kept");
    assert_eq!(page.tape["trades"].len(), TAPE_TRADES);
    assert_eq!(page.tape["best"].len(), 0, "nobody looked");
    page.tape.clear();
    for pi in &mut stage.pis {
        pi.push(&[trade(900, 305_100), trade(901, 305_000)]);
    }
    page.until(|page| page.tape.get("trades").is_some_and(|tape| tape.len() == 2));
    let tape = &page.tape["trades"];
    assert_eq!(tape[0][1], "30.51");
    assert_eq!((&tape[0][2], &tape[0][3]), (&json!(10), &json!("up")));
    assert_eq!(tape[1][3], "down");
    assert_eq!(page.tape["best"].len(), 2);
    assert_eq!(page.tape["best"][1][1], json!(["30.50", 1_001]));
    stage.dashboard.stop();
}

#[test]
fn what_is_no_look_ends_the_connection() {
    let stage = Stage::new();
    for nonsense in ["{\"look\":1}", "look", "{\"look\":null,\"more\":1}", "{}x"] {
        let mut page = stage.page();
        page.say(nonsense);
        page.until_cut_off();
    }
    let mut page = stage.page();
    page.look_at(Some("NOPE"), Some(("ask", 5)));
    page.until(|page| page.look["note"] == "no such symbol is in this run");
    stage.dashboard.stop();
}

#[test]
fn programs_get_orders_of_the_best_level_or_of_the_one_they_name() {
    let stage = Stage::new();
    let (status, best) = stage.api("MSFT/orders?side=ask");
    assert_eq!(status, 200);
    assert_eq!(
        (&best["price"], &best["orders"]),
        (&json!("30.51"), &json!(1))
    );
    let (_, named) = stage.api("MSFT/orders?price=30.5&side=bid");
    let qty: Vec<_> = named["queue"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| &order["qty"])
        .collect();
    assert_eq!(qty, [100, 300, 200]);
    let (status, empty) = stage.api("MSFT/orders?side=ask&price=30.52");
    assert_eq!(
        (status, &empty["orders"], &empty["queue"]),
        (200, &json!(0), &json!([]))
    );
    for (path, status, said) in [
        (
            "MSFT/orders",
            400,
            "side=bid or side=ask is needed, and price=PRICE may be given",
        ),
        (
            "MSFT/orders?side=mid",
            400,
            "side=bid or side=ask is needed, and price=PRICE may be given",
        ),
        (
            "MSFT/orders?side=bid&price=1e9",
            400,
            "1e9 is no price of this symbol",
        ),
        ("NOPE/orders?side=bid", 404, "no symbol is called NOPE"),
        ("NOPE/depth", 404, "no symbol is called NOPE"),
    ] {
        assert_eq!(
            stage.api(path),
            (status, json!({ "error": said })),
            "{path}"
        );
    }
    stage.dashboard.stop();
}

#[test]
fn after_the_end_there_is_what_was_told_last() {
    let mut stage = Stage::new();
    let mut page = stage.page();
    page.look_at(Some("MSFT"), None);
    page.until(|page| page.look["depth"].is_object());
    for pi in &mut stage.pis {
        pi.end();
    }
    page.until(|page| page.last["phase"] == "ended");
    let (status, depth) = stage.api("MSFT/depth");
    assert_eq!((status, &depth["bids"][0]["price"]), (200, &json!("30.50")));
    let said = "the run is over, its books are gone, and nobody looked at this before";
    assert_eq!(stage.api("BRK%20A/depth"), (503, json!({ "error": said })));
    let mut late = stage.page();
    late.look_at(Some("MSFT"), None);
    late.until(|page| page.look["depth"].is_object());
    stage.dashboard.stop();
}

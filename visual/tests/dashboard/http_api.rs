//! The API for programs: what `docs/http-api.md` shows is what is answered.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_proto::start::SymbolEntry;
use oxberry_visual::Config;
use oxberry_visual::limits::API_BURST;
use oxberry_visual::source::Source;
use serde_json::{Value, json};

use crate::access::{TOKEN, with_token};
use crate::books::Book;
use crate::client::{Page, ask, get};
use crate::cluster::{Controller, Pi, event, symbol};
use crate::run::{Dashboard, config};

const DOCUMENT: &str = "docs/http-api.md";

/// What the document's examples are of.
fn three_symbols() -> [SymbolEntry; 3] {
    [symbol(7, "MSFT"), symbol(12, "BRK A"), symbol(13, "AAPL")]
}

/// The book of the examples.
fn msft() -> Book {
    Book::live(
        &[(305_000, &[60, 43]), (304_900, &[200])],
        &[(305_100, &[103])],
    )
}

/// A dashboard at the end of the day of the examples.
fn day() -> (Controller, Dashboard) {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(Config {
        source: Some(Source::Replay),
        ..config(controller.endpoint)
    });
    controller.answer(2, &three_symbols());
    let events = [
        event(7, 1, Some(305_000), Some(305_100), None),
        event(7, 2, Some(305_000), Some(305_100), Some(305_000)),
        event(7, 3, Some(305_000), Some(305_100), Some(305_100)),
        event(12, 1, Some(1_228_000_000), None, None),
    ];
    let mut page = Page::open(dashboard.address);
    let mut pis = [0, 1].map(|node| Pi::connect(node, dashboard.stock));
    for (pi, copies) in pis.iter_mut().zip([0, 4]) {
        pi.push(&events);
        page.until(|page| page.last["counters"]["events"] == 4);
        page.until(|page| page.last["counters"]["copies"] == copies);
        pi.trust(12, Trust::Stale, TradingStatus::Halted);
        pi.set_book(7, msft());
        pi.tells(&controller);
    }
    // Somebody looks before the end: afterwards a book is what was told last.
    for path in ["depth", "orders?side=bid"] {
        let path = format!("/api/v1/symbols/MSFT/{path}");
        assert!(get(dashboard.address, &path).0.starts_with("HTTP/1.1 200"));
    }
    page.until(|page| page.last["nodes"][1]["name"] == "pi-2");
    page.until(|page| page.last["statuses"]["halted"] == 1);
    controller.lose(17);
    page.until(|_| {
        get(dashboard.address, "/api/v1/events")
            .1
            .contains("messages_lost")
    });
    for pi in &mut pis {
        pi.end();
    }
    page.until(|page| page.last["phase"] == "ended");
    (controller, dashboard)
}

/// The examples of the document: what is asked for, and the answer.
fn examples() -> Vec<(String, Value)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(DOCUMENT);
    let text = std::fs::read_to_string(file).unwrap();
    let blocks = text.split("\n```json\n").skip(1);
    let examples = blocks.map(|block| {
        let block = block.split("\n```").next().unwrap();
        let (question, answer) = block.split_once('\n').unwrap();
        let path = question.strip_prefix("// GET ").unwrap().to_owned();
        let answer = serde_json::from_str(answer);
        (
            path,
            answer.unwrap_or_else(|error| panic!("{question}: {error}")),
        )
    });
    examples.collect()
}

/// The body of an answer, without what is another number each time.
fn without_times(mut body: Value) -> Value {
    if let Some(age) = body.get_mut("told_ms_ago") {
        assert!(age.is_u64(), "{age}");
        age.take();
    }
    let events = body.get_mut("events").and_then(Value::as_array_mut);
    if let Some(events) = events {
        // A busy machine may hold up a Pi, which is told as well.
        events.retain(|event| event["what"] == "messages_lost");
        for event in events {
            for changes in ["id", "ago_ms"] {
                assert!(event[changes].is_u64(), "{event}");
                event[changes].take();
            }
        }
    }
    body
}

#[test]
fn the_examples_of_the_document_are_what_is_answered() {
    let (_controller, dashboard) = day();
    let examples = examples();
    assert!(examples.len() >= 7, "only {} were found", examples.len());
    for (path, expected) in examples {
        let (head, body) = get(dashboard.address, &path);
        let is_error = expected.get("error").is_some();
        assert_eq!(
            head.starts_with("HTTP/1.1 200"),
            !is_error,
            "{path}: {head}"
        );
        assert!(head.contains("content-type: application/json"), "{head}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let (body, expected) = (without_times(body), without_times(expected));
        assert_eq!(
            serde_json::to_string_pretty(&body).unwrap(),
            serde_json::to_string_pretty(&expected).unwrap(),
            "{DOCUMENT}: {path}"
        );
    }
    dashboard.stop();
}

fn status_of(address: SocketAddr, method: &str, path: &str, headers: &str) -> u16 {
    let stream = TcpStream::connect(address).unwrap();
    let headers = format!("Host: {address}{headers}");
    ask(stream, method, path, &headers, "").status
}

#[test]
fn before_there_are_symbols_it_says_so() {
    let controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    for path in ["symbols", "symbols/MSFT", "symbols/MSFT/depth", "cluster"] {
        let (head, body) = get(dashboard.address, &format!("/api/v1/{path}"));
        assert!(head.starts_with("HTTP/1.1 503"), "{head}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let said = json!({"error": "the controller has not given out the symbols yet"});
        assert_eq!(body, said);
    }
    dashboard.stop();
}

#[test]
fn it_is_for_whom_the_page_is_for_and_changes_nothing() {
    let controller = Controller::start();
    let guarded = with_token(config(controller.endpoint));
    let dashboard = Dashboard::start(guarded);
    let address = dashboard.address;
    for path in [
        "/api/v1/symbols",
        "/api/v1/symbols/MSFT",
        "/api/v1/symbols/MSFT/depth",
        "/api/v1/cluster",
        "/api/v1/events",
    ] {
        let bearer = format!("\nAuthorization: Bearer {TOKEN}");
        let status = |method, headers: &str| status_of(address, method, path, headers);
        assert_eq!(status("GET", ""), 401, "{path}");
        // What happened needs no symbols.
        let without_symbols = if path.ends_with("events") { 200 } else { 503 };
        assert_eq!(status("GET", &bearer), without_symbols, "{path}");
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            assert_eq!(status(method, &bearer), 405, "{method} {path}");
        }
        let foreign = format!("{bearer}\nOrigin: http://evil.example");
        assert_eq!(status("GET", &foreign), 403, "{path}");
        let stream = TcpStream::connect(address).unwrap();
        let other_name = format!("Host: evil.example{bearer}");
        assert_eq!(ask(stream, "GET", path, &other_name, "").status, 421);
    }
    dashboard.stop();
}

/// What is answered to somebody who wants a fault, in these words, from the dashboard's own page or with other headers.
fn wish(address: SocketAddr, headers: &str, body: &str) -> (u16, String) {
    let stream = TcpStream::connect(address).unwrap();
    let headers = format!("Host: {address}\n{headers}");
    let answer = ask(stream, "POST", "/api/v1/faults", &headers, body);
    (answer.status, answer.body)
}

#[test]
fn faults_are_for_demonstrations_for_their_processes_and_for_the_own_page() {
    const JSON: &str = "Content-Type: application/json";
    const KILL: &str = r#"{"what": "kill", "node": "pi-9"}"#;
    let controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    let (status, body) = wish(dashboard.address, JSON, KILL);
    assert_eq!(status, 403);
    assert!(body.contains("for demonstrations"), "{body}");
    assert_eq!(
        status_of(dashboard.address, "GET", "/api/v1/faults", ""),
        405
    );
    dashboard.stop();

    let dashboard = Dashboard::start(with_token(Config {
        faults: vec!["pi-1".into()],
        ..config(controller.endpoint)
    }));
    let bearer = format!("{JSON}\nAuthorization: Bearer {TOKEN}");
    let foreign = format!("{bearer}\nOrigin: http://evil.example");
    let form = format!("Content-Type: text/plain\nAuthorization: Bearer {TOKEN}");
    let long = format!(r#"{{"what": "kill", "node": "{}"}}"#, "x".repeat(300));
    for (headers, body, status, said) in [
        (JSON, KILL, 401, "log in"),
        (&*foreign, KILL, 403, "own page"),
        (&*form, KILL, 415, "application/json"),
        (&*bearer, KILL, 404, "pi-9 is none of those"),
        (&*bearer, r#"{"what": "burn", "node": "pi-1"}"#, 400, "burn"),
        (&*bearer, r#"{"what": "kill"}"#, 400, "node"),
        (
            &*bearer,
            r#"{"what": "kill", "node": "pi-1", "hard": true}"#,
            400,
            "hard",
        ),
        (&*bearer, "{", 400, "EOF"),
        (&*bearer, &*long, 413, ""),
    ] {
        let (answered, text) = wish(dashboard.address, headers, body);
        assert_eq!(answered, status, "{headers}: {body}: {text}");
        assert!(text.contains(said), "{text}");
    }
    dashboard.stop();
}

#[test]
fn who_asks_too_often_has_to_wait_and_the_page_goes_on() {
    let controller = Controller::start();
    let dashboard = Dashboard::start(config(controller.endpoint));
    let address = dashboard.address;
    let ask = |path: &str| status_of(address, "GET", path, "");
    let ask_whole = || {
        let stream = TcpStream::connect(address).unwrap();
        let host = format!("Host: {address}");
        crate::client::ask(stream, "GET", "/api/v1/cluster", &host, "")
    };
    // However slow this machine is, it asks faster than the bucket fills, or the test proves nothing.
    let mut answers = (0..20 * API_BURST).map(|_| ask_whole());
    let answer = answers.find(|answer| answer.status == 429).unwrap();
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(answer.body.contains("try again in 1 s"), "{}", answer.body);
    assert_eq!(ask("/"), 200);
    assert_eq!(ask("/healthz"), 200);
    let (_, metrics) = get(address, "/metrics");
    assert!(metrics.contains("page_refusals_total{reason=\"rate\"}"));
    dashboard.stop();
}

//! `oxberry tap` beside a running cluster: its rows are those of a replay, whatever happens to a Pi.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test waits for processes, but not for ever"
)]

#[path = "support/nodes.rs"]
#[expect(dead_code, reason = "no page is asked here")]
mod nodes;
mod support;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nodes::{Node, endpoints};
use support::oxberry;
use tempfile::TempDir;

/// A market of two channels as files.
fn market(messages: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let size = ["--symbols", "20", "--channels", "2", "--messages", messages];
    let made = oxberry([&["generate", "--out", out][..], &size].concat());
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    folder
}

/// A tap that writes to a file; killed when the test is over before it.
struct Tap {
    child: Child,
    out: PathBuf,
}

impl Tap {
    fn start(setup: &str, stock: &str, out: PathBuf, more: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .args(["tap", "--controller", setup, "--stock", stock])
            .args(more)
            .arg("--out")
            .arg(&out)
            .stderr(Stdio::piped())
            .spawn();
        let child = child.unwrap();
        Self { child, out }
    }

    /// Waits for its end: exit code, rows, and what it said.
    fn end(mut self) -> (Option<i32>, String, String) {
        let mut said = String::new();
        let stderr = self.child.stderr.take();
        stderr.unwrap().read_to_string(&mut said).unwrap();
        let code = self.child.wait().unwrap().code();
        let rows = std::fs::read_to_string(&self.out);
        (
            code,
            rows.unwrap_or_else(|_| panic!("no rows: {said}")),
            said,
        )
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a tap can know of a row: all but the number within the symbol and the time of the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// Channel, numbering and number.
    at: (u64, u64, u64),
    /// The event's time, and what follows the identity.
    rest: Vec<String>,
}

impl Row {
    /// Whether it claims that it is the next one. Where nobody called the book live, or something was missed, it
    /// does not.
    fn is_live(&self) -> bool {
        self.rest.last().is_some_and(|trust| trust == "live")
    }
}

/// The rows of each symbol, in order.
fn rows(csv: &str) -> BTreeMap<String, Vec<Row>> {
    let mut lines = csv.lines();
    let head = lines.next().unwrap_or_default();
    assert!(
        head.starts_with("symbol,symbol_seq_num,ts_event_ns,ts_send_ns,channel,numbering,seq,")
    );
    let mut rows = BTreeMap::<String, Vec<Row>>::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse().unwrap();
        let rest = [&cells[2..3], &cells[7..]].concat();
        rows.entry(cells[0].to_owned()).or_default().push(Row {
            at: (number(4), number(5), number(6)),
            rest: rest.into_iter().map(str::to_owned).collect(),
        });
    }
    rows
}

fn replayed(folder: &Path, what: &str) -> BTreeMap<String, Vec<Row>> {
    let replay = oxberry(["replay", folder.to_str().unwrap(), "--what", what]);
    assert_eq!(replay.code, Some(0), "{}", replay.stderr);
    rows(&replay.stdout)
}

fn pi(name: &str, at: &[&str], stock: &[&str]) -> Node {
    let own = [
        "pi", "--name", name, "--orders", "50000", "--levels", "50000",
    ];
    let receivers = stock.iter().flat_map(|stock| ["--stock", stock]);
    let all = own.into_iter().chain(at.iter().copied()).chain(receivers);
    Node::start(&all.collect::<Vec<_>>())
}

#[test]
fn two_taps_have_the_rows_of_a_replay() {
    let market = market("20000");
    let folder = market.path().to_str().unwrap();
    let [data, control, setup, first, second] = endpoints();
    let at = ["--data", &*data, "--control", &control];
    let taps = [
        Tap::start(&setup, &first, market.path().join("bbo"), &[]),
        Tap::start(
            &setup,
            &second,
            market.path().join("trades"),
            &["--what", "trades"],
        ),
    ];
    let _pis = ["pi-1", "pi-2"].map(|name| pi(name, &at, &[&first, &second]));
    let more = [
        "--pis",
        "2",
        "--speed",
        "max",
        "--setup",
        &setup,
        "--await-visual",
    ];
    let controller = Node::start(&[&["controller", folder][..], &at, &more].concat());
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    let [best, trades] = taps.map(|tap| {
        let (code, rows_of_tap, said) = tap.end();
        assert_eq!(code, Some(0), "{said}");
        rows(&rows_of_tap)
    });
    assert_eq!(best, replayed(market.path(), "bbo"));
    // Nodes tell the price and the shares of trades that count, and nothing else of them.
    let mut expected = replayed(market.path(), "trades");
    for row in expected.values_mut().flatten() {
        let [time, _, price, shares, _, printable, _, _, trust] = &*row.rest else {
            panic!("{row:?}");
        };
        assert!(["true", "false"].contains(&printable.as_str()));
        let empty = String::new;
        row.rest = vec![
            time.clone(),
            empty(),
            price.clone(),
            shares.clone(),
            empty(),
            printable.clone(),
            empty(),
            empty(),
            trust.clone(),
        ];
    }
    for of_symbol in expected.values_mut() {
        of_symbol.retain(|row| row.rest[5] == "true");
    }
    expected.retain(|_, of_symbol| !of_symbol.is_empty());
    assert!(expected.values().map(Vec::len).sum::<usize>() > 100);
    assert_eq!(trades, expected);
}

/// Fails where a tap lacks or changes a row, unless it says that something there is in doubt.
fn compare(symbol: &str, tapped: &[Row], expected: &[Row]) {
    let mut expected = expected.iter().peekable();
    // Behind something that is in doubt a row comes whatever it changes.
    let mut is_behind = false;
    for row in tapped {
        if !row.is_live() {
            while expected.next_if(|next| next.at <= row.at).is_some() {}
            is_behind = true;
        } else if expected.peek() == Some(&row) {
            expected.next();
            is_behind = false;
        } else {
            assert!(is_behind, "{symbol}: {row:?}, not {:?}", expected.peek());
        }
    }
    assert_eq!(expected.next(), None, "{symbol}: the end is missing");
}

#[test]
fn a_tap_lacks_nothing_in_silence_when_a_pi_dies_and_comes_back() {
    let market = market("60000");
    let folder = market.path().to_str().unwrap();
    let [data, control, setup, stock] = endpoints();
    let at = ["--data", &*data, "--control", &control];
    let tap = Tap::start(&setup, &stock, market.path().join("bbo"), &[]);
    let mut pis = ["pi-1", "pi-2"].map(|name| Some(pi(name, &at, &[&stock])));
    // Some seconds, so that a Pi is back long before the end.
    let more = ["--pis", "2", "--speed", "60", "--setup", &setup];
    let wishes = ["--await-visual", "--json-notices"];
    let mut controller = Node::start(&[&["controller", folder][..], &at, &more, &wishes].concat());
    controller.await_line(r#""started""#);
    pis[1].take().unwrap().kill();
    pis[1] = Some(pi("pi-2", &at, &[&stock]));
    controller.await_line("joined while the feed runs");
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    let (code, rows_of_tap, said) = tap.end();
    assert!(matches!(code, Some(0 | 3)), "{said}");
    let (tapped, expected) = (rows(&rows_of_tap), replayed(market.path(), "bbo"));
    assert_eq!(tapped.len(), expected.len());
    let live = tapped.values().flatten().filter(|row| row.is_live());
    let all: usize = expected.values().map(Vec::len).sum();
    assert!(live.count() > all / 2, "most rows are live: {said}");
    for (symbol, expected) in &expected {
        compare(symbol, &tapped[symbol], expected);
    }
}

#[test]
fn the_client_in_python_belongs_to_these_messages() {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/python/oxberry_bbo.py");
    let client = std::fs::read_to_string(client).unwrap();
    let version = oxberry_proto::VERSION;
    let schema = oxberry_proto::SCHEMA_FINGERPRINT;
    let line = format!("VERSION, SCHEMA = {version}, 0x{schema:016X}");
    assert!(
        client.contains(&line),
        "clients/python/oxberry_bbo.py: `{line}`, and what has changed"
    );
}

#[test]
fn what_cannot_be_tapped_is_refused_with_the_reason() {
    for (arguments, code, said) in [
        (&["--what", "depth"][..], 2, "invalid value 'depth'"),
        (&["--stock", "tcp://0.0.0.0:5565"], 2, "--keys"),
        (&["--until", "soon"], 2, "a time is HH:MM"),
    ] {
        let tap = oxberry([&["tap"][..], arguments].concat());
        assert_eq!(tap.code, Some(code), "{}", tap.stderr);
        assert!(tap.stderr.contains(said), "{}", tap.stderr);
    }
}

//! Dashboards that stop reading in the run, as processes.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test waits for processes, but not for ever"
)]

#[path = "support/nodes.rs"]
#[expect(dead_code, reason = "no daemon gets a signal through it here")]
mod nodes;
mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use nodes::{Node, await_state, digests, endpoints};
use serde_json::Value;
use support::oxberry;
use tempfile::TempDir;

const SYMBOLS: usize = 40;

/// A market, of which the end comes when the test says so.
struct Market {
    /// As one file, for the replay.
    whole: TempDir,
    /// As a named pipe, for the controller.
    piped: TempDir,
    end: Sender<()>,
}

impl Market {
    /// The part before its end is more than all queues between a Pi and its page hold.
    fn open() -> Self {
        let [whole, piped] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let out = whole.path().to_str().unwrap();
        let size = ["--symbols", &SYMBOLS.to_string(), "--messages", "600000"];
        let made = ["generate", "--channels", "1", "--out", out];
        let made = oxberry(made.into_iter().chain(size));
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let (end, may_end) = mpsc::channel();
        for file in fs::read_dir(whole.path()).unwrap() {
            let file = file.unwrap();
            let to = piped.path().join(file.file_name());
            if to.extension().is_some_and(|extension| extension == "dat") {
                let made = Command::new("mkfifo").arg(&to).status();
                assert!(made.unwrap().success());
                let bytes = fs::read(file.path()).unwrap();
                thread::spawn(move || write(&to, &bytes, &may_end));
                let market = Self { whole, piped, end };
                market.copy_the_others();
                return market;
            }
        }
        panic!("the market has no channel");
    }

    fn copy_the_others(&self) {
        for file in fs::read_dir(self.whole.path()).unwrap() {
            let file = file.unwrap();
            let to = self.piped.path().join(file.file_name());
            if !to.exists() {
                fs::copy(file.path(), to).unwrap();
            }
        }
    }

    /// The digest of all books, as one process has it.
    fn digest(&self) -> String {
        let replayed = oxberry(["replay", self.whole.path().to_str().unwrap(), "--digest"]);
        assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
        replayed.stdout.trim().to_owned()
    }
}

/// Writes a channel to its pipe: most of it as fast as it is read, then little by little, so that nobody
/// takes the feed for silent, and the rest when that may come.
fn write(pipe: &Path, bytes: &[u8], may_end: &Receiver<()>) {
    // Whoever reads may be gone, if the test has failed.
    let Ok(mut pipe) = fs::File::options().write(true).open(pipe) else {
        return;
    };
    let (most, mut rest) = bytes.split_at(bytes.len() / 10 * 9);
    let mut is_read = pipe.write_all(most).is_ok();
    while is_read {
        match may_end.recv_timeout(Duration::from_millis(20)) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Ok(()) => {
                let _ = pipe.write_all(rest);
                return;
            }
        }
        let (little, later) = rest.split_at(rest.len().min(200));
        is_read = pipe.write_all(little).is_ok();
        rest = later;
    }
}

/// A dashboard, and where its page is.
fn page(setup: &str, stock: &str) -> (Node, String) {
    let at = ["--controller", setup, "--stock", stock];
    let mut page = Node::start(
        &[
            &["visual", "--json-notices", "--http", "127.0.0.1:0"],
            &at[..],
        ]
        .concat(),
    );
    let listening: Value =
        serde_json::from_str(&page.await_line(r#""notice":"listening""#)).unwrap();
    let web = listening["web"].as_str().unwrap().to_owned();
    (page, web)
}

fn signal(node: &Node, signal: &str) {
    let sent = Command::new("kill")
        .args(["-s", signal, &node.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// How many rows a page shows live.
fn live(state: &Value) -> usize {
    // A page that has not heard of any has none.
    let rows = state["symbols"].as_array().into_iter().flatten();
    rows.filter(|row| row["trust"] == "live").count()
}

/// What a page shows of each symbol at the end.
fn prices(state: &Value) -> Vec<Value> {
    let rows = state["symbols"].as_array().unwrap().iter();
    rows.map(|row| serde_json::json!([row["symbol"], row["bid"], row["ask"]]))
        .collect()
}

/// The digest of all books of a cluster: each partition's once, added up as one process does.
fn digest_of_cluster(said: &str) -> String {
    let of_pi_1 = digests(said).into_iter();
    let of_pi_1 = of_pi_1.filter(|((_, node), _)| node == "pi-1");
    let sum = of_pi_1.fold(0_u64, |sum, (_, digest)| {
        sum.wrapping_add(u64::from_str_radix(&digest, 16).unwrap())
    });
    format!("{sum:016x}")
}

#[test]
fn a_page_that_is_stopped_in_the_run_costs_two_seconds_and_is_right_when_it_goes_on() {
    let market = Market::open();
    let [data, control, setup, stock, other] = endpoints();
    let (first, web) = page(&setup, &stock);
    let (_second, second_web) = page(&setup, &other);
    let at = ["--data", &data, "--control", &control];
    let receivers = ["--stock", &stock, "--stock", &other];
    let mut pis = ["pi-1", "pi-2"].map(|name| {
        let own = ["pi", "--name", name, "--orders", "50000"];
        Node::start(&[&own[..], &at, &receivers].concat())
    });
    let more = ["--pis", "2", "--speed", "max", "--setup", &setup];
    let wishes = ["--await-visual", "--json-notices"];
    let own = ["controller", market.piped.path().to_str().unwrap()];
    let mut controller = Node::start(&[&own[..], &more, &at, &wishes].concat());
    controller.await_line(r#""started""#);
    let events = |state: &Value| state["counters"]["events"].as_u64().unwrap();
    await_state(&web, |state| events(state) > 0);
    signal(&first, "STOP");
    for pi in &mut pis {
        pi.await_line(&format!("at {stock} has read nothing for 2 s"));
    }
    // The other page goes on, and so does the replay.
    let before = events(&nodes::state_of(&second_web));
    await_state(&second_web, |state| events(state) > before);
    signal(&first, "CONT");
    // While the feed goes on slowly it is brought up to date.
    for pi in &mut pis {
        pi.await_line(&format!("at {stock} reads again"));
    }
    await_state(&web, |state| live(state) == SYMBOLS);
    market.end.send(()).unwrap();
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(digest_of_cluster(&said), market.digest());
    let ended = |state: &Value| state["phase"] == "ended" && live(state) == SYMBOLS;
    let states = [&web, &second_web].map(|web| await_state(web, ended));
    let [shown, shown_by_other] = states.each_ref().map(prices);
    assert_eq!(shown, shown_by_other);
    for pi in &mut pis {
        assert!(!pi.said().contains(&format!("at {other}")), "{}", pi.said());
    }
}

#[test]
fn a_page_that_dies_in_the_run_and_is_started_again_shows_all_as_it_is() {
    let market = Market::open();
    let [data, control, setup, stock] = endpoints();
    let (first, web) = page(&setup, &stock);
    let at = ["--data", &data, "--control", &control];
    let mut pi = Node::start(
        &[
            &["pi", "--name", "pi-1", "--stock", &stock][..],
            &["--orders", "50000"][..],
            &at,
        ]
        .concat(),
    );
    let more = ["--pis", "1", "--speed", "max", "--setup", &setup];
    let wishes = ["--await-visual", "--json-notices"];
    let own = ["controller", market.piped.path().to_str().unwrap()];
    let mut controller = Node::start(&[&own[..], &more, &at, &wishes].concat());
    controller.await_line(r#""started""#);
    await_state(&web, |state| state["counters"]["events"].as_u64() > Some(0));
    first.kill();
    pi.await_line(&format!("at {stock} has read nothing for 2 s"));
    let (_again, web) = page(&setup, &stock);
    await_state(&web, |state| live(state) == SYMBOLS);
    market.end.send(()).unwrap();
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(digest_of_cluster(&said), market.digest());
    let ended = |state: &Value| state["phase"] == "ended" && live(state) == SYMBOLS;
    await_state(&web, ended);
}

//! Day after day without a hand: real daemons that outlive each other's runs, on loopback.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test waits for processes, but not for ever"
)]

#[path = "support/nodes.rs"]
#[expect(dead_code, reason = "no daemon gets a signal here")]
mod nodes;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use nodes::{Node, await_state, digests, endpoints, state_of};
use serde_json::Value;
use support::oxberry;
use tempfile::TempDir;

/// A market of some minutes.
fn market(seed: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let size = ["--symbols", "8", "--messages", "20000", "--channels", "2"];
    let made = oxberry(
        ["generate", "--out", out, "--seed", seed]
            .into_iter()
            .chain(size),
    );
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(made.stdout, "");
    directory
}

/// A cluster of two Pis and a page, which stay, and a controller that comes and goes.
struct Cluster {
    data: String,
    control: String,
    setup: String,
    stock: String,
    /// Where the page is.
    web: String,
    page: Node,
    pis: Vec<Node>,
}

impl Cluster {
    fn start() -> Self {
        let [data, control, setup, stock] = endpoints();
        let page = [
            "--controller",
            &setup,
            "--stock",
            &stock,
            "--http",
            "127.0.0.1:0",
        ];
        let mut page = Node::start(&[&["visual", "--json-notices"], &page[..]].concat());
        let listening: Value =
            serde_json::from_str(&page.await_line(r#""notice":"listening""#)).unwrap();
        let mut cluster = Self {
            web: listening["web"].as_str().unwrap().to_owned(),
            data,
            control,
            setup,
            stock,
            page,
            pis: Vec::new(),
        };
        cluster.pis = ["pi-1", "pi-2"].map(|name| cluster.pi(name)).into();
        cluster
    }

    fn pi(&self, name: &str) -> Node {
        let at = [
            "--data",
            &self.data,
            "--control",
            &self.control,
            "--stock",
            &self.stock,
        ];
        let more = ["pi", "--name", name, "--orders", "50000"];
        Node::start(&[&more[..], &at].concat())
    }

    /// The controller, which is started with the same words every time.
    fn controller(&self, day: &Path, speed: &str) -> Node {
        let day = day.to_str().unwrap();
        let at = [
            "--data",
            &self.data,
            "--control",
            &self.control,
            "--setup",
            &self.setup,
        ];
        let more = ["controller", day, "--pis", "2", "--speed", speed];
        let wishes = ["--await-visual", "--json-notices"];
        Node::start(&[&more[..], &at, &wishes].concat())
    }

    /// Plays a day to its end; returns the digests of all replicas, and what the page shows.
    fn play(&self, day: &Path) -> (BTreeMap<(u64, String), String>, Value) {
        let before = state_of(&self.web)["run"].clone();
        let (code, said) = self.controller(day, "max").end();
        assert_eq!(code, Some(0), "{said}");
        let digests = digests(&said);
        assert_eq!(digests.len(), 2 * 8, "{said}");
        let state = self.ended(&before);
        (digests, state)
    }

    /// The state of the page after a run that follows another one, all of it live.
    fn ended(&self, before: &Value) -> Value {
        let is_over = |state: &Value| state["phase"] == "ended" && state["run"] != *before;
        let state = await_state(&self.web, is_over);
        let live = state["symbols"].as_array().unwrap().iter();
        assert_eq!(
            live.filter(|symbol| symbol["trust"] == "live").count(),
            8,
            "{state}"
        );
        state
    }
}

/// What the page shows of the symbols.
fn shown(state: &Value) -> &Value {
    &state["symbols"]
}

#[test]
fn the_same_pis_and_the_same_page_play_day_after_day() {
    let (monday, tuesday) = (market("1"), market("2"));
    let mut cluster = Cluster::start();
    let (first, shown_first) = cluster.play(monday.path());
    let (second, shown_second) = cluster.play(tuesday.path());
    assert_ne!(first, second);
    assert_ne!(shown_first["run"], shown_second["run"]);
    // Nothing of the day before is left.
    let (again, shown_again) = cluster.play(monday.path());
    assert_eq!(first, again);
    assert_eq!(shown(&shown_first), shown(&shown_again));
    assert_ne!(shown_first["run"], shown_again["run"]);
    for pi in &mut cluster.pis {
        pi.await_line("waits for the next run");
        assert!(!pi.said().contains("WARN"), "{}", pi.said());
    }
    assert!(
        !cluster.page.said().contains("WARN"),
        "{}",
        cluster.page.said()
    );
}

#[test]
fn a_controller_that_is_killed_in_the_run_and_started_again_finds_its_cluster() {
    let day = market("1");
    let cluster = Cluster::start();
    let (expected, _) = cluster.play(day.path());
    let controller = cluster.controller(day.path(), SLOW);
    let begun = await_state(&cluster.web, is_in_the_run);
    controller.kill();
    let (digests, state) = cluster.play(day.path());
    assert_eq!(digests, expected);
    assert_ne!(begun["run"], state["run"]);
}

/// So slow that a run takes some minutes.
const SLOW: &str = "1";

fn is_in_the_run(state: &Value) -> bool {
    state["phase"] == "running" && state["counters"]["events"].as_u64() > Some(0)
}

#[test]
fn a_pi_that_is_killed_and_started_again_takes_its_place_or_plays_the_next_day() {
    let day = market("1");
    let mut cluster = Cluster::start();
    let (expected, _) = cluster.play(day.path());
    // While the other one is awaited.
    cluster.pis.remove(1).kill();
    let mut controller = cluster.controller(day.path(), SLOW);
    controller.await_line("pi-1 joined");
    cluster.pis.remove(0).kill();
    cluster.pis.push(cluster.pi("pi-1"));
    controller.await_line("pi-1 has started again");
    controller.await_line("pi-1 joined");
    cluster.pis.push(cluster.pi("pi-2"));
    controller.await_line(r#""started""#);
    await_state(&cluster.web, is_in_the_run);
    // In the run, which goes on with its twin.
    cluster.pis.remove(0).kill();
    let mut again = cluster.pi("pi-1");
    controller.await_line("pi-1 has started again");
    again.await_line("waits for its turn");
    let before = state_of(&cluster.web)["counters"]["events"].as_u64();
    await_state(&cluster.web, |state| {
        state["counters"]["events"].as_u64() > before
    });
    controller.kill();
    let (digests, _) = cluster.play(day.path());
    assert_eq!(digests, expected);
    assert!(!again.said().contains("refuses"), "{}", again.said());
}

#[test]
fn a_day_that_ends_badly_is_told_from_a_run_that_failed() {
    let day = market("1");
    let cluster = Cluster::start();
    let missing = day.path().join("no-such-day");
    let (code, said) = cluster.controller(&missing, "max").end();
    assert_eq!(code, Some(1), "{said}");
    // The last packet of a channel is cut off.
    let channel = day.path().join("20240515-ARCA_XDP_IBF_1.dat");
    let length = std::fs::metadata(&channel).unwrap().len();
    let file = std::fs::File::options().write(true).open(&channel).unwrap();
    file.set_len(length - 3).unwrap();
    let (code, said) = cluster.controller(day.path(), "max").end();
    assert_eq!(code, Some(3), "{said}");
}

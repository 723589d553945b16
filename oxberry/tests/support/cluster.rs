//! A cluster of daemons as systemd runs them: two Pis and a page that stay, a controller that comes and
//! goes.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::nodes::{Node, await_state, digests, endpoints, state_of};
use super::support::oxberry;

/// A market of some minutes.
pub(crate) fn market(seed: &str) -> TempDir {
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
pub(crate) struct Cluster {
    data: String,
    control: String,
    pub(crate) setup: String,
    stock: String,
    /// Where the page is.
    pub(crate) web: String,
    pub(crate) page: Node,
    pub(crate) pis: Vec<Node>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
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

    pub(crate) fn pi(&self, name: &str) -> Node {
        self.pi_with(name, &[])
    }

    /// A Pi with more options.
    pub(crate) fn pi_with(&self, name: &str, options: &[&str]) -> Node {
        let at = [
            "--data",
            &self.data,
            "--control",
            &self.control,
            "--stock",
            &self.stock,
        ];
        let more = ["pi", "--name", name, "--orders", "50000"];
        Node::start(&[&more[..], &at, options].concat())
    }

    /// The controller, which is started with the same words every time.
    pub(crate) fn controller(&self, day: &Path, speed: &str) -> Node {
        self.controller_with(day, speed, &["--pis", "2"])
    }

    /// A controller with other options.
    pub(crate) fn controller_with(&self, day: &Path, speed: &str, options: &[&str]) -> Node {
        let day = day.to_str().unwrap();
        let at = [
            "--data",
            &self.data,
            "--control",
            &self.control,
            "--setup",
            &self.setup,
        ];
        let more = ["controller", day, "--speed", speed];
        let wishes = ["--await-visual", "--json-notices"];
        Node::start(&[&more[..], &at, &wishes, options].concat())
    }

    /// Plays a day to its end; returns the digests of all replicas, and what the page shows.
    pub(crate) fn play(&self, day: &Path) -> (BTreeMap<(u64, String), String>, Value) {
        let before = state_of(&self.web)["run"].clone();
        let (code, said) = self.controller(day, "max").end();
        assert_eq!(code, Some(0), "{said}");
        let digests = digests(&said);
        assert_eq!(digests.len(), 2 * 8, "{said}");
        let state = self.ended(&before);
        (digests, state)
    }

    /// Plays a run to its end that another controller has left; returns the digests of all replicas, and what
    /// the page shows, which has seen the same run all the time.
    pub(crate) fn go_on(&self, day: &Path) -> (BTreeMap<(u64, String), String>, Value) {
        let left = state_of(&self.web)["run"].clone();
        let (code, said) = self.controller(day, "max").end();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("goes on where they are"), "{said}");
        let state = await_state(&self.web, |state| state["phase"] == "ended");
        assert_eq!(state["run"], left);
        assert_all_live(&state);
        (digests(&said), state)
    }

    /// The state of the page after a run that follows another one, all of it live.
    pub(crate) fn ended(&self, before: &Value) -> Value {
        let is_over = |state: &Value| state["phase"] == "ended" && state["run"] != *before;
        let state = await_state(&self.web, is_over);
        assert_all_live(&state);
        state
    }
}

fn assert_all_live(state: &Value) {
    let symbols = state["symbols"].as_array().unwrap().iter();
    let live = symbols.filter(|symbol| symbol["trust"] == "live");
    assert_eq!(live.count(), 8, "{state}");
}

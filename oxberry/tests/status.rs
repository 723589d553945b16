//! `oxberry status` asks a real controller with real Pis.
#![cfg(test)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use oxberry_net::{Clock, Context, ControlServer, Endpoint, Interest, SetupClient, wait};
use serde_json::Value;
use support::oxberry;

/// Long enough for any step on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A free port.
const ANY_PORT: &str = "tcp://127.0.0.1:0";

/// A daemon, killed when the test is over.
struct Daemon(Child);

impl Daemon {
    /// Starts one with these words behind `oxberry node`.
    fn start(words: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .arg("node")
            .args(words.split_whitespace())
            .args(["--exit-with-stdin", "--log", "error"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A controller that plays a made-up day as slowly as it was, and its Pis.
struct Cluster {
    controller: Daemon,
    notices: BufReader<ChildStdout>,
    listening: Value,
    pis: Vec<Daemon>,
}

impl Cluster {
    fn start(day: &Path) -> Self {
        let day = day.to_str().unwrap();
        let made = format!("generate --out {day} --symbols 40 --messages 100000 --channels 3");
        let made = oxberry(made.split_whitespace());
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let mut controller = Daemon::start(&format!(
            "controller {day} --pis 2 --speed 1 --json-notices --data {ANY_PORT} --control {ANY_PORT} \
             --setup {ANY_PORT}"
        ));
        let mut notices = BufReader::new(controller.0.stdout.take().unwrap());
        let listening = next_notice(&mut notices);
        Self {
            controller,
            notices,
            listening,
            pis: Vec::new(),
        }
    }

    fn add_pis(&mut self) {
        for name in ["pi-1", "a-pi-with-quite-a-long-name-for-a-table"] {
            let (data, control) = (self.at("data"), self.at("control"));
            let pi = Daemon::start(&format!(
                "pi --name {name} --data {data} --control {control} --stock none --orders 20000 \
                 --lock-memory=false"
            ));
            self.pis.push(pi);
        }
        while next_notice(&mut self.notices)["notice"] != "started" {}
    }

    fn at(&self, socket: &str) -> &str {
        self.listening[socket].as_str().unwrap()
    }

    fn status(&self) -> Value {
        let run = oxberry(["status", "--json", "--controller", self.at("setup")]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    }

    /// Asks until something is so.
    fn await_status(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let clock = Clock::start();
        loop {
            let status = self.status();
            if is_so(&status) {
                return status;
            }
            let waited = Duration::from_nanos(clock.now().raw());
            assert!(waited < DEADLINE, "{what}: {status:#}");
        }
    }
}

fn next_notice(notices: &mut impl BufRead) -> Value {
    let mut line = String::new();
    notices.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

fn list<'a>(status: &'a Value, name: &str) -> &'a [Value] {
    status[name].as_array().unwrap()
}

#[test]
fn a_status_tells_nodes_channels_and_partitions_of_a_real_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(&folder.path().join("day"));
    let before = cluster.status();
    assert_eq!(before["phase"], "awaiting_nodes");
    assert_eq!(list(&before, "nodes"), [] as [Value; 0]);
    assert_eq!(
        list(&before, "partitions")[0]["replicas"],
        serde_json::json!([])
    );

    cluster.add_pis();
    let has_flow = |status: &Value| {
        let nodes = list(status, "nodes");
        let flows = |node: &Value| node["books"]["events"].as_u64() > Some(0);
        let channels = list(status, "channels").iter();
        nodes.iter().all(flows)
            && channels
                .clone()
                .all(|one| one["position"].as_u64() > Some(0))
    };
    let status = cluster.await_status("the feed flows", has_flow);
    assert_eq!(status["phase"], "running");
    assert_eq!(status["controller"], cluster.listening["setup"]);
    assert_eq!(
        (&status["symbols"], &status["replicas"]),
        (&40.into(), &2.into())
    );
    let zmq = oxberry_net::libzmq();
    assert!(
        zmq.to_string()
            .contains(status["libzmq"]["version"].as_str().unwrap())
    );
    assert_eq!(status["libzmq"]["curve"], zmq.has_curve);

    let nodes = list(&status, "nodes");
    assert_eq!(nodes.len(), 2);
    for node in nodes {
        assert_eq!(node["state"], "ready", "{node:#}");
        assert!(node["heard_ms_ago"].as_u64().unwrap() < 60_000, "{node:#}");
        assert_eq!(node["capacity"]["orders"], 20_000);
        assert_eq!(
            (&node["books"]["live"], &node["books"]["not_live"]),
            (&40.into(), &0.into())
        );
        assert!(
            node["machine"]["memory_bytes"].as_u64() > Some(1 << 20),
            "{node:#}"
        );
        assert_eq!(node["libzmq"], status["libzmq"]);
    }
    assert_eq!(
        (&status["trust"]["live"], &status["trust"]["stale"]),
        (&80.into(), &0.into())
    );
    let channels = list(&status, "channels");
    let numbers: Vec<_> = channels.iter().map(|one| one["channel"].as_u64()).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
    for channel in channels {
        assert_eq!(
            (&channel["ended"], &channel["losses"]),
            (&false.into(), &0.into())
        );
        assert!(channel["packets"].as_u64() > Some(0), "{channel:#}");
    }
    let partitions = list(&status, "partitions");
    assert_eq!(partitions.len(), 8);
    let symbols = partitions
        .iter()
        .map(|one| one["symbols"].as_u64().unwrap());
    assert_eq!(symbols.sum::<u64>(), 40);
    for partition in partitions {
        let replicas = list(partition, "replicas");
        assert_eq!(replicas.len(), 2);
        for replica in replicas {
            assert_eq!(replica["alive"], true);
            let positions = list(replica, "positions");
            assert_eq!(positions.len(), 3);
            let lags = positions.iter().map(|at| at["lag"].as_u64());
            assert_eq!(lags.max().unwrap(), replica["lag"].as_u64(), "{replica:#}");
        }
    }
}

#[test]
fn a_dead_pi_and_questions_that_nobody_can_read_leave_a_status_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(&folder.path().join("day"));
    cluster.add_pis();

    let mut client = SetupClient::connect(&Context::new(), cluster.at("setup").parse().unwrap());
    let client = client.as_mut().unwrap();
    let clock = Clock::start();
    for garbage in [
        &b""[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[2, 10, 0xff],
        &[0; 5_000],
    ] {
        client.request(garbage).unwrap();
        let deadline = clock.now().after(DEADLINE);
        while client.recv().unwrap().is_none() {
            wait(&clock, Some(deadline), [client.poll_item(Interest::Read)]).unwrap();
            assert!(clock.now() < deadline, "no answer");
        }
    }
    let status = cluster.status();
    assert_eq!(status["messages"]["bad"], 3, "{status:#}");

    let killed = &mut cluster.pis[1].0;
    killed.kill().unwrap();
    killed.wait().unwrap();
    let is_dead = |status: &Value| {
        list(status, "nodes")
            .iter()
            .any(|one| one["state"] == "dead")
    };
    let status = cluster.await_status("the death is noticed", is_dead);
    for partition in list(&status, "partitions") {
        let alive = list(partition, "replicas")
            .iter()
            .filter(|one| one["alive"] == true);
        assert_eq!(alive.count(), 1, "{partition:#}");
    }
    // What the dead one held counts no more.
    assert_eq!(status["trust"]["live"], 40);

    let run = oxberry(["status", "--controller", cluster.at("setup")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for words in ["a-pi-with-quite…", "DEAD", "running for", "libzmq"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert!(cluster.controller.0.try_wait().unwrap().is_none());
}

#[test]
fn without_a_controller_it_says_where_it_asked_and_what_to_look_at() {
    let nobody = ControlServer::bind(&Context::new(), Endpoint::loopback(0));
    let (server, endpoint) = nobody.unwrap();
    drop(server);
    let endpoint = endpoint.to_string();
    let run = oxberry([
        "status",
        "--json",
        "--timeout",
        "1",
        "--controller",
        &endpoint,
    ]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout, "");
    for words in [
        &*endpoint,
        "within 1 s",
        "oxberry-controller",
        "--setup",
        "--keys DIR",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
}

#[test]
fn what_cannot_be_asked_is_a_usage_error() {
    for wrong in [
        &["--controller", "here"][..],
        &["--controller", "tcp://127.0.0.1:0"],
        &["--timeout", "0"],
        &["--timeout", "soon"],
        &["--yaml"],
    ] {
        let run = oxberry(["status"].iter().chain(wrong));
        assert_eq!(run.code, Some(2), "{wrong:?}: {}", run.stderr);
    }
}

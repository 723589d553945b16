//! Pis that come back in the middle of the feed: real daemons, killed or stopped while a pipe holds the
//! rest of the day back.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test waits for processes, but not for ever"
)]

#[path = "support/cluster.rs"]
#[expect(dead_code, reason = "nobody looks at the page's words here")]
mod cluster;
#[path = "support/nodes.rs"]
#[expect(dead_code, reason = "nobody looks at their words without waiting here")]
mod nodes;
mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use cluster::{Cluster, market};
use nodes::{Node, await_state, digests, state_of};
use serde_json::Value;
use support::oxberry;
use tempfile::TempDir;

/// A day that stops in its middle until it may go on.
struct HeldDay {
    directory: TempDir,
    writers: Vec<(Sender<()>, JoinHandle<()>)>,
}

impl HeldDay {
    /// The channels of a day through named pipes.
    fn of(day: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut writers = Vec::new();
        for file in fs::read_dir(day).unwrap() {
            let path = file.unwrap().path();
            let to = directory.path().join(path.file_name().unwrap());
            if path.extension().is_none_or(|ext| ext != "dat") {
                fs::copy(&path, &to).unwrap();
                continue;
            }
            let made = Command::new("mkfifo").arg(&to).status().unwrap();
            assert!(made.success());
            let bytes = fs::read(&path).unwrap();
            let (go_on, may_go_on) = mpsc::channel();
            let writer = thread::spawn(move || {
                let (first, rest) = bytes.split_at(bytes.len() / 2);
                let mut pipe = File::options().write(true).open(&to).unwrap();
                pipe.write_all(first).unwrap();
                if may_go_on.recv().is_ok() {
                    pipe.write_all(rest).unwrap();
                }
            });
            writers.push((go_on, writer));
        }
        Self { directory, writers }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn go_on(&mut self) {
        for (go_on, writer) in self.writers.drain(..) {
            go_on.send(()).unwrap();
            writer.join().unwrap();
        }
    }
}

/// What both replicas of a day come to that nobody disturbs.
fn undisturbed(cluster: &Cluster, day: &Path) -> BTreeMap<(u64, String), String> {
    cluster.play(day).0
}

/// A run that stands in the middle of its day.
fn in_the_middle(cluster: &Cluster, day: &HeldDay) -> Node {
    let mut controller = cluster.controller(day.path(), "max");
    controller.await_line(r#""started""#);
    await_state(&cluster.web, |state| {
        state["phase"] == "running" && state["counters"]["events"].as_u64() > Some(0)
    });
    controller
}

/// Lets the day go on to its end, and holds it against the undisturbed one: pi-2 has all of it, and pi-1
/// calls no book live that it has not.
fn end_well(
    cluster: &Cluster,
    controller: Node,
    mut day: HeldDay,
    before: &Value,
    expected: &BTreeMap<(u64, String), String>,
) {
    day.go_on();
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    let digests = digests(&said);
    assert_eq!(digests.len(), expected.len(), "{said}");
    let of_twin = |digests: &BTreeMap<(u64, String), String>| {
        let mut of_twin = digests.clone();
        of_twin.retain(|(_, node), _| node == "pi-2");
        of_twin
    };
    assert_eq!(of_twin(&digests), of_twin(expected));
    // The twin has vouched for all of it.
    cluster.ended(before);
}

/// The partitions that a Pi holds, as the controller says.
fn held_by(cluster: &Cluster, name: &str) -> usize {
    let status = oxberry(["status", "--json", "--controller", &cluster.setup]);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    let partitions = status["partitions"].as_array().unwrap().iter();
    let holds = |partition: &&Value| {
        let replicas = partition["replicas"].as_array().unwrap();
        replicas
            .iter()
            .any(|one| one["node"] == name && one["alive"] == true)
    };
    partitions.filter(holds).count()
}

/// What the controller has counted.
fn count(cluster: &Cluster, of: &str) -> Option<u64> {
    let status = oxberry(["status", "--json", "--controller", &cluster.setup]);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    status[of].as_u64()
}

#[test]
fn a_pi_that_is_killed_in_the_run_and_started_again_joins_it() {
    let day = market("1");
    let mut cluster = Cluster::start();
    let expected = undisturbed(&cluster, day.path());
    let before = state_of(&cluster.web)["run"].clone();
    let held = HeldDay::of(day.path());
    let mut controller = in_the_middle(&cluster, &held);
    cluster.pis.remove(0).kill();
    let mut again = cluster.pi("pi-1");
    controller.await_line("pi-1 joined while the feed runs and has its place again");
    again.await_line("hears all its partitions");
    assert_eq!(count(&cluster, "joined_late"), Some(1));
    end_well(&cluster, controller, held, &before, &expected);
    again.await_line("all replicas are equal");
}

#[test]
fn a_pi_that_does_not_come_back_is_replaced_by_the_others() {
    let day = market("1");
    let mut cluster = Cluster::start();
    cluster.pis.push(cluster.pi("pi-3"));
    let options = ["--pis", "3", "--replace-after", "1"];
    let (code, said) = cluster.controller_with(day.path(), "max", &options).end();
    assert_eq!(code, Some(0), "{said}");
    let of_partitions = |digests: BTreeMap<(u64, String), String>| -> BTreeMap<u64, String> {
        let partitions = digests.into_iter();
        partitions
            .map(|((partition, _), digest)| (partition, digest))
            .collect()
    };
    let expected = of_partitions(digests(&said));
    let before = state_of(&cluster.web)["run"].clone();
    let mut held = HeldDay::of(day.path());
    let mut controller = cluster.controller_with(held.path(), "max", &options);
    controller.await_line(r#""started""#);
    await_state(&cluster.web, |state| {
        state["phase"] == "running" && state["counters"]["events"].as_u64() > Some(0)
    });
    let had = held_by(&cluster, "pi-1");
    assert!(had > 0);
    cluster.pis.remove(0).kill();
    for _ in 0..had {
        controller.await_line("which has had too few replicas for too long");
    }
    assert_eq!(held_by(&cluster, "pi-2") + held_by(&cluster, "pi-3"), 2 * 8);
    assert_eq!(count(&cluster, "takes"), Some(had as u64));
    held.go_on();
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    let digests = digests(&said);
    assert_eq!(
        digests.len(),
        2 * 8,
        "all partitions are on two Pis: {said}"
    );
    assert!(digests.keys().all(|(_, node)| node != "pi-1"));
    for ((partition, node), digest) in &digests {
        assert_eq!(
            Some(digest),
            expected.get(partition),
            "{partition} on {node}: {said}"
        );
    }
    cluster.ended(&before);
}

#[test]
fn a_pi_that_stood_still_for_too_long_is_fenced_and_joins_anew() {
    let day = market("1");
    let mut cluster = Cluster::start();
    let expected = undisturbed(&cluster, day.path());
    let before = state_of(&cluster.web)["run"].clone();
    let held = HeldDay::of(day.path());
    let mut controller = in_the_middle(&cluster, &held);
    cluster.pis[0].signal("STOP");
    controller.await_line("pi-1 is silent and counts as dead");
    cluster.pis[0].signal("CONT");
    controller.await_line("pi-1 was taken for dead and speaks again");
    controller.await_line("pi-1 joined while the feed runs and has its place again");
    cluster.pis[0].await_line("the controller took this node for dead");
    cluster.pis[0].await_line("hears all its partitions");
    assert_eq!(count(&cluster, "fenced"), Some(1));
    end_well(&cluster, controller, held, &before, &expected);
}

#[test]
fn what_both_replicas_lost_of_a_pipe_is_stale_for_good_and_told_once() {
    let day = market("1");
    let mut cluster = Cluster::start();
    undisturbed(&cluster, day.path());
    let mut held = HeldDay::of(day.path());
    let mut controller = in_the_middle(&cluster, &held);
    for pi in cluster.pis.drain(..) {
        pi.kill();
    }
    let again = ["pi-1", "pi-2"].map(|name| cluster.pi(name));
    let joined = "joined while the feed runs and has its place again";
    controller.await_line(joined);
    controller.await_line(joined);
    held.go_on();
    let (code, said) = controller.end();
    assert_eq!(code, Some(3), "{said}");
    let told = said.lines().filter(|line| {
        line.starts_with('{') && line.contains("is no file and can be read once only")
    });
    assert_eq!(told.count(), 1, "{said}");
    let is_stale = |line: &&str| line.starts_with(r#"{"notice":"partition""#);
    let stale = said.lines().filter(is_stale);
    assert!(
        stale.clone().count() > 0
            && stale.clone().all(|line| {
                line.contains(r#""not_live":1"#) && !line.contains(r#""not_live":0"#)
            }),
        "{said}"
    );
    drop(again);
}

#[test]
fn a_bit_that_flips_in_the_books_of_a_pi_is_found_and_the_book_repaired_while_the_feed_runs() {
    let day = market("1");
    let mut cluster = Cluster::start();
    let expected = undisturbed(&cluster, day.path());
    let before = state_of(&cluster.web)["run"].clone();
    cluster.pis.remove(0).kill();
    let mut pi = cluster.pi_with("pi-1", &["--test-flip-after", "2000"]);
    let mut held = HeldDay::of(day.path());
    let controller = in_the_middle(&cluster, &held);
    pi.await_line("a bit of the books was flipped");
    // What and where. If the order has left by then, only what the others add up to tells it, which may come from
    // damaged links as well: then all books are had again.
    let found = pi.await_line("changed by itself");
    let is_of_level = found.contains("bid") && found.contains("the shares of a level");
    assert!(
        is_of_level || found.contains("the orders do not add up"),
        "{found}"
    );
    for words in ["symbol index", "should be"] {
        assert!(found.contains(words), "{found}");
    }
    held.go_on();
    let (code, said) = controller.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(digests(&said), expected, "as if nothing had been: {said}");
    cluster.ended(&before);
}

//! Five machines in network namespaces, installed from the packages: controller, three Pis, one of them a
//! Raspberry Pi under emulation, and the page.
//!
//! As root, with what `.ci/run machines` prepares. Nothing leaves the namespaces.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test gives up on what hangs, looks at a page now and then, and a cable is out for a while"
)]

#[path = "../support/data.rs"]
mod data;
mod host;
mod network;
mod page;
#[path = "../support/mod.rs"]
mod support;
mod truth;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use data::data;
use host::{Daemon, Host, Roots, Running};
use network::Network;
use page::{PAGE, Seen, Watcher};
use support::oxberry;
use tempfile::TempDir;
use truth::Truth;

/// How long a cable is out: longer than anybody is waited for.
const PULLED_FOR: Duration = Duration::from_secs(10);

/// The hosts' numbers in the network.
const CONTROLLER: u8 = 1;
const VISUAL: u8 = 2;

/// A secured cluster that plays a day.
struct Cluster {
    // Dropped in this order: daemons, machines, files.
    controller: Running,
    visual: Running,
    pis: Vec<Running>,
    hosts: Hosts,
    truth: Arc<Truth>,
    _network: Network,
    files: TempDir,
}

struct Hosts {
    controller: Host,
    visual: Host,
    pis: Vec<Host>,
}

impl Cluster {
    /// Starts one; `name` is of this test.
    fn start(name: &str, day: &dyn Fn(&Path), speed: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        // Users of the machines go through it.
        fs::set_permissions(
            files.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        let feed = files.path().join("feed");
        fs::create_dir(&feed).unwrap();
        day(&feed);
        let truth = Arc::new(Truth::of(&feed, files.path()));

        let roots = Roots::of_ci();
        let mut network = Network::new(name);
        let mut host = |daemon, machine: &str, number| {
            let socket = network.plug_in(machine, number);
            Host::new(&roots, daemon, socket, machine, files.path())
        };
        let controller = host(Daemon::Controller, "controller", CONTROLLER);
        let visual = host(Daemon::Visual, "visual", VISUAL);
        let mut pis = vec![host(Daemon::Pi, "pi-1", 11), host(Daemon::Pi, "pi-2", 12)];
        let socket = network.plug_in("pi-3", 13);
        pis.push(Host::arm64_pi(&roots, socket, "pi-3", files.path()));
        let hosts = Hosts {
            controller,
            visual,
            pis,
        };
        hosts.configure(speed);
        Self {
            controller: hosts.controller.start(),
            visual: hosts.visual.start(),
            pis: hosts.pis.iter().map(Host::start).collect(),
            hosts,
            truth,
            _network: network,
            files,
        }
    }

    /// Looks at the page from now on.
    fn watch(&self) -> Watcher {
        Watcher::start(&self.hosts.visual.socket, Arc::clone(&self.truth))
    }

    /// Waits for the end of the day; the digests of all partitions, each as its replicas have it.
    fn play_to_the_end(&mut self) -> Vec<Vec<u64>> {
        self.controller
            .await_line("the end: all replicas are equal");
        assert!(
            self.controller.ended_well(),
            "{:#?}",
            self.controller.said()
        );
        let lines = self.controller.said().iter();
        let partitions =
            lines.filter(|line| line.contains("partition ") && line.contains(" symbols "));
        partitions.map(|line| digests(line)).collect()
    }

    fn events_file(&self) -> PathBuf {
        self.files.path().join("visual/events.csv")
    }
}

impl Hosts {
    fn all(&self) -> impl Iterator<Item = &Host> {
        [&self.controller, &self.visual]
            .into_iter()
            .chain(&self.pis)
    }

    /// Makes keys for all, and tells each whom it may talk to and how it works.
    fn configure(&self, speed: &str) {
        let allowed: Vec<String> = self.all().map(Host::make_keys).collect();
        let keys = "keys = \"/etc/oxberry/keys\"\n";
        let controller = self.controller.socket.address;
        let visual = self.visual.socket.address;
        self.controller.configure(
            &allowed,
            &format!(
                "dir = \"/srv/feed\"\nspeed = \"{speed}\"\npis = {}\nawait-visual = true\n\
                 data = \"tcp://*:5561\"\ncontrol = \"tcp://*:5562\"\nsetup = \"tcp://*:5563\"\n{keys}",
                self.pis.len(),
            ),
        );
        self.visual.configure(
            &allowed,
            &format!(
                "http = \"{PAGE}\"\nstock = \"tcp://*:5564\"\n\
                 controller = \"tcp://{controller}:5563\"\nevents = \"/etc/oxberry/events.csv\"\n\
                 exit-at-end = true\n{keys}"
            ),
        );
        for pi in &self.pis {
            let name = &pi.name;
            pi.configure(
                &allowed,
                &format!(
                    "name = \"{name}\"\ncontrol = \"tcp://{controller}:5562\"\n\
                     data = \"tcp://{controller}:5561\"\nstock = \"tcp://{visual}:5564\"\n\
                     orders = 200000\n{keys}"
                ),
            );
        }
    }
}

/// The digests in a line about a partition.
fn digests(line: &str) -> Vec<u64> {
    let words = line.split_whitespace().filter(|word| word.len() == 16);
    words
        .filter_map(|word| u64::from_str_radix(word, 16).ok())
        .collect()
}

/// A day of real order flow, or without the data a made-up one.
fn real_day(feed: &Path) {
    let Some(data) = data() else {
        return made_up_day(feed);
    };
    for file in fs::read_dir(data.join("flow/pillar")).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), feed.join(file.file_name())).unwrap();
        }
    }
}

/// A made-up day, about a minute long.
fn made_up_day(feed: &Path) {
    let feed = feed.to_str().unwrap();
    let made = oxberry([
        "generate",
        "--out",
        feed,
        "--symbols",
        "100",
        "--messages",
        "100000",
        "--dialect",
        "pillar",
    ]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
}

/// A cluster whose page shows everything live, and somebody who looks at it.
fn playing(name: &str) -> (Cluster, Watcher) {
    let mut cluster = Cluster::start(name, &made_up_day, "1");
    cluster.controller.await_line("started");
    let watcher = cluster.watch();
    watcher.until("all live", |seen| {
        seen.known >= 100 && seen.live == seen.known
    });
    (cluster, watcher)
}

fn all_silent(seen: &Seen) -> bool {
    seen.known > 0 && seen.live == 0
}

#[test]
#[ignore = "needs root and packages; .ci/run has a step for it"]
fn five_machines_play_a_day_to_equal_books_and_the_same_events() {
    let mut cluster = Cluster::start("day", &real_day, "max");
    let partitions = cluster.play_to_the_end();
    let mut all = 0_u64;
    for replicas in &partitions {
        assert_eq!(replicas.len(), 2, "{partitions:?}");
        assert_eq!(replicas[0], replicas[1], "{partitions:?}");
        all = all.wrapping_add(replicas[0]);
    }
    assert_eq!(all, cluster.truth.digest, "the digest of all books");
    assert!(cluster.visual.ended_well(), "{:#?}", cluster.visual.said());
    cluster.truth.assert_same_events(&cluster.events_file());
    println!("{} events equal", cluster.truth.events());
}

/// The cable of a Pi is pulled: its twins go on, and it is called dead.
fn pull_the_cable_of_a_pi(at: usize) {
    let (mut cluster, watcher) = playing(&format!("pi{}", at + 1));
    let pi = cluster.hosts.pis[at].socket.clone();
    let name = cluster.hosts.pis[at].name.clone();
    pi.pull();
    thread::sleep(PULLED_FOR);
    let before = watcher.seen();
    assert_eq!(before.live, before.known, "its twins go on");
    pi.put_back();
    let words = format!("{name} is silent and counts as dead; its twins go on");
    cluster.controller.await_line(&words);
    watcher.until("more events", |seen| seen.events > before.events + 1_000);
    for pi in &mut cluster.pis {
        assert!(pi.is_running(), "{:#?}", pi.said());
    }
    let seen = watcher.end();
    assert_eq!(seen.live, seen.known);
}

#[test]
#[ignore = "needs root and packages; .ci/run has a step for it"]
fn a_pi_without_its_cable_is_called_dead_and_missed_by_nobody() {
    pull_the_cable_of_a_pi(0);
}

#[test]
#[ignore = "needs root and packages; .ci/run has a step for it"]
fn another_pi_without_its_cable_is_called_dead_and_missed_by_nobody() {
    pull_the_cable_of_a_pi(1);
}

#[test]
#[ignore = "needs root and packages; .ci/run has a step for it"]
fn the_emulated_raspberry_pi_without_its_cable_is_missed_by_nobody() {
    pull_the_cable_of_a_pi(2);
}

#[test]
#[ignore = "needs root and packages; .ci/run has a step for it"]
fn without_the_controllers_cable_everything_is_silent() {
    let (mut cluster, watcher) = playing("controller");
    let controller = cluster.hosts.controller.socket.clone();
    controller.pull();
    watcher.until("silent", all_silent);
    for pi in &mut cluster.pis {
        pi.await_line("nothing is heard of the feed");
    }
    thread::sleep(PULLED_FOR);
    assert!(all_silent(&watcher.seen()));
    controller.put_back();
    cluster.controller.await_line("counts as dead");
    watcher.end();
}

#[test]
#[ignore = "needs root and packages; .ci/run has a step for it"]
fn without_the_pages_cable_everything_is_silent_and_comes_back() {
    let (mut cluster, watcher) = playing("visual");
    let visual = cluster.hosts.visual.socket.clone();
    visual.pull();
    watcher.until("silent", all_silent);
    thread::sleep(PULLED_FOR);
    assert!(all_silent(&watcher.seen()));
    visual.put_back();
    watcher.until("live again", |seen| seen.live == seen.known);
    for pi in &mut cluster.pis {
        assert!(pi.is_running(), "{:#?}", pi.said());
    }
    watcher.end();
}

//! A cluster with keys as processes: it plays a market to its end, and lets nobody else in.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may panic, and has deadlines"
)]

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use oxberry_net::{
    Clock, Context, ControlClient, Endpoint, Identity, Interest, KeyPair, KeyRole, Keys, allow,
    wait,
};
use oxberry_proto::start::Hello;
use oxberry_proto::{Libzmq, SCHEMA_FINGERPRINT, encode};
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A free port of this machine.
const ANY_PORT: &str = "tcp://127.0.0.1:0";

/// Keys directories of a cluster, and of a Pi that knows it and is not listed.
struct Keyring(TempDir);

impl Keyring {
    fn new() -> Self {
        let keyring = Self(tempfile::tempdir().unwrap());
        let machines = [
            ("controller", KeyRole::Controller),
            ("page", KeyRole::Visual),
            ("pi-1", KeyRole::Pi),
            ("pi-2", KeyRole::Pi),
            ("stranger", KeyRole::Pi),
        ];
        let pairs = machines.map(|(name, role)| {
            let pair = KeyPair::generate(role, name.parse().unwrap()).unwrap();
            pair.write(Path::new(&keyring.of(name)), false).unwrap();
            pair
        });
        for (at, _) in &machines {
            // The same list on all machines, as a person would copy it.
            for pair in &pairs[..4] {
                allow(Path::new(&keyring.of(at)), &pair.allowed_line(), false).unwrap();
            }
        }
        keyring
    }

    fn of(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

/// One process of the cluster.
struct Node {
    process: Child,
    notices: Receiver<String>,
    log: Receiver<String>,
}

impl Node {
    fn start(arguments: &[&str], keys: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .arg("node")
            .args(arguments)
            .args(["--keys", keys])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let notices = lines_of(process.stdout.take().unwrap());
        let log = lines_of(process.stderr.take().unwrap());
        Self {
            process,
            notices,
            log,
        }
    }

    /// The endpoints of its first notice, by their names.
    fn listening(&self) -> serde_json::Value {
        let line = self.notices.recv_timeout(PATIENCE);
        let line = line.unwrap_or_else(|_| panic!("{:?}", self.said()));
        serde_json::from_str(&line).unwrap()
    }

    fn await_log(&self, words: &str) {
        await_line(&self.log, words);
    }

    fn await_notice(&self, words: &str) {
        await_line(&self.notices, words);
    }

    fn said(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end: {:?}",
                self.said()
            );
            thread::yield_now();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Already gone in most cases.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(from)
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    lines
}

fn await_line(lines: &Receiver<String>, words: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left);
        if line
            .unwrap_or_else(|_| panic!("it never said `{words}`"))
            .contains(words)
        {
            return;
        }
    }
}

/// A market that ends.
fn market() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["generate", "--symbols", "20", "--messages", "10000"])
        .args(["--channels", "2", "--seed", "12", "--out", out])
        .status()
        .unwrap();
    assert!(made.success());
    directory
}

fn controller(market: &TempDir, keys: &Keyring) -> Node {
    let directory = market.path().to_str().unwrap();
    let arguments = [
        "controller",
        directory,
        "--pis",
        "2",
        "--speed",
        "max",
        "--await-visual",
        "--json-notices",
        "--data",
        ANY_PORT,
        "--control",
        ANY_PORT,
        "--setup",
        ANY_PORT,
    ];
    Node::start(&arguments, &keys.of("controller"))
}

/// The events of each symbol in their order.
fn by_symbol(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_by(|one, other| one.split(',').next().cmp(&other.split(',').next()));
    lines
}

#[test]
fn a_keyed_cluster_plays_to_the_end_and_an_unlisted_pi_does_not_join() {
    let (market, keys) = (market(), Keyring::new());
    let mut controller = controller(&market, &keys);
    let at = controller.listening();
    let at = |name: &str| at[name].as_str().unwrap().to_owned();

    let files = tempfile::tempdir().unwrap();
    let [of_page, of_replay] = ["page.csv", "replay.csv"].map(|name| files.path().join(name));
    let page_arguments = [
        "visual",
        "--json-notices",
        "--exit-at-end",
        "--http",
        "127.0.0.1:0",
        "--stock",
        ANY_PORT,
        "--controller",
        &at("setup"),
        "--events",
        of_page.to_str().unwrap(),
    ];
    let mut page = Node::start(&page_arguments, &keys.of("page"));
    let stock = page.listening()["stock"].as_str().unwrap().to_owned();

    let (control, data) = (at("control"), at("data"));
    let pi = |name: &str| {
        let arguments = [
            "pi",
            "--once",
            "--control",
            &control,
            "--data",
            &data,
            "--stock",
            &stock,
            "--orders",
            "100000",
        ];
        Node::start(&arguments, &keys.of(name))
    };
    // First in line, and refused at all three sockets.
    let mut stranger = pi("stranger");
    controller.await_log("at the control socket: its key is not in");
    stranger.await_log("does not let this machine in");
    let mut pis = ["pi-1", "pi-2"].map(pi);

    let status = controller.wait();
    assert!(status.success(), "{:?}", controller.said());
    for pi in &mut pis {
        assert!(pi.wait().success(), "{:?}", pi.said());
    }
    assert!(page.wait().success(), "{:?}", page.said());
    assert!(
        stranger.process.try_wait().unwrap().is_none(),
        "it goes on trying"
    );
    let joined = |line: &String| line.contains("joined the cluster");
    assert!(!stranger.said().iter().any(joined));

    let replayed = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["replay", "--digest", "--events"])
        .args([&of_replay, market.path()])
        .status()
        .unwrap();
    assert!(replayed.success());
    let (shown, expected) = (by_symbol(&of_page), by_symbol(&of_replay));
    assert!(expected.len() > 1_000, "{}", expected.len());
    assert!(
        shown == expected,
        "{} events, not {}",
        shown.len(),
        expected.len()
    );
}

#[test]
fn a_listed_pi_cannot_join_under_the_name_of_another() {
    let (market, keys) = (market(), Keyring::new());
    let controller = controller(&market, &keys);
    let at = controller.listening();
    let control: Endpoint = at["control"].as_str().unwrap().parse().unwrap();

    let rogue = Keys::load(Path::new(&keys.of("pi-2"))).unwrap();
    let context = Context::with_keys(rogue).unwrap();
    let clock = Clock::start();
    let identity = Identity::of_process("pi-2", &clock);
    let mut client = ControlClient::connect(&context, control, &identity).unwrap();
    let hello = Hello {
        name: "pi-1".try_into().unwrap(),
        schema: SCHEMA_FINGERPRINT,
        last_run: None,
        max_orders: 1_000,
        max_symbols: 1_000,
        libzmq: Libzmq::default(),
    };
    let mut message = [0; 256];
    let length = encode(&hello, &mut message).unwrap();
    assert!(client.try_send(&message[..length]).unwrap());
    controller.await_notice("`pi-2` says Hello as `pi-1`");
    // A heartbeat is answered; this is not.
    let soon = clock.now().after(Duration::from_millis(500));
    wait(&clock, Some(soon), [client.poll_item(Interest::Read)]).unwrap();
    assert_eq!(client.recv().unwrap(), None);
}

#[test]
fn a_revoked_pi_leaves_a_running_cluster() {
    let (market, keys) = (market(), Keyring::new());
    let controller = controller(&market, &keys);
    let at = controller.listening();
    let list = Path::new(&keys.of("controller")).join("allowed");
    let pi = [
        "pi",
        "--stock",
        "none",
        "--orders",
        "1000",
        "--control",
        at["control"].as_str().unwrap(),
        "--data",
        at["data"].as_str().unwrap(),
    ];
    let pi = Node::start(&pi, &keys.of("pi-1"));
    controller.await_notice("pi-1");
    let all = fs::read_to_string(&list).unwrap();
    let others: String = all
        .lines()
        .filter(|line| !line.contains(" pi-1 "))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut file = OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&list)
        .unwrap();
    file.write_all(others.as_bytes()).unwrap();
    controller.await_log("cut a connection to the control socket");
    pi.await_log("does not let this machine in");
}

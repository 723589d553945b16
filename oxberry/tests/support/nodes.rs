//! Daemons as processes of their own, as systemd runs them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Long enough for any step of a test on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running `oxberry node …`, killed when the test is over.
pub(crate) struct Node {
    child: Child,
    /// Both of its outputs, as the lines come.
    lines: Receiver<String>,
    said: String,
}

impl Node {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .arg("node")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut lines = BufReader::new(output).lines().map_while(Result::ok);
                lines.try_for_each(|line| sender.send(line))
            });
        }
        Self {
            child,
            lines,
            said: String::new(),
        }
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line with these words.
    pub(crate) fn await_line(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("`{words}` is not in:\n{}", self.said));
            self.said += &line;
            self.said += "\n";
            if line.contains(words) {
                return line;
            }
        }
    }

    /// What it has said so far.
    pub(crate) fn said(&mut self) -> &str {
        for line in self.lines.try_iter() {
            self.said += &line;
            self.said += "\n";
        }
        &self.said
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Takes its life without a word, as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end and returns its exit code, and all that it said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        // Its outputs end with it.
        while let Ok(line) = self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.said += &line;
            self.said += "\n";
        }
        assert!(Instant::now() < deadline, "no end:\n{}", self.said);
        let status = self.child.wait().unwrap();
        (status.code(), std::mem::take(&mut self.said))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Endpoints that nobody uses, of ports that no connection is given by itself: a socket that comes back
/// finds its port free, and nobody who looks for it meets himself there.
pub(crate) fn endpoints<const N: usize>() -> [String; N] {
    // Every process begins elsewhere, and the tests of one share what is left.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap();
    [(); N].map(|()| {
        loop {
            let next = NEXT.fetch_add(1, Ordering::Relaxed);
            let port = 20_000 + (first + next) % 12_000;
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                return format!("tcp://127.0.0.1:{port}");
            }
        }
    })
}

/// The state of the page at `http://ADDRESS/`.
pub(crate) fn state_of(address: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET /api/state HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// Waits until the page's state is so, and returns it.
pub(crate) fn await_state(address: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let state = state_of(address);
        if is_so(&state) {
            return state;
        }
        assert!(Instant::now() < deadline, "the page stays at {state}");
        // It puts up ten frames a second.
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// The digests that a controller told at the end, by partition and node.
pub(crate) fn digests(said: &str) -> BTreeMap<(u64, String), String> {
    let ends = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|notice| notice["notice"] == "partition");
    let mut digests = BTreeMap::new();
    for end in ends {
        assert_eq!(end["good"], true, "{end}");
        for replica in end["replicas"].as_array().unwrap() {
            let node = replica["node"].as_str().unwrap().to_owned();
            let digest = replica["digest"].as_str().unwrap().to_owned();
            digests.insert((end["partition"].as_u64().unwrap(), node), digest);
        }
    }
    digests
}

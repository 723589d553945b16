//! A controller that replays, a node and a dashboard, each with its metrics, as processes.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::scrape::{Scrape, get};

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything, killed when the test is over.
pub(crate) struct Cluster {
    processes: Vec<Daemon>,
    addresses: [SocketAddr; 3],
    _market: TempDir,
}

/// A daemon and the lines that it says.
struct Daemon {
    process: Child,
    lines: Receiver<String>,
}

impl Cluster {
    /// Starts a replay of a made-up market that lasts longer than any test.
    pub(crate) fn start() -> Self {
        let market = tempfile::tempdir().unwrap();
        let dir = market.path().to_str().unwrap();
        let made = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .args([
                "generate",
                "--symbols",
                "20",
                "--messages",
                "200000",
                "--channels",
                "1",
            ])
            .args(["--format", "pcap", "--out", dir])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");

        let any = "tcp://127.0.0.1:0";
        let mut controller = Daemon::start(&[
            "controller",
            dir,
            "--pis",
            "1",
            "--speed",
            "2",
            "--json-notices",
            "--data",
            any,
            "--control",
            any,
            "--setup",
            any,
            "--metrics",
            "127.0.0.1:0",
        ]);
        let notice = controller.line_with("\"listening\"");
        let notice: serde_json::Value = serde_json::from_str(&notice).unwrap();
        let said = |field: &str| notice[field].as_str().unwrap().to_owned();

        let mut visual = Daemon::start(&[
            "visual",
            "--http",
            "127.0.0.1:0",
            "--stock",
            any,
            "--controller",
            &said("setup"),
            "--json-notices",
        ]);
        let notice = visual.line_with("\"listening\"");
        let listening: serde_json::Value = serde_json::from_str(&notice).unwrap();
        let of_visual = |field: &str| listening[field].as_str().unwrap().to_owned();

        let mut pi = Daemon::start(&[
            "pi",
            "--name",
            "pi-1",
            "--orders",
            "100000",
            "--control",
            &said("control"),
            "--data",
            &said("data"),
            "--stock",
            &of_visual("stock"),
            "--metrics",
            "127.0.0.1:0",
        ]);
        let line = pi.line_with("serves metrics");
        let of_pi = line.split("address=").nth(1).unwrap().trim();
        let addresses = [&said("metrics"), of_pi, &of_visual("web")];
        Self {
            addresses: addresses.map(|address| address.parse().unwrap()),
            processes: vec![controller, visual, pi],
            _market: market,
        }
    }

    /// Where the metrics of controller, node and dashboard are.
    pub(crate) fn addresses(&self) -> [SocketAddr; 3] {
        self.addresses
    }

    /// Scrapes until this holds.
    pub(crate) fn scrape_until(
        &self,
        address: SocketAddr,
        holds: impl Fn(&Scrape) -> bool,
    ) -> Scrape {
        let deadline = now() + PATIENCE;
        loop {
            let scrape = Scrape::of(&get(address, "/metrics"));
            if holds(&scrape) {
                return scrape;
            }
            assert!(
                now() < deadline,
                "it never held of\n{scrape}\n{}",
                self.said()
            );
        }
    }

    /// What all of them have said.
    fn said(&self) -> String {
        let lines = self.processes.iter().flat_map(|one| one.lines.try_iter());
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Daemon {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_oxberry"))
            .arg("node")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        send_lines(process.stdout.take().unwrap(), sender.clone());
        send_lines(process.stderr.take().unwrap(), sender);
        Self { process, lines }
    }

    /// Waits for a line that holds this.
    fn line_with(&mut self, text: &str) -> String {
        let mut said = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => said += &(line + "\n"),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("`{text}` is not in\n{said}")
                }
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn send_lines(output: impl Read + Send + 'static, sender: mpsc::Sender<String>) {
    thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        for line in lines {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "a test gives up after a while")]
fn now() -> Instant {
    Instant::now()
}

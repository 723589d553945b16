//! A daemon as a process of its own, of whose log is counted what there is.

use std::env;
use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before the soak gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lines that are kept to be read; a flood is counted and not kept.
const MOST_KEPT: u64 = 1_000;

/// A running `oxberry node …`, killed when this is dropped.
pub(crate) struct Daemon {
    pub(crate) name: String,
    child: Child,
    /// Ends the daemon when this process ends, however that happens.
    _stdin: Option<ChildStdin>,
    said: Arc<Said>,
    /// The first lines, as they come.
    lines: Mutex<Receiver<String>>,
}

/// What it said on both of its outputs.
#[derive(Default)]
struct Said {
    lines: AtomicU64,
    bytes: AtomicU64,
    kept: Mutex<String>,
}

/// The command: one that was built as it is shipped, where that is named.
fn program() -> PathBuf {
    let named = env::var_os("OXBERRY_SOAK_PROGRAM");
    named.map_or_else(|| env!("CARGO_BIN_EXE_oxberry").into(), PathBuf::from)
}

impl Daemon {
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program())
            .arg("node")
            .args(arguments)
            .arg("--exit-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::<Said>::default();
        let (sender, lines) = mpsc::channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let (said, sender) = (Arc::clone(&said), sender.clone());
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if said.note(&line) {
                        // Nobody waits for lines once the cluster is over.
                        let _ = sender.send(line);
                    }
                }
            });
        }
        let stdin = child.stdin.take();
        Self {
            name: name.to_owned(),
            child,
            _stdin: stdin,
            said,
            lines: Mutex::new(lines),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line with these words.
    pub(crate) fn await_line(&self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let lines = self.lines.lock().unwrap();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = lines.recv_timeout(left) else {
                panic!("{} never said `{words}`, but:\n{}", self.name, self.said());
            };
            if line.contains(words) {
                return line;
            }
        }
    }

    /// How many lines it said so far, and of how many bytes.
    pub(crate) fn log(&self) -> (u64, u64) {
        (
            self.said.lines.load(Ordering::Relaxed),
            self.said.bytes.load(Ordering::Relaxed),
        )
    }

    /// The first lines that it said.
    pub(crate) fn said(&self) -> String {
        self.said.kept.lock().unwrap().clone()
    }

    /// The last few of these.
    pub(crate) fn said_last(&self) -> String {
        let said = self.said();
        let lines: Vec<_> = said.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// How it ended, if it has.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.status() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "{} does not end:\n{}",
                self.name,
                self.said()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    /// Counts a line; says whether it is one to keep.
    fn note(&self, line: &str) -> bool {
        let bytes = u64::try_from(line.len()).unwrap() + 1;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let is_kept = self.lines.fetch_add(1, Ordering::Relaxed) < MOST_KEPT;
        if is_kept {
            let mut kept = self.kept.lock().unwrap();
            kept.push_str(line);
            kept.push('\n');
        }
        is_kept
    }
}

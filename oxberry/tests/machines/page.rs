//! Somebody who looks at the page all the time and compares what it calls live with what is right.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::network::Socket;
use super::truth::Truth;

/// Where the page is on its machine.
pub(crate) const PAGE: &str = "127.0.0.1:8080";

/// Between two looks.
const EVERY: Duration = Duration::from_millis(100);

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Symbols that were live and not silent.
    pub(crate) live: usize,
    /// Symbols that anything is known of.
    pub(crate) known: usize,
    /// Events that counted.
    pub(crate) events: u64,
    /// Whether the feed is `running`, `silent`, `ended`.
    pub(crate) phase: String,
    /// How many looks there were.
    pub(crate) looks: usize,
    /// Live numbers that were compared with what is right.
    pub(crate) compared: usize,
    /// What was called live and is not right.
    pub(crate) faults: Vec<String>,
}

/// Looks at the page until it is dropped.
pub(crate) struct Watcher {
    seen: Arc<Mutex<Seen>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Begins to look from the page's own machine.
    pub(crate) fn start(at: &Socket, truth: Arc<Truth>) -> Self {
        let (seen, is_over) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let (socket, result, end) = (at.clone(), Arc::clone(&seen), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            socket.enter();
            while !end.load(Ordering::Relaxed) {
                if let Some(state) = state() {
                    note(&mut result.lock().unwrap(), &truth, &state);
                }
                thread::sleep(EVERY);
            }
        });
        Self {
            seen,
            is_over,
            thread: Some(thread),
        }
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the page shows this.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.seen()) {
            assert!(Instant::now() < deadline, "never {what}: {:?}", self.seen());
            thread::sleep(EVERY);
        }
    }

    /// Ends looking; nothing that was called live may have been wrong.
    pub(crate) fn end(mut self) -> Seen {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        let seen = self.seen();
        assert!(
            seen.faults.is_empty(),
            "called live and wrong: {:#?}",
            seen.faults
        );
        assert!(seen.compared > 0, "nothing was compared: {seen:?}");
        seen
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// The page's state, if it is there.
fn state() -> Option<Value> {
    let mut stream = TcpStream::connect(PAGE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET /api/state HTTP/1.1\r\nHost: {PAGE}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

fn note(seen: &mut Seen, truth: &Truth, state: &Value) {
    let symbols = state["symbols"].as_array().map_or(&[][..], Vec::as_slice);
    let is_live = |symbol: &&Value| symbol["trust"] == "live" && symbol["silent"] == false;
    let live: Vec<&Value> = symbols.iter().filter(is_live).collect();
    seen.live = live.len();
    seen.known = symbols
        .iter()
        .filter(|symbol| !symbol["trust"].is_null())
        .count();
    seen.events = state["counters"]["events"].as_u64().unwrap_or_default();
    seen.phase = state["phase"].as_str().unwrap_or_default().into();
    seen.looks += 1;
    seen.compared += live.len();
    let faults = live.iter().filter_map(|symbol| truth.fault_of(symbol));
    seen.faults.extend(faults);
}

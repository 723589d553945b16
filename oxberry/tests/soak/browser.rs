//! A browser that looks at the page all the time: takes every frame and confirms it.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

/// How long the page may be silent: it says something every second.
const PATIENCE: Duration = Duration::from_secs(60);

/// The browser, until it is dropped.
pub(crate) struct Browser {
    thread: JoinHandle<()>,
    seen: Arc<Seen>,
}

/// What it got, and whether that is enough.
#[derive(Default)]
struct Seen {
    frames: AtomicU64,
    bytes: AtomicU64,
    is_over: AtomicBool,
}

impl Browser {
    /// Opens the page at `ADDRESS:PORT`.
    pub(crate) fn open(address: &str) -> Self {
        let mut request = format!("ws://{address}/live")
            .into_client_request()
            .unwrap();
        let origin = HeaderValue::from_str(&format!("http://{address}")).unwrap();
        request.headers_mut().insert("Origin", origin);
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(request, stream).unwrap();
        let seen = Arc::<Seen>::default();
        let result = Arc::clone(&seen);
        let thread = thread::spawn(move || look_on(socket, &result));
        Self { thread, seen }
    }

    /// Frames that it got so far, and their bytes.
    pub(crate) fn seen(&self) -> (u64, u64) {
        (
            self.seen.frames.load(Ordering::Relaxed),
            self.seen.bytes.load(Ordering::Relaxed),
        )
    }

    /// Whether it still looks on.
    pub(crate) fn is_open(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Closes it; fails when the page had gone away.
    pub(crate) fn close(self) {
        self.seen.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

fn look_on(mut socket: WebSocket<TcpStream>, seen: &Seen) {
    while !seen.is_over.load(Ordering::Relaxed) {
        let message = socket.read().expect("the page goes on");
        let Message::Text(text) = message else {
            panic!("the page says {message:?}");
        };
        seen.frames.fetch_add(1, Ordering::Relaxed);
        seen.bytes
            .fetch_add(u64::try_from(text.len()).unwrap(), Ordering::Relaxed);
        // Of symbols and columns too, which need none.
        socket.send(Message::text("ok")).unwrap();
    }
}

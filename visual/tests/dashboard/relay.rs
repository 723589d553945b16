//! A network between a browser and the dashboard that can go dead without saying so.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Passes connections on to the dashboard.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Connections since the start.
    made: AtomicUsize,
    /// How many of them, the first ones, are dead.
    dead: AtomicUsize,
}

impl Relay {
    pub(crate) fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        // Ends with the test.
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(to).unwrap();
                let number = shared.made.fetch_add(1, Ordering::SeqCst);
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || shared.pass_on(number, from, to));
                }
            }
        });
        Self { address, state }
    }

    /// Lets the connections that there are stay open, and nothing pass through them any more.
    pub(crate) fn go_dead(&self) {
        let made = self.state.made.load(Ordering::SeqCst);
        self.state.dead.store(made, Ordering::SeqCst);
    }
}

impl State {
    fn pass_on(&self, number: usize, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 4 * 1024];
        while let Ok(count) = from.read(&mut bytes) {
            let is_dead = number < self.dead.load(Ordering::SeqCst);
            if is_dead && count > 0 {
                continue;
            }
            if is_dead {
                // Not even the end gets through.
                return thread::park();
            }
            if count == 0 || to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        // Ends the other direction, too; it may have ended already.
        let _ = to.shutdown(std::net::Shutdown::Both);
        let _ = from.shutdown(std::net::Shutdown::Both);
    }
}

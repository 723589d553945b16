//! Serves metrics over HTTP, in a thread of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use oxberry_core::units::Instant;
use prometheus_client::registry::Registry;

use super::connection::Connection;
use super::options::MetricsConfig;
use super::request::{Page, page_of, wants_head_only};
use super::response::Response;
use super::text::text;
use crate::clock::Clock;
use crate::error::NetError;
use crate::poll::{Interest, PollItem, wait_all};
use crate::shutdown::Shutdown;
use crate::token::{Token, TokenError, TokenFile};

/// Connections at once. There are few scrapers, and who comes later waits in the kernel's queue.
const MOST_CONNECTIONS: usize = 8;

/// How long a connection may last: what a scraper sends and reads takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long nobody is let in after the system could not let somebody in.
const PAUSE: Duration = Duration::from_secs(1);

/// A bound socket for metrics.
#[derive(Debug)]
pub struct MetricsServer {
    listener: TcpListener,
    address: SocketAddr,
    token: Option<Token>,
}

/// The running thread. When this is dropped, the thread has ended.
#[derive(Debug)]
pub struct MetricsThread {
    stop: Shutdown,
    /// Taken when it is dropped.
    thread: Option<JoinHandle<()>>,
}

/// Why no metrics can be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// The address is taken, or not one of this machine.
    #[error(
        "--metrics: cannot listen at {address}: {source}; choose another port, 0 for any free one, or `none`"
    )]
    Bind {
        /// Where it should listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// There is no token where one was promised.
    #[error("--metrics-token-file: {0}")]
    Token(#[from] TokenError),
    /// The system has no thread or file descriptor for it.
    #[error("cannot start the thread that serves metrics: {source}")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
    /// The same, of a file descriptor.
    #[error(transparent)]
    Net(#[from] NetError),
}

impl MetricsServer {
    /// Binds where the configuration says, and reads the token.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound or the token cannot be read.
    pub fn bind(config: &MetricsConfig) -> Result<Self, MetricsError> {
        let token = config.token_file.as_deref().map(TokenFile::read);
        let token = token.transpose()?.map(|file| file.token);
        let bind = || {
            let listener = TcpListener::bind(config.address)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bind().map_err(|source| MetricsError::Bind {
            address: config.address,
            source,
        })?;
        Ok(Self {
            listener,
            address,
            token,
        })
    }

    /// Where it listens, with the port that was found.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on. `is_well` says whether the daemon's loop still goes round.
    ///
    /// # Errors
    ///
    /// When the system has no thread or file descriptor left.
    pub fn start(
        self,
        clock: Clock,
        registry: Registry,
        is_well: impl Fn() -> bool + Send + 'static,
    ) -> Result<MetricsThread, MetricsError> {
        let stop = Shutdown::new()?;
        let stopped = stop.clone();
        let Self {
            listener, token, ..
        } = self;
        let serve = move || {
            let answer = |head: &[u8]| answer(head, token.as_ref(), &registry, &is_well);
            let mut serving = Serving {
                clock,
                listener,
                connections: Vec::new(),
                closed_until: Instant::default(),
            };
            if let Err(error) = serving.run(&stopped, &answer) {
                tracing::error!(%error, "no metrics are served any more");
            }
        };
        let thread = thread::Builder::new().name("metrics".into()).spawn(serve);
        let thread = thread.map_err(|source| MetricsError::Thread { source })?;
        Ok(MetricsThread {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for MetricsThread {
    fn drop(&mut self) {
        self.stop.request();
        if let Some(thread) = self.thread.take() {
            // It waits for nothing but this, so it ends at once. A panic in it was told by its hook.
            let _ = thread.join();
        }
    }
}

/// The answer to a head.
fn answer(
    head: &[u8],
    token: Option<&Token>,
    registry: &Registry,
    is_well: &dyn Fn() -> bool,
) -> Vec<u8> {
    let response = match page_of(head, token) {
        Ok(Page::Metrics) => Response::metrics(text(registry)),
        Ok(Page::Health) => Response::health(is_well()),
        Err(refusal) => Response::refused(refusal),
    };
    response.bytes(wants_head_only(head))
}

/// The thread's side.
struct Serving {
    clock: Clock,
    listener: TcpListener,
    connections: Vec<Connection>,
    /// Nobody is let in before.
    closed_until: Instant,
}

impl Serving {
    fn run(&mut self, stop: &Shutdown, answer: &dyn Fn(&[u8]) -> Vec<u8>) -> Result<(), NetError> {
        while !stop.is_requested() {
            self.wait(stop)?;
            let now = self.clock.now();
            self.connections
                .retain_mut(|connection| connection.go_on(answer) && now < connection.deadline);
            self.accept(now);
        }
        Ok(())
    }

    fn has_room(&self, now: Instant) -> bool {
        self.connections.len() < MOST_CONNECTIONS && self.closed_until <= now
    }

    fn wait(&self, stop: &Shutdown) -> Result<(), NetError> {
        let now = self.clock.now();
        let deadlines = self.connections.iter().map(|one| one.deadline);
        let opens = Some(self.closed_until).filter(|&opens| opens > now);
        let interest = Interest::read_if(self.has_room(now));
        let mut items = vec![
            stop.poll_item(),
            PollItem::fd(self.listener.as_fd(), interest),
        ];
        items.extend(self.connections.iter().map(Connection::poll_item));
        wait_all(&self.clock, deadlines.chain(opens).min(), items).map(drop)
    }

    fn accept(&mut self, now: Instant) {
        while self.has_room(now) {
            let accepted = self.listener.accept();
            match accepted.and_then(|(stream, _)| Connection::new(stream, now.after(PATIENCE))) {
                Ok(connection) => self.connections.push(connection),
                Err(error) => {
                    // Without a file descriptor for it the socket stays ready, and a loop that only
                    // tried again would do nothing else.
                    if !is_of_the_peer(&error) {
                        tracing::debug!(%error, "cannot let a scraper in");
                        self.closed_until = now.after(PAUSE);
                    }
                    return;
                }
            }
        }
    }
}

/// Whether nobody waits, or somebody left meanwhile.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
    )
}

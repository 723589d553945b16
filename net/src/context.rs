//! What the sockets of a process share: libzmq's thread, and the keys.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, thread};

use crate::clock::Clock;
use crate::domain::Domain;
use crate::error::NetError;
use crate::few::FirstFew;
use crate::keys::Keys;
use crate::limits::REPORTED_HANDSHAKES;
use crate::poll::wait;
use crate::roster::{KeyCounts, Roster};
use crate::shutdown::Shutdown;
use crate::zap::ZapThread;

/// What the sockets of a process share: libzmq's thread for input and output, and the keys of the
/// machine if there are any. With keys every TCP socket uses CURVE; without, it stays on loopback.
///
/// When the last clone and the last socket are gone it waits until what was sent is delivered, at
/// most [`LINGER`](crate::limits::LINGER) or what a socket was closed with.
#[derive(Clone, Default)]
pub struct Context {
    // Before the other, which waits until the thread in here has closed its socket.
    security: Option<Arc<Security>>,
    zmq: zmq::Context,
}

/// The keys of a context, and who may use its servers.
pub(crate) struct Security {
    keys: Keys,
    roster: Arc<Roster>,
    /// Answers who may come in. Only clients do without.
    _zap: Option<ZapThread>,
    /// Names of monitors given out.
    monitors: AtomicU64,
    /// Failed handshakes of all sockets that there were, some of which live for one question only.
    failures: Mutex<BTreeMap<Domain, FirstFew>>,
}

impl Context {
    /// A new context without keys, whose sockets reach this machine only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A new context in which every TCP socket uses these keys.
    ///
    /// # Errors
    ///
    /// When the list of allowed keys cannot be read, or a thread or socket cannot be made.
    pub fn with_keys(keys: Keys) -> Result<Self, NetError> {
        let zmq = zmq::Context::new();
        let roster = Arc::new(Roster::new(keys.clone())?);
        let zap = (keys.role().serves()).then(|| ZapThread::start(&zmq, Arc::clone(&roster)));
        let security = Security {
            keys,
            roster,
            _zap: zap.transpose()?,
            monitors: AtomicU64::new(0),
            failures: Mutex::default(),
        };
        let security = Some(Arc::new(security));
        Ok(Self { security, zmq })
    }

    /// A context with keys where there are some, and without where not.
    ///
    /// # Errors
    ///
    /// As [`with_keys`](Self::with_keys).
    pub fn of(keys: Option<&Keys>) -> Result<Self, NetError> {
        keys.map_or_else(|| Ok(Self::new()), |keys| Self::with_keys(keys.clone()))
    }

    /// What was done by the keys so far; nothing but zeros without keys.
    #[must_use]
    pub fn key_counts(&self) -> KeyCounts {
        let security = self.security.as_ref();
        security.map_or_else(KeyCounts::default, |security| KeyCounts {
            unproved: security.failed_handshakes(),
            ..security.roster.counts()
        })
    }

    /// Waits until what the closed sockets sent is delivered, or their linger is over, or shutdown
    /// is requested; says whether it ended by itself. No other clone and no socket may be left.
    ///
    /// # Errors
    ///
    /// When the system refuses a thread.
    pub fn close(self, shutdown: &Shutdown) -> Result<bool, NetError> {
        let delivered = Shutdown::new()?;
        let thread = thread::Builder::new().name("close".into());
        let closing = delivered.clone();
        // Nobody joins it: libzmq cannot be interrupted here, so it may end with the process.
        thread
            .spawn(move || {
                drop(self);
                closing.request();
            })
            .map_err(|source| NetError::System {
                attempt: "start the thread that closes sockets",
                source,
            })?;
        let clock = Clock::start();
        wait(&clock, None, [delivered.poll_item(), shutdown.poll_item()])?;
        Ok(delivered.is_requested())
    }

    /// libzmq's side of it.
    pub(crate) const fn zmq(&self) -> &zmq::Context {
        &self.zmq
    }

    /// The keys and what belongs to them.
    pub(crate) const fn security(&self) -> Option<&Arc<Security>> {
        self.security.as_ref()
    }
}

impl Security {
    /// The keys.
    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who may use the servers of the context.
    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    fn failed_handshakes(&self) -> u64 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.values().map(FirstFew::seen).sum()
    }

    /// Counts a failed handshake, and says whether it is told.
    pub(crate) fn tells_failure(&self, domain: Domain) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let few = failures.entry(domain);
        few.or_insert(FirstFew::of(REPORTED_HANDSHAKES)).tells()
    }

    /// A name for a monitor, unique in the context.
    pub(crate) fn monitor_name(&self) -> String {
        let number = self.monitors.fetch_add(1, Ordering::Relaxed);
        format!("monitor-{number}")
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field(
                "keys",
                &self.security.as_ref().map(|security| &security.keys),
            )
            .finish_non_exhaustive()
    }
}

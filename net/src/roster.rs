//! Who may talk to this machine now, and who does: what the ZAP thread and the sockets share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use oxberry_core::units::Instant;

use crate::domain::Domain;
use crate::few::FirstFew;
use crate::keys::{Allowed, KeyError, KeyName, KeyRole, Keys, PublicKey, Stamp};
use crate::limits::{ALLOWED_LOOK, ALLOWED_SETTLE, REPORTED_REFUSALS};

/// What a machine with keys did with those who talked to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Connections of listed keys that were let in.
    pub admitted: u64,
    /// Connections that were refused: the key is not listed, or its role is not for the socket.
    pub refused: u64,
    /// Handshakes that failed before a key was proved, on either side: the other end uses no keys, or
    /// another one, or closed the connection. As far as a socket has looked.
    pub unproved: u64,
    /// Messages that were dropped: the key was revoked meanwhile, or the sender took another one's name.
    pub dropped: u64,
    /// Connections that were cut because their key was revoked.
    pub cut: u64,
}

impl KeyCounts {
    /// Whether nobody was kept out.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.refused == 0 && self.unproved == 0 && self.dropped == 0 && self.cut == 0
    }
}

impl fmt::Display for KeyCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            admitted: _,
            refused,
            unproved,
            dropped,
            cut,
        } = self;
        write!(
            f,
            "{unproved} connections proved no key, {refused} were refused by their keys and {cut} cut, \
             and {dropped} messages dropped"
        )
    }
}

/// Who sent a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// There are no keys, so nobody is known.
    Anybody,
    /// The machine of this name.
    Known(KeyName),
    /// Somebody whose key does not open this socket any more.
    Stranger,
}

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The key is not listed.
    Unlisted,
    /// It is the key of a machine that has nothing to do here.
    WrongRole(KeyName, KeyRole),
}

/// The list, and the connections that spoke.
#[derive(Debug)]
pub(crate) struct Roster {
    keys: Keys,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    allowed: Allowed,
    /// By the file descriptor that libzmq reads from. One that was closed stays until its number is
    /// used again, so there are never more than descriptors.
    connections: BTreeMap<RawFd, Connection>,
    /// Who was refused where, as far as that was told.
    told: BTreeSet<(Domain, PublicKey)>,
    dropped: FirstFew,
    /// What was last read of a file that has changed.
    unsettled: Option<Unsettled>,
    /// What is wrong with the list, as far as that was told.
    fault: Option<String>,
    counts: KeyCounts,
}

/// The list, or what is wrong with it.
type Reading = Result<Allowed, String>;

/// A list that somebody may still be writing.
#[derive(Debug)]
struct Unsettled {
    reading: Reading,
    written: Option<Stamp>,
    /// When it was first read so.
    since: Instant,
}

/// A connection that somebody sent something on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Connection {
    domain: Domain,
    key: PublicKey,
    /// Where the message came from.
    from: Option<IpAddr>,
    /// The port of ours.
    port: u16,
}

impl Roster {
    /// The list as it is now.
    pub(crate) fn new(keys: Keys) -> Result<Self, KeyError> {
        let state = State {
            allowed: keys.read_allowed()?,
            connections: BTreeMap::new(),
            told: BTreeSet::new(),
            dropped: FirstFew::of(REPORTED_REFUSALS as u64),
            unsettled: None,
            fault: None,
            counts: KeyCounts::default(),
        };
        let state = Mutex::new(state);
        Ok(Self { keys, state })
    }

    /// Totals so far.
    pub(crate) fn counts(&self) -> KeyCounts {
        self.state().counts
    }

    /// Somebody knocks who proved to have this key.
    pub(crate) fn knock(
        &self,
        domain: Domain,
        key: PublicKey,
        address: &str,
    ) -> Result<KeyName, Refusal> {
        let mut state = self.state();
        match state.admits(domain, &key) {
            Ok(name) => {
                state.counts.admitted += 1;
                Ok(name)
            }
            Err(refusal) => {
                state.refuse(domain, key, address, &refusal, &self.keys);
                Err(refusal)
            }
        }
    }

    /// Who sent a message to the socket of `domain` at `port`. What a stranger sent is counted, and the
    /// connection cut.
    pub(crate) fn sender(&self, domain: Domain, port: u16, message: &mut zmq::Message) -> Sender {
        // The ZAP thread gave it.
        let key = message.gets("User-Id").and_then(|text| text.parse().ok());
        let Some(key) = key else {
            // On the data socket it is libzmq's own word that a subscriber is gone.
            if domain != Domain::Data {
                self.state().drop_message(domain, &"it bears no key");
            }
            return Sender::Stranger;
        };
        // What the option ZMQ_SRCFD reads.
        let fd = message.gets("__fd").and_then(|text| text.parse().ok());
        let from = message.gets("Peer-Address");
        let connection = Connection {
            domain,
            key,
            from: from.and_then(|text| text.parse().ok()),
            port,
        };
        let mut state = self.state();
        if let Some(fd) = fd {
            state.connections.insert(fd, connection);
        }
        if let Ok(name) = state.admits(domain, &key) {
            return Sender::Known(name);
        }
        state.drop_message(
            domain,
            &format_args!("the key {key} is not listed any more"),
        );
        if let Some(fd) = fd {
            state.cut(fd);
        }
        Sender::Stranger
    }

    /// A message of `name` was dropped, since its sender took another one's name.
    pub(crate) fn drop_message(&self, domain: Domain, name: &str, claimed: &str) {
        let reason = format_args!("`{name}` took the name of another: `{claimed}`");
        self.state().drop_message(domain, &reason);
    }

    /// Looks whether the list has changed, and cuts the connections whose key it does not hold any more;
    /// says when to look again. A list that cannot be read changes nothing, and is told once.
    ///
    /// What has changed counts when the file stays the same for a while: editors empty it before they write
    /// it.
    pub(crate) fn look(&self, now: Instant) -> Instant {
        let written = self.keys.stamp_of_allowed();
        let reading = self.keys.read_allowed();
        let reading = reading.map_err(|error| error.to_string());
        let mut state = self.state();
        if state.is_known(&reading) {
            state.unsettled = None;
            return now.after(ALLOWED_LOOK);
        }
        let same = state.unsettled.take();
        let same = same.filter(|before| before.reading == reading && before.written == written);
        let since = same.map_or(now, |before| before.since);
        if now < since.after(ALLOWED_SETTLE) {
            state.unsettled = Some(Unsettled {
                reading,
                written,
                since,
            });
            return since.after(ALLOWED_SETTLE);
        }
        match reading {
            Ok(allowed) => state.take_over(allowed, &self.keys),
            Err(fault) => {
                tracing::error!("{fault}; the list as it was before stays in force");
                state.fault = Some(fault);
            }
        }
        now.after(ALLOWED_LOOK)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked with the lock left nothing half done that matters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The name of a machine that may use a socket, or why it may not.
    fn admits(&self, domain: Domain, key: &PublicKey) -> Result<KeyName, Refusal> {
        match self.allowed.of_key(key) {
            None => Err(Refusal::Unlisted),
            Some(line) if domain.admits(line.role) => Ok(line.name.clone()),
            Some(line) => Err(Refusal::WrongRole(line.name.clone(), line.role)),
        }
    }

    /// Whether a reading says nothing new.
    fn is_known(&self, reading: &Reading) -> bool {
        match reading {
            Ok(allowed) => self.fault.is_none() && *allowed == self.allowed,
            Err(fault) => self.fault.as_ref() == Some(fault),
        }
    }

    fn take_over(&mut self, allowed: Allowed, keys: &Keys) {
        tracing::info!(
            "{}: the list has changed and is in force",
            Allowed::file_in(keys.directory()).display()
        );
        self.fault = None;
        self.allowed = allowed;
        self.told.clear();
        self.cut_the_revoked();
    }

    fn refuse(
        &mut self,
        domain: Domain,
        key: PublicKey,
        address: &str,
        refusal: &Refusal,
        keys: &Keys,
    ) {
        self.counts.refused += 1;
        // Whoever is refused tries again several times a second, and is told of once.
        if self.told.len() >= REPORTED_REFUSALS || !self.told.insert((domain, key)) {
            return;
        }
        let socket = domain.name();
        match refusal {
            Refusal::Unlisted => tracing::warn!(
                "refused {address} at the {socket} socket: its key is not in {}; if it is one of \
                 yours, add the line `ROLE NAME {key}` there",
                Allowed::file_in(keys.directory()).display()
            ),
            Refusal::WrongRole(name, role) => tracing::warn!(
                "refused `{name}` ({address}) at the {socket} socket: it is listed as {role}, and \
                 this socket is not for that role"
            ),
        }
    }

    fn drop_message(&mut self, domain: Domain, reason: &dyn fmt::Display) {
        self.counts.dropped += 1;
        if self.dropped.tells() {
            let socket = domain.name();
            tracing::warn!("dropped a message at the {socket} socket: {reason}");
        }
    }

    fn cut_the_revoked(&mut self) {
        let revoked = |(fd, connection): (&RawFd, &Connection)| {
            let admitted = self.admits(connection.domain, &connection.key);
            admitted.is_err().then_some(*fd)
        };
        let revoked: Vec<_> = self.connections.iter().filter_map(revoked).collect();
        for fd in revoked {
            self.cut(fd);
        }
    }

    /// Cuts a connection. libzmq closes it then, as if the other end had gone; and the other end comes
    /// back and is refused.
    ///
    /// libzmq may have closed the descriptor by itself, and another connection may have its number. So
    /// what is cut is a copy that was looked at: a connection to our port from the same address. At
    /// worst it is a new one of a listed neighbour behind the same address, which comes back.
    fn cut(&mut self, fd: RawFd) {
        let Some(connection) = self.connections.remove(&fd) else {
            return;
        };
        let Some(stream) = duplicate(fd) else {
            return;
        };
        let is_ours = stream
            .local_addr()
            .is_ok_and(|at| at.port() == connection.port);
        let is_theirs = stream
            .peer_addr()
            .is_ok_and(|at| Some(at.ip()) == connection.from);
        if is_ours && is_theirs && stream.shutdown(Shutdown::Both).is_ok() {
            self.counts.cut += 1;
            let (socket, key) = (connection.domain.name(), connection.key);
            tracing::warn!("cut a connection to the {socket} socket: its key {key} was revoked");
        }
    }
}

/// A copy of what a descriptor stands for, if it is open.
#[expect(unsafe_code, reason = "libzmq tells its descriptors as numbers")]
fn duplicate(fd: RawFd) -> Option<TcpStream> {
    if fd < 0 {
        return None;
    }
    // SAFETY: the descriptor is only used to make a copy of it, which is one system call. When it has
    // been closed that call fails, and when its number stands for something else by now the copy is
    // of that; whoever asked looks at the copy before doing anything with it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    borrowed.try_clone_to_owned().ok().map(TcpStream::from)
}

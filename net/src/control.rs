//! Controller and Pis, apart from the data: Hello, assignment, acknowledgements, digests.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use oxberry_proto::limits::MAX_CONTROL_BYTES;

use crate::clock::Clock;
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::keys::KeyName;
use crate::limits::SKIPPED_AT_ONCE;
use crate::poll::{Interest, PollItem};
use crate::role::Role;
use crate::roster::Sender;
use crate::socket::Socket;

/// The most that libzmq allows for an identity.
const MAX_IDENTITY_BYTES: usize = 255;

/// By what the controller knows the connection of a Pi: it stays the same when the connection is
/// made again, and differs between processes, even with the same name.
///
/// So it tells the next life of a machine from the one before. Neither process numbers nor the clock
/// could: a machine without a clock of its own counts both from the same beginning at every start.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity(Vec<u8>);

impl Identity {
    /// A new identity of a process that a person called `name`: the name, a dash, and what nobody drew
    /// before.
    #[must_use]
    pub fn of_process(name: &str, clock: &Clock) -> Self {
        let name = name.as_bytes().iter().copied().take(64);
        // The standard library's only source of random numbers. The rest would tell machines apart
        // that have none yet.
        let drawn = RandomState::new().hash_one((std::process::id(), clock.wall().raw()));
        let process = format!("-{drawn:016x}");
        Self(name.chain(process.into_bytes()).collect())
    }

    /// Whether these bytes are the identity of a process called `name`. Its end is looked at too: what
    /// only begins with `pi-` could be that of `pi-1`.
    fn is_of(identity: &[u8], name: &str) -> bool {
        let mut parts = identity.rsplitn(2, |byte| *byte == b'-');
        let is_drawn = |part: &[u8]| part.len() == 16 && part.iter().all(u8::is_ascii_hexdigit);
        parts.next().is_some_and(is_drawn) && parts.next() == Some(name.as_bytes())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", String::from_utf8_lossy(&self.0))
    }
}

/// What became of a message to one Pi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Delivery {
    /// It is on its way.
    Sent,
    /// The Pi has not read so many messages that there is no room for another one.
    Full,
    /// There is no connection to the Pi.
    Gone,
}

/// A message, and who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromPeer<'a> {
    /// The bytes of the sender's [`Identity`].
    pub peer: &'a [u8],
    /// The name that its key is listed under, with which its identity begins; nothing without keys.
    pub name: Option<&'a str>,
    /// What it sent.
    pub message: &'a [u8],
}

/// The controller's side.
#[derive(Debug)]
pub struct ControlServer {
    socket: Socket,
    peer: Box<[u8]>,
    name: Option<KeyName>,
    message: Box<[u8]>,
}

impl ControlServer {
    /// Listens for Pis; also says at which endpoint.
    ///
    /// # Errors
    ///
    /// When the port is taken or the socket cannot be made.
    pub fn bind(context: &Context, endpoint: Endpoint) -> Result<(Self, Endpoint), NetError> {
        let (socket, endpoint) = Socket::bind(context, Role::ControlServer, endpoint)?;
        let server = Self {
            socket,
            peer: vec![0; MAX_IDENTITY_BYTES].into(),
            name: None,
            message: vec![0; MAX_CONTROL_BYTES].into(),
        };
        Ok((server, endpoint))
    }

    /// The next message, if one has arrived. With keys, what somebody sends under the name of another is
    /// counted and dropped.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv(&mut self) -> Result<Option<FromPeer<'_>>, NetError> {
        for _ in 0..SKIPPED_AT_ONCE {
            let Some(peer) = self.socket.recv_identity(&mut self.peer)? else {
                return Ok(None);
            };
            // The socket itself puts the identity in front, so another part follows.
            let Some(message) = self.socket.recv_part(&mut self.message)? else {
                return Ok(None);
            };
            if message.more || message.length > self.message.len() {
                self.socket.skip(&message, &mut self.message)?;
                continue;
            }
            let identity = self.peer.get(..peer.length).unwrap_or_default();
            self.name = match message.sender {
                Sender::Anybody => None,
                Sender::Stranger => continue,
                Sender::Known(name) => {
                    if !Identity::is_of(identity, name.as_str()) {
                        let claimed = String::from_utf8_lossy(identity);
                        self.socket.drop_message(name.as_str(), &claimed);
                        continue;
                    }
                    Some(name)
                }
            };
            return Ok(Some(FromPeer {
                peer: self.peer.get(..peer.length).unwrap_or_default(),
                name: self.name.as_ref().map(KeyName::as_str),
                message: self.message.get(..message.length).unwrap_or_default(),
            }));
        }
        Ok(None)
    }

    /// Sends a message to one Pi, without waiting.
    ///
    /// # Errors
    ///
    /// When sending fails for a reason that [`Delivery`] does not cover.
    pub fn send(&mut self, peer: &[u8], message: &[u8]) -> Result<Delivery, NetError> {
        match self.socket.send_part(peer, zmq::DONTWAIT | zmq::SNDMORE) {
            Ok(true) => {}
            Ok(false) => return Ok(Delivery::Full),
            Err(NetError::Send {
                source: zmq::Error::EHOSTUNREACH,
                ..
            }) => return Ok(Delivery::Gone),
            Err(error) => return Err(error),
        }
        // The queue took the first part, and counts messages, not parts.
        let sent = self.socket.send_part(message, zmq::DONTWAIT)?;
        Ok(if sent { Delivery::Sent } else { Delivery::Full })
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

/// The Pi's side.
#[derive(Debug)]
pub struct ControlClient {
    socket: Socket,
    message: Box<[u8]>,
}

impl ControlClient {
    /// A client of the controller at `endpoint`.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made.
    pub fn connect(
        context: &Context,
        endpoint: Endpoint,
        identity: &Identity,
    ) -> Result<Self, NetError> {
        let socket = Socket::connect_as(context, Role::ControlClient, endpoint, &identity.0)?;
        let message = vec![0; MAX_CONTROL_BYTES].into();
        Ok(Self { socket, message })
    }

    /// Sends, or returns `false` at once when there is no room, as when the controller is away; wait
    /// for [`Interest::Write`] then.
    ///
    /// # Errors
    ///
    /// When sending fails for another reason.
    pub fn try_send(&mut self, message: &[u8]) -> Result<bool, NetError> {
        self.socket.try_send(message)
    }

    /// The next message, if one has arrived. Allocates nothing.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv(&mut self) -> Result<Option<&[u8]>, NetError> {
        let length = self.socket.recv_into(&mut self.message)?;
        Ok(length.and_then(|length| self.message.get(..length)))
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::Clock;

    #[test]
    fn an_identity_is_of_one_name_only() {
        let clock = Clock::start();
        for name in ["pi-1", "pi", "p-1-2-3"] {
            let Identity(identity) = Identity::of_process(name, &clock);
            assert!(Identity::is_of(&identity, name));
            for other in ["pi-1", "pi", "p", "p-1-2-3", ""] {
                assert_eq!(Identity::is_of(&identity, other), other == name);
            }
        }
        for identity in [
            "",
            "-",
            "pi",
            "pi-1",
            "pi-0123456789abcde",
            "pi-0123456789abcdef0",
            "pi-0123456789abcdeg",
            "pi-1-0123456789abcdef",
        ] {
            assert!(!Identity::is_of(identity.as_bytes(), "pi"), "{identity}");
        }
        // What libzmq makes up for whoever has none.
        assert!(!Identity::is_of(&[0, 1, 2, 3, 4], "pi"));
    }

    #[test]
    fn every_life_of_a_machine_has_another_identity_under_its_name() {
        let clock = Clock::start();
        let [one, other] = [(); 2].map(|()| Identity::of_process("pi-1", &clock));
        assert_ne!(one, other);
        assert!(one.0.starts_with(b"pi-1-"), "{one:?}");
        let long = "x".repeat(1_000);
        assert!(Identity::of_process(&long, &clock).0.len() < super::MAX_IDENTITY_BYTES);
    }
}

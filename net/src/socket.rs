//! The one place that makes sockets and says what went wrong with them.

use std::time::Duration;
use std::{fmt, thread};

use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::poll::{Interest, PollItem, wait};
use crate::role::{Role, ms, set_no_drop};
use crate::shutdown::Shutdown;

/// What the sockets of a process share: libzmq's thread for input and output.
///
/// When the last clone and the last socket are gone it waits until what was sent is delivered, at
/// most [`LINGER`](crate::limits::LINGER) or what a socket was closed with.
#[derive(Clone, Default)]
pub struct Context(zmq::Context);

impl Context {
    /// A new context, with one thread.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// A socket that knows what it is for and where, so that its errors can say so.
pub(crate) struct Socket {
    role: Role,
    /// Where it is bound or connected, for error texts.
    endpoint: String,
    zmq: zmq::Socket,
}

impl Socket {
    /// A socket bound to `endpoint`, and the endpoint that it really has: a port of 0 is replaced
    /// by the free port that was found.
    pub(crate) fn bind(
        context: &Context,
        role: Role,
        endpoint: Endpoint,
    ) -> Result<(Self, Endpoint), NetError> {
        let mut socket = Self::new(context, role)?;
        socket.bind_to(endpoint.to_string())?;
        let real = socket.zmq.get_last_endpoint().ok().and_then(Result::ok);
        let real = real
            .and_then(|text| text.trim_end_matches('\0').parse().ok())
            .unwrap_or(endpoint);
        socket.endpoint = real.to_string();
        Ok((socket, real))
    }

    /// A socket connected to `endpoint`. The connection is made, and made again, in the background.
    pub(crate) fn connect(
        context: &Context,
        role: Role,
        endpoint: Endpoint,
    ) -> Result<Self, NetError> {
        Self::connect_as(context, role, endpoint, &[])
    }

    /// The same under an identity by which a ROUTER knows it; empty lets the ROUTER choose.
    pub(crate) fn connect_as(
        context: &Context,
        role: Role,
        endpoint: Endpoint,
        identity: &[u8],
    ) -> Result<Self, NetError> {
        let mut socket = Self::new(context, role)?;
        if !identity.is_empty() {
            let result = socket.zmq.set_identity(identity);
            result.map_err(|source| socket.set_up_error(source))?;
        }
        socket.connect_to(endpoint.to_string())?;
        Ok(socket)
    }

    /// A socket bound to a name within the process.
    pub(crate) fn bind_inside(context: &Context, role: Role, name: &str) -> Result<Self, NetError> {
        let mut socket = Self::new(context, role)?;
        socket.bind_to(inside(name))?;
        Ok(socket)
    }

    /// A socket connected to a name within the process.
    pub(crate) fn connect_inside(
        context: &Context,
        role: Role,
        name: &str,
    ) -> Result<Self, NetError> {
        let mut socket = Self::new(context, role)?;
        socket.connect_to(inside(name))?;
        Ok(socket)
    }

    /// Subscribes to the frames that begin with `prefix`.
    pub(crate) fn subscribe(&self, prefix: &[u8]) -> Result<(), NetError> {
        let result = self.zmq.set_subscribe(prefix);
        result.map_err(|source| self.set_up_error(source))
    }

    /// Takes a subscription back.
    pub(crate) fn unsubscribe(&self, prefix: &[u8]) -> Result<(), NetError> {
        let result = self.zmq.set_unsubscribe(prefix);
        result.map_err(|source| self.set_up_error(source))
    }

    /// Sets how long [`send`](Self::send) waits for room.
    pub(crate) fn set_send_patience(&self, patience: Duration) -> Result<(), NetError> {
        let result = self.zmq.set_sndtimeo(ms(patience));
        result.map_err(|source| self.set_up_error(source))
    }

    /// Sets how long what was sent is still delivered after the socket was closed.
    pub(crate) fn set_linger(&self, linger: Duration) -> Result<(), NetError> {
        let result = self.zmq.set_linger(ms(linger));
        result.map_err(|source| self.set_up_error(source))
    }

    /// For publish sockets: whether a full queue holds the sender back or drops for its subscriber.
    pub(crate) fn set_no_drop(&mut self, no_drop: bool) -> Result<(), NetError> {
        let result = set_no_drop(&mut self.zmq, no_drop);
        result.map_err(|source| self.set_up_error(source))
    }

    /// Sends, or returns `false` at once when there is no room or no peer.
    pub(crate) fn try_send(&self, message: &[u8]) -> Result<bool, NetError> {
        self.send_part(message, zmq::DONTWAIT)
    }

    /// Sends, waiting for room; `false` when the socket's patience is over.
    pub(crate) fn send(&self, message: &[u8]) -> Result<bool, NetError> {
        self.send_part(message, 0)
    }

    /// Sends one part with libzmq's flags; `false` means that there was no room.
    pub(crate) fn send_part(&self, part: &[u8], flags: i32) -> Result<bool, NetError> {
        let limit = self.role.max_message_bytes();
        if part.len() > limit {
            return Err(NetError::TooLong {
                socket: self.role.name(),
                length: part.len(),
                limit,
            });
        }
        loop {
            match self.zmq.send(part, flags) {
                Ok(()) => return Ok(true),
                Err(zmq::Error::EAGAIN) => return Ok(false),
                Err(zmq::Error::EINTR) => {}
                Err(source) => {
                    return Err(NetError::Send {
                        socket: self.role.name(),
                        endpoint: self.endpoint.clone(),
                        source,
                    });
                }
            }
        }
    }

    /// Receives a message of one part into `buffer` and returns its length, or `None` when none has
    /// arrived. Messages that no program of ours sends are logged and skipped.
    pub(crate) fn recv_into(&self, buffer: &mut [u8]) -> Result<Option<usize>, NetError> {
        loop {
            let Some(part) = self.recv_part(buffer)? else {
                return Ok(None);
            };
            match part {
                Part {
                    length,
                    more: false,
                } if length <= buffer.len() => return Ok(Some(length)),
                part => self.skip(part, buffer)?,
            }
        }
    }

    /// Receives one part. Its length exceeds the buffer's if it was cut off.
    pub(crate) fn recv_part(&self, buffer: &mut [u8]) -> Result<Option<Part>, NetError> {
        loop {
            match self.zmq.recv_into(buffer, zmq::DONTWAIT) {
                Ok(length) => {
                    let more = self.zmq.get_rcvmore();
                    let more = more.map_err(|source| self.receive_error(source))?;
                    return Ok(Some(Part { length, more }));
                }
                Err(zmq::Error::EAGAIN) => return Ok(None),
                Err(zmq::Error::EINTR) => {}
                Err(source) => return Err(self.receive_error(source)),
            }
        }
    }

    /// Skips the rest of a message that is too long or has too many parts.
    pub(crate) fn skip(&self, first: Part, buffer: &mut [u8]) -> Result<(), NetError> {
        let (socket, length) = (self.role.name(), first.length);
        tracing::warn!(
            socket,
            length,
            "skipped a message that is too long or has more parts"
        );
        let mut part = first;
        while part.more {
            // The parts of a message arrive together.
            match self.recv_part(buffer)? {
                Some(next) => part = next,
                None => break,
            }
        }
        Ok(())
    }

    /// The socket's place in a [`wait`](crate::wait).
    pub(crate) fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        PollItem::socket(&self.zmq, interest)
    }

    fn new(context: &Context, role: Role) -> Result<Self, NetError> {
        let make = || {
            let mut zmq = context.0.socket(role.kind())?;
            role.set_options(&mut zmq)?;
            Ok(zmq)
        };
        let zmq = make().map_err(|source| NetError::SetUp {
            socket: role.name(),
            source,
        })?;
        Ok(Self {
            role,
            endpoint: String::new(),
            zmq,
        })
    }

    fn bind_to(&mut self, endpoint: String) -> Result<(), NetError> {
        let socket = self.role.name();
        match self.zmq.bind(&endpoint) {
            Ok(()) => {
                self.endpoint = endpoint;
                Ok(())
            }
            Err(zmq::Error::EADDRINUSE) => Err(NetError::PortTaken {
                socket,
                option: self.role.option(),
                endpoint,
            }),
            Err(source) => Err(NetError::Bind {
                socket,
                endpoint,
                source,
            }),
        }
    }

    fn connect_to(&mut self, endpoint: String) -> Result<(), NetError> {
        match self.zmq.connect(&endpoint) {
            Ok(()) => {
                self.endpoint = endpoint;
                Ok(())
            }
            Err(source) => Err(NetError::Connect {
                socket: self.role.name(),
                endpoint,
                source,
            }),
        }
    }

    fn set_up_error(&self, source: zmq::Error) -> NetError {
        NetError::SetUp {
            socket: self.role.name(),
            source,
        }
    }

    fn receive_error(&self, source: zmq::Error) -> NetError {
        NetError::Receive {
            socket: self.role.name(),
            endpoint: self.endpoint.clone(),
            source,
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("role", &self.role)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// One part of a message, as received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Its bytes.
    pub(crate) length: usize,
    /// Whether another part follows.
    pub(crate) more: bool,
}

/// The address of a name within the process.
fn inside(name: &str) -> String {
    format!("inproc://{name}")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{Context, Socket};
    use crate::role::Role;
    use crate::{Endpoint, NetError};

    #[test]
    fn port_0_becomes_the_port_that_was_found() {
        let context = Context::new();
        let bind = || Socket::bind(&context, Role::StockPuller, Endpoint::loopback(0)).unwrap();
        let ((_first, one), (_second, other)) = (bind(), bind());
        assert_ne!(one.port(), 0);
        assert_ne!(one.port(), other.port());
    }

    #[test]
    fn a_taken_port_is_named_with_what_to_do() {
        let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = Endpoint::loopback(holder.local_addr().unwrap().port());
        let error = Socket::bind(&Context::new(), Role::ControlServer, endpoint).unwrap_err();
        assert!(matches!(error, NetError::PortTaken { .. }));
        let text = error.to_string();
        assert!(text.contains("control socket"), "{text}");
        assert!(text.contains(&endpoint.to_string()), "{text}");
        assert!(text.contains("this port is taken"), "{text}");
        assert!(text.contains("another port with --control"), "{text}");
    }

    #[test]
    fn a_message_longer_than_receivers_accept_is_not_sent() {
        let context = Context::new();
        let socket = Socket::bind_inside(&context, Role::Pipe, "long").unwrap();
        let error = socket.try_send(&vec![0; 1 << 20]).unwrap_err();
        assert!(matches!(error, NetError::TooLong { length, .. } if length == 1 << 20));
    }
}

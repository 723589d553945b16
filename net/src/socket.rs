//! The one place that makes sockets and says what went wrong with them.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::few::FirstFew;
use crate::limits::{REPORTED_ODD, SKIPPED_AT_ONCE};
use crate::poll::{Interest, PollItem};
use crate::role::{Role, ms, set_no_drop};
use crate::roster::Sender;
use crate::secured::{Secured, end_watch};

/// A socket that knows what it is for and where, so that its errors can say so.
pub(crate) struct Socket {
    role: Role,
    /// Where it is bound or connected, for error texts.
    endpoint: String,
    zmq: zmq::Socket,
    /// With keys, over TCP. Behind the socket, which must be closed first.
    secured: Option<Secured>,
    /// Messages that no program of ours sends.
    odd: Cell<FirstFew>,
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
        socket.secured = Secured::serve(context, role, &mut socket.zmq)?;
        socket.check_protected(endpoint)?;
        socket.bind_to(endpoint.to_string())?;
        let real = socket.zmq.get_last_endpoint().ok().and_then(Result::ok);
        let real = real
            .and_then(|text| text.trim_end_matches('\0').parse().ok())
            .unwrap_or(endpoint);
        socket.endpoint = real.to_string();
        if let Some(secured) = &socket.secured {
            secured.bound_to(real.port());
        }
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
        socket.secured = Secured::connect(context, role, &mut socket.zmq)?;
        socket.check_protected(endpoint)?;
        if !identity.is_empty() {
            let result = socket.zmq.set_identity(identity);
            result.map_err(|source| role.set_up_error(source))?;
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
        result.map_err(|source| self.role.set_up_error(source))
    }

    /// Takes a subscription back.
    pub(crate) fn unsubscribe(&self, prefix: &[u8]) -> Result<(), NetError> {
        let result = self.zmq.set_unsubscribe(prefix);
        result.map_err(|source| self.role.set_up_error(source))
    }

    /// Sets how long [`send`](Self::send) waits for room.
    pub(crate) fn set_send_patience(&self, patience: Duration) -> Result<(), NetError> {
        let result = self.zmq.set_sndtimeo(ms(patience));
        result.map_err(|source| self.role.set_up_error(source))
    }

    /// Sets how long what was sent is still delivered after the socket was closed.
    pub(crate) fn set_linger(&self, linger: Duration) -> Result<(), NetError> {
        let result = self.zmq.set_linger(ms(linger));
        result.map_err(|source| self.role.set_up_error(source))
    }

    /// For publish sockets: whether a full queue holds the sender back or drops for its subscriber.
    pub(crate) fn set_no_drop(&mut self, no_drop: bool) -> Result<(), NetError> {
        let result = set_no_drop(&mut self.zmq, no_drop);
        result.map_err(|source| self.role.set_up_error(source))
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
                Err(zmq::Error::EAGAIN) => {
                    self.look_at_handshakes();
                    return Ok(false);
                }
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
    /// arrived. Messages that no program of ours sends, or of nobody, are counted and skipped; after
    /// many of them the others of the loop have their turn.
    pub(crate) fn recv_into(&self, buffer: &mut [u8]) -> Result<Option<usize>, NetError> {
        for _ in 0..SKIPPED_AT_ONCE {
            let Some(part) = self.recv_part(buffer)? else {
                return Ok(None);
            };
            if part.more || part.length > buffer.len() {
                self.skip(&part, buffer)?;
            } else if part.sender != Sender::Stranger {
                return Ok(Some(part.length));
            }
        }
        Ok(None)
    }

    /// Receives one part. Its length exceeds the buffer's if it was cut off.
    pub(crate) fn recv_part(&self, buffer: &mut [u8]) -> Result<Option<Part>, NetError> {
        self.recv_by(|| match &self.secured {
            Some(secured) if secured.is_server() => self.recv_known(secured, buffer),
            Some(_) | None => self.recv_unknown(buffer),
        })
    }

    /// Receives the identity that a ROUTER puts in front of a message. libzmq writes it, not the peer, and
    /// version 4.3.4 does not say whose key the message bears.
    pub(crate) fn recv_identity(&self, buffer: &mut [u8]) -> Result<Option<Part>, NetError> {
        self.recv_by(|| self.recv_unknown(buffer))
    }

    fn recv_by(
        &self,
        mut receive: impl FnMut() -> zmq::Result<(usize, Sender)>,
    ) -> Result<Option<Part>, NetError> {
        loop {
            match receive() {
                Ok((length, sender)) => {
                    let more = self.zmq.get_rcvmore();
                    let more = more.map_err(|source| self.receive_error(source))?;
                    return Ok(Some(Part {
                        length,
                        more,
                        sender,
                    }));
                }
                Err(zmq::Error::EAGAIN) => {
                    self.look_at_handshakes();
                    return Ok(None);
                }
                Err(zmq::Error::EINTR) => {}
                Err(source) => return Err(self.receive_error(source)),
            }
        }
    }

    /// Receives one part of whomever.
    fn recv_unknown(&self, buffer: &mut [u8]) -> zmq::Result<(usize, Sender)> {
        let length = self.zmq.recv_into(buffer, zmq::DONTWAIT)?;
        Ok((length, Sender::Anybody))
    }

    /// Receives one part by way of libzmq's own message, which knows who sent it.
    fn recv_known(&self, secured: &Secured, buffer: &mut [u8]) -> zmq::Result<(usize, Sender)> {
        let mut message = zmq::Message::new();
        self.zmq.recv(&mut message, zmq::DONTWAIT)?;
        let sender = secured.sender(&mut message);
        for (to, from) in buffer.iter_mut().zip(message.iter()) {
            *to = *from;
        }
        Ok((message.len(), sender))
    }

    /// Drops a message whose sender took another one's name.
    pub(crate) fn drop_message(&self, name: &str, claimed: &str) {
        if let Some(secured) = &self.secured {
            secured.drop_message(name, claimed);
        }
    }

    /// Skips the rest of a message that is too long or has too many parts.
    pub(crate) fn skip(&self, first: &Part, buffer: &mut [u8]) -> Result<(), NetError> {
        let mut odd = self.odd.get();
        if odd.tells() {
            let (socket, length) = (self.role.name(), first.length);
            tracing::warn!(
                socket,
                length,
                "skipped a message that is too long or has more parts"
            );
        }
        self.odd.set(odd);
        let mut more = first.more;
        while more {
            // The parts of a message arrive together.
            more = self.recv_part(buffer)?.is_some_and(|part| part.more);
        }
        Ok(())
    }

    /// The socket's place in a [`wait`](crate::wait).
    pub(crate) fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        PollItem::socket(&self.zmq, interest)
    }

    fn new(context: &Context, role: Role) -> Result<Self, NetError> {
        let make = || {
            let mut zmq = context.zmq().socket(role.kind())?;
            role.set_options(&mut zmq, context.security().is_some())?;
            Ok(zmq)
        };
        let zmq = make().map_err(|source| role.set_up_error(source))?;
        Ok(Self {
            role,
            endpoint: String::new(),
            zmq,
            secured: None,
            odd: Cell::new(FirstFew::of(REPORTED_ODD)),
        })
    }

    /// Only sockets with keys reach other machines. Options are checked before; this is the last look.
    fn check_protected(&self, endpoint: Endpoint) -> Result<(), NetError> {
        if self.secured.is_some() || endpoint.is_loopback() {
            return Ok(());
        }
        Err(NetError::Unprotected {
            socket: self.role.name(),
            option: self.role.option(),
            endpoint: endpoint.to_string(),
        })
    }

    fn look_at_handshakes(&self) {
        if let Some(secured) = &self.secured {
            secured.look(&self.zmq, &self.endpoint);
        }
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

    fn receive_error(&self, source: zmq::Error) -> NetError {
        NetError::Receive {
            socket: self.role.name(),
            endpoint: self.endpoint.clone(),
            source,
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.secured.is_some() {
            end_watch(&mut self.zmq);
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
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Its bytes.
    pub(crate) length: usize,
    /// Whether another part follows.
    pub(crate) more: bool,
    /// Who sent it.
    pub(crate) sender: Sender,
}

/// The address of a name within the process.
fn inside(name: &str) -> String {
    format!("inproc://{name}")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::Socket;
    use crate::role::Role;
    use crate::{Context, Endpoint, NetError};

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
    fn no_socket_without_keys_reaches_other_machines() {
        let endpoint: Endpoint = "tcp://192.0.2.1:5561".parse().unwrap();
        let context = Context::new();
        let bound = Socket::bind(&context, Role::StockPuller, endpoint).unwrap_err();
        let connected = Socket::connect(&context, Role::Subscriber, endpoint).unwrap_err();
        for error in [bound, connected] {
            assert!(matches!(error, NetError::Unprotected { .. }), "{error}");
            assert!(error.to_string().contains("oxberry keygen"), "{error}");
        }
    }

    #[test]
    fn a_message_longer_than_receivers_accept_is_not_sent() {
        let context = Context::new();
        let socket = Socket::bind_inside(&context, Role::Pipe, "long").unwrap();
        let error = socket.try_send(&vec![0; 1 << 20]).unwrap_err();
        assert!(matches!(error, NetError::TooLong { length, .. } if length == 1 << 20));
    }
}

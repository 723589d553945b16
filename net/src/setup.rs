//! The controller and whoever asks it, such as the visualisation: one question, one answer.

use std::time::Duration;

use oxberry_proto::limits::{MAX_CONTROL_BYTES, MAX_PLAIN_BYTES};

use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::limits::SKIPPED_AT_ONCE;
use crate::poll::{Interest, PollItem};
use crate::role::Role;
use crate::roster::Sender;
use crate::socket::Socket;

/// The controller's side.
#[derive(Debug)]
pub struct SetupServer {
    socket: Socket,
    request: [u8; MAX_PLAIN_BYTES],
}

impl SetupServer {
    /// Listens for visualisations; also says at which endpoint.
    ///
    /// # Errors
    ///
    /// When the port is taken or the socket cannot be made.
    pub fn bind(context: &Context, endpoint: Endpoint) -> Result<(Self, Endpoint), NetError> {
        let (socket, endpoint) = Socket::bind(context, Role::SetupServer, endpoint)?;
        let request = [0; MAX_PLAIN_BYTES];
        Ok((Self { socket, request }, endpoint))
    }

    /// The next request, if one has arrived and the last one was answered. One that is longer than
    /// any request, or of somebody whose key was revoked, is answered with an empty message and skipped.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv(&mut self) -> Result<Option<&[u8]>, NetError> {
        for _ in 0..SKIPPED_AT_ONCE {
            let part = match self.socket.recv_part(&mut self.request) {
                // The last request has no answer yet.
                Err(NetError::Receive {
                    source: zmq::Error::EFSM,
                    ..
                }) => None,
                received => received?,
            };
            let Some(part) = part else {
                return Ok(None);
            };
            if part.more || part.length > self.request.len() {
                self.socket.skip(&part, &mut self.request)?;
                self.socket.try_send(&[])?;
            } else if part.sender == Sender::Stranger {
                self.socket.try_send(&[])?;
            } else {
                return Ok(self.request.get(..part.length));
            }
        }
        Ok(None)
    }

    /// Answers the last request. `false` when there was none.
    ///
    /// # Errors
    ///
    /// When sending fails.
    pub fn reply(&mut self, message: &[u8]) -> Result<bool, NetError> {
        match self.socket.try_send(message) {
            Err(NetError::Send {
                source: zmq::Error::EFSM,
                ..
            }) => Ok(false),
            sent => sent,
        }
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

/// The visualisation's side.
///
/// It never waits: whoever has asked goes on and looks for the answer when the
/// [poll item](Self::poll_item) is ready. An answer may be lost with the controller or the connection,
/// which nobody says; so ask again after a while.
#[derive(Debug)]
pub struct SetupClient {
    context: Context,
    endpoint: Endpoint,
    socket: Socket,
    reply: Box<[u8]>,
    /// Whether a question has no answer yet.
    is_waiting: bool,
}

impl SetupClient {
    /// A client of the controller at `endpoint`.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made.
    pub fn connect(context: &Context, endpoint: Endpoint) -> Result<Self, NetError> {
        Ok(Self {
            context: context.clone(),
            endpoint,
            socket: Self::open(context, endpoint)?,
            reply: vec![0; MAX_CONTROL_BYTES].into(),
            is_waiting: false,
        })
    }

    /// Asks. An earlier question that was not answered yet is forgotten, also where it still waits for
    /// a controller that is away: else that would find all of them when it comes. `false` when there
    /// is no room for a question.
    ///
    /// # Errors
    ///
    /// When sending fails, or the socket cannot be made anew.
    pub fn request(&mut self, message: &[u8]) -> Result<bool, NetError> {
        if self.is_waiting {
            self.socket = Self::open(&self.context, self.endpoint)?;
        }
        self.is_waiting = self.socket.try_send(message)?;
        Ok(self.is_waiting)
    }

    /// Whether a question has no answer yet.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// The answer to the last question, if it has arrived.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv(&mut self) -> Result<Option<&[u8]>, NetError> {
        if !self.is_waiting {
            return Ok(None);
        }
        let length = self.socket.recv_into(&mut self.reply)?;
        self.is_waiting = length.is_none();
        Ok(length.and_then(|length| self.reply.get(..length)))
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }

    /// A socket that leaves no question behind when it is closed.
    fn open(context: &Context, endpoint: Endpoint) -> Result<Socket, NetError> {
        let socket = Socket::connect(context, Role::SetupClient, endpoint)?;
        socket.set_linger(Duration::ZERO)?;
        Ok(socket)
    }
}

//! Stock events: from all Pis to the visualisation.

use std::time::Duration;

use oxberry_proto::limits::MAX_BATCH_BYTES;

use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::poll::{Interest, PollItem};
use crate::role::Role;
use crate::socket::Socket;

/// A Pi's side.
#[derive(Debug)]
pub struct StockPusher {
    socket: Socket,
}

impl StockPusher {
    /// Pushes to the visualisation at `endpoint`, which need not be there yet.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made.
    pub fn connect(context: &Context, endpoint: Endpoint) -> Result<Self, NetError> {
        let socket = Socket::connect(context, Role::StockPusher, endpoint)?;
        Ok(Self { socket })
    }

    /// Sends, or returns `false` at once when the visualisation has not read so much that there is
    /// no room; keep the frame and wait for [`Interest::Write`] then.
    ///
    /// # Errors
    ///
    /// When sending fails for another reason.
    pub fn try_send(&mut self, frame: &[u8]) -> Result<bool, NetError> {
        self.socket.try_send(frame)
    }

    /// Closes the socket, and lets the context deliver what was sent for at most `linger`.
    ///
    /// # Errors
    ///
    /// When libzmq refuses the time.
    pub fn close(self, linger: Duration) -> Result<(), NetError> {
        self.socket.set_linger(linger)
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

/// The visualisation's side.
#[derive(Debug)]
pub struct StockPuller {
    socket: Socket,
    frame: Box<[u8]>,
}

impl StockPuller {
    /// Listens for Pis; also says at which endpoint.
    ///
    /// # Errors
    ///
    /// When the port is taken or the socket cannot be made.
    pub fn bind(context: &Context, endpoint: Endpoint) -> Result<(Self, Endpoint), NetError> {
        let (socket, endpoint) = Socket::bind(context, Role::StockPuller, endpoint)?;
        let frame = vec![0; MAX_BATCH_BYTES].into();
        Ok((Self { socket, frame }, endpoint))
    }

    /// The next frame, if one has arrived. The frames of one Pi arrive in order.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv(&mut self) -> Result<Option<&[u8]>, NetError> {
        let length = self.socket.recv_into(&mut self.frame)?;
        Ok(length.and_then(|length| self.frame.get(..length)))
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

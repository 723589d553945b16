//! Two threads of one process: commands down, answers up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::context::Context;
use crate::error::NetError;
use crate::limits::PIPE_QUEUE;
use crate::poll::{Interest, PollItem};
use crate::role::Role;
use crate::socket::Socket;

/// One end of a pipe between two threads. Both ends can send and receive, and a thread that
/// [`wait`](crate::wait)s wakes when something arrives.
#[derive(Debug)]
pub struct Pipe {
    socket: Socket,
    name: String,
    /// Messages that the other end has sent, or is about to, so that looking for one costs no system
    /// call while there is none.
    incoming: Arc<AtomicU64>,
    /// How many of them were received.
    received: u64,
    /// The same for the other end.
    outgoing: Arc<AtomicU64>,
}

impl Pipe {
    /// Both ends of a new pipe. `name` must differ from those of the context's other pipes.
    ///
    /// # Errors
    ///
    /// When the sockets cannot be made.
    pub fn pair(context: &Context, name: &str) -> Result<(Self, Self), NetError> {
        let [here, there] = &[(); 2].map(|()| Arc::new(AtomicU64::new(0)));
        let end = |socket, incoming: &Arc<_>, outgoing: &Arc<_>| Self {
            socket,
            name: name.into(),
            incoming: Arc::clone(incoming),
            received: 0,
            outgoing: Arc::clone(outgoing),
        };
        let inside = format!("pipe-{name}");
        let bound = Socket::bind_inside(context, Role::Pipe, &inside)?;
        let connected = Socket::connect_inside(context, Role::Pipe, &inside)?;
        Ok((end(bound, here, there), end(connected, there, here)))
    }

    /// Sends. Waits while the other end has more than [`PIPE_QUEUE`] messages to read, but not for
    /// ever.
    ///
    /// # Errors
    ///
    /// [`NetError::PipeStuck`] when the other end is gone or does not read.
    pub fn send(&mut self, message: &[u8]) -> Result<(), NetError> {
        const { assert!(PIPE_QUEUE > 0, "0 would mean no bound") };
        // Before it can be received, so that whoever is woken by it looks.
        self.outgoing.fetch_add(1, Ordering::Release);
        let sent = self.socket.send(message);
        if !matches!(sent, Ok(true)) {
            self.outgoing.fetch_sub(1, Ordering::Release);
        }
        if sent? {
            return Ok(());
        }
        let pipe = self.name.clone();
        Err(NetError::PipeStuck { pipe })
    }

    /// Receives a message into `buffer`, if one has arrived.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv<'a>(&mut self, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>, NetError> {
        if self.incoming.load(Ordering::Acquire) == self.received {
            return Ok(None);
        }
        let length = self.socket.recv_into(buffer)?;
        self.received += u64::from(length.is_some());
        Ok(length.and_then(|length| buffer.get(..length)))
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

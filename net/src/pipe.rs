//! Two threads of one process: commands down, answers up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::NetError;
use crate::limits::PIPE_QUEUE;
use crate::poll::{Interest, PollItem};
use crate::role::Role;
use crate::socket::{Context, Socket};

/// One end of a pipe between two threads. Both ends can send and receive, and a thread that
/// [`wait`](crate::wait)s wakes when something arrives.
#[derive(Debug)]
pub struct Pipe {
    socket: Socket,
    name: String,
    /// Raised by the other end when it has sent something, so that looking costs no system call.
    incoming: Arc<AtomicBool>,
    /// The same for the other end.
    outgoing: Arc<AtomicBool>,
}

impl Pipe {
    /// Both ends of a new pipe. `name` must differ from those of the context's other pipes.
    ///
    /// # Errors
    ///
    /// When the sockets cannot be made.
    pub fn pair(context: &Context, name: &str) -> Result<(Self, Self), NetError> {
        let flags = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let [here, there] = &flags;
        let end = |socket, incoming: &Arc<_>, outgoing: &Arc<_>| Self {
            socket,
            name: name.into(),
            incoming: Arc::clone(incoming),
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
        if self.socket.send(message)? {
            self.outgoing.store(true, Ordering::Release);
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
        if !self.incoming.load(Ordering::Acquire) {
            return Ok(None);
        }
        let mut length = self.socket.recv_into(buffer)?;
        if length.is_none() {
            self.incoming.store(false, Ordering::Release);
            // What came before the flag was lowered is seen now, what comes later raises it.
            length = self.socket.recv_into(buffer)?;
            if length.is_some() {
                self.incoming.store(true, Ordering::Release);
            }
        }
        Ok(length.and_then(|length| buffer.get(..length)))
    }

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

//! The receiving end of the data plane.

use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::{ProtoError, Topic};

use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::poll::{Interest, PollItem};
use crate::role::Role;
use crate::socket::Socket;

/// A frame taken apart into its topic and the message, or what is wrong with its topic.
pub type Enveloped<'a> = Result<(Topic, &'a [u8]), ProtoError>;

/// Receives the frames of the partitions that it subscribed to.
///
/// A subscription takes time to travel to the publisher. Whoever subscribes knows that it is in
/// force when a ping came through on the topic, and then says so on the control socket; until then
/// the publisher goes on pinging.
#[derive(Debug)]
pub struct SynchronizedSubscriber {
    socket: Socket,
    frame: Box<[u8]>,
}

impl SynchronizedSubscriber {
    /// A subscriber, to nothing yet, of the proxy at `endpoint`.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made.
    pub fn connect(context: &Context, endpoint: Endpoint) -> Result<Self, NetError> {
        let socket = Socket::connect(context, Role::Subscriber, endpoint)?;
        let frame = vec![0; MAX_BATCH_BYTES].into();
        Ok(Self { socket, frame })
    }

    /// Asks for the frames of a partition.
    ///
    /// # Errors
    ///
    /// When libzmq refuses.
    pub fn subscribe(&mut self, topic: Topic) -> Result<(), NetError> {
        self.socket.subscribe(&topic.to_bytes())
    }

    /// Asks for the frames of a partition no more. Some may still be on the way.
    ///
    /// # Errors
    ///
    /// When libzmq refuses.
    pub fn unsubscribe(&mut self, topic: Topic) -> Result<(), NetError> {
        self.socket.unsubscribe(&topic.to_bytes())
    }

    /// The next frame, topic and message, if one has arrived. Allocates nothing.
    ///
    /// # Errors
    ///
    /// When receiving fails for another reason than that nothing is there.
    pub fn recv(&mut self) -> Result<Option<&[u8]>, NetError> {
        let length = self.socket.recv_into(&mut self.frame)?;
        Ok(length.and_then(|length| self.frame.get(..length)))
    }

    /// The next frame, split into topic and message: the other end of
    /// [`publish_enveloped`](crate::SynchronizedPublisher::publish_enveloped).
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv). A frame without a topic is an ordinary result.
    pub fn recv_enveloped(&mut self) -> Result<Option<Enveloped<'_>>, NetError> {
        Ok(self.recv()?.map(Topic::split))
    }

    /// Closes the socket. What has not been received yet is gone.
    pub fn close(self) {}

    /// Its place in a [`wait`](crate::wait).
    #[must_use]
    pub fn poll_item(&self, interest: Interest) -> PollItem<'_> {
        self.socket.poll_item(interest)
    }
}

//! The sending end of the data plane, one for each thread that publishes.

use oxberry_proto::flow::Coverage;
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_PLAIN_BYTES};
use oxberry_proto::start::Ping;
use oxberry_proto::{Head, Partition, Run, Topic, encode};

use crate::clock::Clock;
use crate::context::Context;
use crate::error::NetError;
use crate::limits::PROXY_PATIENCE;
use crate::poll::{Interest, wait};
use crate::role::Role;
use crate::socket::Socket;

/// Publishes frames through the [`Proxy`](crate::Proxy) of its process; made by
/// [`Proxy::publisher`](crate::Proxy::publisher).
///
/// It is synchronised with the proxy from the start: every frame reaches the proxy, which alone
/// knows who subscribed to what. So a ping that any publisher sent proves a subscription for all of
/// them.
#[derive(Debug)]
pub struct SynchronizedPublisher {
    socket: Socket,
    frame: Box<[u8]>,
}

impl SynchronizedPublisher {
    /// Connects to the proxy that is bound to `name` and waits until it has taken notice.
    pub(crate) fn connect(context: &Context, name: &str, queue: usize) -> Result<Self, NetError> {
        let socket = Socket::connect_inside(context, Role::Publisher { queue }, name)?;
        let frame = vec![0; MAX_BATCH_BYTES].into();
        let mut publisher = Self { socket, frame };
        let clock = Clock::start();
        let deadline = clock.now().after(PROXY_PATIENCE);
        // The proxy subscribes to everything, once; the first that arrives is its subscription.
        while publisher.socket.recv_into(&mut publisher.frame)?.is_none() {
            let [_] = wait(
                &clock,
                Some(deadline),
                [publisher.socket.poll_item(Interest::Read)],
            )?;
            if clock.now() >= deadline {
                return Err(NetError::NoProxy);
            }
        }
        Ok(publisher)
    }

    /// Publishes a frame that begins with its topic.
    ///
    /// When the proxy is held up it waits, at most about [`STALL_LIMIT`](crate::limits::STALL_LIMIT)
    /// for each subscriber that is stuck.
    ///
    /// # Errors
    ///
    /// When the frame is longer than [`MAX_BATCH_BYTES`] or sending fails.
    pub fn publish(&mut self, frame: &[u8]) -> Result<(), NetError> {
        // The socket has no send timeout: it never gives up with `false`.
        self.socket.send(frame).map(drop)
    }

    /// Publishes a message with its topic put in front.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub fn publish_enveloped(&mut self, topic: Topic, message: &[u8]) -> Result<(), NetError> {
        let Ok(length) = topic.envelop(message, &mut self.frame) else {
            return Err(NetError::TooLong {
                socket: "publisher",
                length: Topic::LEN + message.len(),
                limit: MAX_BATCH_BYTES,
            });
        };
        let frame = self.frame.get(..length).unwrap_or_default();
        self.socket.send(frame).map(drop)
    }

    /// Asks on the topic of a partition whether anybody hears it.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub fn ping(&mut self, run: Run, partition: Partition) -> Result<(), NetError> {
        self.publish_plain(partition, &Ping { run, partition })
    }

    /// Says on the topic of a stream's partition how far it is covered, and whether it is over.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub fn cover(&mut self, coverage: Coverage) -> Result<(), NetError> {
        self.publish_plain(coverage.stream.partition, &coverage)
    }

    /// Closes the socket. What was published still reaches the proxy.
    pub fn close(self) {}

    fn publish_plain<H: Head>(&mut self, partition: Partition, head: &H) -> Result<(), NetError> {
        let mut message = [0; MAX_PLAIN_BYTES];
        let length = encode(head, &mut message).expect("MAX_PLAIN_BYTES holds every plain message");
        let message = message.get(..length).unwrap_or_default();
        self.publish_enveloped(Topic { partition }, message)
    }
}

//! From the publishers of this process to the subscribers of others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use oxberry_core::units::Instant;
use oxberry_proto::limits::MAX_BATCH_BYTES;

use crate::clock::Clock;
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::limits::{STALL_LIMIT, STALL_PAUSE};
use crate::pipe::Pipe;
use crate::poll::{Interest, wait};
use crate::publisher::SynchronizedPublisher;
use crate::role::Role;
use crate::socket::Socket;

/// Where publishers connect, within the process.
const INSIDE: &str = "oxberry-proxy";

/// The XSUB socket's word for "subscribe", here to everything.
const SUBSCRIBE_TO_ALL: [u8; 1] = [1];

/// Frames that are passed on before the loop looks at anything else.
const BURST: usize = 256;

/// How often a proxy that waits for a full subscriber looks whether it is to stop.
const STALL_LOOK: Duration = Duration::from_millis(20);

/// Passes frames from XSUB (inside) to XPUB (TCP), in a thread of its own.
///
/// It does the work of `zmq_proxy` itself, for two reasons. Publishers send everything to the proxy
/// instead of filtering by subscriptions that are still on their way to them, so that a ping proves
/// a subscription for all publishers at once. And a subscriber whose queue is full is seen: frames
/// wait for it [`STALL_LIMIT`] long, and only then go on without it; both are counted.
#[derive(Debug)]
pub struct Proxy {
    context: Context,
    endpoint: Endpoint,
    queue: usize,
    counters: Arc<Counters>,
    stop: Pipe,
    thread: JoinHandle<Result<(), NetError>>,
}

/// What a proxy has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProxyCounts {
    /// Frames passed on.
    pub frames: u64,
    /// Times that a frame had to wait for a full subscriber.
    pub stalls: u64,
    /// Times that a frame was passed on without a full subscriber. It lost this frame at least.
    pub overruns: u64,
}

impl Proxy {
    /// A running proxy, bound to `endpoint`. For each subscriber `queue` frames may wait
    /// ([`queue_frames`](crate::limits::queue_frames)).
    ///
    /// # Errors
    ///
    /// When the port is taken, or a socket or the thread cannot be made.
    pub fn start(context: &Context, endpoint: Endpoint, queue: usize) -> Result<Self, NetError> {
        let (outside, endpoint) = Socket::bind(context, Role::ProxyOutside { queue }, endpoint)?;
        outside.set_send_patience(STALL_LOOK)?;
        let inside = Socket::bind_inside(context, Role::ProxyInside { queue }, INSIDE)?;
        inside.send(&SUBSCRIBE_TO_ALL)?;
        let (stop, stopped) = Pipe::pair(context, INSIDE)?;
        let counters = Arc::<Counters>::default();
        let forwarder = Forwarder {
            clock: Clock::start(),
            inside,
            outside,
            stopped,
            is_stopped: false,
            forgiving_until: None,
            counters: Arc::clone(&counters),
        };
        let thread = thread::Builder::new().name("proxy".into());
        let thread = thread.spawn(move || forwarder.run());
        let thread = thread.map_err(|source| NetError::System {
            attempt: "start the proxy's thread",
            source,
        })?;
        Ok(Self {
            context: context.clone(),
            endpoint,
            queue,
            counters,
            stop,
            thread,
        })
    }

    /// Where subscribers connect: with the port that was found if it was 0.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// A new publisher. It may move to another thread.
    ///
    /// # Errors
    ///
    /// [`NetError::NoProxy`] when the proxy's thread has ended.
    pub fn publisher(&self) -> Result<SynchronizedPublisher, NetError> {
        SynchronizedPublisher::connect(&self.context, INSIDE, self.queue)
    }

    /// What it has done so far.
    #[must_use]
    pub fn counts(&self) -> ProxyCounts {
        self.counters.read()
    }

    /// Passes on what the publishers sent before, and ends. Close the publishers first.
    ///
    /// Subscribers get what is in their queues while the context lives, at most for
    /// [`LINGER`](crate::limits::LINGER).
    ///
    /// # Errors
    ///
    /// What ended the thread, if it did not end because of this.
    pub fn stop(mut self) -> Result<ProxyCounts, NetError> {
        if !self.thread.is_finished() {
            self.stop.send(&[])?;
        }
        let ended = self.thread.join();
        ended.map_err(|_| NetError::Panicked { thread: "proxy" })??;
        Ok(self.counters.read())
    }
}

#[derive(Debug, Default)]
struct Counters {
    frames: AtomicU64,
    stalls: AtomicU64,
    overruns: AtomicU64,
}

impl Counters {
    fn read(&self) -> ProxyCounts {
        ProxyCounts {
            frames: self.frames.load(Ordering::Relaxed),
            stalls: self.stalls.load(Ordering::Relaxed),
            overruns: self.overruns.load(Ordering::Relaxed),
        }
    }
}

/// Adds one to a counter that others only read.
fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The thread's side.
struct Forwarder {
    clock: Clock,
    inside: Socket,
    outside: Socket,
    stopped: Pipe,
    is_stopped: bool,
    /// Until then a frame for a full subscriber is dropped at once.
    forgiving_until: Option<Instant>,
    counters: Arc<Counters>,
}

impl Forwarder {
    fn run(mut self) -> Result<(), NetError> {
        let mut frame = [0; MAX_BATCH_BYTES];
        while !self.is_stopped {
            wait(
                &self.clock,
                None,
                [
                    self.inside.poll_item(Interest::Read),
                    self.outside.poll_item(Interest::Read),
                    self.stopped.poll_item(Interest::Read),
                ],
            )?;
            // libzmq acts on subscriptions by itself, but keeps them until they are read.
            for _ in 0..BURST {
                if self.outside.recv_into(&mut frame)?.is_none() {
                    break;
                }
            }
            self.look_for_stop()?;
            self.forward_burst(&mut frame)?;
        }
        while self.forward_burst(&mut frame)? {}
        Ok(())
    }

    /// Passes on up to [`BURST`] frames and says whether there may be more.
    fn forward_burst(&mut self, frame: &mut [u8]) -> Result<bool, NetError> {
        for _ in 0..BURST {
            let Some(length) = self.inside.recv_into(frame)? else {
                return Ok(false);
            };
            self.forward(frame.get(..length).unwrap_or_default())?;
            count(&self.counters.frames);
        }
        Ok(true)
    }

    fn forward(&mut self, frame: &[u8]) -> Result<(), NetError> {
        if self.outside.try_send(frame)? {
            return Ok(());
        }
        count(&self.counters.stalls);
        let deadline = self.clock.now().after(STALL_LIMIT);
        let patient = self
            .forgiving_until
            .is_none_or(|until| until <= self.clock.now());
        while patient && !self.is_stopped && self.clock.now() < deadline {
            // Waits for STALL_LOOK at most.
            if self.outside.send(frame)? {
                return Ok(());
            }
            self.look_for_stop()?;
        }
        if patient {
            tracing::warn!(
                limit = ?STALL_LIMIT,
                pause = ?STALL_PAUSE,
                "a subscriber's queue is full; frames go on without it and it will see a gap"
            );
        }
        self.forgiving_until = Some(self.clock.now().after(STALL_PAUSE));
        count(&self.counters.overruns);
        self.outside.set_no_drop(false)?;
        self.outside.try_send(frame)?;
        self.outside.set_no_drop(true)
    }

    fn look_for_stop(&mut self) -> Result<(), NetError> {
        if self.stopped.recv(&mut [])?.is_some() {
            self.is_stopped = true;
        }
        Ok(())
    }
}

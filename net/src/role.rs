//! What sockets are for, and the one place that decides their types and options.

use std::time::Duration;

use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_CONTROL_BYTES};

use crate::domain::Domain;
use crate::error::NetError;
use crate::int_option::set_int;
use crate::limits::{
    CONTROL_QUEUE, CURVE_BYTES, HEARTBEAT_INTERVAL, HEARTBEAT_TIMEOUT, KEEPALIVE_PROBES, LINGER,
    PIPE_PATIENCE, PIPE_QUEUE, REPORT_QUEUE, STOCK_BUFFER_BYTES, STOCK_QUEUE, SUBSCRIBER_QUEUE,
};

/// What a socket is for. It decides the type and every option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// XPUB of a publisher, in the process of the proxy.
    Publisher {
        queue: usize,
    },
    /// XSUB of the proxy, where the publishers connect.
    ProxyInside {
        queue: usize,
    },
    /// XPUB of the proxy, where the Pis subscribe.
    ProxyOutside {
        queue: usize,
    },
    Subscriber,
    ControlServer,
    ControlClient,
    SetupServer,
    SetupClient,
    StockPusher,
    StockPuller,
    Pipe,
}

impl Role {
    /// What errors call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Publisher { .. } => "publisher",
            Self::ProxyInside { .. } => "proxy's inner",
            Self::ProxyOutside { .. } => "publish",
            Self::Subscriber => "subscriber",
            Self::ControlServer | Self::ControlClient => "control",
            Self::SetupServer | Self::SetupClient => "setup",
            Self::StockPusher | Self::StockPuller => "stock event",
            Self::Pipe => "pipe",
        }
    }

    /// What the daemons call the option for its endpoint.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::ProxyOutside { .. } | Self::Subscriber => "--data",
            Self::ControlServer | Self::ControlClient => "--control",
            Self::SetupServer | Self::SetupClient => "--setup",
            Self::StockPusher | Self::StockPuller => "--stock",
            // Inside a process no port is taken.
            Self::Publisher { .. } | Self::ProxyInside { .. } | Self::Pipe => "another name",
        }
    }

    /// The socket that others connect to, on either side of it; none within a process.
    pub(crate) const fn domain(self) -> Option<Domain> {
        match self {
            Self::ProxyOutside { .. } | Self::Subscriber => Some(Domain::Data),
            Self::ControlServer | Self::ControlClient => Some(Domain::Control),
            Self::SetupServer | Self::SetupClient => Some(Domain::Setup),
            Self::StockPusher | Self::StockPuller => Some(Domain::Stock),
            Self::Publisher { .. } | Self::ProxyInside { .. } | Self::Pipe => None,
        }
    }

    /// libzmq's type of it.
    pub(crate) const fn kind(self) -> zmq::SocketType {
        match self {
            Self::Publisher { .. } | Self::ProxyOutside { .. } => zmq::XPUB,
            Self::ProxyInside { .. } => zmq::XSUB,
            Self::Subscriber => zmq::SUB,
            Self::ControlServer => zmq::ROUTER,
            Self::ControlClient => zmq::DEALER,
            Self::SetupServer => zmq::REP,
            Self::SetupClient => zmq::REQ,
            Self::StockPusher => zmq::PUSH,
            Self::StockPuller => zmq::PULL,
            Self::Pipe => zmq::PAIR,
        }
    }

    /// The longest message in either direction. A TCP peer that sends a longer one is disconnected.
    pub(crate) const fn max_message_bytes(self) -> usize {
        match self {
            Self::Publisher { .. }
            | Self::ProxyInside { .. }
            | Self::ProxyOutside { .. }
            | Self::Subscriber
            | Self::StockPusher
            | Self::StockPuller => MAX_BATCH_BYTES,
            Self::ControlServer
            | Self::ControlClient
            | Self::SetupServer
            | Self::SetupClient
            | Self::Pipe => MAX_CONTROL_BYTES,
        }
    }

    /// Whether a receiver stops reading on purpose, to hold the sender back.
    ///
    /// Such a connection must do without ZMTP's heartbeats: libzmq cannot answer them while it does
    /// not read, so that either end would cut the connection, with what was on its way, and 4.3.4
    /// even aborts the process (libzmq issues 3937, 4364 and 4767). TCP's keep-alive is answered by
    /// the kernel, and whether a node works is a question for the cluster's own heartbeats.
    const fn may_hold_back(self) -> bool {
        match self {
            Self::Publisher { .. }
            | Self::ProxyInside { .. }
            | Self::ProxyOutside { .. }
            | Self::Subscriber
            | Self::StockPusher
            | Self::StockPuller
            | Self::Pipe => true,
            Self::ControlServer | Self::ControlClient | Self::SetupServer | Self::SetupClient => {
                false
            }
        }
    }

    /// How many messages to each peer may wait.
    const fn send_queue(self) -> usize {
        if matches!(self, Self::ControlClient) {
            REPORT_QUEUE
        } else {
            self.receive_queue()
        }
    }

    /// How many messages from each peer may wait.
    const fn receive_queue(self) -> usize {
        match self {
            Self::Publisher { queue }
            | Self::ProxyInside { queue }
            | Self::ProxyOutside { queue } => queue,
            Self::Subscriber => SUBSCRIBER_QUEUE,
            Self::ControlServer | Self::ControlClient | Self::SetupServer | Self::SetupClient => {
                CONTROL_QUEUE
            }
            Self::StockPusher | Self::StockPuller => STOCK_QUEUE,
            Self::Pipe => PIPE_QUEUE,
        }
    }

    /// What it is called when it cannot be set up.
    pub(crate) const fn set_up_error(self, source: zmq::Error) -> NetError {
        let socket = self.name();
        NetError::SetUp { socket, source }
    }

    /// Sets every option.
    pub(crate) fn set_options(self, socket: &mut zmq::Socket, is_secured: bool) -> zmq::Result<()> {
        socket.set_sndhwm(i32::try_from(self.send_queue()).unwrap_or(i32::MAX))?;
        socket.set_rcvhwm(i32::try_from(self.receive_queue()).unwrap_or(i32::MAX))?;
        socket.set_linger(ms(LINGER))?;
        let around = if is_secured { CURVE_BYTES } else { 0 };
        let longest = self.max_message_bytes() + around;
        socket.set_maxmsgsize(i64::try_from(longest).unwrap_or(i64::MAX))?;
        if self.may_hold_back() {
            socket.set_tcp_keepalive(1)?;
            socket.set_tcp_keepalive_idle(seconds(HEARTBEAT_INTERVAL))?;
            socket.set_tcp_keepalive_intvl(seconds(HEARTBEAT_INTERVAL))?;
            socket.set_tcp_keepalive_cnt(KEEPALIVE_PROBES)?;
        } else {
            socket.set_heartbeat_ivl(ms(HEARTBEAT_INTERVAL))?;
            socket.set_heartbeat_timeout(ms(HEARTBEAT_TIMEOUT))?;
            socket.set_heartbeat_ttl(ms(HEARTBEAT_TIMEOUT))?;
        }
        match self {
            // A full queue holds the sender back instead of dropping frames.
            Self::Publisher { .. } => set_no_drop(socket, true),
            Self::ProxyOutside { .. } => {
                // Each subscriber's word comes through, not only the first one's, so that every
                // connection is known by its key and can be cut.
                socket.set_xpub_verbose(true)?;
                set_no_drop(socket, true)
            }
            Self::ControlServer => {
                // A message to somebody who left is an error, not silence; and somebody who comes
                // back under the same identity takes the place of the old connection.
                socket.set_router_mandatory(true)?;
                socket.set_router_handover(true)
            }
            Self::SetupClient => {
                // A new request may replace one that was never answered.
                socket.set_req_relaxed(true)?;
                socket.set_req_correlate(true)
            }
            Self::StockPusher | Self::StockPuller => {
                let bytes = i32::try_from(STOCK_BUFFER_BYTES).unwrap_or(i32::MAX);
                socket.set_sndbuf(bytes)?;
                socket.set_rcvbuf(bytes)
            }
            Self::Pipe => socket.set_sndtimeo(ms(PIPE_PATIENCE)),
            // ZMQ_IMMEDIATE stays off everywhere: it would keep a sender from queueing for a peer
            // that is away, but it also throws away what the peer sent last before it closed.
            Self::ProxyInside { .. }
            | Self::Subscriber
            | Self::ControlClient
            | Self::SetupServer => Ok(()),
        }
    }
}

/// A duration as libzmq's options take it.
pub(crate) fn ms(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

/// A duration as TCP's options take it.
fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// For publish sockets: whether a full queue holds the sender back or drops for its subscriber.
pub(crate) fn set_no_drop(socket: &mut zmq::Socket, no_drop: bool) -> zmq::Result<()> {
    // The constant is 69.
    let option = i32::try_from(zmq_sys::ZMQ_XPUB_NODROP).unwrap_or_default();
    set_int(socket, option, i32::from(no_drop))
}

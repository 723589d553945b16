//! What can go wrong with a socket, in words that name the socket and what to do.

use std::io;

use crate::keys::{KeyError, KeyRole};

/// A failure of a component. `socket` says which one, `endpoint` where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// Somebody listens there already, maybe another socket of the process.
    #[error(
        "cannot bind the {socket} socket to {endpoint}: this port is taken; stop what holds it, or \
         choose another port with {option} (0 takes any free one)"
    )]
    PortTaken {
        /// Which socket.
        socket: &'static str,
        /// The option that says where it should listen.
        option: &'static str,
        /// Where it should listen.
        endpoint: String,
    },
    /// A socket cannot be bound for another reason.
    #[error("cannot bind the {socket} socket to {endpoint}: {source}")]
    Bind {
        /// Which socket.
        socket: &'static str,
        /// Where it should listen.
        endpoint: String,
        /// What libzmq says.
        source: zmq::Error,
    },
    /// A socket cannot be connected.
    #[error("cannot connect the {socket} socket to {endpoint}: {source}")]
    Connect {
        /// Which socket.
        socket: &'static str,
        /// Where to.
        endpoint: String,
        /// What libzmq says.
        source: zmq::Error,
    },
    /// A socket cannot be made or set up.
    #[error("cannot set up the {socket} socket: {source}")]
    SetUp {
        /// Which socket.
        socket: &'static str,
        /// What libzmq says.
        source: zmq::Error,
    },
    /// Other machines would reach a socket that nothing protects.
    #[error(
        "the {socket} socket cannot use {endpoint} without keys: anybody on the network could read and \
         forge messages; make keys with `oxberry keygen` and give their directory with --keys, or use a \
         loopback address with {option}"
    )]
    Unprotected {
        /// Which socket.
        socket: &'static str,
        /// The option that says where it is.
        option: &'static str,
        /// Where it should be.
        endpoint: String,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The key is not that of the machine that serves such a socket.
    #[error("the {socket} socket is that of a {must}, but the key is that of a {is}")]
    NotTheServer {
        /// Which socket.
        socket: &'static str,
        /// The role of the key.
        is: KeyRole,
        /// The role that serves such a socket.
        must: KeyRole,
    },
    /// A message cannot be sent.
    #[error("cannot send on the {socket} socket ({endpoint}): {source}")]
    Send {
        /// Which socket.
        socket: &'static str,
        /// Where it is bound or connected.
        endpoint: String,
        /// What libzmq says.
        source: zmq::Error,
    },
    /// A message is longer than any receiver accepts.
    #[error("a message of {length} bytes on the {socket} socket; at most {limit} are allowed")]
    TooLong {
        /// Which socket.
        socket: &'static str,
        /// Bytes of the message.
        length: usize,
        /// The most that receivers accept.
        limit: usize,
    },
    /// Receiving failed.
    #[error("cannot receive on the {socket} socket ({endpoint}): {source}")]
    Receive {
        /// Which socket.
        socket: &'static str,
        /// Where it is bound or connected.
        endpoint: String,
        /// What libzmq says.
        source: zmq::Error,
    },
    /// Waiting failed.
    #[error("cannot wait for sockets: {source}")]
    Poll {
        /// What libzmq says.
        source: zmq::Error,
    },
    /// The proxy does not answer a new publisher.
    #[error("the proxy of this process does not take up a new publisher; is it stopped?")]
    NoProxy,
    /// The thread at the other end of a pipe takes nothing from it.
    #[error("the thread at the other end of the pipe `{pipe}` does not take messages any more")]
    PipeStuck {
        /// Which pipe.
        pipe: String,
    },
    /// A thread of this crate panicked, which is a defect.
    #[error("the {thread} thread panicked")]
    Panicked {
        /// Which thread.
        thread: &'static str,
    },
    /// The operating system refused a signal handler, thread or file descriptor.
    #[error("cannot {attempt}: {source}")]
    System {
        /// What was tried.
        attempt: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

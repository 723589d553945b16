//! ZeroMQ components shared by the OxBerry daemons, and the rest of their rim: clock, poll loop,
//! shutdown, systemd.
//!
//! A component owns one socket and does one job. None of them sleeps, and none blocks longer than it
//! says. Every socket gets its queue bounds, linger, heartbeat and largest message in one place,
//! the `role` module.
//!
//! Layers, lowest to highest:
//!
//! * [`limits`]: queue sizes and intervals, with their reasons,
//! * [`Endpoint`]: a TCP address; anything but loopback is refused without keys,
//! * [`Keys`], [`KeyPair`], [`Allowed`]: who a machine is, and whom it talks to,
//! * [`is_same_secret`], [`Token`], [`TokenFile`]: what opens the page and the metrics to who shows it,
//! * [`Clock`]: the only place that reads a clock,
//! * [`wait`]: until a socket is ready, a deadline passes or [`Shutdown`] is requested,
//! * `domain`, `roster`, `zap`: which keys open which socket, and the thread that answers libzmq so;
//!   `curve`, `watch`, `secured`: what a socket with keys has beside its role,
//! * [`Context`], and the crate's own socket wrapper with its error texts,
//! * [`Proxy`], [`SynchronizedPublisher`], [`SynchronizedSubscriber`]: the data plane,
//! * [`ControlServer`], [`ControlClient`]: controller and Pis; [`SetupServer`], [`SetupClient`]:
//!   controller and visualisation; [`StockPusher`], [`StockPuller`]: Pis and visualisation,
//! * [`Pipe`]: between two threads of one process,
//! * [`metrics`]: numbers that a loop leaves, in Prometheus' text over HTTP,
//! * [`arguments`]: the command line and the environment; [`options_of_file`], [`one_or_several`], [`EndpointOptions`]:
//!   what all daemons read and check the same way;
//!   [`libzmq`]: which one runs; [`Notifier`]: readiness and watchdog of systemd; [`log_to_stderr`], [`say`] and [`FirstFew`].

mod arguments;
mod clock;
mod config_file;
mod context;
mod control;
mod curve;
mod domain;
mod endpoint;
mod error;
mod few;
mod int_option;
mod keys;
mod libzmq;
pub mod limits;
mod logging;
pub mod metrics;
mod one_or_several;
mod options;
mod pipe;
mod poll;
mod printing;
mod proxy;
mod publisher;
mod role;
mod roster;
mod secret;
mod secured;
mod setup;
mod shutdown;
mod socket;
mod stock;
mod subscriber;
mod systemd;
mod token;
mod watch;
mod zap;

pub use arguments::arguments;
pub use clock::Clock;
pub use config_file::{ConfigFileError, Hint, Place, keys_of_file, options_of_file, quoted};
pub use context::Context;
pub use control::{ControlClient, ControlServer, Delivery, FromPeer, Identity};
pub use endpoint::{Endpoint, EndpointError, ports};
pub use error::NetError;
pub use few::FirstFew;
pub use keys::{
    Allowed, AllowedLine, KeyError, KeyName, KeyPair, KeyRole, KeyTextError, Keys, PublicKey, allow,
};
pub use libzmq::{Libzmq, libzmq};
pub use logging::{LogError, in_words, log_to_stderr, say};
pub use one_or_several::one_or_several;
pub use options::{EndpointOptions, OptionError, keys_of_client, keys_of_option};
pub use pipe::Pipe;
pub use poll::{Interest, PollItem, Readiness, wait, wait_all};
pub use printing::print;
pub use proxy::{Proxy, ProxyCounts};
pub use publisher::SynchronizedPublisher;
pub use roster::KeyCounts;
pub use secret::is_same_secret;
pub use setup::{SetupClient, SetupServer};
pub use shutdown::{Shutdown, end_signals, ends_by_hangup};
pub use stock::{StockPuller, StockPusher};
pub use subscriber::{Enveloped, SynchronizedSubscriber};
pub use systemd::Notifier;
pub use token::{Token, TokenError, TokenFile};

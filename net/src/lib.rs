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
//! * [`Endpoint`]: a TCP address; anything but loopback is refused while there is no CURVE,
//! * [`Clock`]: the only place that reads a clock,
//! * [`Context`], and the crate's own socket wrapper with its error texts,
//! * [`wait`]: until a socket is ready, a deadline passes or [`Shutdown`] is requested,
//! * [`Proxy`], [`SynchronizedPublisher`], [`SynchronizedSubscriber`]: the data plane,
//! * [`ControlServer`], [`ControlClient`]: controller and Pis; [`SetupServer`], [`SetupClient`]:
//!   controller and visualisation; [`StockPusher`], [`StockPuller`]: Pis and visualisation,
//! * [`Pipe`]: between two threads of one process,
//! * [`arguments`]: the command line and the environment; [`options_of_file`], [`EndpointOptions`]:
//!   what all daemons read and check the same way;
//!   [`Notifier`]: readiness and watchdog of systemd; [`log_to_stderr`], [`say`] and [`FirstFew`].

mod arguments;
mod clock;
mod config_file;
mod control;
mod endpoint;
mod error;
mod few;
pub mod limits;
mod logging;
mod options;
mod pipe;
mod poll;
mod printing;
mod proxy;
mod publisher;
mod role;
mod setup;
mod shutdown;
mod socket;
mod stock;
mod subscriber;
mod systemd;

pub use arguments::arguments;
pub use clock::Clock;
pub use config_file::{ConfigFileError, Hint, Place, keys_of_file, options_of_file, quoted};
pub use control::{ControlClient, ControlServer, Delivery, FromPeer, Identity};
pub use endpoint::{Endpoint, EndpointError, ports};
pub use error::NetError;
pub use few::FirstFew;
pub use logging::{LogError, in_words, log_to_stderr, say};
pub use options::{EndpointOptions, OptionError};
pub use pipe::Pipe;
pub use poll::{Interest, PollItem, Readiness, wait, wait_all};
pub use printing::print;
pub use proxy::{Proxy, ProxyCounts};
pub use publisher::SynchronizedPublisher;
pub use setup::{SetupClient, SetupServer};
pub use shutdown::{Shutdown, end_signals, ends_by_hangup};
pub use socket::Context;
pub use stock::{StockPuller, StockPusher};
pub use subscriber::{Enveloped, SynchronizedSubscriber};
pub use systemd::Notifier;

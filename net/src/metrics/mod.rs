//! Metrics: numbers that a loop leaves for others to read, in the text of OpenMetrics, over HTTP.
//!
//! Layers, lowest to highest:
//!
//! * [`Family`]: one metric as text; its name says its kind and unit,
//! * [`Metric`], [`Readings`]: a table of metrics and what a loop left of them,
//! * [`text`](text()): all of them as text,
//! * `process`, `build`: what every daemon tells of itself; [`registry`] begins with them,
//! * [`MetricsConfig`]: where they are served, and to whom,
//! * `request`, `response`, `connection`, [`MetricsServer`]: as much of HTTP as a scrape needs.

mod build;
mod connection;
mod family;
mod options;
mod process;
mod readings;
mod request;
mod response;
mod server;
mod text;

use prometheus_client::registry::Registry;

pub use self::family::Family;
pub use self::options::{MetricsConfig, MetricsOptionError};
pub use self::readings::{Labelled, Metric, Readings, UNKNOWN};
pub use self::server::{MetricsError, MetricsServer, MetricsThread};
pub use self::text::{CONTENT_TYPE, text};

/// Metrics that begin with what every daemon tells: its build and its process.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(build::Build));
    registry.register_collector(Box::new(process::Process));
    registry
}

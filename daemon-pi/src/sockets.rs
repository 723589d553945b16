//! The Pi's connections, and where it tells of itself.

use oxberry_net::metrics::MetricsServer;
use oxberry_net::{Clock, Context, ControlClient, Identity, StockPusher, SynchronizedSubscriber};

use crate::config::Config;
use crate::error::PiError;

/// The sockets of a Pi. Those of the cluster connect; nobody connects to a Pi but for its metrics.
#[derive(Debug)]
pub struct Sockets {
    /// To and from the controller.
    pub control: ControlClient,
    /// Batches from the controller.
    pub data: SynchronizedSubscriber,
    /// Stock events to each receiver, as configured.
    pub stock: Vec<StockPusher>,
    /// Where metrics are served, if anywhere.
    pub metrics: Option<MetricsServer>,
}

impl Sockets {
    /// Sockets connected and bound as configured. The peers need not be there yet.
    ///
    /// # Errors
    ///
    /// When a socket cannot be made or bound.
    pub fn connect(context: &Context, config: &Config) -> Result<Self, PiError> {
        let identity = Identity::of_process(&config.name, &Clock::start());
        let stock = config
            .stock
            .iter()
            .map(|&stock| StockPusher::connect(context, stock));
        Ok(Self {
            control: ControlClient::connect(context, config.control, &identity)?,
            data: SynchronizedSubscriber::connect(context, config.data)?,
            stock: stock.collect::<Result<_, _>>()?,
            metrics: config
                .metrics
                .as_ref()
                .map(MetricsServer::bind)
                .transpose()?,
        })
    }
}

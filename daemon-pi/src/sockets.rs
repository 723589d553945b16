//! The Pi's three connections.

use oxberry_net::{
    Clock, Context, ControlClient, Identity, NetError, StockPusher, SynchronizedSubscriber,
};

use crate::config::Config;

/// The sockets of a Pi. All of them connect; nobody connects to a Pi.
#[derive(Debug)]
pub struct Sockets {
    /// To and from the controller.
    pub control: ControlClient,
    /// Batches from the controller.
    pub data: SynchronizedSubscriber,
    /// Stock events to the visualisation, if there is one.
    pub stock: Option<StockPusher>,
}

impl Sockets {
    /// Sockets connected as configured. The peers need not be there yet.
    ///
    /// # Errors
    ///
    /// When a socket cannot be made.
    pub fn connect(context: &Context, config: &Config) -> Result<Self, NetError> {
        let identity = Identity::of_process(&config.name, &Clock::start());
        let stock = config
            .stock
            .map(|stock| StockPusher::connect(context, stock));
        Ok(Self {
            control: ControlClient::connect(context, config.control, &identity)?,
            data: SynchronizedSubscriber::connect(context, config.data)?,
            stock: stock.transpose()?,
        })
    }
}

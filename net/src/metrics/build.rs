//! Which build this is.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

/// The release, and the libzmq that it runs with.
#[derive(Debug)]
pub(super) struct Build;

impl Collector for Build {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "The release, and the libzmq that it runs with.";
        let (major, minor, patch) = zmq::version();
        let libzmq = format!("{major}.{minor}.{patch}");
        let labels = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("libzmq", libzmq.as_str()),
        ];
        encoder
            .encode_descriptor("oxberry_build", help, None, MetricType::Info)?
            .encode_info(&labels)
    }
}

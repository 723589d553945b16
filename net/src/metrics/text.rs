//! All metrics of a daemon as text.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// The type of [`text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics as text, which is [`CONTENT_TYPE`].
#[must_use]
pub fn text(registry: &Registry) -> String {
    let mut text = String::new();
    if encode(&mut text, registry).is_err() {
        // Without the mark of its end no scraper takes it for whole.
        tracing::error!("the metrics could not all be written");
    }
    text
}

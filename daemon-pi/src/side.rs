//! Beside the loop: a thread that tells others of it.
//!
//! It reads what the loop and the thread of the sensors left and what the system knows, when somebody asks. Nothing here reaches the
//! loop: it may allocate, and wait for files.

use std::sync::Arc;

use oxberry_core::units::Instant;
use oxberry_net::Clock;
use oxberry_net::metrics::{MetricsError, MetricsServer, MetricsThread, registry};
use prometheus_client::registry::Registry;

use crate::limits::LOOP_LATE_AFTER;
use crate::metrics::Left;
use crate::vitals::Vitals;

/// Serves what the loop leaves from now on.
pub(crate) fn serve(
    server: MetricsServer,
    clock: Clock,
    left: Left,
    vitals: &Arc<Vitals>,
) -> Result<MetricsThread, MetricsError> {
    tracing::info!(address = %server.address(), "serves metrics");
    let metrics = all(&left, vitals);
    server.start(clock, metrics, move || {
        is_well(clock.now(), left.readings.left_at())
    })
}

/// Everything that can be read.
fn all(left: &Left, vitals: &Arc<Vitals>) -> Registry {
    let mut metrics = registry();
    metrics.register_collector(Box::new(left.readings.clone()));
    metrics.register_collector(Box::new(left.positions.clone()));
    metrics.register_collector(Box::new(left.receivers.clone()));
    metrics.register_collector(Box::new(Arc::clone(vitals)));
    metrics
}

/// Whether the loop goes round.
fn is_well(now: Instant, left_at: Option<Instant>) -> bool {
    left_at.is_some_and(|left_at| now.since(left_at) < LOOP_LATE_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_has_left_nothing_for_long_is_not_well() {
        let now = Instant::from_raw(60_000_000_000);
        assert!(!is_well(now, None));
        assert!(is_well(now, Some(now)));
        assert!(!is_well(now.after(LOOP_LATE_AFTER), Some(now)));
    }
}

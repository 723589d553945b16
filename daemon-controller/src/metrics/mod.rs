//! What the threads leave of themselves for others to read: their metrics.
//!
//! The main thread leaves what the cluster is like ([`cluster`]), each channel's what was read and
//! published of it ([`channel`]). One more thread serves that and reaches none of them.

mod channel;
mod cluster;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oxberry_core::units::{ChannelId, Instant};
use oxberry_net::Clock;
use oxberry_net::metrics::{
    Family, Labelled, MetricsError, MetricsServer, MetricsThread, Readings, registry,
};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

pub(crate) use self::channel::{FeedReadings, OutletReadings};
pub(crate) use self::cluster::ClusterReadings;
use crate::pace::Speed;

/// How often the main thread leaves its metrics; nobody asks more often.
const INTERVAL: Duration = Duration::from_secs(1);

/// A main loop that has left nothing for so long hangs: every turn takes milliseconds.
const LATE_AFTER: Duration = Duration::from_secs(5);

/// Where all threads leave what they are like.
#[derive(Debug)]
pub(crate) struct Left {
    cluster: Arc<Readings<ClusterReadings>>,
    feed: Labelled<FeedReadings>,
    outlets: Labelled<OutletReadings>,
    speed: ReplaySpeed,
}

/// Where one channel leaves what it is like.
#[derive(Clone, Debug)]
pub(crate) struct ChannelLeft {
    pub(crate) feed: Arc<Readings<FeedReadings>>,
    pub(crate) outlet: Arc<Readings<OutletReadings>>,
}

/// Leaves the main thread's metrics now and then.
#[derive(Debug)]
pub(crate) struct Leaver {
    cluster: Arc<Readings<ClusterReadings>>,
    due: Instant,
}

impl Left {
    /// Nothing yet, of a replay at this speed.
    pub(crate) fn new(speed: Speed) -> Self {
        Self {
            cluster: Arc::new(Readings::new(cluster::METRICS)),
            feed: Labelled::new(channel::FEED, "channel"),
            outlets: Labelled::new(channel::OUTLET, "channel"),
            speed: ReplaySpeed(speed),
        }
    }

    /// Where another channel is to leave its metrics.
    pub(crate) fn channel(&mut self, channel: ChannelId) -> ChannelLeft {
        ChannelLeft {
            feed: self.feed.add(channel),
            outlet: self.outlets.add(channel),
        }
    }

    /// What leaves the main thread's.
    pub(crate) fn leaver(&self, now: Instant) -> Leaver {
        Leaver {
            cluster: Arc::clone(&self.cluster),
            due: now,
        }
    }

    /// Everything that can be read.
    fn all(self) -> Registry {
        let mut metrics = registry();
        metrics.register_collector(Box::new(self.cluster));
        metrics.register_collector(Box::new(self.speed));
        metrics.register_collector(Box::new(self.feed));
        metrics.register_collector(Box::new(self.outlets));
        metrics
    }

    /// Serves it from now on.
    pub(crate) fn serve(
        self,
        server: MetricsServer,
        clock: Clock,
    ) -> Result<MetricsThread, MetricsError> {
        let cluster = Arc::clone(&self.cluster);
        server.start(clock, self.all(), move || {
            let left_at = cluster.left_at();
            left_at.is_some_and(|left_at| clock.now().since(left_at) < LATE_AFTER)
        })
    }
}

impl Leaver {
    /// When there is something to leave again.
    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.due
    }

    /// Leaves what the cluster is like, when it is time.
    pub(crate) fn handle_timeout(&mut self, now: Instant, read: impl FnOnce() -> ClusterReadings) {
        if self.due <= now {
            self.due = now.after(INTERVAL);
            self.cluster.leave(now, &read());
        }
    }
}

/// How fast the feed is to be replayed.
#[derive(Debug)]
struct ReplaySpeed(Speed);

impl Collector for ReplaySpeed {
    #[expect(clippy::float_arithmetic, reason = "a ratio with three decimals")]
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "How many times faster than recorded the feed is to be played; nothing when as \
                    fast as the cluster takes it.";
        let name = "oxberry_controller_replay_speed_ratio";
        let mut family = Family::begin(&mut encoder, name, help)?;
        match self.0 {
            Speed::Max => Ok(()),
            #[expect(clippy::cast_precision_loss, reason = "nobody plays that fast")]
            Speed::Thousandths(thousandths) => family.fraction(&[], thousandths as f64 / 1_000.0),
        }
    }
}

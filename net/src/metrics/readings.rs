//! What a loop left: numbers in fixed memory that another thread reads whenever it likes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use oxberry_core::units::Instant;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::family::Family;

/// One line of a table of metrics: what it is called, and how it is read of an `S`.
#[derive(Debug)]
pub struct Metric<S> {
    /// Its full name, which says kind and unit as [`Family`] has it.
    name: &'static str,
    /// What it means.
    help: &'static str,
    /// What tells it from others of its name, which stand beside it in the table.
    labels: &'static [(&'static str, &'static str)],
    read: fn(&S) -> u64,
}

impl<S> Metric<S> {
    /// A metric without labels.
    #[must_use]
    pub const fn new(name: &'static str, help: &'static str, read: fn(&S) -> u64) -> Self {
        Self {
            name,
            help,
            labels: &[],
            read,
        }
    }

    /// The same with labels.
    #[must_use]
    pub const fn with(self, labels: &'static [(&'static str, &'static str)]) -> Self {
        Self { labels, ..self }
    }
}

/// A number that is not known. It is left out of the text.
pub const UNKNOWN: u64 = u64::MAX;

/// A number of things in memory, as a table of metrics has it.
#[must_use]
pub fn count(things: usize) -> u64 {
    things.try_into().unwrap_or(UNKNOWN)
}

/// What a loop left of a table of metrics.
///
/// Leaving it is a plain store for each number: no lock, no wait, no allocation. A reader may see some
/// numbers of before and some of after; each of them is whole.
#[derive(Debug)]
pub struct Readings<S: 'static> {
    metrics: &'static [Metric<S>],
    values: Box<[AtomicU64]>,
    left_at: AtomicU64,
}

impl<S> Readings<S> {
    /// Nothing was left yet, so that nothing is known.
    #[must_use]
    pub fn new(metrics: &'static [Metric<S>]) -> Self {
        Self {
            metrics,
            values: metrics.iter().map(|_| AtomicU64::new(UNKNOWN)).collect(),
            left_at: AtomicU64::new(UNKNOWN),
        }
    }

    /// Leaves what is to be read of `source` now.
    pub fn leave(&self, now: Instant, source: &S) {
        for (metric, value) in self.metrics.iter().zip(&self.values) {
            value.store((metric.read)(source), Ordering::Relaxed);
        }
        self.left_at.store(now.raw(), Ordering::Relaxed);
    }

    /// When something was left last, if ever.
    #[must_use]
    pub fn left_at(&self) -> Option<Instant> {
        let at = self.left_at.load(Ordering::Relaxed);
        (at != UNKNOWN).then(|| Instant::from_raw(at))
    }
}

/// What several loops left of one table, each told from the others by the value of a label.
#[derive(Debug)]
pub struct Labelled<S: 'static> {
    metrics: &'static [Metric<S>],
    /// The name of the label.
    label: &'static str,
    all: Vec<(String, Arc<Readings<S>>)>,
}

impl<S> Labelled<S> {
    /// Nobody's yet.
    #[must_use]
    pub const fn new(metrics: &'static [Metric<S>], label: &'static str) -> Self {
        Self {
            metrics,
            label,
            all: Vec::new(),
        }
    }

    /// Adds another loop's, and returns where it is to leave them.
    pub fn add(&mut self, value: impl fmt::Display) -> Arc<Readings<S>> {
        let readings = Arc::new(Readings::new(self.metrics));
        self.all.push((value.to_string(), Arc::clone(&readings)));
        readings
    }
}

impl<S: fmt::Debug> Collector for Readings<S> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let own = Left {
            label: None,
            readings: self,
        };
        encode(self.metrics, &[own], encoder)
    }
}

impl<S: fmt::Debug> Collector for Labelled<S> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let all = self.all.iter();
        let all: Vec<_> = all
            .map(|(value, readings)| Left {
                label: Some((self.label, value)),
                readings,
            })
            .collect();
        encode(self.metrics, &all, encoder)
    }
}

/// What one loop left, and what tells it from the others.
struct Left<'a, S: 'static> {
    label: Option<(&'a str, &'a str)>,
    readings: &'a Readings<S>,
}

/// Writes a table: for each name, which may stand on several lines, the samples of all.
fn encode<S>(
    metrics: &[Metric<S>],
    all: &[Left<'_, S>],
    mut encoder: DescriptorEncoder<'_>,
) -> fmt::Result {
    let mut first = 0;
    for lines in metrics.chunk_by(|one, next| one.name == next.name) {
        let Some(Metric { name, help, .. }) = lines.first() else {
            continue;
        };
        let mut family = Family::begin(&mut encoder, name, help)?;
        for Left { label, readings } in all {
            for (metric, value) in lines.iter().zip(readings.values.iter().skip(first)) {
                let value = value.load(Ordering::Relaxed);
                if value != UNKNOWN {
                    let labels: Vec<_> = label.iter().chain(metric.labels).copied().collect();
                    family.sample(&labels, value)?;
                }
            }
        }
        first += lines.len();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use prometheus_client::registry::Registry;

    use super::*;

    #[derive(Debug)]
    struct Shop {
        sold: u64,
        eggs: u64,
        milk: u64,
        open: u64,
    }

    static SHOP: &[Metric<Shop>] = &[
        Metric::new("shop_sold_total", "Sold.", |shop| shop.sold),
        Metric::new("shop_goods", "Goods.", |shop: &Shop| shop.eggs).with(&[("kind", "eggs")]),
        Metric::new("shop_goods", "Goods.", |shop: &Shop| shop.milk).with(&[("kind", "milk")]),
        Metric::new("shop_open_seconds", "Open.", |shop| shop.open),
    ];

    fn text(collector: impl Collector) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(collector));
        let text = crate::metrics::text(&registry);
        let samples = text.lines().filter(|line| !line.starts_with("# HELP"));
        let samples: Vec<_> = samples.filter(|line| !line.starts_with("# UNIT")).collect();
        samples.join("\n")
    }

    const OPEN: Shop = Shop {
        sold: 5,
        eggs: 1,
        milk: 2,
        open: UNKNOWN,
    };

    #[test]
    fn what_was_left_is_read_and_what_is_unknown_left_out() {
        let readings = Arc::new(Readings::new(SHOP));
        assert_eq!(readings.left_at(), None);
        let types = "# TYPE shop_sold counter\n# TYPE shop_goods gauge\n\
                     # TYPE shop_open_seconds gauge\n# EOF";
        assert_eq!(text(Arc::clone(&readings)), types);
        readings.leave(Instant::from_raw(9), &OPEN);
        assert_eq!(readings.left_at(), Some(Instant::from_raw(9)));
        let expected = "# TYPE shop_sold counter\nshop_sold_total 5\n# TYPE shop_goods gauge\n\
                        shop_goods{kind=\"eggs\"} 1\nshop_goods{kind=\"milk\"} 2\n\
                        # TYPE shop_open_seconds gauge\n# EOF";
        assert_eq!(text(readings), expected);
    }

    #[test]
    fn samples_of_several_loops_stand_under_one_head() {
        let mut shops = Labelled::new(SHOP, "shop");
        for name in ["a", "b"] {
            shops.add(name).leave(Instant::from_raw(1), &OPEN);
        }
        let text = text(shops);
        assert_eq!(text.matches("# TYPE shop_goods gauge").count(), 1);
        for line in [
            "shop_sold_total{shop=\"a\"} 5",
            "shop_sold_total{shop=\"b\"} 5",
            "shop_goods{shop=\"b\",kind=\"milk\"} 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{text}");
        }
    }
}

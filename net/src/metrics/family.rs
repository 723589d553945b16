//! One metric as text.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

static BYTES: Unit = Unit::Bytes;
static CELSIUS: Unit = Unit::Celsius;
static SECONDS: Unit = Unit::Seconds;

/// A metric that is being written, with all its samples.
///
/// Its name, written in full, says the rest: `…_total` is a counter and everything else a gauge,
/// `…_seconds` and `…_seconds_total` are handed in as nanoseconds, `…_bytes` are bytes, `…_celsius` degrees.
#[derive(Debug)]
pub struct Family<'a> {
    metric: MetricEncoder<'a>,
    kind: Kind<'a>,
}

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind<'a> {
    /// The name without what the crate puts behind it.
    stem: &'a str,
    is_counter: bool,
    unit: Option<&'static Unit>,
}

impl<'a> Kind<'a> {
    fn of(name: &'a str) -> Self {
        let counter = name.strip_suffix("_total");
        let whole = counter.unwrap_or(name);
        let with_unit = [
            ("_seconds", &SECONDS),
            ("_bytes", &BYTES),
            ("_celsius", &CELSIUS),
        ]
        .into_iter()
        .find_map(|(suffix, unit)| Some((whole.strip_suffix(suffix)?, unit)));
        Self {
            stem: with_unit.map_or(whole, |(stem, _)| stem),
            is_counter: counter.is_some(),
            unit: with_unit.map(|(_, unit)| unit),
        }
    }
}

impl<'a> Family<'a> {
    /// Begins a metric.
    ///
    /// # Errors
    ///
    /// When the text cannot be written.
    pub fn begin(
        encoder: &'a mut DescriptorEncoder<'_>,
        name: &'a str,
        help: &str,
    ) -> Result<Self, fmt::Error> {
        let kind = Kind::of(name);
        let metric_type = if kind.is_counter {
            MetricType::Counter
        } else {
            MetricType::Gauge
        };
        let metric = encoder.encode_descriptor(kind.stem, help, kind.unit, metric_type)?;
        Ok(Self { metric, kind })
    }

    /// Writes a sample; `value` is in the unit that the name asks for.
    ///
    /// # Errors
    ///
    /// When the text cannot be written.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: u64) -> fmt::Result {
        let mut metric = self.metric.encode_family(&labels)?;
        let is_time = self.kind.unit == Some(&SECONDS);
        let seconds = || Duration::from_nanos(value).as_secs_f64();
        match (self.kind.is_counter, is_time) {
            (true, false) => metric.encode_counter::<NoLabelSet, u64, u64>(&value, None),
            (true, true) => metric.encode_counter::<NoLabelSet, f64, u64>(&seconds(), None),
            (false, false) => metric.encode_gauge(&value),
            (false, true) => metric.encode_gauge(&seconds()),
        }
    }

    /// Writes a sample of a gauge that is no whole number, such as a ratio, or that may be below zero, as it is.
    ///
    /// # Errors
    ///
    /// When the text cannot be written.
    pub fn fraction(&mut self, labels: &[(&str, &str)], value: f64) -> fmt::Result {
        self.metric.encode_family(&labels)?.encode_gauge(&value)
    }
}

/// Writes a metric that has one sample.
///
/// # Errors
///
/// When the text cannot be written.
pub(super) fn single(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    value: Option<u64>,
) -> fmt::Result {
    let mut family = Family::begin(encoder, name, help)?;
    value.map_or(Ok(()), |value| family.sample(&[], value))
}

#[cfg(test)]
mod tests {
    use prometheus_client::collector::Collector;
    use prometheus_client::registry::Registry;

    use super::*;

    #[derive(Debug)]
    struct Some;

    impl Collector for Some {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            Family::begin(&mut encoder, "x_events_total", "Events.")?.sample(&[], 3)?;
            let mut family = Family::begin(&mut encoder, "x_waits_seconds_total", "Waits.")?;
            family.sample(&[("by", "a \"b\"")], 1_500_000_000)?;
            family.sample(&[("by", "c")], 0)?;
            Family::begin(&mut encoder, "x_room_bytes", "Room.")?.sample(&[], 7)?;
            Family::begin(&mut encoder, "x_age_seconds", "Age.")?.sample(&[], 250_000_000)?;
            Family::begin(&mut encoder, "x_speed_ratio", "Speed.")?.fraction(&[], 0.5)?;
            Family::begin(&mut encoder, "x_frost_celsius", "Frost.")?.fraction(&[], -1.5)
        }
    }

    #[test]
    fn a_name_says_kind_and_unit() {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Some));
        let expected = "\
# HELP x_events Events.
# TYPE x_events counter
x_events_total 3
# HELP x_waits_seconds Waits.
# TYPE x_waits_seconds counter
# UNIT x_waits_seconds seconds
x_waits_seconds_total{by=\"a \\\"b\\\"\"} 1.5
x_waits_seconds_total{by=\"c\"} 0.0
# HELP x_room_bytes Room.
# TYPE x_room_bytes gauge
# UNIT x_room_bytes bytes
x_room_bytes 7
# HELP x_age_seconds Age.
# TYPE x_age_seconds gauge
# UNIT x_age_seconds seconds
x_age_seconds 0.25
# HELP x_speed_ratio Speed.
# TYPE x_speed_ratio gauge
x_speed_ratio 0.5
# HELP x_frost_celsius Frost.
# TYPE x_frost_celsius gauge
# UNIT x_frost_celsius celsius
x_frost_celsius -1.5
# EOF
";
        assert_eq!(crate::metrics::text(&registry), expected);
    }
}

//! How the machine is, left by the thread that reads it for whoever wants to know.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use oxberry_net::metrics::Family;
use oxberry_proto::{Health, Throttling};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

/// The last word of every sensor, and how often one could not be used. Reading it waits for nobody and
/// allocates nothing.
#[derive(Debug)]
pub(crate) struct Vitals {
    resident_bytes: AtomicI64,
    millicelsius: AtomicI64,
    throttling: AtomicI64,
    low_voltage_alarm: AtomicI64,
    unusable: AtomicU64,
}

/// No word. None of the values can be so.
const NONE: i64 = i64::MIN;

impl Vitals {
    /// Of a machine of which nothing is known.
    pub(crate) const fn new() -> Self {
        Self {
            resident_bytes: AtomicI64::new(NONE),
            millicelsius: AtomicI64::new(NONE),
            throttling: AtomicI64::new(NONE),
            low_voltage_alarm: AtomicI64::new(NONE),
            unusable: AtomicU64::new(0),
        }
    }

    /// Leaves what was read. Values are left one by one: who reads meanwhile finds old ones beside new ones,
    /// each right.
    pub(crate) fn leave(&self, health: Health) {
        let leave = |at: &AtomicI64, value: Option<i64>| {
            at.store(value.unwrap_or(NONE), Ordering::Relaxed);
        };
        let resident = health.resident_bytes.map(i64::try_from);
        leave(&self.resident_bytes, resident.and_then(Result::ok));
        leave(&self.millicelsius, health.millicelsius.map(i64::from));
        let bits = health.throttling.map(|told| i64::from(told.raw()));
        leave(&self.throttling, bits);
        leave(
            &self.low_voltage_alarm,
            health.low_voltage_alarm.map(i64::from),
        );
    }

    /// Counts a sensor that could not be used.
    pub(crate) fn count_unusable(&self) {
        self.unusable.fetch_add(1, Ordering::Relaxed);
    }

    /// What was read last.
    pub(crate) fn health(&self) -> Health {
        let word = |at: &AtomicI64| Some(at.load(Ordering::Relaxed)).filter(|value| *value != NONE);
        let bits = word(&self.throttling).and_then(|bits| u32::try_from(bits).ok());
        Health {
            resident_bytes: word(&self.resident_bytes).and_then(|value| u64::try_from(value).ok()),
            millicelsius: word(&self.millicelsius).and_then(|value| i32::try_from(value).ok()),
            throttling: bits.map(Throttling::from_raw),
            low_voltage_alarm: word(&self.low_voltage_alarm).map(|value| value != 0),
        }
    }

    /// How many sensors could not be used since the start, each counted once.
    pub(crate) fn unusable(&self) -> u64 {
        self.unusable.load(Ordering::Relaxed)
    }
}

/// What a sensor measures has no sample on a machine without it. The memory is among the metrics that every
/// daemon has.
impl Collector for Vitals {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let health = self.health();
        let name = "oxberry_pi_temperature_celsius";
        let mut family = Family::begin(&mut encoder, name, "Temperature of the processor.")?;
        if let Some(thousandths) = health.millicelsius {
            #[expect(clippy::float_arithmetic, reason = "degrees with three decimals")]
            family.fraction(&[], f64::from(thousandths) / 1_000.0)?;
        }
        for (name, help, answer) in [
            (
                "oxberry_pi_under_voltage",
                "Whether the supply is too weak.",
                health.is_under_voltage(),
            ),
            (
                "oxberry_pi_slowed",
                "Whether the firmware slows the processor.",
                health.is_slowed(),
            ),
        ] {
            let mut family = Family::begin(&mut encoder, name, help)?;
            if let Some(is_so) = answer {
                family.sample(&[], is_so.into())?;
            }
        }
        let help = "Sensors that are there and could not be used.";
        Family::begin(&mut encoder, "oxberry_pi_sensors_unusable_total", help)?
            .sample(&[], self.unusable())
    }
}

#[cfg(test)]
mod tests {
    use oxberry_net::metrics::text;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn what_was_left_is_found() {
        let vitals = Vitals::new();
        assert_eq!(vitals.health(), Health::default());
        for health in [
            Health {
                resident_bytes: Some(0),
                millicelsius: Some(i32::MIN),
                throttling: Some(Throttling::from_raw(u32::MAX)),
                low_voltage_alarm: Some(false),
            },
            Health {
                resident_bytes: Some(1 << 40),
                millicelsius: None,
                throttling: Some(Throttling::from_raw(0)),
                low_voltage_alarm: Some(true),
            },
            Health::default(),
        ] {
            vitals.leave(health);
            assert_eq!(vitals.health(), health);
        }
    }

    /// The samples that a scraper gets.
    fn samples(health: Health) -> Vec<String> {
        let vitals = Vitals::new();
        vitals.leave(health);
        vitals.count_unusable();
        let mut registry = Registry::default();
        registry.register_collector(Box::new(vitals));
        let text = text(&registry);
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.map(Into::into).collect()
    }

    #[test]
    fn a_scraper_gets_what_is_known_and_nothing_of_what_is_not() {
        let unusable = "oxberry_pi_sensors_unusable_total 1";
        assert_eq!(samples(Health::default()), [unusable]);
        let weak_and_cold = Health {
            millicelsius: Some(-2_500),
            throttling: Some(Throttling::from_raw(1)),
            ..Health::default()
        };
        let expected = [
            "oxberry_pi_temperature_celsius -2.5",
            "oxberry_pi_under_voltage 1",
            "oxberry_pi_slowed 0",
            unusable,
        ];
        assert_eq!(samples(weak_and_cold), expected);
        let slowed = Health {
            throttling: Some(Throttling::from_raw(4)),
            low_voltage_alarm: Some(false),
            ..Health::default()
        };
        let expected = [
            "oxberry_pi_under_voltage 0",
            "oxberry_pi_slowed 1",
            unusable,
        ];
        assert_eq!(samples(slowed), expected);
        let alarmed = Health {
            low_voltage_alarm: Some(true),
            ..Health::default()
        };
        assert_eq!(samples(alarmed), ["oxberry_pi_under_voltage 1", unusable]);
    }
}

//! How the machine is, left by the thread that reads it for whoever wants to know.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use oxberry_proto::{Health, Throttling};

/// The last word of every sensor, and how often one could not be used. Reading it waits for nobody and
/// allocates nothing.
#[derive(Debug)]
pub struct Vitals {
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
    #[must_use]
    pub const fn new() -> Self {
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
    #[must_use]
    pub fn health(&self) -> Health {
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
    #[must_use]
    pub fn unusable(&self) -> u64 {
        self.unusable.load(Ordering::Relaxed)
    }
}

impl Default for Vitals {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
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
}

//! What a node says of the machine that it runs on.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The ZeroMQ library of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Libzmq {
    /// The first number of its version.
    pub major: u8,
    /// The second.
    pub minor: u8,
    /// The third.
    pub patch: u8,
    /// Whether it can encrypt.
    pub has_curve: bool,
}

impl Libzmq {
    /// A library of this version, as libzmq itself tells it.
    #[must_use]
    pub fn new((major, minor, patch): (i32, i32, i32), has_curve: bool) -> Self {
        let small = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
        Self {
            major: small(major),
            minor: small(minor),
            patch: small(patch),
            has_curve,
        }
    }
}

impl fmt::Display for Libzmq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            patch,
            ..
        } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// How a node's machine is, as far as it has sensors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Health {
    /// Bytes of memory that the process holds.
    pub resident_bytes: Option<u64>,
    /// Temperature of the processor in thousandths of a degree Celsius.
    pub millicelsius: Option<i32>,
    /// What a Raspberry Pi's firmware says of power and heat.
    pub throttling: Option<Throttling>,
    /// Whether the supply's alarm is raised: less than 4.63 V.
    pub low_voltage_alarm: Option<bool>,
}

impl Health {
    /// Whether the supply is too weak at this moment, by whichever sensor there is.
    #[must_use]
    pub fn is_under_voltage(&self) -> Option<bool> {
        let told = self.throttling.map(Throttling::is_under_voltage);
        match (told, self.low_voltage_alarm) {
            (None, None) => None,
            (told, alarm) => Some(told.unwrap_or(false) || alarm.unwrap_or(false)),
        }
    }

    /// Whether the firmware slows the processor at this moment, if it says.
    #[must_use]
    pub fn is_slowed(&self) -> Option<bool> {
        self.throttling.map(Throttling::is_slowed)
    }
}

/// The word of a Raspberry Pi's firmware on power and heat, `get_throttled`: the low bits are of now, those
/// 16 places above of any time since it was switched on.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Throttling(u32);

impl Throttling {
    const UNDER_VOLTAGE: u32 = 1;
    const FREQUENCY_CAPPED: u32 = 1 << 1;
    const THROTTLED: u32 = 1 << 2;
    const SOFT_LIMIT: u32 = 1 << 3;
    /// How far the bits of any time are above those of now.
    const SINCE_START: u32 = 16;

    /// The bits as the firmware gives them.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The bits.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// The supply gives less than 4.63 V.
    #[must_use]
    pub const fn is_under_voltage(self) -> bool {
        self.has(Self::UNDER_VOLTAGE)
    }

    /// The processor is not as fast as it could be: its frequency is capped, or it is throttled, or it is
    /// at the soft limit of its temperature.
    #[must_use]
    pub const fn is_slowed(self) -> bool {
        self.has(Self::SLOWED)
    }

    /// The supply was too weak at some time since the machine was switched on.
    #[must_use]
    pub const fn was_under_voltage(self) -> bool {
        self.has(Self::UNDER_VOLTAGE << Self::SINCE_START)
    }

    /// The processor was slowed at some time since the machine was switched on.
    #[must_use]
    pub const fn was_slowed(self) -> bool {
        self.has(Self::SLOWED << Self::SINCE_START)
    }

    const SLOWED: u32 = Self::FREQUENCY_CAPPED | Self::THROTTLED | Self::SOFT_LIMIT;

    const fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}

impl fmt::Debug for Throttling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttling")
            .field("raw", &format_args!("{:#x}", self.0))
            .field("is_under_voltage", &self.is_under_voltage())
            .field("is_slowed", &self.is_slowed())
            .field("was_under_voltage", &self.was_under_voltage())
            .field("was_slowed", &self.was_slowed())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_now_are_told_from_those_of_any_time() {
        let now = Throttling::from_raw(0x5);
        assert!(now.is_under_voltage() && now.is_slowed());
        assert!(!now.was_under_voltage() && !now.was_slowed());
        let before = Throttling::from_raw(0x5_0000);
        assert!(!before.is_under_voltage() && !before.is_slowed());
        assert!(before.was_under_voltage() && before.was_slowed());
        for slowed in [0x2, 0x4, 0x8] {
            assert!(Throttling::from_raw(slowed).is_slowed());
            assert!(!Throttling::from_raw(slowed).is_under_voltage());
        }
    }

    #[test]
    fn either_sensor_tells_that_the_supply_is_weak_and_none_is_no_word() {
        let health = |bits: Option<u32>, low_voltage_alarm| Health {
            throttling: bits.map(Throttling::from_raw),
            low_voltage_alarm,
            ..Health::default()
        };
        assert_eq!(health(None, None).is_under_voltage(), None);
        assert_eq!(health(Some(0), None).is_under_voltage(), Some(false));
        assert_eq!(health(Some(1), Some(false)).is_under_voltage(), Some(true));
        assert_eq!(health(Some(0), Some(true)).is_under_voltage(), Some(true));
        assert_eq!(health(None, Some(true)).is_under_voltage(), Some(true));
    }
}

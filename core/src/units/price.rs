//! Prices: the wire's scaled integers, and the exact value that other programs read.

use core::fmt;

use super::unit;

unit! {
    /// A price as the wire carries it: an integer that the symbol's [`PriceScale`] divides.
    ///
    /// All prices of one symbol share one scale, so raw prices compare right within a book.
    RawPrice(u32)
}

unit! {
    /// A price in units of 1e-9 of the currency, exact for every scale.
    Price(i64)
}

/// How many decimal places the raw prices of a symbol have, 0 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PriceScale(u8);

/// Powers of ten up to 1e9: what one raw unit is worth in 1e-9, by 9 minus the scale.
const TEN_TO: [i64; 10] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

impl PriceScale {
    /// The most decimal places that convert exactly.
    pub const MAX: u8 = 9;

    /// The wire's PriceScaleCode, or `None` above [`PriceScale::MAX`].
    #[must_use]
    pub const fn new(code: u8) -> Option<Self> {
        if code <= Self::MAX {
            Some(Self(code))
        } else {
            None
        }
    }

    /// The wire's PriceScaleCode.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for PriceScale {
    type Error = &'static str;

    fn try_from(code: u8) -> Result<Self, Self::Error> {
        Self::new(code).ok_or("a price scale is at most 9")
    }
}

impl From<PriceScale> for u8 {
    fn from(scale: PriceScale) -> Self {
        scale.0
    }
}

impl RawPrice {
    /// The exact price under the symbol's scale; the largest, 4.29e18, fits.
    #[must_use]
    pub fn scaled(self, scale: PriceScale) -> Price {
        let worth = TEN_TO
            .get(usize::from(PriceScale::MAX - scale.0))
            .copied()
            .unwrap_or(1);
        Price::from_raw(i64::from(self.raw()) * worth)
    }

    /// The price as a decimal number under the symbol's scale, to be printed.
    ///
    /// ```
    /// use oxberry_core::units::{PriceScale, RawPrice};
    ///
    /// let scale = PriceScale::new(4).unwrap();
    /// assert_eq!(RawPrice::from_raw(1_355_000).decimal(scale).to_string(), "135.50");
    /// ```
    #[must_use]
    pub fn decimal(self, scale: PriceScale) -> Decimal {
        self.scaled(scale).decimal()
    }

    /// The same price under another scale, or `None` when that cannot tell it.
    #[must_use]
    pub fn rescaled(self, from: PriceScale, to: PriceScale) -> Option<Self> {
        let worth = *TEN_TO.get(usize::from(PriceScale::MAX - to.0))?;
        let price = self.scaled(from).raw();
        if price % worth != 0 {
            return None;
        }
        u32::try_from(price / worth).ok().map(Self::from_raw)
    }
}

impl Price {
    /// The price as a decimal number, for people: at least two decimal places, no trailing zeros
    /// beyond them.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        Decimal(self)
    }
}

/// Prints a [`Price`] as a decimal number.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Decimal(Price);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = self.0.raw();
        let (whole, mut part) = (
            raw.unsigned_abs() / 1_000_000_000,
            raw.unsigned_abs() % 1_000_000_000,
        );
        let mut digits = 9;
        while digits > 2 && part % 10 == 0 {
            part /= 10;
            digits -= 1;
        }
        let sign = if raw < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{part:0digits$}")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_raw_price_scales_exactly_and_prints_as_a_decimal() {
        let cases = [
            (508_500, 4, "50.85"),
            (20_750_000, 6, "20.75"),
            (1, 9, "0.000000001"),
            (u32::MAX, 0, "4294967295.00"),
            (12_345, 3, "12.345"),
        ];
        for (raw, code, text) in cases {
            let scale = PriceScale::new(code).unwrap();
            assert_eq!(
                RawPrice::from_raw(raw).scaled(scale).decimal().to_string(),
                text
            );
        }
    }

    #[test]
    fn a_raw_price_moves_to_another_scale_only_where_that_is_exact() {
        let scale = |code| PriceScale::new(code).unwrap();
        let price = RawPrice::from_raw(508_500);
        assert_eq!(
            price.rescaled(scale(4), scale(6)),
            Some(RawPrice::from_raw(50_850_000))
        );
        assert_eq!(
            price.rescaled(scale(4), scale(2)),
            Some(RawPrice::from_raw(5_085))
        );
        assert_eq!(price.rescaled(scale(4), scale(1)), None);
        assert_eq!(
            RawPrice::from_raw(u32::MAX).rescaled(scale(0), scale(1)),
            None
        );
    }

    #[test]
    fn a_scale_above_nine_is_refused() {
        assert_eq!(PriceScale::new(10), None);
        assert_eq!(PriceScale::new(9).map(PriceScale::code), Some(9));
    }
}

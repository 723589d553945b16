//! What a book shows of its best levels.

use core::fmt;

use crate::units::{PriceScale, RawPrice};

/// All orders of one side at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Level {
    /// Their price.
    pub price: RawPrice,
    /// Their shares.
    pub qty: u64,
    /// How many they are, at least 1.
    pub orders: u32,
}

/// The best bid and the best ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Bbo {
    /// The highest bid.
    pub bid: Option<Level>,
    /// The lowest ask.
    pub ask: Option<Level>,
}

impl Bbo {
    /// The best prices as decimal numbers with their shares, to be printed: `135.50 x 100 / 135.52 x
    /// 300`, with `-` for a side without orders.
    ///
    /// ```
    /// use oxberry_core::book::{Bbo, Level};
    /// use oxberry_core::units::{PriceScale, RawPrice};
    ///
    /// let bid = Level { price: RawPrice::from_raw(1_355_000), qty: 100, orders: 1 };
    /// let bbo = Bbo { bid: Some(bid), ask: None };
    /// assert_eq!(bbo.decimal(PriceScale::new(4).unwrap()).to_string(), "135.50 x 100 / -");
    /// ```
    #[must_use]
    pub const fn decimal(self, scale: PriceScale) -> DecimalBbo {
        DecimalBbo { bbo: self, scale }
    }
}

/// Prints a [`Bbo`] with decimal prices.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DecimalBbo {
    bbo: Bbo,
    scale: PriceScale,
}

impl fmt::Display for DecimalBbo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (separator, side) in [("", self.bbo.bid), (" / ", self.bbo.ask)] {
            f.write_str(separator)?;
            match side {
                Some(Level { price, qty, .. }) => {
                    write!(f, "{} x {qty}", price.decimal(self.scale))?
                }
                None => f.write_str("-")?,
            }
        }
        Ok(())
    }
}

//! What a book shows of its best levels.

use crate::units::RawPrice;

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

//! Trades as the tape counts them.

use crate::units::{Qty, RawPrice};

/// A trade that counts towards volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Trade {
    /// Its price.
    pub price: RawPrice,
    /// Its shares.
    pub qty: Qty,
}

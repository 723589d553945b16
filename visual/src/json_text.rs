//! Values that JSON has no type for, as the texts that they print.

use std::fmt::Display;

use oxberry_core::units::{Decimal, Price};
use serde::{Serialize, Serializer};

/// A value as the text that it prints.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A price as an exact decimal text.
pub(crate) const fn price(price: Price) -> Text<Decimal> {
    Text(price.decimal())
}

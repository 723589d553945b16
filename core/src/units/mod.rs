//! Newtypes of the domain: a price is no quantity, a symbol index is no order id.
//!
//! Every unit is `Copy` and transparent, made with `from_raw` and read with `raw`. Arithmetic exists
//! only where it means something.

mod id;
mod position;
mod price;
mod qty;
mod sequence;
mod side;
mod time;

pub use id::{ChannelId, OrderId, SymbolIndex, SystemId, TradeId};
pub use position::{Numbering, Position};
pub use price::{Decimal, Price, PriceScale, RawPrice};
pub use qty::Qty;
pub use sequence::{SeqNum, SymbolSeqNum};
pub use side::Side;
pub use time::{Instant, UnixNanos};

/// Declares a transparent newtype over an integer with `from_raw`, `raw` and `Display`.
macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($raw:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            /// Wraps the raw integer.
            #[must_use]
            pub const fn from_raw(raw: $raw) -> Self {
                Self(raw)
            }

            /// The raw integer.
            #[must_use]
            pub const fn raw(self) -> $raw {
                self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}
use unit;

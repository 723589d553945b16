//! Why events change no order.

/// Why an event changed no order. All make the book stale but [`Rejection::LateDelete`], and
/// [`Rejection::UnknownOrder`] in a book that does not know older orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rejection {
    /// The order is not there.
    UnknownOrder,
    /// The order to delete had left with the end of its session or of the day.
    LateDelete,
    /// An order with the new id rests already.
    DuplicateOrder,
    /// The event is about no shares at all.
    ZeroQuantity,
    /// The execution is for more shares than the order had.
    ExcessExecution,
    /// All orders of the capacity are in use.
    OrdersFull,
    /// All levels of the capacity are in use.
    LevelsFull,
    /// Every record that an order of this id may take is in use.
    IdsCrowded,
    /// Resting prices cannot be told in the new scale; the orders are void.
    ScaleLost,
    /// Its number within the symbol is not above that of the last message, although it is a new one.
    OldMessage,
    /// The book belongs to another channel.
    OtherChannel,
}

impl core::fmt::Display for Rejection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::UnknownOrder => "unknown order",
            Self::LateDelete => "the order had expired",
            Self::DuplicateOrder => "an order with this id rests already",
            Self::ZeroQuantity => "no shares",
            Self::ExcessExecution => "executes more than the order has",
            Self::OrdersFull => "no room for another order",
            Self::LevelsFull => "no room for another level",
            Self::IdsCrowded => "no place for another order with such an id",
            Self::ScaleLost => "resting prices do not fit the new scale",
            Self::OldMessage => "a new message with a number that the symbol is past",
            Self::OtherChannel => "the symbol belongs to another channel",
        })
    }
}

impl core::error::Error for Rejection {}

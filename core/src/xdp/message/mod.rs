//! Every message of every dialect, each declared once as a table of offsets
//! (docs/wire-format.md, 2).
//!
//! * `table`: what there is to say of each,
//! * `declare`: what is made of it,
//! * `form`: which messages of a number are read by which form,
//! * `visit`: reads a message of whatever type it has.

mod declare;
mod form;
mod table;
mod visit;

use declare::{body, fit, messages};
pub use table::*;
pub use visit::{Visitor, visit};

use super::{FieldValue, MessageRef, WireError};

/// A message of one type and form.
///
/// Everything here follows from the message's table of offsets, so that what is read, written and
/// printed cannot differ.
pub trait Body: Copy + core::fmt::Debug + Eq + core::hash::Hash {
    /// MsgType.
    const MSG_TYPE: u16;

    /// Bytes that the fields take, message header included. Longer messages are read by this
    /// known prefix.
    const SIZE: usize;

    /// The message's name in docs/wire-format.md, without spaces.
    const NAME: &'static str;

    /// Reads the fields.
    ///
    /// # Errors
    ///
    /// When the message is shorter than [`SIZE`](Self::SIZE).
    fn parse(message: MessageRef<'_>) -> Result<Self, WireError>;

    /// Writes the message, header included, at the start of `to`; returns its size, or `None`
    /// when there is not that much room.
    fn emit(&self, to: &mut [u8]) -> Option<usize>;

    /// Shows every field in wire order: its name in snake case, and its value unscaled.
    fn fields(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>));
}

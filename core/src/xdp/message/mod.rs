//! Every message of every dialect, each declared once as a table of offsets
//! (docs/wire-format.md, 2).

mod auction;
mod control;
mod order;
mod refresh;
mod request;
mod table;
mod trade;

pub use auction::*;
pub use control::*;
pub use order::*;
pub use refresh::*;
pub use request::*;
pub use table::{Message, Visitor, visit};
pub use trade::*;

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

/// Declares messages as the tables of docs/wire-format.md do: MsgType, struct, name, size; then
/// offset, name, type and meaning of every field.
///
/// A first field at offset 0 is a shorter form of the same message, which this form goes on from.
macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $msg_type:literal $message:ident $name:literal $size:literal {
            $($offset:literal $field:ident: $type:ty, $meaning:literal;)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $message {
            $(#[doc = $meaning] pub $field: $type,)*
        }

        const _: () = $crate::xdp::field::assert_dense(
            &[$(($offset, <$type as $crate::xdp::field::Wire>::SIZE)),*],
            $size,
        );

        impl $crate::xdp::field::Wire for $message {
            const SIZE: usize = $size;

            #[inline(always)]
            fn read(message: &[u8], _offset: usize) -> Self {
                Self { $($field: <$type as $crate::xdp::field::Wire>::read(message, $offset),)* }
            }

            #[inline(always)]
            fn write(self, message: &mut [u8], _offset: usize) {
                $($crate::xdp::field::Wire::write(self.$field, message, $offset);)*
                $crate::xdp::field::Wire::write($size as u16, message, 0);
                $crate::xdp::field::Wire::write($msg_type as u16, message, 2);
            }

            fn show(
                &self,
                _name: &'static str,
                visit: &mut dyn FnMut(&'static str, $crate::xdp::FieldValue<'_>),
            ) {
                $($crate::xdp::field::Wire::show(&self.$field, stringify!($field), visit);)*
            }
        }

        impl $crate::xdp::Body for $message {
            const MSG_TYPE: u16 = $msg_type;
            const SIZE: usize = $size;
            const NAME: &'static str = $name;

            #[inline]
            fn parse(
                message: $crate::xdp::MessageRef<'_>,
            ) -> Result<Self, $crate::xdp::WireError> {
                match message.bytes().get(..$size) {
                    Some(bytes) => Ok($crate::xdp::field::Wire::read(bytes, 0)),
                    None => Err(message.too_short($size)),
                }
            }

            #[inline]
            fn emit(&self, to: &mut [u8]) -> Option<usize> {
                $crate::xdp::field::Wire::write(*self, to.get_mut(..$size)?, 0);
                Some($size)
            }

            fn fields(
                &self,
                visit: &mut dyn FnMut(&'static str, $crate::xdp::FieldValue<'_>),
            ) {
                $crate::xdp::field::Wire::show(self, "", visit);
            }
        }
    )*};
}
use messages;

//! Reads a message of whatever type and form it has (docs/wire-format.md, 2.6 and 3.3).

use super::form::{Known, Legacy, Pillar, Xdp};
use super::table::{AsideForm, ControlForm, Form, NumberedForm};
use super::{Body, Message};
use crate::xdp::{Dialect, MessageRef, WireError};

/// Takes a message of whatever type it has.
///
/// What is done with a message is compiled for every type, so nothing is copied on the way: the
/// fastest way to look at all fields of all messages. [`Message`] is the convenient one.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Takes the message.
    fn visit<B: Body + Into<Message>>(&mut self, body: B) -> Self::Output;
}

/// Reads a message and shows it to the visitor; `None` for a type that the dialect does not have,
/// which is to be skipped and counted.
///
/// A message longer than its type is read by its known prefix. Known shorter forms are told by
/// their exact size.
///
/// # Errors
///
/// When the message is shorter than its type needs. Only this message is lost.
#[inline]
pub fn visit<V: Visitor>(
    dialect: Dialect,
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    match dialect {
        Dialect::Legacy => visit_in::<Legacy, V>(message, visitor),
        Dialect::Xdp => visit_in::<Xdp, V>(message, visitor),
        Dialect::Pillar => visit_in::<Pillar, V>(message, visitor),
    }
}

/// As [`visit`], in a dialect that the compiler knows.
#[inline(always)]
fn visit_in<D: Known, V: Visitor>(
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    NumberedForm::visit_in::<D, V>(message, visitor, |visitor| {
        visit_rare::<D, V>(message, visitor)
    })
}

/// Messages that are not numbered, of which there are few.
#[inline(never)]
fn visit_rare<D: Known, V: Visitor>(
    message: MessageRef<'_>,
    visitor: &mut V,
) -> Result<Option<V::Output>, WireError> {
    ControlForm::visit_in::<D, V>(message, visitor, |visitor| {
        AsideForm::visit_in::<D, V>(message, visitor, |_| Ok(None))
    })
}

/// Makes a [`Message`] of what it is shown.
struct IntoMessage;

impl Visitor for IntoMessage {
    type Output = Message;

    #[inline]
    fn visit<B: Body + Into<Message>>(&mut self, body: B) -> Message {
        body.into()
    }
}

impl Message {
    /// Reads a message, as [`visit`] does.
    ///
    /// # Errors
    ///
    /// When the message is shorter than its type needs. Only this message is lost.
    // Where this is inlined, the compiler takes the enum apart into the bytes of all its messages, and
    // loads every one of them whichever message it is.
    #[inline(never)]
    pub fn parse(dialect: Dialect, message: MessageRef<'_>) -> Result<Option<Self>, WireError> {
        visit(dialect, message, &mut IntoMessage)
    }

    /// The name of a message type in a dialect, whatever its form; `None` if it has none.
    #[must_use]
    pub const fn name_of(dialect: Dialect, msg_type: u16) -> Option<&'static str> {
        match Form::of(dialect, msg_type, usize::MAX) {
            Some(form) => Some(form.name()),
            None => None,
        }
    }
}

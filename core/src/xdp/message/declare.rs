//! What one entry of the table of messages is made into.

/// Declares messages as the tables of docs/wire-format.md do: MsgType, struct, name, size, the
/// dialects that have it; then offset, name, type and meaning of every field.
///
/// * The group that an entry stands in says what it is to those who follow a channel. Each group
///   becomes an enum of its forms, so that what is done with them must name every one.
/// * `Nanoseconds` and `FullTime` stand for the fields that most messages begin with. A first field
///   at offset 0 is a shorter form of the same message, which this form goes on from.
/// * Of several forms of a number, `if Exact` or `if AtLeast` says by which sizes a form is told;
///   messages of any other size are read by the usual one.
///
/// Where time, symbol and number lie is found by the names of the fields.
macro_rules! messages {
    ($(
        $(#[$group_doc:meta])*
        $variant:ident($group:ident) {$(
            $(#[$doc:meta])*
            $msg_type:literal $form:ident $name:literal $size:literal
                in $($dialect:ident $(if $fit:ident)?),+
            { $($field:tt)* }
        )*}
    )*) => {
        $($($crate::xdp::message::body! {
            $(#[$doc])*
            $msg_type $form $name $size { $($field)* }
        })*)*

        $(
            $(#[$group_doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[cfg_attr(feature = "defmt", derive(defmt::Format))]
            pub(crate) enum $group {
                $(#[doc = concat!("[`", stringify!($form), "`]")] $form,)*
            }
        )*

        /// Message types from here on are in no dialect.
        pub(in crate::xdp) const TYPES: usize = {
            let mut largest = 0;
            $($(if $msg_type > largest { largest = $msg_type })*)*
            largest + 1
        };

        /// A message's form: its type as a dialect has it, in one of its sizes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Form {
            $($(#[$group_doc])* $variant($group),)*
        }

        impl Form {
            /// The form by which a message of this type and size is read; `None` for a type that the
            /// dialect does not have.
            pub(crate) const fn of(
                dialect: $crate::xdp::Dialect,
                msg_type: u16,
                size: usize,
            ) -> Option<Self> {
                match msg_type {
                    $($(
                        $msg_type if $form::FITS.in_dialect(dialect).takes(size, $size) => {
                            Some(Self::$variant($group::$form))
                        }
                    )*)*
                    $($(
                        $msg_type if $form::FITS.in_dialect(dialect).is_usual() => {
                            Some(Self::$variant($group::$form))
                        }
                    )*)*
                    _ => None,
                }
            }

            /// As [`Body::NAME`](super::Body::NAME).
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $($(Self::$variant($group::$form) => $name,)*)*
                }
            }

            /// Where the fields lie that many messages share.
            pub(in crate::xdp) const fn places(self) -> $crate::xdp::field::Places {
                match self {
                    $($(
                        Self::$variant($group::$form) => {
                            <$form as $crate::xdp::field::Wire>::PLACES
                        }
                    )*)*
                }
            }
        }

        $($(
            impl $form {
                /// In which dialects it is read, and by which sizes.
                const FITS: $crate::xdp::message::form::Fits =
                    $crate::xdp::message::form::Fits::NEVER
                        $(.with(
                            $crate::xdp::Dialect::$dialect,
                            $crate::xdp::message::fit!($($fit)?),
                        ))+;
            }

            // Each is read by messages of its size, and all forms of a number begin alike.
            $(const _: () = {
                let dialect = $crate::xdp::Dialect::$dialect;
                let Some(Form::$variant($group::$form)) = Form::of(dialect, $msg_type, $size) else {
                    panic!(concat!("another form takes the messages of ", stringify!($form)))
                };
                let Some(Form::$variant(usual)) = Form::of(dialect, $msg_type, usize::MAX) else {
                    panic!("one form of a number takes those that are longer, and is of its group")
                };
                assert!(
                    Form::$variant($group::$form).places().are(Form::$variant(usual).places()),
                    "forms of a number begin alike",
                );
            };)+
        )*)*

        /// A message of any type, form and dialect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Message {
            $($(#[doc = concat!("[`", stringify!($form), "`]")] $form($form),)*)*
        }

        $($(
            impl From<$form> for Message {
                #[inline]
                fn from(message: $form) -> Self {
                    Self::$form(message)
                }
            }
        )*)*

        impl Message {
            /// MsgType.
            #[must_use]
            pub const fn msg_type(&self) -> u16 {
                match self {
                    $($(Self::$form(_) => $msg_type,)*)*
                }
            }

            /// The bytes that the message takes, header included.
            #[must_use]
            pub const fn size(&self) -> usize {
                match self {
                    $($(Self::$form(_) => $size,)*)*
                }
            }

            /// The message's name in docs/wire-format.md, without spaces; the same in all dialects.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $($(Self::$form(_) => $name,)*)*
                }
            }

            /// As [`Body::emit`](super::Body::emit).
            pub fn emit(&self, to: &mut [u8]) -> Option<usize> {
                match self {
                    $($(Self::$form(message) => super::Body::emit(message, to),)*)*
                }
            }

            /// As [`Body::fields`](super::Body::fields).
            pub fn fields(
                &self,
                visit: &mut dyn FnMut(&'static str, $crate::xdp::FieldValue<'_>),
            ) {
                match self {
                    $($(Self::$form(message) => super::Body::fields(message, visit),)*)*
                }
            }
        }

        $(impl $group {
            /// Reads a message as a dialect has it, and shows it to the visitor. What is not of this
            /// group is left to `otherwise`, so that nothing has to be looked at and handed on.
            #[inline(always)]
            pub(super) fn visit_in<D: $crate::xdp::message::form::Known, V: $crate::xdp::Visitor>(
                message: $crate::xdp::MessageRef<'_>,
                visitor: &mut V,
                otherwise: impl FnOnce(&mut V) -> Result<Option<V::Output>, $crate::xdp::WireError>,
            ) -> Result<Option<V::Output>, $crate::xdp::WireError> {
                Ok(Some(match message.msg_type() {
                    $(
                        $msg_type if const { $form::FITS.in_dialect(D::DIALECT) }
                            .takes(message.size(), $size) =>
                        {
                            visitor.visit(<$form as $crate::xdp::Body>::parse(message)?)
                        }
                    )*
                    $(
                        $msg_type if const { $form::FITS.in_dialect(D::DIALECT) }.is_usual() => {
                            visitor.visit(<$form as $crate::xdp::Body>::parse(message)?)
                        }
                    )*
                    _ => return otherwise(visitor),
                }))
            }
        })*
    };
}
pub(super) use messages;

/// By which messages a form is read: all of its number, unless the table says otherwise.
macro_rules! fit {
    () => {
        $crate::xdp::message::form::Fit::Usual
    };
    ($fit:ident) => {
        $crate::xdp::message::form::Fit::$fit
    };
}
pub(super) use fit;

/// Declares one form: its struct, how it lies in bytes, and the compile-time check of its table.
macro_rules! body {
    ($(#[$doc:meta])* $msg_type:literal $form:ident $name:literal $size:literal {
        Nanoseconds;
        $($rest:tt)*
    }) => {
        $crate::xdp::message::body! { $(#[$doc])* $msg_type $form $name $size {
            4  source_time_ns: u32, "Nanoseconds of the event time; the seconds are in the latest type 2.";
            8  symbol_index: SymbolIndex, "The symbol.";
            12 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
            $($rest)*
        } }
    };
    ($(#[$doc:meta])* $msg_type:literal $form:ident $name:literal $size:literal {
        FullTime;
        $($rest:tt)*
    }) => {
        $crate::xdp::message::body! { $(#[$doc])* $msg_type $form $name $size {
            4  source_time: u32, "Seconds since 1970 UTC when the matching engine did it.";
            8  source_time_ns: u32, "Nanoseconds within `source_time`.";
            12 symbol_index: SymbolIndex, "The symbol.";
            16 symbol_seq_num: SymbolSeqNum, "The number of this message within its symbol.";
            $($rest)*
        } }
    };
    ($(#[$doc:meta])* $msg_type:literal $form:ident $name:literal $size:literal {
        $($offset:literal $field:ident: $type:ty, $meaning:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $form {
            $(#[doc = $meaning] pub $field: $type,)*
        }

        const _: () = $crate::xdp::field::assert_dense(
            &[$(($offset, <$type as $crate::xdp::field::Wire>::SIZE)),*],
            $size,
        );

        impl $crate::xdp::field::Wire for $form {
            const SIZE: usize = $size;

            const PLACES: $crate::xdp::field::Places = $crate::xdp::field::Places::NONE
                $(.with(stringify!($field), $offset, <$type as $crate::xdp::field::Wire>::PLACES))*;

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

        impl $crate::xdp::Body for $form {
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
    };
}
pub(super) use body;

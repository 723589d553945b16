//! The fields that messages consist of, and how they lie in bytes.

use core::fmt;

use crate::units::{
    ChannelId, OrderId, Qty, RawPrice, SeqNum, SymbolIndex, SymbolSeqNum, SystemId, TradeId,
};

/// The value of a field as the wire has it, for printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FieldValue<'a> {
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A code of one character, which may be one that is not printable.
    Char(u8),
    /// Text without its padding; usually, but not surely, ASCII.
    Text(&'a [u8]),
}

/// A type that fields of messages have: how many bytes, and how they are read and written.
///
/// Offsets are those of docs/wire-format.md, from the start of the message.
pub(super) trait Wire: Copy {
    /// Bytes on the wire.
    const SIZE: usize;

    /// Where those fields lie within it that many messages share; a single field has none.
    const PLACES: Places = Places::NONE;

    /// Reads the field. Bytes that are not there count as 0; callers check the length before, so
    /// that the optimiser drops the question.
    fn read(message: &[u8], offset: usize) -> Self;

    /// Writes the field, if there is room.
    fn write(self, message: &mut [u8], offset: usize);

    /// Shows the field, or those it consists of.
    fn show(&self, name: &'static str, visit: &mut dyn FnMut(&'static str, FieldValue<'_>));
}

/// Where the fields lie that many messages share, each by its name in the table.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) source_time: Option<u16>,
    pub(super) source_time_ns: Option<u16>,
    pub(super) symbol_index: Option<u16>,
    pub(super) symbol_seq_num: Option<u16>,
}

impl Places {
    /// None of them.
    pub(super) const NONE: Self = Self {
        source_time: None,
        source_time_ns: None,
        symbol_index: None,
        symbol_seq_num: None,
    };

    /// The same with a further field. One at offset 0 is a shorter form of the message, and has
    /// `within` what it brings along.
    pub(super) const fn with(mut self, name: &str, offset: u16, within: Self) -> Self {
        if offset == 0 {
            return within;
        }
        if is(name, "source_time") {
            self.source_time = Some(offset);
        } else if is(name, "source_time_ns") {
            self.source_time_ns = Some(offset);
        } else if is(name, "symbol_index") {
            self.symbol_index = Some(offset);
        } else if is(name, "symbol_seq_num") {
            self.symbol_seq_num = Some(offset);
        }
        self
    }

    /// Whether all of them lie at the same places in another form.
    pub(super) const fn are(self, other: Self) -> bool {
        same(self.source_time, other.source_time)
            && same(self.source_time_ns, other.source_time_ns)
            && same(self.symbol_index, other.symbol_index)
            && same(self.symbol_seq_num, other.symbol_seq_num)
    }
}

/// Whether two places are the same one, or both none.
const fn same(one: Option<u16>, other: Option<u16>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Whether a name is this one.
const fn is(name: &str, other: &str) -> bool {
    let (mut name, mut other) = (name.as_bytes(), other.as_bytes());
    loop {
        match (name.split_first(), other.split_first()) {
            (Some((a, names)), Some((b, others))) if *a == *b => (name, other) = (names, others),
            (None, None) => return true,
            (Some(_), Some(_) | None) | (None, Some(_)) => return false,
        }
    }
}

/// The `N` bytes at `offset`.
#[inline(always)]
pub(super) fn take<const N: usize>(message: &[u8], offset: usize) -> [u8; N] {
    message
        .get(offset..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .unwrap_or([0; N])
}

/// Puts the bytes at `offset`, if there is room.
#[inline(always)]
pub(super) fn put(message: &mut [u8], offset: usize, bytes: &[u8]) {
    let to = message
        .get_mut(offset..)
        .and_then(|rest| rest.get_mut(..bytes.len()));
    if let Some(to) = to {
        to.copy_from_slice(bytes);
    }
}

/// Compile-time check of a table: the first field follows the message header or is a shorter form
/// that includes it, and every other field begins where the one before it ends.
pub(super) const fn assert_dense(mut fields: &[(usize, usize)], size: usize) {
    let Some(&(mut end, _)) = fields.first() else {
        panic!("a message has fields")
    };
    assert!(end == 0 || end == 4);
    while let Some((&(offset, length), rest)) = fields.split_first() {
        assert!(offset == end);
        end = offset + length;
        fields = rest;
    }
    assert!(end == size);
}

macro_rules! integers {
    ($($integer:ty as $kind:ident($wide:ty)),* $(,)?) => {$(
        impl Wire for $integer {
            const SIZE: usize = size_of::<$integer>();

            #[inline(always)]
            fn read(message: &[u8], offset: usize) -> Self {
                Self::from_le_bytes(take(message, offset))
            }

            #[inline(always)]
            fn write(self, message: &mut [u8], offset: usize) {
                put(message, offset, &self.to_le_bytes());
            }

            fn show(&self, name: &'static str, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
                visit(name, FieldValue::$kind(<$wide>::from(*self)));
            }
        }
    )*};
}

integers!(
    u8 as Unsigned(u64),
    u16 as Unsigned(u64),
    u32 as Unsigned(u64),
    u64 as Unsigned(u64),
    i32 as Signed(i64),
);

macro_rules! newtypes {
    ($($unit:ident($integer:ty)),* $(,)?) => {$(
        impl Wire for $unit {
            const SIZE: usize = <$integer>::SIZE;

            #[inline(always)]
            fn read(message: &[u8], offset: usize) -> Self {
                Self::from_raw(<$integer>::read(message, offset))
            }

            #[inline(always)]
            fn write(self, message: &mut [u8], offset: usize) {
                self.raw().write(message, offset);
            }

            fn show(&self, name: &'static str, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
                self.raw().show(name, visit);
            }
        }
    )*};
}

newtypes!(
    SymbolIndex(u32),
    SymbolSeqNum(u32),
    SeqNum(u32),
    OrderId(u64),
    TradeId(u32),
    RawPrice(u32),
    SignedPrice(i32),
    Qty(u32),
    ChannelId(u8),
    SystemId(u8),
);

/// A price of the Pillar dialect, which declares its prices signed but never sends a negative one
/// (docs/wire-format.md, 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(transparent)]
pub struct SignedPrice(i32);

impl SignedPrice {
    /// Wraps the wire's integer.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Self {
        Self(raw)
    }

    /// The wire's integer.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// The price as books use it: the same bits, which is the same number unless negative.
    #[must_use]
    pub const fn price(self) -> RawPrice {
        RawPrice::from_raw(self.0.cast_unsigned())
    }
}

impl From<RawPrice> for SignedPrice {
    fn from(price: RawPrice) -> Self {
        Self(price.raw().cast_signed())
    }
}

/// Text of `N` bytes, left-aligned and padded with NUL.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// Text of at most `N` bytes, padded; `None` when it is longer.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self(bytes))
    }

    /// The bytes as the wire has them, padding included.
    #[must_use]
    pub const fn from_raw(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The bytes as the wire has them, padding included.
    #[must_use]
    pub const fn raw(&self) -> &[u8; N] {
        &self.0
    }

    /// The text: up to the first NUL, without spaces at the end.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        unpadded(&self.0)
    }
}

impl<const N: usize> Default for Ascii<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Debug for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text().escape_ascii())
    }
}

impl<const N: usize> Wire for Ascii<N> {
    const SIZE: usize = N;

    #[inline(always)]
    fn read(message: &[u8], offset: usize) -> Self {
        Self(take(message, offset))
    }

    #[inline(always)]
    fn write(self, message: &mut [u8], offset: usize) {
        put(message, offset, &self.0);
    }

    fn show(&self, name: &'static str, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit(name, FieldValue::Text(self.text()));
    }
}

/// The firm of an attributed order; five spaces when there is none, which is the default.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FirmId([u8; 5]);

impl FirmId {
    /// The bytes as the wire has them.
    #[must_use]
    pub const fn from_raw(bytes: [u8; 5]) -> Self {
        Self(bytes)
    }

    /// The bytes as the wire has them.
    #[must_use]
    pub const fn raw(&self) -> &[u8; 5] {
        &self.0
    }

    /// The firm without padding; empty for an order that names none.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        unpadded(&self.0)
    }
}

impl Default for FirmId {
    fn default() -> Self {
        Self(*b"     ")
    }
}

impl fmt::Debug for FirmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text().escape_ascii())
    }
}

impl Wire for FirmId {
    const SIZE: usize = 5;

    #[inline(always)]
    fn read(message: &[u8], offset: usize) -> Self {
        Self(take(message, offset))
    }

    #[inline(always)]
    fn write(self, message: &mut [u8], offset: usize) {
        put(message, offset, &self.0);
    }

    fn show(&self, name: &'static str, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit(name, FieldValue::Text(self.text()));
    }
}

/// Text up to the first NUL, without spaces at the end.
fn unpadded(bytes: &[u8]) -> &[u8] {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let spaces = text.iter().rev().take_while(|&&byte| byte == b' ').count();
    text.get(..text.len() - spaces).unwrap_or(text)
}

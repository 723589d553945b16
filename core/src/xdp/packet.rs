//! Packets and messages in place: the header, and the walk over the messages
//! (docs/wire-format.md, 1.1).

use super::layout;
use super::{DeliveryFlag, Dialect, Head, WireError, WireErrorKind};
use crate::units::{SeqNum, SymbolIndex, UnixNanos};

/// Bytes of a packet header.
pub const HEADER_SIZE: usize = 16;

/// Bytes of a message header: MsgSize and MsgType.
pub const MESSAGE_HEADER_SIZE: usize = 4;

/// The header of a packet (table P.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PacketHeader {
    /// Bytes in the packet including this header, 16 to 1400.
    pub pkt_size: u16,
    /// What kind of packet it is.
    pub delivery_flag: DeliveryFlag,
    /// The messages that follow.
    pub number_msgs: u8,
    /// The number of the first message; the others count on from it. Heartbeats consume none.
    pub seq_num: SeqNum,
    /// When the venue published it.
    pub send_time: UnixNanos,
}

impl PacketHeader {
    #[inline]
    fn read(bytes: &[u8; HEADER_SIZE]) -> Self {
        let &[a, b, flag, number_msgs, c, d, e, f, g, h, i, j, k, l, m, n] = bytes;
        let seconds = u32::from_le_bytes([g, h, i, j]);
        let nanoseconds = u32::from_le_bytes([k, l, m, n]);
        Self {
            pkt_size: u16::from_le_bytes([a, b]),
            delivery_flag: DeliveryFlag::from_raw(flag),
            number_msgs,
            seq_num: SeqNum::from_raw(u32::from_le_bytes([c, d, e, f])),
            send_time: UnixNanos::from_parts(seconds, nanoseconds),
        }
    }
}

/// A packet in the bytes that hold it, its length known.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PacketRef<'a> {
    header: &'a [u8; HEADER_SIZE],
    /// What follows the header.
    body: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> PacketRef<'a> {
    /// The packet at the start of `bytes`.
    ///
    /// Bytes after PktSize belong to whatever comes next. When fewer than PktSize are there, the
    /// packet ends with them: its whole messages can still be read, [`missing`](Self::missing)
    /// tells how much was cut off, and the walk ends with an error.
    ///
    /// # Errors
    ///
    /// When there are fewer bytes than a header has, or PktSize is less than that.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some((header, rest)) = bytes.split_first_chunk() else {
            let needed = clamp(HEADER_SIZE);
            let got = clamp(bytes.len());
            return Err(WireError::new(
                0,
                None,
                WireErrorKind::TooShort { needed, got },
            ));
        };
        let declared = pkt_size(header);
        let Some(body) = usize::from(declared).checked_sub(HEADER_SIZE) else {
            let least = clamp(HEADER_SIZE);
            return Err(WireError::new(
                0,
                None,
                WireErrorKind::BadLength { declared, least },
            ));
        };
        Ok(Self {
            header,
            body: rest.get(..body).unwrap_or(rest),
            bytes: bytes.get(..usize::from(declared)).unwrap_or(bytes),
        })
    }

    /// The header.
    #[must_use]
    #[inline]
    pub fn header(&self) -> PacketHeader {
        PacketHeader::read(self.header)
    }

    /// The bytes of the packet, header included.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many of PktSize bytes are not there; 0 for a whole packet.
    #[must_use]
    pub fn missing(&self) -> usize {
        usize::from(pkt_size(self.header)).saturating_sub(self.bytes.len())
    }

    /// The messages, in order. After an error there are no more.
    #[must_use]
    #[inline]
    pub const fn messages(&self) -> Messages<'a> {
        let &[_, _, _, left, ..] = self.header;
        Messages {
            rest: self.body,
            length: self.bytes.len(),
            left,
        }
    }
}

/// PktSize.
#[inline]
const fn pkt_size(header: &[u8; HEADER_SIZE]) -> u16 {
    let &[a, b, ..] = header;
    u16::from_le_bytes([a, b])
}

/// The walk over the messages of a packet, by their declared sizes.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Messages<'a> {
    rest: &'a [u8],
    /// Bytes of the packet, for offsets.
    length: usize,
    left: u8,
}

impl<'a> Messages<'a> {
    /// The bytes not walked yet. After the last message these are bytes that no message claims;
    /// none were ever seen, so they are worth counting.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Ends the walk with what is wrong at the present offset.
    #[cold]
    fn fail(&mut self) -> WireError {
        let offset = clamp(self.length - self.rest.len());
        let left = clamp(self.rest.len());
        self.left = 0;
        let Some(&[a, b, c, d]) = self.rest.first_chunk() else {
            let needed = clamp(MESSAGE_HEADER_SIZE);
            return WireError::new(offset, None, WireErrorKind::TooShort { needed, got: left });
        };
        let declared = u16::from_le_bytes([a, b]);
        let kind = if usize::from(declared) < MESSAGE_HEADER_SIZE {
            WireErrorKind::BadLength {
                declared,
                least: clamp(MESSAGE_HEADER_SIZE),
            }
        } else {
            WireErrorKind::PastEnd { declared, left }
        };
        WireError::new(offset, Some(u16::from_le_bytes([c, d])), kind)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<MessageRef<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let Some(&[a, b, c, d]) = self.rest.first_chunk() else {
            return Some(Err(self.fail()));
        };
        let size = usize::from(u16::from_le_bytes([a, b]));
        let Some((bytes, rest)) = self.rest.split_at_checked(size) else {
            return Some(Err(self.fail()));
        };
        if size < MESSAGE_HEADER_SIZE {
            return Some(Err(self.fail()));
        }
        let offset = self.length - self.rest.len();
        self.rest = rest;
        Some(Ok(MessageRef {
            bytes,
            offset,
            msg_type: u16::from_le_bytes([c, d]),
            there: There::Yes,
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(usize::from(self.left)))
    }
}

impl core::iter::FusedIterator for Messages<'_> {}

/// A message in the packet that holds it: its header is read, its body is not interpreted.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MessageRef<'a> {
    bytes: &'a [u8],
    offset: usize,
    msg_type: u16,
    #[cfg_attr(
        not(feature = "defmt"),
        expect(dead_code, reason = "it is there for its unused values")
    )]
    there: There,
}

/// A constant whose other values `Option` and `Result` use for what is not there. The optimiser
/// cannot know that a pointer is not null, but it does see this, and so walks packets without
/// putting every message into a `Result` and taking it out again: a third of the instructions.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum There {
    Yes,
}

impl<'a> MessageRef<'a> {
    /// The message that starts `bytes`, as if it were the first of a packet.
    ///
    /// # Errors
    ///
    /// When MsgSize is less than a message header or more than there is.
    pub fn new(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut walk = Messages {
            rest: bytes,
            length: bytes.len(),
            left: 1,
        };
        walk.next().unwrap_or_else(|| Err(walk.fail()))
    }

    /// MsgType.
    #[must_use]
    pub const fn msg_type(&self) -> u16 {
        self.msg_type
    }

    /// MsgSize: the bytes of the message, header included.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of the message, header included.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes from the start of the packet to this message.
    #[must_use]
    pub fn offset(&self) -> u16 {
        clamp(self.offset)
    }

    /// The symbol that the message is about, without reading the rest: what routing needs.
    ///
    /// `None` for messages about no symbol, of unknown type, or too short to name one.
    #[must_use]
    #[inline]
    pub fn symbol_index(&self, dialect: Dialect) -> Option<SymbolIndex> {
        let at = layout::symbol_index_offset(dialect, self.msg_type);
        let raw = self.bytes.get(at..at + 4)?.first_chunk()?;
        Some(SymbolIndex::from_raw(u32::from_le_bytes(*raw)))
    }

    /// Time, symbol and number within the symbol, without reading the rest.
    ///
    /// `None` for types that have no number within a symbol, and for messages too short.
    #[must_use]
    #[inline]
    pub fn head(&self, dialect: Dialect) -> Option<Head> {
        Head::read(dialect, *self)
    }

    /// The error that the message is shorter than its type needs.
    pub(super) fn too_short(&self, needed: usize) -> WireError {
        let kind = WireErrorKind::TooShort {
            needed: clamp(needed),
            got: clamp(self.bytes.len()),
        };
        WireError::new(clamp(self.offset), Some(self.msg_type), kind)
    }
}

/// A length as errors carry it. Packets are never longer than 65,535 bytes.
fn clamp(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

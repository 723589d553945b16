//! Writes packets (docs/wire-format.md, 5.7).

use core::fmt;

use super::field::put;
use super::message::Body;
use super::packet::HEADER_SIZE;
use super::{DeliveryFlag, Message};
use crate::units::{SeqNum, UnixNanos};

/// The most bytes of a packet that the venue sends, header included.
pub const MAX_PACKET: usize = 1400;

/// The most messages of a packet: NumberMsgs is one byte.
pub const MAX_MESSAGES: u8 = u8::MAX;

/// Writes one packet into a buffer: messages first, the header at the end.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PacketBuilder<'a> {
    buffer: &'a mut [u8],
    length: usize,
    messages: u8,
}

/// The message does not fit into the packet any more; the packet is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PacketFull;

impl<'a> PacketBuilder<'a> {
    /// Starts a packet that may fill the buffer up to [`MAX_PACKET`] bytes.
    ///
    /// # Errors
    ///
    /// When not even a header fits.
    pub fn new(buffer: &'a mut [u8]) -> Result<Self, PacketFull> {
        let room = buffer.len().min(MAX_PACKET);
        match buffer.get_mut(..room) {
            Some(buffer) if room >= HEADER_SIZE => Ok(Self {
                buffer,
                length: HEADER_SIZE,
                messages: 0,
            }),
            _ => Err(PacketFull),
        }
    }

    /// Appends a message.
    ///
    /// # Errors
    ///
    /// When it does not fit, or the packet has [`MAX_MESSAGES`] already.
    pub fn push<M: Body>(&mut self, message: &M) -> Result<(), PacketFull> {
        self.append(M::SIZE, |to| message.emit(to))
    }

    /// Appends a message of any type.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_message(&mut self, message: &Message) -> Result<(), PacketFull> {
        self.append(message.size(), |to| message.emit(to))
    }

    /// Appends a message that is bytes already, unchanged.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_bytes(&mut self, message: super::MessageRef<'_>) -> Result<(), PacketFull> {
        self.append(message.size(), |to| {
            put(to, 0, message.bytes());
            Some(message.size())
        })
    }

    fn append(
        &mut self,
        size: usize,
        emit: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Result<(), PacketFull> {
        let to = self
            .buffer
            .get_mut(self.length..self.length + size)
            .ok_or(PacketFull)?;
        let messages = self.messages.checked_add(1).ok_or(PacketFull)?;
        emit(to).ok_or(PacketFull)?;
        self.length += size;
        self.messages = messages;
        Ok(())
    }

    /// The messages so far.
    #[must_use]
    pub const fn messages(&self) -> u8 {
        self.messages
    }

    /// The bytes so far, header included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no message yet; finished so, the packet is a heartbeat or the like.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Writes the header and returns the packet. `seq_num` is that of the first message.
    #[must_use]
    pub fn finish(
        self,
        delivery_flag: DeliveryFlag,
        seq_num: SeqNum,
        send_time: UnixNanos,
    ) -> &'a [u8] {
        let pkt_size = u16::try_from(self.length).unwrap_or(u16::MAX);
        let (seconds, nanoseconds) = send_time.to_parts();
        put(self.buffer, 0, &pkt_size.to_le_bytes());
        put(self.buffer, 2, &[delivery_flag.raw(), self.messages]);
        put(self.buffer, 4, &seq_num.raw().to_le_bytes());
        put(self.buffer, 8, &seconds.to_le_bytes());
        put(self.buffer, 12, &nanoseconds.to_le_bytes());
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Display for PacketFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the packet has no room for the message")
    }
}

impl core::error::Error for PacketFull {}

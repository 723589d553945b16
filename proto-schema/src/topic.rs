//! What a Pi subscribes to on the publish socket.

use crate::envelope::{Head, ProtoError, encode};
use crate::limits::MAX_PLAIN_BYTES;
use crate::name::Partition;

/// The first bytes of a published frame: a kind byte and the partition in big-endian, so that a
/// prefix subscription picks partitions.
///
/// Topics name partitions, never symbols: libzmq loses subscriptions beyond the high-water mark,
/// and a cluster has far fewer partitions than symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Topic {
    /// The partition whose pings, batches and end follow.
    pub partition: Partition,
}

impl Topic {
    /// Bytes of a topic.
    pub const LEN: usize = 3;

    /// Bytes of a frame whose message has no records.
    pub const MAX_PLAIN_FRAME_BYTES: usize = Self::LEN + MAX_PLAIN_BYTES;

    /// The kind byte of the frames of a partition.
    const STREAM: u8 = b'S';

    /// The bytes to subscribe to, which stand in front of every message of the topic.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [high, low] = self.partition.raw().to_be_bytes();
        [Self::STREAM, high, low]
    }

    /// Writes a frame whose message has no records, and returns its length. One with records comes from
    /// [`RecordsWriter::publish`](crate::RecordsWriter::publish).
    ///
    /// # Errors
    ///
    /// [`ProtoError::NoRoom`] when `frame` is too small.
    pub fn encode<H: Head>(self, head: &H, frame: &mut [u8]) -> Result<usize, ProtoError> {
        let (topic, message) = self.begin(frame)?;
        Ok(topic + encode(head, message)?)
    }

    /// Writes a frame of a message that is written already, and returns its length.
    ///
    /// # Errors
    ///
    /// [`ProtoError::NoRoom`] when `frame` is too small.
    pub fn envelop(self, message: &[u8], frame: &mut [u8]) -> Result<usize, ProtoError> {
        let (topic, room) = self.begin(frame)?;
        let room = room.get_mut(..message.len()).ok_or(ProtoError::NoRoom)?;
        room.copy_from_slice(message);
        Ok(topic + message.len())
    }

    /// Writes the topic, and returns its length and where the message goes.
    fn begin(self, frame: &mut [u8]) -> Result<(usize, &mut [u8]), ProtoError> {
        let (topic, message) = frame
            .split_first_chunk_mut::<{ Self::LEN }>()
            .ok_or(ProtoError::NoRoom)?;
        *topic = self.to_bytes();
        Ok((topic.len(), message))
    }

    /// Splits a published frame into its topic and the message.
    ///
    /// # Errors
    ///
    /// [`ProtoError::Truncated`] when the frame is shorter than a topic, [`ProtoError::BadTopic`]
    /// when the kind byte is another.
    pub fn split(frame: &[u8]) -> Result<(Self, &[u8]), ProtoError> {
        let Some((&[kind, high, low], message)) = frame.split_first_chunk::<{ Self::LEN }>() else {
            return Err(ProtoError::Truncated);
        };
        if kind != Self::STREAM {
            return Err(ProtoError::BadTopic { kind });
        }
        let partition = Partition::from_raw(u16::from_be_bytes([high, low]));
        Ok((Self { partition }, message))
    }
}

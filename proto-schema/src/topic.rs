//! What a Pi subscribes to on the publish socket.

use crate::envelope::ProtoError;
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

    /// The kind byte of the frames of a partition.
    const STREAM: u8 = b'S';

    /// The bytes to subscribe to, and to put in front of a message.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [high, low] = self.partition.raw().to_be_bytes();
        [Self::STREAM, high, low]
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

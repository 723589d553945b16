//! Lists of records: written one by one into a buffer, read one by one in place.
//!
//! The head states the count, but the writer learns it last and postcard lengths vary. So the writer
//! collects records behind room for the largest head and puts the head right before them at the end.

use core::marker::PhantomData;

use crate::envelope::{Listed, ProtoError, VERSION, decode_head};
use crate::limits::MAX_LIST_HEAD_BYTES;
use crate::room::Room;
use crate::topic::Topic;

/// Collects the records of one message in storage handed in: `[u8; N]`, `Box<[u8]>` or
/// `&mut [u8]`. A message never exceeds it; less storage only means smaller messages.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RecordsWriter<S, H> {
    storage: S,
    /// Where the next record goes.
    at: usize,
    count: usize,
    head: PhantomData<H>,
}

impl<S: AsMut<[u8]>, H: Listed> RecordsWriter<S, H> {
    /// A writer without records.
    pub const fn new(storage: S) -> Self {
        Self {
            storage,
            at: MAX_LIST_HEAD_BYTES,
            count: 0,
            head: PhantomData,
        }
    }

    /// Records written since the last [`finish`](Self::finish).
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether no record was written since the last [`finish`](Self::finish).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes that further records may take.
    #[must_use]
    pub fn room(&mut self) -> usize {
        self.storage.as_mut().len().saturating_sub(self.at)
    }

    /// Appends a record.
    ///
    /// # Errors
    ///
    /// [`ProtoError::NoRoom`] when it does not fit any more: finish the message, then push again.
    pub fn push(&mut self, record: &H::Record) -> Result<(), ProtoError> {
        let room = self
            .storage
            .as_mut()
            .get_mut(self.at..)
            .ok_or(ProtoError::NoRoom)?;
        self.at += postcard::serialize_with_flavor(record, Room::new(room))?;
        self.count += 1;
        Ok(())
    }

    /// Finishes the message as a frame to be published: its topic stands in front of it.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn publish(&mut self, topic: Topic, head: H) -> Result<&[u8], ProtoError> {
        self.finish(&topic.to_bytes(), head)
    }

    /// Puts `head`, with the count filled in, before the records, starts anew and returns the
    /// message, in front of which `prefix` stands.
    ///
    /// # Errors
    ///
    /// [`ProtoError::NoRoom`] when prefix and head together exceed [`MAX_LIST_HEAD_BYTES`].
    pub fn finish(&mut self, prefix: &[u8], mut head: H) -> Result<&[u8], ProtoError> {
        head.set_count(self.count);
        let mut room = [0; MAX_LIST_HEAD_BYTES];
        let head_len = postcard::to_slice(&head, &mut room)?.len();
        let begin = MAX_LIST_HEAD_BYTES
            .checked_sub(prefix.len() + 2 + head_len)
            .ok_or(ProtoError::NoRoom)?;
        let end = self.at;
        self.at = MAX_LIST_HEAD_BYTES;
        self.count = 0;
        let message = self
            .storage
            .as_mut()
            .get_mut(begin..end)
            .ok_or(ProtoError::NoRoom)?;
        let parts = [
            prefix,
            &[VERSION, H::KIND as u8],
            room.get(..head_len).unwrap_or_default(),
        ];
        for (to, from) in message.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        Ok(message)
    }
}

/// The records of a message, read in place.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Records<'a, R> {
    rest: &'a [u8],
    left: usize,
    record: PhantomData<R>,
}

/// Reads a message with records: its head, and the records still to be read.
///
/// # Errors
///
/// What is wrong with envelope or head; see [`ProtoError`].
pub fn decode_list<H: Listed>(message: &[u8]) -> Result<(H, Records<'_, H::Record>), ProtoError> {
    let (head, rest) = decode_head::<H>(message)?;
    let left = head.count();
    Ok((
        head,
        Records {
            rest,
            left,
            record: PhantomData,
        },
    ))
}

impl<'a, R: serde::Deserialize<'a>> Iterator for Records<'a, R> {
    type Item = Result<R, ProtoError>;

    /// The next record. After an error, which includes bytes behind the last record, it ends.
    fn next(&mut self) -> Option<Self::Item> {
        let Some(left) = self.left.checked_sub(1) else {
            let count = self.rest.len();
            self.rest = &[];
            return (count > 0).then_some(Err(ProtoError::TrailingBytes { count }));
        };
        match postcard::take_from_bytes(self.rest) {
            Ok((record, rest)) => {
                self.rest = rest;
                self.left = left;
                Some(Ok(record))
            }
            Err(error) => {
                self.rest = &[];
                self.left = 0;
                Some(Err(error.into()))
            }
        }
    }
}

/// Declares heads: kind, and for heads with a list the record and the count's field.
macro_rules! heads {
    ($($head:ident $(lists $record:ident by $count:ident: $int:ty)?;)*) => {
        $(
            impl crate::envelope::Head for $head {
                const KIND: crate::envelope::Kind = crate::envelope::Kind::$head;
            }
            $(
                impl crate::envelope::Listed for $head {
                    type Record = $record;

                    fn count(&self) -> usize {
                        usize::from(self.$count)
                    }

                    fn set_count(&mut self, count: usize) {
                        // A buffer holds far fewer records than the field can count.
                        self.$count = <$int>::try_from(count).unwrap_or(<$int>::MAX);
                    }
                }
            )?
        )*
    };
}
pub(crate) use heads;

//! Where postcard writes a record to.

use postcard::ser_flavors::Flavor;
use postcard::{Error, Result};

/// Room for a record; the output is the bytes that it took.
///
/// Almost all that postcard gives on are numbers of one to three bytes. Its own `Slice` calls `memcpy`
/// for each of them, which took 5 % of a cluster's time; here they are written where the number is.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    room: &'a mut [u8],
    at: usize,
}

impl<'a> Room<'a> {
    pub(crate) const fn new(room: &'a mut [u8]) -> Self {
        Self { room, at: 0 }
    }
}

impl Flavor for Room<'_> {
    type Output = usize;

    #[inline(always)]
    fn try_push(&mut self, byte: u8) -> Result<()> {
        let to = self.room.get_mut(self.at);
        *to.ok_or(Error::SerializeBufferFull)? = byte;
        self.at += 1;
        Ok(())
    }

    #[inline(always)]
    fn try_extend(&mut self, bytes: &[u8]) -> Result<()> {
        // One by one with a way out each, which no compiler makes a call of.
        bytes.iter().try_for_each(|&byte| self.try_push(byte))
    }

    fn finalize(self) -> Result<usize> {
        Ok(self.at)
    }
}

//! Finished frames in fixed memory, numbered in their order. A new one overwrites the oldest.

use oxberry_proto::limits::MAX_BATCH_BYTES;

/// A ring of frames, each at most [`MAX_BATCH_BYTES`] long.
#[derive(Debug)]
pub(super) struct Ring {
    frames: Box<[u8]>,
    lengths: Box<[usize]>,
    /// How many frames were ever put, which is the number of the next one.
    end: u64,
}

impl Ring {
    /// Keeps the last so many frames.
    pub(super) fn new(frames: usize) -> Self {
        Self {
            frames: vec![0; frames * MAX_BATCH_BYTES].into_boxed_slice(),
            lengths: vec![0; frames].into_boxed_slice(),
            end: 0,
        }
    }

    /// How many frames it keeps.
    pub(super) const fn capacity(&self) -> usize {
        self.lengths.len()
    }

    /// The number that the next frame will have.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// The number of the oldest frame that is kept.
    pub(super) const fn oldest(&self) -> u64 {
        self.end.saturating_sub(self.lengths.len() as u64)
    }

    /// Copies a frame behind the last one.
    pub(super) fn put(&mut self, frame: &[u8]) {
        let place = self.place(self.end);
        let slot = self
            .frames
            .chunks_exact_mut(MAX_BATCH_BYTES)
            .nth(place)
            .zip(self.lengths.get_mut(place));
        let (slot, length) = slot.expect("a place is below the number of frames");
        for (to, from) in slot.iter_mut().zip(frame) {
            *to = *from;
        }
        *length = frame.len();
        self.end += 1;
    }

    /// The frame of a number, if it is kept.
    pub(super) fn get(&self, number: u64) -> Option<&[u8]> {
        if number < self.oldest() || number >= self.end {
            return None;
        }
        let place = self.place(number);
        let length = self.lengths.get(place).copied()?;
        self.frames.get(place * MAX_BATCH_BYTES..)?.get(..length)
    }

    /// Where a frame lies.
    fn place(&self, number: u64) -> usize {
        let place = number % self.lengths.len() as u64;
        usize::try_from(place).expect("it is below a usize")
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn the_last_frames_are_kept_and_the_others_overwritten() {
        let mut ring = Ring::new(3);
        assert_eq!((ring.oldest(), ring.end(), ring.get(0)), (0, 0, None));
        for number in 0_u8..5 {
            ring.put(&vec![number; usize::from(number)]);
        }
        assert_eq!((ring.oldest(), ring.end()), (2, 5));
        assert_eq!(ring.get(1), None);
        assert_eq!(ring.get(2), Some(&[2, 2][..]));
        assert_eq!(ring.get(4), Some(&[4, 4, 4, 4][..]));
        assert_eq!(ring.get(5), None);
    }
}

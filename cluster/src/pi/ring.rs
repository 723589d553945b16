//! Finished frames in fixed memory, the oldest first.

use oxberry_proto::limits::MAX_BATCH_BYTES;

/// A ring of frames, each at most [`MAX_BATCH_BYTES`] long.
#[derive(Debug)]
pub(super) struct Ring {
    frames: Box<[u8]>,
    lengths: Box<[usize]>,
    /// The oldest frame.
    head: usize,
    /// How many frames there are.
    waiting: usize,
}

impl Ring {
    /// Room for so many frames.
    pub(super) fn new(frames: usize) -> Self {
        Self {
            frames: vec![0; frames * MAX_BATCH_BYTES].into_boxed_slice(),
            lengths: vec![0; frames].into_boxed_slice(),
            head: 0,
            waiting: 0,
        }
    }

    /// For how many more frames there is room.
    pub(super) const fn room(&self) -> usize {
        self.lengths.len() - self.waiting
    }

    /// How many frames there are.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether there is no frame.
    pub(super) const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Copies a frame behind the last one; the caller made sure that there is room.
    pub(super) fn put(&mut self, frame: &[u8]) {
        assert!(self.room() > 0, "the caller made sure that there is room");
        let at = (self.head + self.waiting) % self.lengths.len();
        let slot = self
            .frames
            .chunks_exact_mut(MAX_BATCH_BYTES)
            .nth(at)
            .zip(self.lengths.get_mut(at));
        let (slot, length) = slot.expect("at is below the number of frames");
        for (to, from) in slot.iter_mut().zip(frame) {
            *to = *from;
        }
        *length = frame.len();
        self.waiting += 1;
    }

    /// The oldest frame.
    pub(super) fn front(&self) -> Option<&[u8]> {
        let length = (self.waiting > 0).then(|| self.lengths.get(self.head).copied())??;
        self.frames
            .get(self.head * MAX_BATCH_BYTES..)?
            .get(..length)
    }

    /// Drops the oldest frame, if there is one.
    pub(super) const fn pop(&mut self) {
        if let Some(left) = self.waiting.checked_sub(1) {
            self.waiting = left;
            self.head = (self.head + 1) % self.lengths.len();
        }
    }
}

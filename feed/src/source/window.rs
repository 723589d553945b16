//! A fixed buffer that slides over an input of any length.

use std::{
    fmt, io,
    io::{ErrorKind, Read},
    ops::Range,
};

/// Bytes that a [`Window`] can show at once.
///
/// As long as the longest frame that captures hold of a network, with its record's header, so that
/// every record lies whole in the window, and small enough to stay in a core's own cache.
pub(super) const CAPACITY: usize = 256 * 1024 + 64;

/// The part of an input that is in memory.
///
/// Bytes are first required, which may move and read, then taken. What was taken stays readable
/// until the next call of [`Window::require`] or [`Window::skip`], so packets are read in place.
pub(super) struct Window {
    input: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    /// What is in memory and not taken yet.
    ahead: Range<usize>,
    /// Where the first byte of `ahead` lies in the input.
    offset: u64,
}

impl Window {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            input,
            buffer: vec![0; CAPACITY].into_boxed_slice(),
            ahead: 0..0,
            offset: 0,
        }
    }

    /// Where the next byte to be taken lies in the input.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What is in memory and not taken yet.
    #[inline]
    pub(super) fn ahead(&self) -> &[u8] {
        self.bytes(self.ahead.clone())
    }

    /// Reads until `count` bytes are ahead, which must not be more than [`CAPACITY`]; `false` when
    /// the input ends before. Reads no more often than that needs, so that a pipe's packets are
    /// seen when they come.
    #[inline]
    pub(super) fn require(&mut self, count: usize) -> io::Result<bool> {
        debug_assert!(
            count <= CAPACITY,
            "no packet or block header is longer than the window"
        );
        if self.ahead.len() >= count {
            return Ok(true);
        }
        self.read(count)
    }

    #[cold]
    fn read(&mut self, count: usize) -> io::Result<bool> {
        // At most `count` bytes move for each window that is read.
        self.buffer.copy_within(self.ahead.clone(), 0);
        self.ahead = 0..self.ahead.len();
        while self.ahead.len() < count {
            let room = self.buffer.get_mut(self.ahead.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => return Ok(false),
                Ok(read) => self.ahead.end += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Moves past `count` bytes that were required, and says where they are.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Range<usize> {
        let count = count.min(self.ahead.len());
        let taken = self.ahead.start..self.ahead.start + count;
        self.ahead.start = taken.end;
        self.offset += count as u64;
        taken
    }

    /// Moves past `count` bytes, however many they are; `false` when the input ends before.
    pub(super) fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        while count > 0 {
            if !self.require(1)? {
                return Ok(false);
            }
            let step = self
                .ahead
                .len()
                .min(usize::try_from(count).unwrap_or(usize::MAX));
            self.take(step);
            count -= step as u64;
        }
        Ok(true)
    }

    /// The bytes that [`Window::take`] gave out last.
    #[inline]
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("ahead", &self.ahead)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An input that gives few bytes at a time and is interrupted every other time.
    struct Trickle {
        bytes: Vec<u8>,
        given: usize,
        interrupt: bool,
    }

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.interrupt = !self.interrupt;
            if self.interrupt {
                return Err(ErrorKind::Interrupted.into());
            }
            let count = buffer.len().min(7).min(self.bytes.len() - self.given);
            buffer[..count].copy_from_slice(&self.bytes[self.given..self.given + count]);
            self.given += count;
            Ok(count)
        }
    }

    #[test]
    fn an_input_larger_than_the_window_is_read_whole_and_in_order() {
        let bytes: Vec<u8> = (0..3 * CAPACITY + 5)
            .map(|n| u8::try_from(n % 251).unwrap())
            .collect();
        let input = Trickle {
            bytes: bytes.clone(),
            given: 0,
            interrupt: false,
        };
        let mut window = Window::new(Box::new(input));
        let mut seen = Vec::new();
        for size in (1..1_400).cycle() {
            if !window.require(size).unwrap() {
                break;
            }
            assert_eq!(window.offset(), seen.len() as u64);
            let taken = window.take(size);
            seen.extend_from_slice(window.bytes(taken));
        }
        seen.extend_from_slice(window.ahead());
        assert_eq!(seen, bytes);
    }

    #[test]
    fn skipping_passes_over_more_than_the_window_and_notices_the_end() {
        let bytes = vec![9; 2 * CAPACITY + 3];
        let mut window = Window::new(Box::new(io::Cursor::new(bytes)));
        assert!(window.skip(2 * CAPACITY as u64).unwrap());
        assert!(window.require(3).unwrap());
        assert!(!window.skip(4).unwrap());
    }
}

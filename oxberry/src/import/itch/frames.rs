//! Messages behind their lengths: two bytes, big-endian, as Nasdaq's sample files have them.

use std::io::{self, BufReader, Read as _};

use super::super::{
    input::{Content, Input},
    stop::Stop,
};
use super::message::{Head, head};

/// Bytes that are read at once.
const AT_ONCE: usize = 256 * 1024;

/// The length in front of a message.
const LENGTH: usize = 2;

/// What to do with a file that is cut.
const CUT: &str = "the file was cut, or is still being written: get it whole";

/// A file of messages, which shows one at a time.
#[derive(Debug)]
pub(super) struct Frames {
    name: String,
    input: BufReader<Content>,
    /// Where the present message begins, with its length.
    offset: u64,
    message: Vec<u8>,
    head: Option<Head>,
}

impl Frames {
    /// A file of which nothing was read.
    pub(super) fn new(input: Input) -> Self {
        Self {
            name: input.name,
            input: BufReader::with_capacity(AT_ONCE, input.content),
            offset: 0,
            message: Vec::new(),
            head: None,
        }
    }

    /// What messages call the file.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the present message begins, or the end of the file.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The present message, unless the file is over.
    pub(super) fn message(&self) -> Option<(Head, &[u8])> {
        Some((self.head?, &self.message))
    }

    /// Goes to the next message; behind the last one there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or ends inside a message.
    pub(super) fn advance(&mut self) -> Result<(), Stop> {
        if self.head.take().is_some() {
            self.offset += (LENGTH + self.message.len()) as u64;
        }
        let mut length = [0; LENGTH];
        match self.fill(&mut length)? {
            0 => return Ok(()),
            LENGTH => {}
            got => return Err(cut(LENGTH, got)),
        }
        let length = usize::from(u16::from_be_bytes(length));
        if length == 0 {
            return self.end_of_session();
        }
        let mut message = std::mem::take(&mut self.message);
        message.resize(length, 0);
        let got = self.fill(&mut message)?;
        self.message = message;
        if got < length {
            return Err(cut(LENGTH + length, LENGTH + got));
        }
        let head = head(&self.message);
        self.head = Some(head.ok_or_else(|| {
            Stop::input(format!(
                "a message of {length} bytes, while none of ITCH 5.0 has fewer than 12: the file is \
                 damaged; get it again"
            ))
        })?);
        Ok(())
    }

    /// A length of 0 says that the session is over. Nothing may follow.
    fn end_of_session(&mut self) -> Result<(), Stop> {
        if self.fill(&mut [0])? > 0 {
            return Err(Stop::input(
                "a length of 0, which ends a session, but more follows: the file is damaged, or of \
                 several sessions; name one file a session",
            ));
        }
        self.offset += LENGTH as u64;
        Ok(())
    }

    /// Reads as much as there is, and says how much that was.
    fn fill(&mut self, to: &mut [u8]) -> Result<usize, Stop> {
        let mut got = 0;
        while let Some(room) = to.get_mut(got..).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => break,
                Ok(count) => got += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::input(format!("cannot be read on: {error}"))),
            }
        }
        Ok(got)
    }
}

fn cut(needed: usize, got: usize) -> Stop {
    Stop::input(format!(
        "the file ends inside a message: {needed} bytes needed, {got} there; {CUT}"
    ))
}

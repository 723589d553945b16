//! The trace of a simulation: a hash of every step and, on request, a line of text for each.

use core::fmt;

use oxberry_proto::flow::{Ack, Batch, Coverage, Refresh, StreamPosition};
use oxberry_proto::stock::{StockBatch, StockBeat, StreamWord};
use oxberry_proto::{Deltas, Kind, Listed, Topic, decode, decode_list, kind_of};

/// Follows a simulation step by step.
#[derive(Debug)]
pub(super) struct Trace {
    hash: u64,
    words: Option<Vec<String>>,
}

impl Trace {
    pub(super) fn new(with_words: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            words: with_words.then(Vec::new),
        }
    }

    /// Adds a frame to the hash, which is FNV-1a.
    pub(super) fn note(&mut self, now: u64, what: u8, bytes: &[u8]) {
        // The length and the ends tell two frames apart well enough, and take no time.
        let (head, tail) = (bytes.get(..16), bytes.len().checked_sub(16));
        let head = head.unwrap_or(bytes);
        let tail = tail.and_then(|at| bytes.get(at..)).unwrap_or_default();
        for &byte in now
            .to_le_bytes()
            .iter()
            .chain([&what])
            .chain(head)
            .chain(tail)
        {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds a line of text, if lines were asked for.
    pub(super) fn tell(&mut self, now: u64, words: impl FnOnce() -> String) {
        if let Some(told) = &mut self.words {
            let line = words();
            told.push(format!("{now:>14} {line}"));
        }
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn into_words(self) -> Vec<String> {
        self.words.unwrap_or_default()
    }
}

/// Prints a frame: its kind, its head and its records.
pub(super) struct Words<'a>(pub(super) &'a [u8]);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match Topic::split(self.0) {
            Ok((_, message)) => message,
            Err(_) => self.0,
        };
        let events = |numbering, after| {
            let mut deltas = Deltas::new(numbering, after);
            move |record| format!("{:?}", deltas.recorded(record))
        };
        match kind_of(message) {
            Ok(Kind::Batch) => list(f, message, |head: &Batch| {
                events(head.numbering, head.after)
            }),
            Ok(Kind::Refresh) => list(f, message, |head: &Refresh| {
                events(head.numbering, head.through)
            }),
            Ok(Kind::Ack) => list(f, message, |_: &Ack| {
                |told: StreamPosition| format!("{} {}", told.stream, told.position)
            }),
            Ok(Kind::StockBatch) => list(f, message, |head: &StockBatch| {
                let mut deltas = Deltas::new(head.numbering, head.after);
                move |record| format!("{:?}", deltas.stock_told(record))
            }),
            Ok(Kind::StockBeat) => list(f, message, |_: &StockBeat| {
                |word: StreamWord| format!("{word:?}")
            }),
            Ok(Kind::Coverage) => write!(f, "{:?}", decode::<Coverage>(message)),
            Ok(kind) => write!(f, "{kind:?}"),
            Err(error) => write!(f, "{error:?}"),
        }
    }
}

/// Prints a head, and a line for each record of its list.
fn list<H: Listed + fmt::Debug, W: FnMut(H::Record) -> String>(
    f: &mut fmt::Formatter<'_>,
    message: &[u8],
    words_of: impl FnOnce(&H) -> W,
) -> fmt::Result {
    let (head, records) = match decode_list::<H>(message) {
        Ok(list) => list,
        Err(error) => return write!(f, "{error:?}"),
    };
    write!(f, "{head:?}")?;
    let mut words = words_of(&head);
    for record in records.flatten() {
        write!(f, "\n{:>18}{}", "", words(record))?;
    }
    Ok(())
}

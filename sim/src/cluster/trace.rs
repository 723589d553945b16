//! The trace of a simulation: a hash of every step and, on request, a line of text for each.

use core::fmt;

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
        use oxberry_proto::flow::{Ack, Batch, Coverage, Refresh};
        use oxberry_proto::stock::{StockBatch, StockBeat};
        use oxberry_proto::{Kind, decode, decode_list, kind_of};
        let message = self.0;
        let message = match oxberry_proto::Topic::split(message) {
            Ok((_, message)) => message,
            Err(_) => message,
        };
        match kind_of(message) {
            Ok(Kind::Batch) => match decode_list::<Batch>(message) {
                Ok((head, records)) => {
                    let mut deltas = oxberry_proto::Deltas::new(head.numbering, head.after);
                    write!(f, "{head:?}")?;
                    for record in records.flatten() {
                        write!(f, "\n{:>18}{:?}", "", deltas.recorded(record))?;
                    }
                    Ok(())
                }
                Err(error) => write!(f, "{error:?}"),
            },
            Ok(Kind::Refresh) => match decode_list::<Refresh>(message) {
                Ok((head, records)) => {
                    let mut deltas = oxberry_proto::Deltas::new(head.numbering, head.through);
                    write!(f, "{head:?}")?;
                    for record in records.flatten() {
                        write!(f, "\n{:>18}{:?}", "", deltas.recorded(record))?;
                    }
                    Ok(())
                }
                Err(error) => write!(f, "{error:?}"),
            },
            Ok(Kind::Ack) => match decode_list::<Ack>(message) {
                Ok((head, positions)) => {
                    write!(f, "{head:?}")?;
                    for told in positions.flatten() {
                        write!(f, "\n{:>18}{} {}", "", told.stream, told.position)?;
                    }
                    Ok(())
                }
                Err(error) => write!(f, "{error:?}"),
            },
            Ok(Kind::Coverage) => write!(f, "{:?}", decode::<Coverage>(message)),
            Ok(Kind::StockBatch) => match decode_list::<StockBatch>(message) {
                Ok((head, records)) => {
                    let mut deltas = oxberry_proto::Deltas::new(head.numbering, head.after);
                    write!(f, "{head:?}")?;
                    for record in records.flatten() {
                        write!(f, "\n{:>18}{:?}", "", deltas.stock_told(record))?;
                    }
                    Ok(())
                }
                Err(error) => write!(f, "{error:?}"),
            },
            Ok(Kind::StockBeat) => match decode_list::<StockBeat>(message) {
                Ok((head, words)) => {
                    write!(f, "{head:?}")?;
                    for word in words.flatten() {
                        write!(f, "\n{:>18}{word:?}", "")?;
                    }
                    Ok(())
                }
                Err(error) => write!(f, "{error:?}"),
            },
            Ok(kind) => write!(f, "{kind:?}"),
            Err(error) => write!(f, "{error:?}"),
        }
    }
}

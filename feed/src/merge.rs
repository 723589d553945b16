//! Several sources as one, in the order in which their packets were sent.

use std::{cmp::Reverse, collections::BinaryHeap};

use oxberry_core::units::UnixNanos;

use crate::source::{Packet, Source, SourceError};

/// Sources merged by the send time of their packets.
///
/// Each source keeps its own order; packets of the same time come by the order of the sources. A
/// source that ended or failed is left out and holds nobody up.
#[derive(Debug)]
pub struct Merge {
    sources: Vec<Source>,
    /// The sources that show a packet, except the current one, the earliest on top.
    waiting: BinaryHeap<Reverse<(UnixNanos, usize)>>,
    /// Sources to go on with before the earliest is known, the first last.
    to_advance: Vec<usize>,
}

impl Merge {
    /// Merges sources, which must not have been advanced yet.
    #[must_use]
    pub fn new(sources: Vec<Source>) -> Self {
        let to_advance = (0..sources.len()).rev().collect();
        Self {
            waiting: BinaryHeap::with_capacity(sources.len()),
            sources,
            to_advance,
        }
    }

    /// Moves to the next packet and returns the number of its source; `None` when all sources have
    /// ended.
    ///
    /// # Errors
    ///
    /// When a source fails; the next call continues without it.
    pub fn advance(&mut self) -> Result<Option<usize>, SourceError> {
        while let Some(number) = self.to_advance.pop() {
            let Some(source) = self.sources.get_mut(number) else {
                continue;
            };
            if source.advance()? {
                self.waiting
                    .push(Reverse((send_time(source.packet()), number)));
            }
        }
        let earliest = self.waiting.pop().map(|Reverse((_, number))| number);
        self.to_advance.extend(earliest);
        Ok(earliest)
    }

    /// The packet of the source that [`Merge::advance`] named; an empty one for a number that is
    /// no source's.
    #[must_use]
    pub fn packet(&self, number: usize) -> Packet<'_> {
        self.sources.get(number).map_or(
            Packet {
                bytes: &[],
                offset: 0,
                group: None,
                captured: None,
            },
            Source::packet,
        )
    }

    /// The sources, in the order in which they were given.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

/// SendTime and SendTimeNS of the packet header; a packet too short for them is not held back.
fn send_time(packet: Packet<'_>) -> UnixNanos {
    let field = |at: usize| {
        packet
            .bytes
            .get(at..)
            .and_then(|bytes| bytes.first_chunk())
            .map_or(0, |b| u32::from_le_bytes(*b))
    };
    UnixNanos::from_parts(field(8), field(12))
}

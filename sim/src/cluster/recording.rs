//! What the source of a channel has brought in a run: whoever reads it again gets the same.

use std::cell::RefCell;
use std::rc::Rc;

use oxberry_core::feed::Follower;

use super::reader::Reader;
use super::venue::Packet;

/// A recording that each controller of a run reads, one after the other.
pub(super) type Shared = Rc<RefCell<Recording>>;

/// What has come so far, in its order, and what is still under way.
#[derive(Debug, Default)]
pub(super) struct Recording {
    entries: Vec<Entry>,
    /// The next packet of the day that is not recorded.
    pub(super) next: usize,
    /// Late packets: how many others have yet to overtake each, its line, and its place in the day.
    pub(super) late: Vec<(usize, u8, usize)>,
}

/// Something that a reader was told, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A packet of the day came by a line.
    Packet { at: u64, line: u8, packet: usize },
    /// Nothing came until then.
    Nothing { until: u64 },
    /// It was the end.
    End,
}

impl Recording {
    /// A recording of a source that begins with a packet of the day.
    pub(super) fn new(next: usize) -> Shared {
        let recording = Self {
            next,
            ..Self::default()
        };
        Rc::new(RefCell::new(recording))
    }

    /// Records what comes.
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// What was recorded at a place, if anything.
    pub(super) fn get(&self, at: usize) -> Option<Entry> {
        self.entries.get(at).copied()
    }
}

impl Entry {
    /// Lets a reader hear it.
    pub(super) fn tell(self, reader: &mut Reader, packets: &[Packet], out: &mut impl Follower) {
        match self {
            Self::Packet { at, line, packet } => {
                if let Some(packet) = packets.get(packet) {
                    reader.handle_packet(at, line, packet, out);
                }
            }
            Self::Nothing { until } => reader.handle_timeout(until, out),
            Self::End => reader.finish(out),
        }
    }
}

//! Messages of packets that come twice, late or not at all, in order: one message at a time, with
//! everything in lists.

use std::collections::BTreeMap;

use super::Came;

/// How long something missing is awaited, in nanoseconds.
const PATIENCE: u64 = 100_000_000;

/// A place in the life of a channel: which numbering, which number.
type Place = (u32, u32);

/// Places from the first up to, not with, the second, which are missing until the deadline.
#[derive(Clone, Copy, Debug)]
struct Hole {
    first: Place,
    end: Place,
    deadline: u64,
}

/// Puts messages in order.
#[derive(Debug)]
pub(crate) struct Arbiter {
    now: u64,
    next: Place,
    /// The place after the last one that is known to exist.
    known: Place,
    holes: Vec<Hole>,
    held: BTreeMap<Place, Vec<u8>>,
    /// The messages in order, with their places.
    pub(crate) delivered: Vec<(Place, Vec<u8>)>,
}

impl Arbiter {
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            next: (1, 1),
            known: (1, 1),
            holes: Vec::new(),
            held: BTreeMap::new(),
            delivered: Vec::new(),
        }
    }

    pub(crate) fn handle_packet(&mut self, packet: &Came) {
        // The clocks of two captures may differ: the latest time counts.
        let now = self.now.max(packet.at);
        self.handle_timeout(now);
        self.now = now;
        let messages = messages(&packet.bytes);
        if messages.is_empty() {
            return;
        }
        let number = word(&packet.bytes, 4);
        let count = u32::try_from(messages.len()).unwrap();
        let (first, end) = ((packet.epoch, number), (packet.epoch, number + count));
        if end <= self.next {
            return;
        }
        // What somebody asked for again fills holes or is what comes next, and shows no holes.
        if packet.bytes[2] == 13 && first > self.known {
            return;
        }
        let is_new = first.max(self.next) >= self.known
            || end > self.known
            || self
                .holes
                .iter()
                .any(|hole| hole.first < end && first < hole.end);
        if !is_new {
            return;
        }
        // Between two numberings there is the rest of the old one, and the start of the new one.
        let start = if first.0 > self.known.0 {
            (first.0, 1)
        } else {
            first
        };
        let opened = [(self.known, start.min(first)), (start.min(first), first)];
        self.cut(first, end);
        for (from, to) in opened {
            if from < to && from >= self.known {
                let deadline = self.now + PATIENCE;
                self.holes.push(Hole {
                    first: from,
                    end: to,
                    deadline,
                });
            }
        }
        self.known = self.known.max(end);
        for (place, message) in (number..).zip(messages) {
            let place = (packet.epoch, place);
            if place >= self.next {
                self.held.entry(place).or_insert(message);
            }
        }
        self.deliver();
    }

    /// Nothing comes any more.
    pub(crate) fn finish(&mut self) {
        self.handle_timeout(u64::MAX);
    }

    fn handle_timeout(&mut self, now: u64) {
        while let Some(hole) = self.holes.first()
            && hole.deadline <= now
        {
            self.now = self.now.max(hole.deadline);
            self.next = hole.end;
            self.holes.remove(0);
            self.deliver();
        }
    }

    /// These places came; what is left of the holes that they lie in is awaited anew.
    fn cut(&mut self, first: Place, end: Place) {
        let mut left = Vec::new();
        for hole in &self.holes {
            if end <= hole.first || hole.end <= first {
                left.push(*hole);
                continue;
            }
            let deadline = self.now + PATIENCE;
            for (from, to) in [(hole.first, first), (end, hole.end)] {
                if from < to {
                    left.push(Hole {
                        first: from,
                        end: to,
                        deadline,
                    });
                }
            }
        }
        self.holes = left;
    }

    /// Hands on what is next, up to the first hole.
    fn deliver(&mut self) {
        while self.holes.first().is_none_or(|hole| self.next < hole.first) {
            let Some((place, message)) = self.held.pop_first() else {
                return;
            };
            self.next = (place.0, place.1 + 1);
            self.delivered.push((place, message));
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The messages of a packet.
fn messages(packet: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut at = 16;
    for _ in 0..packet[3] {
        let size = usize::from(u16::from_le_bytes(packet[at..at + 2].try_into().unwrap()));
        messages.push(packet[at..at + size].to_vec());
        at += size;
    }
    messages
}

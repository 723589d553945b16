//! One direction of a connection, with the frames in transit. They stay in order unless the edge is wild.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::random::Random;

/// A frame, shared by all receivers.
pub(super) type Frame = Rc<[u8]>;

/// One direction of one connection.
#[derive(Debug)]
pub(super) struct Edge {
    letters: VecDeque<(u64, Frame)>,
    latest: u64,
    delay_ns: (u64, u64),
    pub(super) capacity: usize,
    /// Whether the connection is up.
    pub(super) is_up: bool,
    /// Until when nothing gets through.
    pub(super) cut_until: u64,
    pub(super) wild: Wild,
}

/// How many of 1,000 frames are lost, repeated or reordered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wild {
    pub(super) lost: u64,
    pub(super) repeated: u64,
    pub(super) reordered: u64,
}

/// What happened to a frame when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    OnItsWay,
    /// The queue was full, and the frame was dropped.
    Full,
    Lost,
    Twice,
    Overtaken,
}

impl Edge {
    pub(super) fn new(delay_ns: (u64, u64), capacity: usize, wild: Wild) -> Self {
        Self {
            letters: VecDeque::new(),
            latest: 0,
            delay_ns,
            capacity,
            is_up: true,
            cut_until: 0,
            wild,
        }
    }

    /// Takes the edge out of its place for a while; nothing may be sent there meanwhile.
    pub(super) fn take_over(&mut self) -> Self {
        let empty = Self::new(self.delay_ns, 0, Wild::default());
        core::mem::replace(self, empty)
    }

    pub(super) fn is_full(&self) -> bool {
        self.letters.len() >= self.capacity
    }

    /// Sends a frame.
    pub(super) fn send(&mut self, now: u64, random: &mut Random, frame: Frame) -> Sent {
        if self.is_full() {
            return Sent::Full;
        }
        let Wild {
            lost,
            repeated,
            reordered,
        } = self.wild;
        let is_wild = lost + repeated + reordered > 0;
        let chance = if is_wild { random.below(1_000) } else { 1_000 };
        if chance < lost {
            return Sent::Lost;
        }
        let (least, most) = self.delay_ns;
        let at = (now + random.between(least, most)).max(self.latest + 1);
        self.latest = at;
        self.letters.push_back((at, Rc::clone(&frame)));
        if chance < lost + repeated {
            self.letters.push_back((at, frame));
            return Sent::Twice;
        }
        if chance < lost + repeated + reordered && self.letters.len() > 1 {
            let last = self.letters.len() - 1;
            let other = last - 1 - usize::try_from(random.below(last.min(4) as u64)).unwrap_or(0);
            if let (Some(a), Some(b)) = (self.letters.get(last), self.letters.get(other)) {
                let (a, b) = ((a.0, Rc::clone(&b.1)), (b.0, Rc::clone(&a.1)));
                if let Some(letter) = self.letters.get_mut(last) {
                    *letter = a;
                }
                if let Some(letter) = self.letters.get_mut(other) {
                    *letter = b;
                }
            }
            return Sent::Overtaken;
        }
        Sent::OnItsWay
    }

    /// Returns when the next frame arrives, or `None` if nothing is in transit.
    pub(super) fn next_at(&self) -> Option<u64> {
        let &(at, _) = self.letters.front().filter(|_| self.is_up)?;
        Some(at.max(self.cut_until))
    }

    /// Takes the next frame that has arrived.
    pub(super) fn take(&mut self, now: u64) -> Option<Frame> {
        if self.next_at()? > now {
            return None;
        }
        self.letters.pop_front().map(|(_, frame)| frame)
    }

    /// Breaks the connection, and returns whether frames were lost. All frames in transit are lost,
    /// unless the sender `keeps` those that it has not handed to the network: then only some of the oldest are.
    pub(super) fn break_off(&mut self, random: &mut Random, keeps: bool) -> bool {
        self.is_up = false;
        let waiting = self.letters.len();
        let lost = if keeps {
            usize::try_from(random.below(waiting as u64 + 1)).unwrap_or(waiting)
        } else {
            waiting
        };
        self.letters.drain(..lost);
        lost > 0
    }

    /// Restores the connection.
    pub(super) fn connect(&mut self, now: u64) {
        self.is_up = true;
        let arrives = now + self.delay_ns.0;
        self.latest = self.latest.max(arrives);
        for (at, _) in &mut self.letters {
            *at = (*at).max(arrives);
        }
    }
}

//! One direction of one connection: frames on their way, in order unless the edge is a wild one.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::random::Random;

/// A frame, shared by all who get it.
pub(super) type Frame = Rc<[u8]>;

/// One direction of one connection.
#[derive(Debug)]
pub(super) struct Edge {
    letters: VecDeque<(u64, Frame)>,
    latest: u64,
    delay_ns: (u64, u64),
    pub(super) capacity: usize,
    /// Whether the connection stands.
    pub(super) is_up: bool,
    /// Until when nothing gets through.
    pub(super) cut_until: u64,
    pub(super) wild: Wild,
}

/// What becomes of frames, per mille.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wild {
    pub(super) lost: u64,
    pub(super) repeated: u64,
    pub(super) reordered: u64,
}

/// What became of a frame that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    OnItsWay,
    /// There is no room.
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

    /// When the next frame arrives, if anything gets through.
    pub(super) fn next_at(&self) -> Option<u64> {
        let &(at, _) = self.letters.front().filter(|_| self.is_up)?;
        Some(at.max(self.cut_until))
    }

    /// The next frame that has arrived.
    pub(super) fn take(&mut self, now: u64) -> Option<Frame> {
        if self.next_at()? > now {
            return None;
        }
        self.letters.pop_front().map(|(_, frame)| frame)
    }

    /// The connection broke. Of what was on its way the oldest is lost; all of it, unless the sender
    /// keeps what he has not handed to the network.
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

    /// The connection stands again.
    pub(super) fn connect(&mut self, now: u64) {
        self.is_up = true;
        let arrives = now + self.delay_ns.0;
        self.latest = self.latest.max(arrives);
        for (at, _) in &mut self.letters {
            *at = (*at).max(arrives);
        }
    }
}

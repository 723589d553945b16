//! Who is told: how far each receiver of stock events is in the one queue of frames, and what becomes
//! of one that takes none.
//!
//! A receiver that takes frames is *attached*: no frame that it still lacks is overwritten, so the books
//! wait for it. One that takes none for [`Limits::receiver_patience`] is *detached*: nothing waits for it
//! any more, and what it lacks is overwritten and counted. When it takes frames again it goes on with the
//! newest of them, as many as its queue holds: it sees a hole either way, and so the books have room.

use core::time::Duration;

use oxberry_core::units::Instant;

use super::Report;
use crate::limits::{LONGEST_REPORT_INTERVAL, Limits};
use crate::reminder::Reminder;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    places: Box<[Place]>,
    /// Frames that one goes on with that was detached.
    queue: u64,
    patience: Duration,
}

/// One receiver.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The number of the frame that it takes next.
    next: u64,
    /// Since when it has taken none of what there is for it.
    refuses: Option<Instant>,
    is_detached: bool,
    /// Frames that it never got.
    dropped: u64,
    detachments: u64,
    telling: Telling,
}

/// What a person was told of a receiver. One that comes and goes is told less and less often, and of
/// each two reports both or neither.
#[derive(Clone, Copy, Debug, Default)]
struct Telling {
    is_detached: bool,
    /// What it had lost by the last report.
    dropped: u64,
    last: Option<(Instant, Reminder)>,
}

/// What it means that a receiver has taken a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// It was detached, and is waited for again.
    pub(super) is_back: bool,
    /// What a person is to be told.
    pub(super) report: Option<Report>,
}

/// How a receiver of stock events stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiverStanding {
    /// Whether it takes what there is, so that the books wait for it.
    pub is_attached: bool,
    /// Whether it has refused the last frame that it was offered.
    pub refuses: bool,
    /// Frames that it has not taken yet; those that are lost to it are not among them.
    pub waiting: usize,
    /// Frames that were overwritten before it took them.
    pub dropped: u64,
    /// Times that it was detached.
    pub detachments: u64,
}

impl Receivers {
    /// So many, all attached.
    pub(super) fn new(count: usize, limits: &Limits) -> Self {
        Self {
            places: vec![Place::default(); count].into_boxed_slice(),
            queue: limits.outbox_frames as u64,
            patience: limits.receiver_patience,
        }
    }

    /// How far the slowest attached one is behind the end of the queue.
    pub(super) fn behind(&self, end: u64) -> usize {
        let attached = self.places.iter().filter(|place| !place.is_detached);
        let behind = attached.map(|place| end - place.next).max();
        usize::try_from(behind.unwrap_or(0)).unwrap_or(usize::MAX)
    }

    /// Whether any of them is waited for.
    pub(super) fn is_any_attached(&self) -> bool {
        self.places.iter().any(|place| !place.is_detached)
    }

    /// Whether one that is waited for has refused what it was offered.
    pub(super) fn is_any_refusing(&self) -> bool {
        let mut attached = self.places.iter().filter(|place| !place.is_detached);
        attached.any(|place| place.refuses.is_some())
    }

    /// The number of the frame that a receiver takes next, of those from `oldest` to `end`. What was
    /// overwritten meanwhile is passed over and counted.
    pub(super) fn offer(&mut self, receiver: usize, oldest: u64, end: u64) -> Option<u64> {
        let queue = self.queue;
        let place = self.places.get_mut(receiver)?;
        if place.next < oldest {
            let to = oldest.max(end.saturating_sub(queue));
            place.dropped += to - place.next;
            place.next = to;
        }
        (place.next < end).then_some(place.next)
    }

    /// A receiver has taken what it was offered.
    pub(super) fn taken(&mut self, receiver: usize, end: u64) -> Taken {
        let queue = self.queue;
        let Some(place) = self.places.get_mut(receiver) else {
            return Taken::default();
        };
        place.next += 1;
        place.refuses = None;
        // One that is farther behind would hold the books back at once.
        let is_back = place.is_detached && end - place.next <= queue;
        if !is_back {
            return Taken::default();
        }
        place.is_detached = false;
        let report = place.report_back(receiver);
        Taken { is_back, report }
    }

    /// A receiver does not take what it was offered. Returns whether it is detached by that.
    pub(super) fn refused(&mut self, receiver: usize, now: Instant) -> bool {
        let Some(place) = self.places.get_mut(receiver) else {
            return false;
        };
        let since = *place.refuses.get_or_insert(now);
        let is_over = since.after(self.patience) <= now;
        let is_detached = is_over && !place.is_detached;
        if is_detached {
            place.is_detached = true;
            place.detachments += 1;
        }
        is_detached
    }

    /// The queue begins anew; what was not taken of the old one is lost.
    pub(super) fn begin_anew(&mut self, end: u64) {
        for place in &mut self.places {
            place.dropped += end - place.next;
            place.next = 0;
            place.refuses = None;
        }
    }

    /// What a person is to be told by now of a receiver that was detached, if anything is.
    pub(super) fn report(&mut self, now: Instant) -> Option<Report> {
        let mut places = self.places.iter_mut().enumerate();
        places.find_map(|(receiver, place)| place.report_detached(receiver, now))
    }

    /// When there is something to be told, or a receiver has refused for long enough.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let due = |place: &Place| {
            if place.is_detached {
                return place.report_due();
            }
            let since = place.refuses?;
            Some(since.after(self.patience))
        };
        self.places.iter().filter_map(due).min()
    }

    /// How a receiver stands, of whose queue the frames from `oldest` to `end` are kept.
    pub(super) fn standing(
        &self,
        receiver: usize,
        oldest: u64,
        end: u64,
    ) -> Option<ReceiverStanding> {
        let place = self.places.get(receiver)?;
        let next = place.next.max(oldest);
        Some(ReceiverStanding {
            is_attached: !place.is_detached,
            refuses: place.refuses.is_some(),
            waiting: usize::try_from(end - next).unwrap_or(usize::MAX),
            dropped: place.dropped + (next - place.next),
            detachments: place.detachments,
        })
    }

    /// Frames that receivers never got.
    pub(super) fn dropped(&self) -> u64 {
        self.places.iter().map(|place| place.dropped).sum()
    }
}

impl Place {
    /// When its being detached is to be told; never if it was.
    fn report_due(&self) -> Option<Instant> {
        let is_due = self.is_detached && !self.telling.is_detached;
        let last = self.telling.last.as_ref();
        is_due.then(|| last.map_or(Instant::default(), |(_, reminder)| reminder.due()))
    }

    fn report_detached(&mut self, receiver: usize, now: Instant) -> Option<Report> {
        if self.report_due()? > now {
            return None;
        }
        // Not one that was only kept waiting for its turn.
        let is_rested = |said: Instant| said.after(2 * LONGEST_REPORT_INTERVAL) <= now;
        let reminder = match self.telling.last {
            Some((said, mut reminder)) if !is_rested(said) => {
                reminder.take(now);
                reminder
            }
            Some(_) | None => Reminder::new(now),
        };
        self.telling.last = Some((now, reminder));
        self.telling.is_detached = true;
        Some(Report::ReceiverDetached { receiver })
    }

    fn report_back(&mut self, receiver: usize) -> Option<Report> {
        if !core::mem::take(&mut self.telling.is_detached) {
            return None;
        }
        let dropped = self.dropped - self.telling.dropped;
        self.telling.dropped = self.dropped;
        Some(Report::ReceiverBack { receiver, dropped })
    }
}

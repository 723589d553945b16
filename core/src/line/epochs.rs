//! Which numbering a packet belongs to, when the venue starts to count again.

use super::Line;
use super::epoch_seq::{EpochSeq, FIRST_EPOCH};
use super::limits::CLOCK_SKEW;
use crate::units::{Numbering, SeqNum, UnixNanos};
use crate::xdp::PacketHeader;

/// The numberings of a channel, one after the other, and the one in which each line is.
///
/// Every reset with a name of its own starts one, also those that the venue repeats until its day
/// begins. A line moves on with its own copy of the reset, or should that be late or lost, with the
/// first packet that bears a later time than the other line's. What a line brings after its reset with
/// an earlier time is of the old numbering.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Epochs {
    /// The newest numbering, and when the venue sent its reset, if there was one.
    epoch: u32,
    started: Option<Started>,
    lines: [LineEpoch; 2],
    /// How far the lines have brought the newest numbering.
    brought: Option<Brought>,
    /// The channel was joined at its first number.
    from_first: bool,
    /// When the earliest packet that was seen was sent.
    earliest: Option<UnixNanos>,
}

/// How far a numbering was brought by live lines; what is resent bears other times.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Brought {
    /// The number after the highest one.
    end: SeqNum,
    /// The latest send time.
    sent: UnixNanos,
}

/// When a numbering was started: one time if its reset came, a range if it was noticed otherwise.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Started {
    earliest: UnixNanos,
    latest: UnixNanos,
    /// What its reset calls it.
    name: Option<Numbering>,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct LineEpoch {
    epoch: u32,
    /// The send time of its reset, or the next best thing: what has an earlier one is older.
    started: UnixNanos,
    /// What was odd about its last packet, and the number that would show that it was meant so.
    suspected: Option<(Oddity, SeqNum)>,
}

/// What can be odd about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Oddity {
    /// It jumps far ahead.
    Jump,
    /// Its numbers are known, yet it was sent after all that has higher ones.
    Restart,
}

/// What to make of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nothing is odd.
    Plain,
    /// Something is odd; it is as if the packet had not come.
    Suspected,
    /// What was odd about the one before is so.
    Believed(Oddity),
}

impl Epochs {
    /// At start the next number is `expected`.
    pub(super) fn new(expected: SeqNum) -> Self {
        let line = LineEpoch {
            epoch: FIRST_EPOCH,
            started: UnixNanos::from_raw(0),
            suspected: None,
        };
        Self {
            epoch: FIRST_EPOCH,
            started: None,
            lines: [line; 2],
            brought: None,
            from_first: expected == SeqNum::from_raw(1),
            earliest: None,
        }
    }

    /// The newest numbering, in which the venue answers requests.
    pub(super) const fn newest(&self) -> u32 {
        self.epoch
    }

    /// The numbering of a packet that the request server sent then; `None` about the time of a
    /// reset, when it may be an answer to what was asked before.
    pub(super) fn epoch_at(&self, send_time: UnixNanos) -> Option<u32> {
        match self.started {
            Some(started) if self.epoch > FIRST_EPOCH => {
                if started.is_before(send_time) {
                    Some(self.epoch)
                } else if started.is_after(send_time) {
                    Some(self.epoch - 1)
                } else {
                    None
                }
            }
            Some(_) | None => Some(self.epoch),
        }
    }

    /// Where a packet stands that came by a live line.
    /// `reset` is the name of the numbering that it starts, if it starts one.
    pub(super) fn locate(
        &mut self,
        line: Line,
        header: &PacketHeader,
        reset: Option<Numbering>,
    ) -> EpochSeq {
        let number = header.seq_num;
        let sent = header.send_time;
        let older = EpochSeq {
            epoch: self.epoch - 1,
            number,
        };
        let [a, b] = &mut self.lines;
        let line = if line == Line::A { a } else { b };
        if let Some(name) = reset {
            let starts = match self.started {
                // Copies have the same name, and later ones a greater one, however close they are.
                Some(Started {
                    name: Some(known), ..
                }) if name < known => return older,
                Some(Started {
                    name: Some(known), ..
                }) => name > known,
                Some(started) if started.is_after(sent) => return older,
                Some(started) => started.is_before(sent),
                // The first numbering's own reset may come late, behind what was sent after it.
                None => self
                    .earliest
                    .map_or(!self.from_first, |earliest| earliest < sent),
            };
            if starts {
                self.epoch += 1;
                self.brought = None;
            }
            self.started = Some(Started {
                earliest: sent,
                latest: sent,
                name: Some(name),
            });
            line.join(self.epoch, sent);
        } else if line.epoch < self.epoch {
            if let Some(started) = self.started.filter(|started| sent >= started.earliest) {
                line.join(self.epoch, started.earliest);
            }
        } else if sent < line.started {
            return older;
        }
        self.earliest = Some(self.earliest.map_or(sent, |earliest| earliest.min(sent)));
        EpochSeq {
            epoch: line.epoch,
            number,
        }
    }

    /// A packet of a live line brought something.
    pub(super) fn brought(&mut self, epoch: u32, header: &PacketHeader) {
        if epoch != self.epoch {
            return;
        }
        let end = header.seq_num.plus(u32::from(header.number_msgs));
        let brought = self.brought.get_or_insert(Brought {
            end,
            sent: header.send_time,
        });
        brought.end = brought.end.max(end);
        brought.sent = brought.sent.max(header.send_time);
    }

    /// Whether a packet that came by a line was surely sent after all that lines brought of the
    /// newest numbering, although it has a lower number.
    pub(super) fn goes_back(&self, first: EpochSeq, header: &PacketHeader) -> bool {
        first.epoch == self.epoch
            && self.brought.is_some_and(|brought| {
                first.number < brought.end && header.send_time.since(brought.sent) > CLOCK_SKEW
            })
    }

    /// What to make of a packet of this line, at which something may be odd. One odd packet may be
    /// damaged, two in a row are believed.
    pub(super) fn judge(
        &mut self,
        line: Line,
        header: &PacketHeader,
        oddity: Option<Oddity>,
    ) -> Judgement {
        let end = header.seq_num.plus(u32::from(header.number_msgs));
        let line = self.line_mut(line);
        match line.suspected {
            Some((oddity, next)) if next == header.seq_num => {
                line.suspected = None;
                Judgement::Believed(oddity)
            }
            _ => {
                line.suspected = oddity.map(|oddity| (oddity, end));
                oddity.map_or(Judgement::Plain, |_| Judgement::Suspected)
            }
        }
    }

    /// The venue started again before it sent this packet, and its reset did not come, or not yet.
    pub(super) fn restart(&mut self, line: Line, header: &PacketHeader) {
        // All of the old numbering was sent before that.
        let last = self.brought.map_or(0, |brought| brought.sent.raw());
        let earliest = UnixNanos::from_raw(last.saturating_add(1));
        self.epoch += 1;
        self.started = Some(Started {
            earliest,
            latest: header.send_time,
            name: None,
        });
        self.brought = None;
        let epoch = self.epoch;
        self.line_mut(line).join(epoch, earliest);
    }

    const fn line_mut(&mut self, line: Line) -> &mut LineEpoch {
        let [a, b] = &mut self.lines;
        match line {
            Line::A => a,
            Line::B => b,
        }
    }
}

impl Started {
    /// Whether what was sent then is surely of this numbering, or a newer one.
    fn is_before(&self, sent: UnixNanos) -> bool {
        sent.since(self.latest) > CLOCK_SKEW
    }

    /// Whether what was sent then is surely of an older numbering.
    fn is_after(&self, sent: UnixNanos) -> bool {
        self.earliest.since(sent) > CLOCK_SKEW
    }
}

impl LineEpoch {
    const fn join(&mut self, epoch: u32, started: UnixNanos) {
        *self = Self {
            epoch,
            started,
            suspected: None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xdp::DeliveryFlag;

    fn sent(number: u32, nanos: u64) -> PacketHeader {
        PacketHeader {
            pkt_size: 30,
            delivery_flag: DeliveryFlag::ORIGINAL,
            number_msgs: 1,
            seq_num: SeqNum::from_raw(number),
            send_time: UnixNanos::from_raw(nanos),
        }
    }

    #[test]
    fn the_first_reset_starts_another_numbering_only_after_something_older() {
        for (first_sent, epoch) in [(11, FIRST_EPOCH), (10, FIRST_EPOCH), (9, FIRST_EPOCH + 1)] {
            let mut epochs = Epochs::new(SeqNum::from_raw(1));
            let first = epochs.locate(Line::A, &sent(2, first_sent), None);
            assert_eq!(first.epoch, FIRST_EPOCH);
            // Line A lost it, and line B is behind.
            let reset = epochs.locate(Line::B, &sent(1, 10), Some(Numbering::from_raw(10)));
            assert_eq!(reset.epoch, epoch, "first sent at {first_sent}");
        }
        // Whoever joins later waits for the numbers of a numbering that had begun.
        let mut epochs = Epochs::new(SeqNum::from_raw(5));
        let reset = epochs.locate(Line::A, &sent(1, 10), Some(Numbering::from_raw(10)));
        assert_eq!(reset.epoch, FIRST_EPOCH + 1);
    }

    #[test]
    fn resets_are_told_apart_by_their_names_however_close_they_are() {
        let [first, second] = [100, 200].map(Numbering::from_raw);
        let mut epochs = Epochs::new(SeqNum::from_raw(1));
        let mut epochs_of = |line, name, nanos| {
            let first = epochs.locate(line, &sent(1, nanos), Some(name));
            (first.epoch, epochs.newest())
        };
        let (one, two) = (FIRST_EPOCH, FIRST_EPOCH + 1);
        assert_eq!(epochs_of(Line::A, first, 10), (one, one));
        assert_eq!(epochs_of(Line::A, second, 11), (two, two));
        assert_eq!(epochs_of(Line::B, first, 10), (one, two));
        assert_eq!(epochs_of(Line::B, second, 11), (two, two));
    }
}

//! Asking the venue for all books of the channel, when messages are lost for good
//! (docs/wire-format.md, 1.8).

use super::config::RefreshConfig;
use super::{Tracker, Verdict};
use crate::units::{Instant, SeqNum};
use crate::xdp::{Body as _, DeliveryFlag, PacketHeader, PacketRef, RefreshHeaderShort};

/// Whether the books of the channel have to be renewed, and how far that is.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Refresh {
    config: Option<RefreshConfig>,
    /// Requests that are left today.
    left: u32,
    stage: Stage,
    /// The next number of the refresh channel, which has a numbering of its own.
    tracker: Option<Tracker<SeqNum>>,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Stage {
    /// Nothing is lost.
    Idle,
    /// Asked for.
    Asked {
        attempts: u8,
        deadline: Instant,
        /// The command was handed out.
        sent: bool,
        progress: Progress,
        /// Something was lost since the refresh started, so that it may be older than the loss.
        again: bool,
    },
    /// Nobody answers, or nothing may be asked.
    GivenUp { retry: Option<Instant> },
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Progress {
    /// Its first symbol was not seen yet.
    Awaited,
    /// Every packet since its first one was seen.
    Whole,
}

/// What a packet of the refresh channel is to the refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refreshed {
    /// It is wanted.
    Wanted,
    /// It came before.
    Known,
    /// Nobody waits for it.
    Unwanted,
}

impl Refresh {
    pub(super) fn new(config: Option<RefreshConfig>) -> Self {
        Self {
            config,
            left: config.map_or(0, |config| config.requests),
            stage: Stage::Idle,
            tracker: None,
        }
    }

    pub(super) const fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle)
    }

    pub(super) const fn is_given_up(&self) -> bool {
        matches!(self.stage, Stage::GivenUp { .. })
    }

    /// Messages are lost: the books have to be renewed.
    pub(super) fn want(&mut self, now: Instant) {
        match &mut self.stage {
            Stage::Idle | Stage::GivenUp { .. } => self.ask(now, 1),
            Stage::Asked {
                progress, again, ..
            } => {
                *again |= *progress != Progress::Awaited;
            }
        }
    }

    /// The venue builds all books anew by itself.
    pub(super) const fn cancel(&mut self) {
        self.stage = Stage::Idle;
    }

    /// The server refused; `exhausted` when it will refuse all day.
    pub(super) fn refuse(&mut self, now: Instant, exhausted: bool) {
        if exhausted {
            self.left = 0;
        }
        if let Stage::Asked { .. } = self.stage {
            self.give_up(now);
        }
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Idle => None,
            Stage::Asked { deadline, .. } => Some(deadline),
            Stage::GivenUp { retry } => retry,
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.stage {
            Stage::Idle => {}
            Stage::Asked { attempts, .. } => self.repeat(now, attempts),
            Stage::GivenUp { .. } => self.ask(now, 1),
        }
    }

    /// A packet of the refresh channel.
    pub(super) fn handle_packet(&mut self, now: Instant, packet: &PacketRef<'_>) -> Refreshed {
        let header = packet.header();
        let Stage::Asked {
            attempts,
            deadline,
            progress,
            again,
            ..
        } = &mut self.stage
        else {
            return Refreshed::Unwanted;
        };
        let count = u32::from(header.number_msgs);
        let tracker = self.tracker.get_or_insert(Tracker::new(header.seq_num));
        match tracker.accept(header.seq_num, count) {
            Verdict::Next { .. } => {}
            Verdict::Known | Verdict::Empty => return Refreshed::Known,
            Verdict::Early { .. } => {
                // There is no retransmission of a refresh, so this answer stays incomplete.
                tracker.expect(header.seq_num.plus(count));
                *progress = Progress::Awaited;
            }
        }
        let (attempts, again) = (*attempts, *again);
        if starts(&header, packet) {
            *progress = Progress::Whole;
        }
        if let Some(config) = self.config {
            *deadline = now.after(config.timeout);
        }
        if ends(&header, packet) {
            match *progress {
                Progress::Whole if !again => self.stage = Stage::Idle,
                Progress::Whole => self.ask(now, 1),
                Progress::Awaited => self.repeat(now, attempts),
            }
        }
        Refreshed::Wanted
    }

    /// Whether the refresh is to be asked for now; says so once.
    pub(super) fn next_command(&mut self) -> bool {
        match &mut self.stage {
            Stage::Asked { sent, .. } => !core::mem::replace(sent, true),
            Stage::Idle | Stage::GivenUp { .. } => false,
        }
    }

    fn repeat(&mut self, now: Instant, attempts: u8) {
        if self.config.is_some_and(|config| attempts < config.attempts) {
            self.ask(now, attempts + 1);
        } else {
            self.give_up(now);
        }
    }

    fn ask(&mut self, now: Instant, attempts: u8) {
        let Some(config) = self.config.filter(|_| self.left > 0) else {
            return self.give_up(now);
        };
        self.left -= 1;
        // Whatever number the answer starts with is its first.
        self.tracker = None;
        self.stage = Stage::Asked {
            attempts,
            deadline: now.after(config.timeout),
            sent: false,
            progress: Progress::Awaited,
            again: false,
        };
    }

    fn give_up(&mut self, now: Instant) {
        let retry = self
            .config
            .filter(|_| self.left > 0)
            .map(|config| now.after(config.pause));
        self.stage = Stage::GivenUp { retry };
    }
}

/// Whether a refresh of all symbols starts with this packet.
fn starts(header: &PacketHeader, packet: &PacketRef<'_>) -> bool {
    // All packets of the first symbol bear the flag of the start.
    header.delivery_flag == DeliveryFlag::REFRESH_START
        && packet_of_symbol(packet).is_some_and(|(index, _)| index == 1)
}

/// Whether a refresh of all symbols ends with this packet.
fn ends(header: &PacketHeader, packet: &PacketRef<'_>) -> bool {
    header.delivery_flag == DeliveryFlag::REFRESH_END
        && packet_of_symbol(packet).is_some_and(|(index, total)| index == total)
}

/// Which of how many packets of its symbol this is.
fn packet_of_symbol(packet: &PacketRef<'_>) -> Option<(u16, u16)> {
    let message = packet.messages().next()?.ok()?;
    if message.msg_type() != RefreshHeaderShort::MSG_TYPE {
        return None;
    }
    // The short form is the start of the full one.
    let header = RefreshHeaderShort::parse(message).ok()?;
    Some((header.current_refresh_pkt, header.total_refresh_pkts))
}

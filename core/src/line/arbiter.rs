//! Line arbitration: puts the packets of a channel in order.

use super::assembler::{Assembler, Inserted, Step};
use super::config::{Config, Line, Source};
use super::counters::LineCounters;
use super::epoch_seq::{EpochSeq, FIRST_EPOCH, Span};
use super::epochs::{Epochs, Judgement, Oddity};
use super::gap::Gap;
use super::gap_detector::{is_reset, reset};
use super::held::Slot;
use super::limits::MIN_SLOTS;
use super::refresh::{Refresh, Refreshed};
use super::request::Requests;
use super::silence::Silence;
use crate::units::{Instant, SeqNum};
use crate::xdp::{
    Body as _, DeliveryFlag, MessageUnavailable, PacketRef, RequestResponse, RequestStatus,
};

/// Puts the packets of one channel in order: the first copy of a number wins, what is missing is
/// awaited, asked for, and given up in time.
///
/// It opens no socket and reads no clock. After every `handle_…` call, [`next_command`] is drained;
/// when [`poll_timeout`] passes, [`handle_timeout`] is called. See the [module](super) for an
/// example.
///
/// [`next_command`]: Self::next_command
/// [`poll_timeout`]: Self::poll_timeout
/// [`handle_timeout`]: Self::handle_timeout
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LineArbiter<S> {
    config: Config,
    epochs: Epochs,
    assembler: Assembler<S>,
    requests: Requests,
    refresh: Refresh,
    silence: Silence,
    /// The venue is republishing all books.
    failover: bool,
    reported: State,
    counters: LineCounters,
}

/// What became of a packet.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Arrival {
    /// The packet is next: read it now, then drain the commands. All messages of a refresh are wanted.
    Deliver {
        /// Leading messages to skip, because another packet already brought them.
        skip: usize,
    },
    /// The packet came early and is held; a later [`Command::Deliver`] hands it out.
    Held,
    /// All messages of the packet came before.
    Duplicate,
    /// The messages of the packet were given up before it came.
    Late,
    /// The packet jumps too far ahead to be believed, or repeats known numbers although it was sent
    /// later. The next packet of its line decides.
    Stray,
    /// The packet has no messages: a heartbeat, which shows that the line is alive.
    Heartbeat,
    /// The venue does not have what was asked for.
    Unavailable,
    /// The packet belongs to a refresh or retransmission that nobody here asked for.
    Unwanted,
    /// The packet is truncated: its bytes end before PktSize. The other line may have it whole; without
    /// another line the packet is read as far as it goes.
    Damaged,
    /// The packet came early and could not be held, so it counts as not received: it is longer than any
    /// packet of the venue, or the commands were not drained.
    NoRoom,
}

/// What to do next.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<'a> {
    /// The state of the channel, and with it of all its books, changed.
    State(State),
    /// This line has been silent for too long: not even a heartbeat came.
    LineSilent(Line),
    /// A silent line is heard again.
    LineHeard(Line),
    /// Ask the request server for these numbers (message type 10), at most 1,000.
    RequestRetransmission(Gap),
    /// Ask the request server for a refresh of all symbols of the channel (message type 15).
    RequestRefresh,
    /// A held packet is next.
    Deliver {
        /// The packet.
        packet: PacketRef<'a>,
        /// Leading messages to skip.
        skip: usize,
    },
    /// These messages are lost; whatever they changed is unknown from here on.
    Lost(Gap),
}

/// Whether the books of a channel can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// Every number came, or may still come from the other line in time.
    Live,
    /// Missing messages were asked for, or the venue is republishing the books.
    Recovering,
    /// Messages are lost and no refresh can be had now, or all lines are silent.
    Stale,
}

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> LineArbiter<S> {
    /// An arbiter that holds early packets in these slots, its own or borrowed ones.
    ///
    /// # Panics
    ///
    /// With fewer than [`MIN_SLOTS`] slots.
    #[must_use]
    pub fn new(now: Instant, config: Config, slots: S) -> Self {
        assert!(
            slots.as_ref().len() >= MIN_SLOTS,
            "too few slots for early packets"
        );
        Self {
            epochs: Epochs::new(config.expected),
            assembler: Assembler::new(config.expected, slots),
            requests: Requests::new(config.retransmission),
            refresh: Refresh::new(config.refresh),
            silence: Silence::new(now, config.silence, config.two_lines),
            failover: false,
            reported: State::Live,
            counters: LineCounters::default(),
            config,
        }
    }

    /// A line B appeared: from now on a truncated packet is left to the other line.
    pub const fn join_second_line(&mut self) {
        self.config.two_lines = true;
    }

    /// The next expected number.
    #[must_use]
    pub const fn expected(&self) -> SeqNum {
        self.assembler.expected().number
    }

    /// The gaps at present, lowest first. A gap before a reset is left out when nobody can know whether
    /// it holds anything.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> {
        self.assembler
            .gaps()
            .filter(|gap| !gap.span.is_open_ended())
            .map(|gap| public(&gap.span))
    }

    /// Whether nothing is missing and nothing is held, so that nothing can be delivered before the next
    /// packet comes.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.assembler.is_in_order()
    }

    /// How many early packets are held.
    #[must_use]
    pub const fn held_packets(&self) -> usize {
        self.assembler.held_packets()
    }

    /// Totals since the start.
    #[must_use]
    pub const fn counters(&self) -> &LineCounters {
        &self.counters
    }

    /// Whether the books of the channel can be trusted.
    #[must_use]
    pub fn state(&self) -> State {
        if self.refresh.is_given_up() || self.silence.is_total() {
            State::Stale
        } else if self.requests.open().is_some() || !self.refresh.is_idle() || self.failover {
            State::Recovering
        } else {
            State::Live
        }
    }

    /// Handles a packet.
    pub fn handle_packet(
        &mut self,
        now: Instant,
        source: Source,
        packet: &PacketRef<'_>,
    ) -> Arrival {
        let counter = match source {
            Source::Line(Line::A) => &mut self.counters.line_a,
            Source::Line(Line::B) => &mut self.counters.line_b,
            Source::Retransmission => &mut self.counters.retransmissions,
            Source::Refresh => &mut self.counters.refreshes,
        };
        *counter += 1;
        if let Source::Line(line) = source {
            self.silence.heard(now, line);
        }
        let header = packet.header();
        if header.number_msgs == 0 {
            self.counters.heartbeats += 1;
            return Arrival::Heartbeat;
        }
        // Where there is another line it may have all of it.
        if packet.missing() > 0 && self.config.two_lines {
            self.counters.damaged += 1;
            return Arrival::Damaged;
        }
        if header.delivery_flag.meaning().is_none() {
            self.counters.unlisted_flags += 1;
        }
        let arrival = match source {
            Source::Line(line) => self.handle_live(now, line, packet),
            Source::Retransmission => self.handle_retransmission(now, packet),
            Source::Refresh => self.handle_refresh(now, packet),
        };
        self.decide(now);
        arrival
    }

    /// Handles an answer of the request server (message type 11). Matching `request_seq_num` is up to
    /// the caller.
    pub fn handle_request_response(&mut self, now: Instant, response: &RequestResponse) {
        if response.status == RequestStatus::ACCEPTED {
            return;
        }
        self.counters.requests_refused += 1;
        let for_today = ![
            RequestStatus::BAD_RANGE,
            RequestStatus::RANGE_TOO_LARGE,
            RequestStatus::TOO_OLD,
        ]
        .contains(&response.status);
        let asked = self.requests.open().filter(|asked| {
            asked.first.number == response.begin_seq_num
                && asked.end.number == response.end_seq_num.next()
        });
        if let Some(asked) = asked {
            if for_today {
                self.requests.exhaust();
            }
            self.give_up(now, &asked);
        } else if response.begin_seq_num == SeqNum::from_raw(0) {
            self.refresh.refuse(now, for_today);
        }
        self.decide(now);
    }

    /// Asks for a refresh, unless one is under way, because books of this channel turned out to be
    /// wrong or full.
    pub fn handle_refresh_wanted(&mut self, now: Instant) {
        self.refresh.want(now);
    }

    /// Handles the passing of the time that [`poll_timeout`](Self::poll_timeout) named.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.silence.handle_timeout(now);
        self.refresh.handle_timeout(now);
        self.decide(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) must be called at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let gap = match self.requests.deadline() {
            Some(deadline) => Some(deadline),
            None => self.assembler.awaited().map(|gap| gap.deadline),
        };
        [gap, self.refresh.deadline(), self.silence.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The next thing to do. Call it until it returns `None`.
    pub fn next_command(&mut self) -> Option<Command<'_>> {
        // Bad news before the packets that it is about, good news after them.
        let state = self.state();
        if state > self.reported {
            self.reported = state;
            return Some(Command::State(state));
        }
        if let Some((line, silent)) = self.silence.next_command() {
            return Some(if silent {
                Command::LineSilent(line)
            } else {
                Command::LineHeard(line)
            });
        }
        if let Some(gap) = self.requests.next_command() {
            self.counters.requests += 1;
            return Some(Command::RequestRetransmission(gap));
        }
        if self.refresh.next_command() {
            self.counters.refresh_requests += 1;
            return Some(Command::RequestRefresh);
        }
        match self.assembler.next_step() {
            Some(Step::Lost(span)) => {
                let gap = public(&span);
                self.counters.gaps_lost += 1;
                self.counters.messages_lost += u64::from(gap.messages());
                Some(Command::Lost(gap))
            }
            Some(Step::Deliver { lowest, skip }) => {
                let (header, resets) = {
                    let packet = self.assembler.packet(lowest)?;
                    (packet.header(), is_reset(&packet))
                };
                self.delivered(header.delivery_flag, resets, lowest.first, skip);
                let packet = self.assembler.packet(lowest)?;
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                Some(Command::Deliver { packet, skip })
            }
            None => {
                let state = self.state();
                (state != self.reported).then(|| {
                    self.reported = state;
                    Command::State(state)
                })
            }
        }
    }

    fn handle_live(&mut self, now: Instant, line: Line, packet: &PacketRef<'_>) -> Arrival {
        let header = packet.header();
        if header.delivery_flag == DeliveryFlag::FAILOVER {
            self.counters.failover += 1;
        }
        let newest = self.epochs.newest();
        let reset = reset(packet);
        let mut first = self.epochs.locate(line, &header, reset);
        if self.epochs.newest() == newest {
            let oddity = match self.assembler.jump_to(first) {
                Some(jump) if jump > self.config.believed_jump => Some(Oddity::Jump),
                _ if reset.is_none() && self.epochs.goes_back(first, &header) => {
                    Some(Oddity::Restart)
                }
                _ => None,
            };
            match self.epochs.judge(line, &header, oddity) {
                Judgement::Suspected => {
                    self.counters.stray += 1;
                    return Arrival::Stray;
                }
                Judgement::Believed(Oddity::Restart) if first.epoch == newest => {
                    self.epochs.restart(line, &header);
                    self.counters.restarts_unannounced += 1;
                    first.epoch = self.epochs.newest();
                }
                Judgement::Believed(_) | Judgement::Plain => {}
            }
        }
        if self.epochs.newest() != newest {
            self.counters.restarts += 1;
        }
        let arrival = self.insert(now, Source::Line(line), first, packet);
        if matches!(arrival, Arrival::Deliver { .. } | Arrival::Held) {
            self.epochs.brought(first.epoch, &header);
        }
        arrival
    }

    fn handle_retransmission(&mut self, now: Instant, packet: &PacketRef<'_>) -> Arrival {
        // What others asked for, or we before a reset, may be of another numbering. Who cannot ask
        // takes what others did.
        let epoch = self.epochs.epoch_at(packet.header().send_time);
        let asked = self.requests.open().map(|asked| asked.first.epoch);
        let is_wanted = |epoch: &u32| asked == Some(*epoch) || self.config.retransmission.is_none();
        let Some(epoch) = epoch.filter(is_wanted) else {
            self.counters.unwanted += 1;
            return Arrival::Unwanted;
        };
        let mut messages = packet.messages();
        if let Some(Ok(message)) = messages.next()
            && message.msg_type() == MessageUnavailable::MSG_TYPE
        {
            if let Ok(unavailable) = MessageUnavailable::parse(message) {
                let at = |number| EpochSeq { epoch, number };
                let span = Span {
                    first: at(unavailable.begin_seq_num),
                    end: at(unavailable.end_seq_num.next()),
                };
                self.give_up(now, &span);
            }
            self.counters.unavailable += 1;
            return Arrival::Unavailable;
        }
        let number = packet.header().seq_num;
        let first = EpochSeq { epoch, number };
        // A recording may have it in its place; what lies further ahead is left to the lines.
        let is_next = |jump| jump == 0 && self.config.retransmission.is_none();
        if self
            .assembler
            .jump_to(first)
            .is_some_and(|jump| !is_next(jump))
        {
            self.counters.unwanted += 1;
            return Arrival::Unwanted;
        }
        self.insert(now, Source::Retransmission, first, packet)
    }

    fn handle_refresh(&mut self, now: Instant, packet: &PacketRef<'_>) -> Arrival {
        match self.refresh.handle_packet(now, packet) {
            Refreshed::Wanted => Arrival::Deliver { skip: 0 },
            Refreshed::Known => {
                self.counters.duplicates += 1;
                Arrival::Duplicate
            }
            Refreshed::Unwanted => {
                self.counters.unwanted += 1;
                Arrival::Unwanted
            }
        }
    }

    /// Puts a packet where it belongs.
    fn insert(
        &mut self,
        now: Instant,
        source: Source,
        first: EpochSeq,
        packet: &PacketRef<'_>,
    ) -> Arrival {
        let header = packet.header();
        let count = u32::from(header.number_msgs);
        let deadline = now.after(self.config.other_line_wait);
        let awaited = self.assembler.awaited().is_some();
        match self.assembler.insert(first, count, packet, deadline) {
            Inserted::Next { skip } => {
                if awaited {
                    self.filled(now, source, first);
                }
                self.delivered(header.delivery_flag, is_reset(packet), first, skip);
                Arrival::Deliver {
                    skip: usize::try_from(skip).unwrap_or(usize::MAX),
                }
            }
            Inserted::Held { fills } => {
                if fills {
                    self.filled(now, source, first);
                }
                self.counters.held += 1;
                self.make_room(now);
                Arrival::Held
            }
            Inserted::Known => {
                self.counters.duplicates += 1;
                Arrival::Duplicate
            }
            Inserted::Late => {
                self.counters.late += 1;
                Arrival::Late
            }
            Inserted::NoRoom => {
                self.counters.no_room += 1;
                Arrival::NoRoom
            }
        }
    }

    /// Something came that was missing.
    fn filled(&mut self, now: Instant, source: Source, first: EpochSeq) {
        *match source {
            Source::Line(Line::A) => &mut self.counters.filled_by_a,
            Source::Line(Line::B) => &mut self.counters.filled_by_b,
            Source::Retransmission | Source::Refresh => &mut self.counters.filled_by_retransmission,
        } += 1;
        if let Some(asked) = self.requests.open() {
            if !self.assembler.awaits(&asked) {
                self.finish_request(now, &asked);
            } else if first < asked.end {
                self.requests.progressed(now);
            }
        }
    }

    /// Nothing that was asked for is awaited any more: what is left of its gap is next.
    fn finish_request(&mut self, now: Instant, asked: &Span) {
        self.requests.close();
        self.assembler.await_until(asked.end, now);
    }

    /// A packet is delivered in order.
    fn delivered(&mut self, flag: DeliveryFlag, resets: bool, first: EpochSeq, skip: u32) {
        self.counters.delivered += 1;
        self.counters.messages_skipped += u64::from(skip);
        if resets && first.epoch > FIRST_EPOCH {
            // The venue now sends all symbols and orders anew.
            self.refresh.cancel();
        }
        match flag {
            DeliveryFlag::FAILOVER => self.failover = true,
            DeliveryFlag::ORIGINAL | DeliveryFlag::SEQUENCE_RESET => self.failover = false,
            _ => {}
        }
    }

    /// Decides about the awaited gap when its time has come.
    fn decide(&mut self, now: Instant) {
        while let Some(gap) = self.assembler.awaited() {
            let span = gap.span;
            if now < self.requests.deadline().unwrap_or(gap.deadline) {
                return;
            }
            // The venue answers for its newest numbering only.
            let can_ask = !span.is_open_ended() && span.first.epoch == self.epochs.newest();
            if !(can_ask && self.requests.ask(now, span)) {
                self.give_up(now, &span);
            }
        }
    }

    /// Makes room for the next packet: better a known loss than none.
    fn make_room(&mut self, now: Instant) {
        if let Some(span) = self.assembler.in_the_way() {
            self.give_up(now, &span);
        }
    }

    /// Gives up what is awaited of a span. What lies before a reset may be nothing at all, so it is
    /// no loss.
    fn give_up(&mut self, now: Instant, span: &Span) {
        if self.assembler.give_up(span) {
            self.refresh.want(now);
        }
        if let Some(asked) = self
            .requests
            .open()
            .filter(|asked| !self.assembler.awaits(asked))
        {
            self.finish_request(now, &asked);
        }
    }
}

/// A span as callers see it.
const fn public(span: &Span) -> Gap {
    Gap {
        first: span.first.number,
        end: span.end.number,
    }
}

//! The packets of one channel.

use std::collections::VecDeque;

use oxberry_core::matching::LimitOrder;
use oxberry_core::units::{ChannelId, SeqNum, Side, UnixNanos};
use oxberry_core::xdp::{
    DeliveryFlag, Dialect, MAX_PACKET, Message, PacketBuilder, ProductId, SequenceNumberReset,
};

use super::encode::{self, EventTime};
use super::flow::Flow;
use super::listing::Listing;
use super::venue::{Due, Timer, Venue};
use crate::random::Random;

/// A packet takes what happens within this time after its first message.
const GATHER_NS: u64 = 30_000;

/// The shortest and longest time that the publisher needs to send a packet.
const SEND_NS: (u64, u64) = (20_000, 65_000);

/// Generates the packets of one channel, in order.
///
/// The packets depend only on the market's configuration and the channel's number. Different threads
/// may therefore generate different channels, and one channel can be generated alone.
#[derive(Debug)]
pub struct ChannelGenerator {
    channel: ChannelId,
    venue: Venue,
    flows: Vec<Flow>,
    /// Messages that are not in a packet yet.
    pending: VecDeque<Message>,
    stage: Stage,
    /// Messages that may still be made; `None` for no end.
    messages_left: Option<u64>,
    next_seq_num: SeqNum,
    last_send_time: u64,
    /// The second that the last time reference named: of each stock in the legacy dialect, of each
    /// partition in the others.
    referenced: Vec<u32>,
}

/// What the channel does next.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Restart the numbers.
    Reset,
    /// Define the stocks, from this one on.
    Define(usize),
    /// Trade.
    Trade,
}

/// One stock of a channel, with the venue's own book.
#[derive(Clone, Copy, Debug)]
pub struct Stock<'a>(&'a Flow);

impl ChannelGenerator {
    pub(super) fn new(
        dialect: Dialect,
        channel: ChannelId,
        listings: impl Iterator<Item = Listing>,
        start: UnixNanos,
        messages: Option<u64>,
        most_opening: u64,
        random: Random,
    ) -> Self {
        let flows: Vec<_> = listings
            .enumerate()
            .map(|(place, listing)| Flow::new(listing, place, most_opening))
            .collect();
        let references = flows.len().max(usize::from(u8::MAX) + 1);
        Self {
            channel,
            venue: Venue::new(dialect, random, start.raw()),
            flows,
            pending: VecDeque::new(),
            stage: Stage::Reset,
            messages_left: messages,
            next_seq_num: SeqNum::from_raw(1),
            last_send_time: 0,
            referenced: vec![0; references],
        }
    }

    /// Returns the channel's number.
    #[must_use]
    pub const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Writes the next packet to the start of the buffer and returns its length, or `None` at the end
    /// of the feed.
    pub fn next_packet(&mut self, buffer: &mut [u8; MAX_PACKET]) -> Option<usize> {
        if let Stage::Reset = self.stage {
            self.stage = Stage::Define(0);
            return self.reset_packet(buffer);
        }
        let mut packet = PacketBuilder::new(buffer).ok()?;
        let mut gathers_until = None;
        loop {
            while let Some(message) = self.pending.front() {
                if packet.push_message(message).is_err() {
                    return Some(self.send(packet));
                }
                self.pending.pop_front();
            }
            if packet.is_empty() {
                gathers_until = None;
            }
            let next_time = self.next_time();
            let is_over = match (next_time, gathers_until) {
                (None, _) => true,
                (Some(next), Some(until)) => next > until,
                (Some(_), None) => false,
            };
            if is_over {
                return (!packet.is_empty()).then(|| self.send(packet));
            }
            self.step();
            gathers_until.get_or_insert(self.venue.now + GATHER_NS);
        }
    }

    /// Returns whether the packets returned so far contain everything that has happened.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// Returns the stocks of the channel with the orders that rest at the venue. If the channel
    /// [is settled](ChannelGenerator::is_settled), books built from the packets so far must be equal.
    pub fn stocks(&self) -> impl Iterator<Item = Stock<'_>> {
        self.flows.iter().map(Stock)
    }

    fn reset_packet(&mut self, buffer: &mut [u8; MAX_PACKET]) -> Option<usize> {
        let now = self.time();
        let mut packet = PacketBuilder::new(buffer).ok()?;
        packet
            .push(&SequenceNumberReset {
                source_time: now.second,
                source_time_ns: now.nanosecond,
                product_id: ProductId::ARCA_INTEGRATED,
                channel_id: self.channel,
            })
            .ok()?;
        self.spend(1)?;
        Some(self.finish(packet, DeliveryFlag::SEQUENCE_RESET))
    }

    fn send(&mut self, packet: PacketBuilder<'_>) -> usize {
        self.finish(packet, DeliveryFlag::ORIGINAL)
    }

    fn finish(&mut self, packet: PacketBuilder<'_>, flag: DeliveryFlag) -> usize {
        let (least, most) = SEND_NS;
        let takes = self.venue.random.between(least, most);
        self.last_send_time = (self.venue.now + takes).max(self.last_send_time + 1);
        let seq_num = self.next_seq_num;
        self.next_seq_num = seq_num.plus(packet.messages().into());
        packet
            .finish(flag, seq_num, UnixNanos::from_raw(self.last_send_time))
            .len()
    }

    /// Returns when something happens next, or `None` at the end of the feed.
    fn next_time(&self) -> Option<u64> {
        if self.messages_left == Some(0) {
            return None;
        }
        match self.stage {
            Stage::Reset | Stage::Define(_) if !self.flows.is_empty() => Some(self.venue.now),
            Stage::Reset | Stage::Define(_) | Stage::Trade => self.venue.next_time(),
        }
    }

    /// Lets the next thing happen. It may lead to no message.
    fn step(&mut self) {
        match self.stage {
            Stage::Reset => {}
            Stage::Define(place) => self.define(place),
            Stage::Trade => {
                if let Some(timer) = self.venue.next_timer() {
                    self.trade(timer);
                }
            }
        }
    }

    fn define(&mut self, place: usize) {
        let time = self.time();
        let Some(flow) = self.flows.get_mut(place) else {
            self.stage = Stage::Trade;
            return;
        };
        let messages = encode::definition(self.venue.dialect, flow, time);
        for message in messages {
            if self.spend(1).is_some() {
                self.pending.push_back(message);
            }
        }
        self.venue.set_timer(0, place, Due::Impulse);
        self.stage = Stage::Define(place + 1);
    }

    fn trade(&mut self, timer: Timer) {
        let time = self.time();
        let Some(flow) = self.flows.get_mut(timer.stock) else {
            return;
        };
        let reference = match self.venue.dialect {
            Dialect::Legacy => timer.stock,
            Dialect::Xdp | Dialect::Pillar => usize::from(flow.listing.system.raw()),
        };
        let Some(referenced) = self.referenced.get_mut(reference) else {
            return;
        };
        let needs_reference = *referenced != time.second;
        let room = self.messages_left.unwrap_or(u64::MAX) - u64::from(needs_reference);
        if room > 0 {
            match timer.due {
                Due::Impulse => flow.impulse(&mut self.venue, room),
                Due::Expire(order) => flow.expire(&mut self.venue, order),
                Due::Leave(order) => flow.leave(&mut self.venue, order),
            }
            if self.venue.happened.is_empty() {
                return;
            }
        }
        let before = self.pending.len();
        if needs_reference {
            *referenced = time.second;
            self.pending.push_back(encode::time_reference(
                self.venue.dialect,
                flow,
                time.second,
            ));
        }
        for happening in self.venue.happened.drain(..) {
            encode::messages(self.venue.dialect, flow, time, happening, &mut |message| {
                self.pending.push_back(message);
            });
        }
        let messages = (self.pending.len() - before) as u64;
        self.spend(messages)
            .expect("the flow was told how many messages there is room for");
    }

    /// Subtracts messages from those that may still be generated; `None` if too few are left.
    fn spend(&mut self, messages: u64) -> Option<()> {
        if let Some(left) = &mut self.messages_left {
            *left = left.checked_sub(messages)?;
        }
        Some(())
    }

    fn time(&self) -> EventTime {
        let (second, nanosecond) = UnixNanos::from_raw(self.venue.now).to_parts();
        EventTime { second, nanosecond }
    }
}

impl<'a> Stock<'a> {
    /// Returns the stock's entry in the mapping file.
    #[must_use]
    pub const fn listing(&self) -> &'a Listing {
        &self.0.listing
    }

    /// Returns the orders that rest on a side, in the sequence in which they would trade.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = LimitOrder> + use<'a> {
        self.0.matcher.orders(side)
    }
}

//! What the normalizer promises, message by message.

mod packets;
mod refresh;
mod symbols;
mod times;
mod translate;

extern crate std;
use std::vec::Vec;

use super::*;
use crate::units::{SeqNum, SymbolIndex, SymbolSeqNum, SystemId, UnixNanos};
use crate::xdp::{
    Body, CrossCorrection, DeliveryFlag, Dialect, LegacySymbolIndexMapping, PacketBuilder,
    PacketRef, SymbolIndexMapping,
};

const SYMBOL: SymbolIndex = SymbolIndex::from_raw(9280);
const SYSTEM: SystemId = SystemId::from_raw(15);
/// The last number that was read when a refresh comes.
const READ: SeqNum = SeqNum::from_raw(600);

/// A channel that knows one symbol.
struct Fixture {
    normalizer: Normalizer<[FeedSymbol; 2]>,
}

/// What came out of a packet.
#[derive(Default)]
struct Told {
    events: Vec<FeedEvent>,
    lost: Vec<Lost>,
}

impl Follower for Told {
    fn event(&mut self, event: FeedEvent) {
        self.events.push(event);
    }

    fn begins(&mut self, beginning: Beginning) {
        panic!("a normalizer knows no numbering: {beginning:?}");
    }

    fn lost(&mut self, lost: Lost) {
        self.lost.push(lost);
    }

    fn settled(&mut self, before: SeqNum) {
        panic!("a normalizer knows no failover: {before}");
    }
}

impl Fixture {
    fn new(dialect: Dialect) -> Self {
        let mut normalizer = Normalizer::new(dialect, [FeedSymbol::EMPTY; 2]);
        normalizer.define(SYMBOL, SYSTEM).unwrap();
        Self { normalizer }
    }

    /// The events of one message in a packet of its own.
    fn send<M: Body>(&mut self, message: M) -> Vec<FeedEvent> {
        self.send_as(DeliveryFlag::ORIGINAL, |packet| {
            packet.push(&message).unwrap()
        })
    }

    /// The events of a packet with the flag, numbered from 1 on, or apart as a refresh is.
    fn send_as(
        &mut self,
        flag: DeliveryFlag,
        fill: impl FnOnce(&mut PacketBuilder<'_>),
    ) -> Vec<FeedEvent> {
        self.send_from(1, flag, fill)
    }

    /// The events of a packet with the flag, numbered from `first` on.
    fn send_from(
        &mut self,
        first: u32,
        flag: DeliveryFlag,
        fill: impl FnOnce(&mut PacketBuilder<'_>),
    ) -> Vec<FeedEvent> {
        let mut buffer = [0; 1400];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        fill(&mut packet);
        let packet = packet.finish(flag, SeqNum::from_raw(first), UnixNanos::default());
        let packet = PacketRef::new(packet).unwrap();
        let mut told = Told::default();
        if flag.is_refresh() {
            self.normalizer.refresh_packet(&packet, READ, &mut told)
        } else {
            self.normalizer.packet(&packet, 0, &mut told)
        }
        .unwrap();
        assert_eq!(told.lost, []);
        told.events
    }

    /// The one action of one message.
    fn action<M: Body>(&mut self, message: M) -> Action {
        let events = self.send(message);
        let [event] = events[..] else {
            panic!("not one event: {events:?}")
        };
        assert_eq!(event.symbol_index, SYMBOL);
        event.action
    }

    /// The actions of one message.
    fn actions<M: Body>(&mut self, message: M) -> Vec<Action> {
        self.send(message)
            .iter()
            .map(|event| event.action)
            .collect()
    }
}

fn seq(number: u32) -> SymbolSeqNum {
    SymbolSeqNum::from_raw(number)
}

/// A numbered message that changes nothing.
fn other(number: u32) -> CrossCorrection {
    CrossCorrection {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        ..Default::default()
    }
}

/// The definition of a symbol, with this scale and partition.
fn definition(symbol_index: SymbolIndex, price_scale_code: u8, system: u8) -> SymbolIndexMapping {
    SymbolIndexMapping {
        base: LegacySymbolIndexMapping {
            symbol_index,
            price_scale_code,
            system_id: SystemId::from_raw(system),
            ..Default::default()
        },
        ..Default::default()
    }
}

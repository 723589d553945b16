//! The records of a stock batch: events, changes of trust, and the present state of symbols.

use oxberry_core::units::{ChannelId, Numbering, Position, Price, PriceScale, SeqNum, SymbolIndex};
use serde::{Deserialize, Serialize};

use crate::deltas::Deltas;
use crate::view::{Quote, StockEvent, SymbolState, SymbolTrust, TradePrint, View};

/// One record of a [`StockBatch`](crate::stock::StockBatch); [`Deltas`] makes it and takes it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockRecord(Wire);

/// What a record of a stock batch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StockTold {
    /// A message changed what can be seen of its symbol.
    Event(StockEvent),
    /// The trust in a symbol, or its trading status, is another one from here on. Where a message
    /// changed it, it comes before the event of that message.
    Trust(SymbolTrust),
    /// The present state of a symbol, because the visualisation asked.
    State(SymbolState),
    /// The state of a symbol whose book the venue has told again, so that it is as that says.
    Rebuilt(SymbolState),
    /// The states of all symbols of the partition were told, so many of them: whoever has heard of
    /// fewer has missed one.
    StateEnd(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Head {
    ahead: u32,
    symbol_index: SymbolIndex,
    /// See [`Deltas::time_code`].
    time: u64,
    scale: PriceScale,
}

/// The record as it is written: what is absent takes no byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Wire {
    Both(Head, Quote, Quote),
    BothTrade(Head, Quote, Quote, TradePrint),
    Bid(Head, Quote),
    BidTrade(Head, Quote, TradePrint),
    Ask(Head, Quote),
    AskTrade(Head, Quote, TradePrint),
    None(Head),
    NoneTrade(Head, TradePrint),
    Trust(SymbolTrust),
    State(State),
    Rebuilt(State),
    StateEnd(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct State {
    trust: SymbolTrust,
    at: Option<(ChannelId, Numbering, SeqNum)>,
    scale: PriceScale,
    bid: Option<Quote>,
    ask: Option<Quote>,
    last_trade: Option<Price>,
}

impl From<SymbolState> for State {
    fn from(state: SymbolState) -> Self {
        let SymbolState {
            trust,
            at,
            view: View { scale, bid, ask },
            last_trade,
        } = state;
        Self {
            trust,
            at: at.map(|(channel, at)| (channel, at.numbering, at.seq_num)),
            scale,
            bid,
            ask,
            last_trade,
        }
    }
}

impl From<State> for SymbolState {
    fn from(state: State) -> Self {
        let State {
            trust,
            at,
            scale,
            bid,
            ask,
            last_trade,
        } = state;
        Self {
            trust,
            at: at.map(|(channel, numbering, seq_num)| (channel, Position { numbering, seq_num })),
            view: View { scale, bid, ask },
            last_trade,
        }
    }
}

impl Deltas {
    /// The record that says this.
    pub fn stock_record(&mut self, told: &StockTold) -> StockRecord {
        StockRecord(match *told {
            StockTold::Event(ref event) => self.stock_event_record(event),
            StockTold::Trust(trust) => Wire::Trust(trust),
            StockTold::State(state) => Wire::State(state.into()),
            StockTold::Rebuilt(state) => Wire::Rebuilt(state.into()),
            StockTold::StateEnd(symbols) => Wire::StateEnd(symbols),
        })
    }

    fn stock_event_record(&mut self, event: &StockEvent) -> Wire {
        let View { scale, bid, ask } = event.view;
        let head = Head {
            ahead: self.ahead(event.seq_num),
            symbol_index: event.symbol_index,
            time: self.time_code(event.ts_event),
            scale,
        };
        match (bid, ask, event.trade) {
            (Some(bid), Some(ask), None) => Wire::Both(head, bid, ask),
            (Some(bid), Some(ask), Some(trade)) => Wire::BothTrade(head, bid, ask, trade),
            (Some(bid), None, None) => Wire::Bid(head, bid),
            (Some(bid), None, Some(trade)) => Wire::BidTrade(head, bid, trade),
            (None, Some(ask), None) => Wire::Ask(head, ask),
            (None, Some(ask), Some(trade)) => Wire::AskTrade(head, ask, trade),
            (None, None, None) => Wire::None(head),
            (None, None, Some(trade)) => Wire::NoneTrade(head, trade),
        }
    }

    /// What a record says; records go through in their order.
    pub fn stock_told(&mut self, record: StockRecord) -> StockTold {
        let (head, bid, ask, trade) = match record.0 {
            Wire::Both(head, bid, ask) => (head, Some(bid), Some(ask), None),
            Wire::BothTrade(head, bid, ask, trade) => (head, Some(bid), Some(ask), Some(trade)),
            Wire::Bid(head, bid) => (head, Some(bid), None, None),
            Wire::BidTrade(head, bid, trade) => (head, Some(bid), None, Some(trade)),
            Wire::Ask(head, ask) => (head, None, Some(ask), None),
            Wire::AskTrade(head, ask, trade) => (head, None, Some(ask), Some(trade)),
            Wire::None(head) => (head, None, None, None),
            Wire::NoneTrade(head, trade) => (head, None, None, Some(trade)),
            Wire::Trust(trust) => return StockTold::Trust(trust),
            Wire::State(state) => return StockTold::State(state.into()),
            Wire::Rebuilt(state) => return StockTold::Rebuilt(state.into()),
            Wire::StateEnd(symbols) => return StockTold::StateEnd(symbols),
        };
        let scale = head.scale;
        StockTold::Event(StockEvent {
            seq_num: self.go(head.ahead),
            symbol_index: head.symbol_index,
            ts_event: self.time_of(head.time),
            view: View { scale, bid, ask },
            trade,
        })
    }
}

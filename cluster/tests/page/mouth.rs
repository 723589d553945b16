//! What a Pi says to the page, made by hand.

use std::collections::BTreeMap;

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, Numbering, Position, Price, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex,
    UnixNanos,
};
use oxberry_proto::start::{SetupVisual, SymbolEntry};
use oxberry_proto::stock::{
    EndOfEvents, Quote, StockBatch, StockBeat, StockEvent, StreamWord, SymbolState, SymbolTrust,
    TradePrint, TrustWord, View,
};
use oxberry_proto::{
    Deltas, NodeId, Partition, RecordsWriter, Run, SCHEMA_FINGERPRINT, StockTold, StreamId,
    SymbolName, encode,
};

pub(crate) const CHANNEL: ChannelId = ChannelId::from_raw(1);
pub(crate) const PARTITION: Partition = Partition::from_raw(0);
pub(crate) const STREAM: StreamId = StreamId {
    channel: CHANNEL,
    partition: PARTITION,
};
pub(crate) const NUMBERING: Numbering = Numbering::from_raw(1_340_285_400_000_000_000);
pub(crate) const RUN: Run = Run {
    identity: 7,
    generation: 1,
};

/// A Pi that says one stream.
pub(crate) struct Mouth {
    pub(crate) run: Run,
    pub(crate) node: NodeId,
    pub(crate) position: Position,
    /// Records of trust and state that it told.
    pub(crate) told: u32,
    /// Changes of trust are not told yet.
    pub(crate) pending: bool,
    pub(crate) recovering: bool,
    pub(crate) silent: bool,
    pub(crate) ended: bool,
}

impl Mouth {
    pub(crate) fn new(run: Run, node: u16) -> Self {
        Self {
            run,
            node: NodeId::from_raw(node),
            position: Position::default(),
            told: 0,
            pending: false,
            recovering: false,
            silent: false,
            ended: false,
        }
    }

    /// A batch that covers the numbers up to `through`; the first one begins the numbering.
    pub(crate) fn batch(&mut self, through: u32, records: &[StockTold]) -> Vec<u8> {
        let begins = (self.position.numbering != NUMBERING).then_some(self.position);
        let after = if begins.is_some() {
            SeqNum::default()
        } else {
            self.position.seq_num
        };
        let mut deltas = Deltas::new(NUMBERING, after);
        let mut writer = RecordsWriter::<_, StockBatch>::new(vec![0; 1_400]);
        let told = self.told;
        for record in records {
            let is_told = !matches!(record, StockTold::Event(_));
            self.told = self.told.wrapping_add(u32::from(is_told));
            writer.push(&deltas.stock_record(record)).unwrap();
        }
        let head = StockBatch {
            run: self.run,
            node: self.node,
            stream: STREAM,
            numbering: NUMBERING,
            after,
            through: SeqNum::from_raw(through),
            begins,
            trust: TrustWord {
                told,
                pending: self.pending,
            },
            events: 0,
            ts_sent: UnixNanos::from_raw(0),
        };
        self.position = Position {
            numbering: NUMBERING,
            seq_num: SeqNum::from_raw(through),
        };
        writer.finish(&[], head).unwrap().to_vec()
    }

    pub(crate) fn beat(&self) -> Vec<u8> {
        let mut writer = RecordsWriter::<_, StockBeat>::new(vec![0; 1_400]);
        let word = StreamWord {
            stream: STREAM,
            numbering: self.position.numbering,
            after: self.position.seq_num,
            through: self.position.seq_num,
            trust: TrustWord {
                told: self.told,
                pending: self.pending,
            },
            recovering: self.recovering,
            silent: self.silent,
            ended: self.ended,
        };
        writer.push(&word).unwrap();
        let head = StockBeat {
            run: self.run,
            node: self.node,
            streams: 0,
            ts_sent: UnixNanos::from_raw(0),
        };
        writer.finish(&[], head).unwrap().to_vec()
    }

    pub(crate) fn end(&self) -> Vec<u8> {
        let mut frame = [0; 64];
        let end = EndOfEvents {
            run: self.run,
            node: self.node,
        };
        let length = encode(&end, &mut frame).unwrap();
        frame[..length].to_vec()
    }
}

/// The controller's answer: these symbols, all in one partition.
pub(crate) fn symbols(run: Run, names: &[(u32, &str)]) -> Vec<u8> {
    let mut writer = RecordsWriter::<_, SetupVisual>::new(vec![0; 1_400]);
    for &(index, name) in names {
        let entry = SymbolEntry {
            symbol_index: SymbolIndex::from_raw(index),
            name: SymbolName::try_from(name).unwrap(),
            partition: PARTITION,
        };
        writer.push(&entry).unwrap();
    }
    let head = SetupVisual {
        schema: SCHEMA_FINGERPRINT,
        run,
        nodes: 2,
        partitions: 1,
        symbols: 0,
    };
    writer.finish(&[], head).unwrap().to_vec()
}

/// A message of a symbol at a number: its bid is 100 times the number, so that a view tells where it
/// is from.
pub(crate) fn event(symbol: u32, number: u32, trade: Option<u32>) -> StockTold {
    StockTold::Event(StockEvent {
        seq_num: SeqNum::from_raw(number),
        symbol_index: SymbolIndex::from_raw(symbol),
        ts_event: None,
        view: view(number),
        trade: trade.map(|price| TradePrint {
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(10),
        }),
    })
}

pub(crate) fn view(number: u32) -> View {
    View {
        scale: PriceScale::new(4).unwrap(),
        bid: Some(Quote {
            price: RawPrice::from_raw(100 * number),
            qty: 1,
            orders: 1,
        }),
        ask: None,
    }
}

pub(crate) fn trust(symbol: u32, trust: Trust) -> StockTold {
    StockTold::Trust(word(symbol, trust))
}

/// What a symbol's book is at a number.
pub(crate) fn state(symbol: u32, of: Trust, number: u32, last_trade: Option<i64>) -> StockTold {
    StockTold::State(symbol_state(symbol, of, number, last_trade))
}

/// What a symbol's book is that was taken over at a number, of which the last event had that one.
pub(crate) fn taken_over(symbol: u32, last: u32, number: u32) -> StockTold {
    let mut state = symbol_state(symbol, Trust::Live, number, None);
    state.view = view(last);
    StockTold::Rebuilt(state)
}

fn symbol_state(symbol: u32, of: Trust, number: u32, last_trade: Option<i64>) -> SymbolState {
    SymbolState {
        trust: word(symbol, of),
        view: view(number),
        last_trade: last_trade.map(Price::from_raw),
        at: Some((
            CHANNEL,
            Position {
                numbering: NUMBERING,
                seq_num: SeqNum::from_raw(number),
            },
        )),
    }
}

fn word(symbol: u32, trust: Trust) -> SymbolTrust {
    SymbolTrust {
        symbol_index: SymbolIndex::from_raw(symbol),
        trust,
        status: TradingStatus::Open,
    }
}

/// What is said of every node, for comparing.
pub(crate) fn by_node<T>(nodes: impl Iterator<Item = (NodeId, T)>) -> BTreeMap<u16, T> {
    nodes.map(|(node, of)| (node.raw(), of)).collect()
}

//! Depth: the best levels of a symbol after something happened to it.

use anyhow::Context as _;
use oxberry_core::{
    feed::FeedEvent,
    units::{SymbolIndex, SymbolSeqNum},
    xdp::{Dialect, FieldValue, Message, MessageRef, PacketRef},
};

use super::{
    Told, View,
    best_levels::{self, Quote},
    is_of_order_or_trade,
};
use crate::{
    export::{Schema, Value},
    replay::sink::Sink,
};

/// When a symbol gets a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::replay) enum Choice {
    /// When its depth changed.
    Changes,
    /// After every order or trade message: types 100 to 104, 106, 110 and 220.
    EveryMessage,
}

/// Makes rows, and knows what each symbol's last one showed.
pub(in crate::replay) struct DepthRows {
    /// Levels of a side.
    depth: usize,
    choice: Choice,
    /// Messages of the present packet that are not of the types that an event like theirs usually
    /// comes from.
    unusual: Vec<(SymbolIndex, SymbolSeqNum)>,
    /// What is shown of the symbols, `depth` quotes each, by slot.
    shown: Vec<Quote>,
    /// The present quotes of one symbol, and their row.
    quotes: Vec<Quote>,
    values: Vec<Value>,
}

impl DepthRows {
    /// Rows of so many levels of so many symbols.
    ///
    /// # Errors
    ///
    /// When there is no memory for so many levels.
    pub(in crate::replay) fn new(
        depth: usize,
        choice: Choice,
        symbols: usize,
    ) -> anyhow::Result<Self> {
        let levels = depth * symbols;
        let mut shown = Vec::new();
        shown.try_reserve_exact(levels).with_context(|| {
            format!("there is no memory for {depth} levels of {symbols} symbols: lower --depth")
        })?;
        shown.resize(levels, Quote::default());
        Ok(Self {
            depth,
            choice,
            unusual: Vec::new(),
            shown,
            quotes: vec![Quote::default(); depth],
            values: Vec::new(),
        })
    }

    /// Whether the event comes from a message of the types that get a row each.
    fn is_of_listed_message(&self, event: &FeedEvent) -> bool {
        let Some(number) = event.symbol_seq_num else {
            return false;
        };
        is_of_order_or_trade(event.action) != self.unusual.contains(&(event.symbol_index, number))
    }
}

impl View for DepthRows {
    fn schema(&self) -> Schema {
        best_levels::schema(self.depth)
    }

    fn add_symbol(&mut self) {
        let shown = self.shown.len() + self.depth;
        self.shown.resize(shown, Quote::default());
    }

    fn expect(&mut self, packet: &PacketRef<'_>, dialect: Dialect) {
        if self.choice == Choice::EveryMessage {
            self.unusual.clear();
            let messages = packet.messages().flatten();
            self.unusual
                .extend(messages.filter_map(|message| unusual(dialect, message)));
        }
    }

    fn after(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        if self.choice == Choice::EveryMessage && !self.is_of_listed_message(told.event) {
            return;
        }
        let slot = told.applied.slot;
        // A slot is a number below the number of symbols.
        let first = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
        let first = first.saturating_mul(self.depth);
        let Some(shown) = self.shown.get_mut(first..first.saturating_add(self.depth)) else {
            return;
        };
        best_levels::read(told.books, slot, &mut self.quotes);
        if self.choice == Choice::Changes && shown == self.quotes {
            return;
        }
        shown.copy_from_slice(&self.quotes);
        best_levels::values(&told.origin, &self.quotes, &mut self.values);
        sink.row((slot, 0), &told.origin, told.books, &mut self.values);
    }
}

/// Names a message whose type and event do not go together as rows understand them: an order or
/// trade event from a type that gets no row, or the other way round.
fn unusual(dialect: Dialect, message: MessageRef<'_>) -> Option<(SymbolIndex, SymbolSeqNum)> {
    let unusual = match dialect {
        Dialect::Legacy => matches!(message.msg_type(), 104 | 107 | 108),
        Dialect::Xdp | Dialect::Pillar => message.msg_type() == 111,
    };
    let decoded = Message::parse(dialect, message)
        .ok()
        .flatten()
        .filter(|_| unusual)?;
    let mut number = None;
    decoded.fields(&mut |name, value| {
        if let ("symbol_seq_num", FieldValue::Unsigned(raw)) = (name, value) {
            number = u32::try_from(raw).ok().map(SymbolSeqNum::from_raw);
        }
    });
    Some((message.symbol_index(dialect)?, number?))
}

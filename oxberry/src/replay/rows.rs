//! The rows of `oxberry replay`: the best levels of a symbol after something happened to it.

use std::io::{self, Write as _};

use anyhow::Context as _;

use oxberry_core::{
    book::{Books, SymbolSlot},
    feed::{Action, FeedEvent},
    units::{Side, SymbolIndex, SymbolSeqNum},
    xdp::{Dialect, FieldValue, Message, MessageRef, PacketRef},
};

use crate::output::Output;

/// The levels of both sides at one place of the depth; zeros for a level that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Quote {
    bid_px: u64,
    bid_sz: u64,
    ask_px: u64,
    ask_sz: u64,
}

/// When a symbol gets a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// When its depth changed.
    Changes,
    /// After every order or trade message: types 100 to 104, 106, 110 and 220.
    EveryMessage,
}

/// Writes rows, and knows what each symbol's last one showed.
pub(crate) struct Rows {
    output: Output,
    /// Rows that were not handed over yet.
    waiting: Vec<u8>,
    /// Levels of a side.
    depth: usize,
    choice: Choice,
    /// Messages of the present packet that are not of the types that an event like theirs usually
    /// comes from.
    unusual: Vec<(SymbolIndex, SymbolSeqNum)>,
    /// What to call the symbols, by slot.
    symbols: Vec<String>,
    /// Whether rows tell the trust in the book.
    with_trust: bool,
    /// What is shown of the symbols, `depth` quotes each, by slot.
    shown: Vec<Quote>,
    /// The present quotes of one symbol.
    quotes: Vec<Quote>,
    digits: itoa::Buffer,
}

impl Rows {
    /// Begins with the header. `symbols` are the symbols' names by slot.
    ///
    /// # Errors
    ///
    /// When there is no memory for so many levels.
    pub(super) fn new(
        output: Output,
        depth: usize,
        choice: Choice,
        symbols: Vec<String>,
        with_trust: bool,
    ) -> anyhow::Result<Self> {
        let columns = (1..=depth)
            .map(|place| format!(",bid_px_{place},bid_sz_{place},ask_px_{place},ask_sz_{place}"));
        let header = format!(
            "symbol,symbol_seq_num,ts_event_ns{}{}\n",
            columns.collect::<String>(),
            if with_trust { ",trust" } else { "" }
        );
        let levels = depth * symbols.len();
        let mut shown = Vec::new();
        shown.try_reserve_exact(levels).with_context(|| {
            let symbols = symbols.len();
            format!("there is no memory for {depth} levels of {symbols} symbols: lower --depth")
        })?;
        shown.resize(levels, Quote::default());
        let quotes = vec![Quote::default(); depth];
        Ok(Self {
            output,
            waiting: header.into_bytes(),
            depth,
            choice,
            unusual: Vec::new(),
            symbols,
            with_trust,
            shown,
            quotes,
            digits: itoa::Buffer::new(),
        })
    }

    /// Takes up a symbol that the mapping file does not have, behind all others.
    pub(super) fn add_symbol(&mut self, name: String) {
        self.symbols.push(name);
        let shown = self.shown.len() + self.depth;
        self.shown.resize(shown, Quote::default());
    }

    /// Looks at a packet before its events come.
    pub(super) fn expect(&mut self, packet: &PacketRef<'_>, dialect: Dialect) {
        if self.choice == Choice::EveryMessage {
            self.unusual.clear();
            let messages = packet.messages().flatten();
            self.unusual
                .extend(messages.filter_map(|message| unusual(dialect, message)));
        }
    }

    /// Makes the row that the event asks for, if it asks for one.
    pub(super) fn after(&mut self, event: &FeedEvent, books: &Books<'_>, slot: SymbolSlot) {
        if self.choice == Choice::EveryMessage && !self.is_of_listed_message(event) {
            return;
        }
        // A slot is a number below the number of symbols.
        let place = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
        let Some(symbol) = self.symbols.get(place) else {
            return;
        };
        let first = place * self.depth;
        let Some(shown) = self.shown.get_mut(first..first + self.depth) else {
            return;
        };

        self.quotes.fill(Quote::default());
        for (quote, level) in self.quotes.iter_mut().zip(books.depth(slot, Side::Bid)) {
            [quote.bid_px, quote.bid_sz] = [u64::from(level.price.raw()), level.qty];
        }
        for (quote, level) in self.quotes.iter_mut().zip(books.depth(slot, Side::Ask)) {
            [quote.ask_px, quote.ask_sz] = [u64::from(level.price.raw()), level.qty];
        }
        if self.choice == Choice::Changes && shown == self.quotes {
            return;
        }
        shown.copy_from_slice(&self.quotes);

        self.waiting.extend_from_slice(symbol.as_bytes());
        let seq_num = event.symbol_seq_num.map(|number| u64::from(number.raw()));
        let ts_event = event.ts_event.map(|time| time.raw());
        for number in [seq_num, ts_event] {
            self.waiting.push(b',');
            if let Some(number) = number {
                self.waiting
                    .extend_from_slice(self.digits.format(number).as_bytes());
            }
        }
        for quote in &self.quotes {
            for number in [quote.bid_px, quote.bid_sz, quote.ask_px, quote.ask_sz] {
                self.waiting.push(b',');
                self.waiting
                    .extend_from_slice(self.digits.format(number).as_bytes());
            }
        }
        if self.with_trust {
            // Writing to memory does not fail.
            let _ = write!(self.waiting, ",{}", books.trust(slot));
        }
        self.waiting.push(b'\n');
    }

    /// Whether the event comes from a message of the types that get a row each.
    fn is_of_listed_message(&self, event: &FeedEvent) -> bool {
        let Some(number) = event.symbol_seq_num else {
            return false;
        };
        is_of_order_or_trade(event.action) != self.unusual.contains(&(event.symbol_index, number))
    }

    /// Where they are written to.
    pub(super) fn output(&self) -> &Output {
        &self.output
    }

    /// Hands over the rows that were made since the last time, such as those of a packet.
    #[inline]
    pub(super) fn hand_over(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let written = self.output.write_all(&self.waiting);
        self.waiting.clear();
        written
    }

    /// Writes out everything.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.output.flush()
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

/// Whether an action is of an order or a trade, whose messages usually get a row each.
pub(super) const fn is_of_order_or_trade(action: Action) -> bool {
    matches!(
        action,
        Action::Add { .. }
            | Action::Modify { .. }
            | Action::Delete { .. }
            | Action::Execute { .. }
            | Action::Replace { .. }
            | Action::Trade { .. }
    )
}

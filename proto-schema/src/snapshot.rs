//! The book of a symbol on its way from one replica to another, by way of the controller.

use oxberry_core::book::{Conditions, Digest, MEDIAN_WINDOW, Order, SnapshotHead, Tape};
use oxberry_core::units::{
    ChannelId, Position, Price, PriceScale, SeqNum, SymbolIndex, SymbolSeqNum,
};
use serde::{Deserialize, Serialize};

use crate::flow::StreamPosition;
use crate::name::{NodeId, Partition};
use crate::records::heads;
use crate::run::Run;

/// Pi to controller, and on to a replica: I would like to have the book of a symbol, as of these
/// positions or later ones, as records. From there on the one who wishes keeps what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SnapshotWish {
    /// The run.
    pub run: Run,
    /// Who wishes.
    pub node: NodeId,
    /// What tells this wish from others of the same node.
    pub wish: u32,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Its partition.
    pub partition: Partition,
    /// Whether something of the run never reached who wishes, or was spoilt there, so that the feed
    /// itself may say more than its books do.
    pub has_lost: bool,
    /// How many positions follow: of each stream of the partition of which something was heard.
    pub streams: u16,
}

/// Replica to controller, and on to the one who wished: a part of the book, as records; or made by the
/// controller, which names itself [`NodeId::CONTROLLER`] as who gives. A head of
/// book and trades comes first, then bids and asks in price-time order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Snapshot {
    /// The run.
    pub run: Run,
    /// Who gives.
    pub node: NodeId,
    /// Who wished.
    pub to: NodeId,
    /// The wish.
    pub wish: u32,
    /// Where the symbol's stream was: all up to there is in the book. Of a symbol that no channel has
    /// spoken of, nothing.
    pub at: Option<(ChannelId, Position)>,
    /// How many parts came before.
    pub part: u16,
    /// Whether no part follows.
    pub is_last: bool,
    /// How many records follow.
    pub records: u16,
}

/// Controller or replica to the one who wished: there is nothing to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SnapshotRefused {
    /// The run.
    pub run: Run,
    /// Who wished.
    pub to: NodeId,
    /// The wish.
    pub wish: u32,
    /// Why.
    pub reason: NoSnapshot,
}

/// Controller to the one who wished: no replica has the book, and it is made out of the feed, read
/// again. Said with every beat while that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SnapshotUnderWay {
    /// The run.
    pub run: Run,
    /// Who wished.
    pub to: NodeId,
    /// The wish.
    pub wish: u32,
}

/// Why a book cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NoSnapshot {
    /// No other node holds the partition, and the feed cannot be read again.
    Alone,
    /// The replica does not trust its own book, and nor would the feed, read again.
    NotLive,
    /// The book has more orders than may be read at once.
    TooLarge,
}

/// One record of a [`Snapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SnapshotRecord {
    /// The book without its orders. Always the first.
    Book(BookHead),
    /// What was traded. Always the second.
    Tape(TapeSums),
    /// One of the last trades' prices, in the order of [`Tape::prices`].
    TradePrice(Price),
    /// An order.
    Order(Order),
}

/// [`SnapshotHead`] without the tape, which would not fit one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BookHead {
    symbol_index: SymbolIndex,
    scale: PriceScale,
    channel: Option<ChannelId>,
    conditions: Conditions,
    symbol_seq_num: Option<SymbolSeqNum>,
    since: SeqNum,
    orders: [u32; 2],
    digest: Digest,
}

/// [`Tape`] without its prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TapeSums {
    trades: u64,
    volume: u64,
    notional: u128,
    high: Price,
    low: Price,
}

impl SnapshotRecord {
    /// The records of a head, in their order.
    pub fn of_head(head: &SnapshotHead) -> impl Iterator<Item = Self> + use<> {
        let SnapshotHead {
            symbol_index,
            scale,
            channel,
            conditions,
            symbol_seq_num,
            since,
            tape,
            orders,
            digest,
        } = *head;
        let Tape {
            trades,
            volume,
            notional,
            high,
            low,
            prices,
        } = tape;
        let book = Self::Book(BookHead {
            symbol_index,
            scale,
            channel,
            conditions,
            symbol_seq_num,
            since,
            orders,
            digest,
        });
        let sums = Self::Tape(TapeSums {
            trades,
            volume,
            notional,
            high,
            low,
        });
        let known = usize::try_from(trades).unwrap_or(MEDIAN_WINDOW);
        let prices = prices.into_iter().take(known).map(Self::TradePrice);
        [book, sums].into_iter().chain(prices)
    }
}

/// Puts a [`SnapshotHead`] together from its records.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HeadReader {
    book: Option<BookHead>,
    tape: Option<Tape>,
    prices: usize,
}

impl HeadReader {
    /// Takes a record; false if it is none of a head, or out of its order.
    pub fn take(&mut self, record: &SnapshotRecord) -> bool {
        match (*record, self.book, &mut self.tape) {
            (SnapshotRecord::Book(book), None, None) => {
                self.book = Some(book);
                true
            }
            (SnapshotRecord::Tape(sums), Some(_), tape @ None) => {
                let TapeSums {
                    trades,
                    volume,
                    notional,
                    high,
                    low,
                } = sums;
                *tape = Some(Tape {
                    trades,
                    volume,
                    notional,
                    high,
                    low,
                    ..Tape::default()
                });
                true
            }
            (SnapshotRecord::TradePrice(price), Some(_), Some(tape)) => {
                let place = tape.prices.get_mut(self.prices);
                self.prices += 1;
                place.map(|place| *place = price).is_some()
            }
            _ => false,
        }
    }

    /// The head, if all its records were taken.
    #[must_use]
    pub fn head(&self) -> Option<SnapshotHead> {
        let (book, tape) = self.book.zip(self.tape)?;
        let known = usize::try_from(tape.trades).unwrap_or(usize::MAX);
        (self.prices == known.min(MEDIAN_WINDOW)).then_some(SnapshotHead {
            symbol_index: book.symbol_index,
            scale: book.scale,
            channel: book.channel,
            conditions: book.conditions,
            symbol_seq_num: book.symbol_seq_num,
            since: book.since,
            tape,
            orders: book.orders,
            digest: book.digest,
        })
    }
}

heads! {
    SnapshotWish lists StreamPosition by streams: u16;
    Snapshot lists SnapshotRecord by records: u16;
    SnapshotRefused;
    SnapshotUnderWay;
}

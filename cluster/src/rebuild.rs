//! The books of one partition out of the feed, read again: for symbols that no replica trusts.
//!
//! The rim reads the channels of the feed a second time, from their start, and hands in what they bring.
//! Nothing is taken that is beyond the positions of the wishes, which all are positions of replicas: so
//! the books are never ahead of what was published. The next wishes of the same partition go on from
//! there.

use std::sync::Arc;

use oxberry_core::book::{Books, Capacity, ChannelPast, OwnedBooks, Trust};
use oxberry_core::units::{ChannelId, Position, PriceScale, SeqNum, SymbolIndex};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::snapshot::{NoSnapshot, Snapshot};
use oxberry_proto::{NodeId, Partition, Run};

use crate::channel::{Occurrence, Occurrences};
use crate::limits::{Limits, REBUILD_SPARE_SYMBOLS};
use crate::partition::PartitionTable;
use crate::parts::Parts;

/// What is to be made out of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildOrder {
    /// What tells it from others of the same controller.
    pub id: u32,
    /// The run.
    pub run: Run,
    /// The partition.
    pub partition: Partition,
    /// Where the books must be at least: one position for each channel, none of them ahead of what was
    /// published.
    pub streams: Vec<StreamPosition>,
    /// Orders for which there is to be room.
    pub orders: u32,
    /// The books that are wished for.
    pub books: Vec<BookWish>,
}

/// A book that somebody wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookWish {
    /// Who wished.
    pub to: NodeId,
    /// The wish.
    pub wish: u32,
    /// The symbol.
    pub symbol_index: SymbolIndex,
}

/// What came of a [`BookWish`]: the messages for the one who wished.
pub type BookAnswer = (BookWish, Result<Vec<Vec<u8>>, NoSnapshot>);

/// What is known of the day whose feed is read again.
#[derive(Clone, Debug)]
pub struct RebuildDay {
    /// Its symbols.
    pub symbols: Vec<(SymbolIndex, PriceScale)>,
    /// The partition of each of them.
    pub table: Arc<PartitionTable>,
    /// What the cluster keeps to.
    pub limits: Limits,
}

/// The books of a partition, and how far the feed was read for them.
#[derive(Debug)]
pub struct Rebuild {
    run: Run,
    partition: Partition,
    table: Arc<PartitionTable>,
    books: OwnedBooks<Vec<u32>>,
    channels: Vec<ChannelRead>,
    parts: Parts,
}

/// How far a channel was read again.
#[derive(Clone, Copy, Debug)]
struct ChannelRead {
    channel: ChannelId,
    /// All up to here is in the books.
    at: Position,
    /// The number of the last event: another one with it is a copy.
    told: SeqNum,
    /// Nothing beyond this is to be taken.
    until: Position,
    /// Whether something lies beyond it, so that all before was told, refreshes included.
    has_passed: bool,
    past: ChannelPast,
}

impl Rebuild {
    /// The books of a partition before the feed has said anything.
    ///
    /// # Panics
    ///
    /// Never: the memory is as large as the capacity says.
    #[must_use]
    pub fn new(day: &RebuildDay, order: &RebuildOrder) -> Self {
        let partition = order.partition;
        let symbols = day.symbols.iter();
        let symbols =
            symbols.filter(|(symbol_index, _)| day.table.partition_of(*symbol_index) == partition);
        let listed = u32::try_from(symbols.clone().count()).unwrap_or(u32::MAX);
        let capacity = Capacity {
            symbols: listed.saturating_add(REBUILD_SPARE_SYMBOLS),
            orders: order.orders,
            levels: (order.orders / 2).max(1),
        };
        let mut books = OwnedBooks::new(capacity, vec![0; capacity.words()])
            .expect("the memory is as large as the capacity says");
        let mut open = books.open();
        for &(symbol_index, scale) in symbols {
            // One that finds no room in the index has no book, which is refused to whoever wishes for it.
            let _ = open.define(symbol_index, scale);
        }
        drop(open);
        Self {
            run: order.run,
            partition,
            table: Arc::clone(&day.table),
            books,
            channels: Vec::new(),
            parts: Parts::new(day.limits.snapshot_orders),
        }
    }

    /// The partition.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// From now on nothing beyond these positions is taken, or beyond where the books are already.
    pub fn aim(&mut self, streams: &[StreamPosition]) {
        for &StreamPosition { stream, position } in streams {
            if let Some(read) = self.of_mut(stream.channel)
                && read.until < position
            {
                read.until = position;
                read.has_passed = false;
            }
        }
    }

    /// Whether all that a channel says up to where the books are to be was taken.
    pub fn has_passed(&mut self, channel: ChannelId) -> bool {
        self.of_mut(channel).is_some_and(|read| read.has_passed)
    }

    /// Whether the books have of a channel what they are to have.
    #[must_use]
    pub fn has_reached(&self, channel: ChannelId) -> bool {
        self.of(channel).is_none_or(|read| read.at >= read.until)
    }

    /// Whether an occurrence of a channel can matter to these books. What cannot need not be handed in.
    #[must_use]
    pub fn concerns(&self, occurrence: &Occurrence) -> bool {
        match occurrence {
            Occurrence::Event(event) => {
                self.table.partition_of(event.symbol_index) == self.partition
            }
            Occurrence::Begins(_) | Occurrence::Lost(_) | Occurrence::Settled(_) => true,
        }
    }

    /// Takes what a channel brought and concerns these books, in its order, as far as it is not beyond
    /// where they are to be. The rest stays, to be handed in again.
    pub fn take(&mut self, channel: ChannelId, waiting: &mut Occurrences) {
        let place = self.place_of(channel);
        let Self {
            books, channels, ..
        } = self;
        let Some(read) = channels.get_mut(place) else {
            return;
        };
        let mut books = books.open();
        while let Some(occurrence) = waiting.front() {
            let end = end_of(occurrence, read.at);
            if end > read.until {
                read.at = read.at.max(read.until);
                read.has_passed = true;
                return;
            }
            read.apply(&mut books, occurrence);
            read.at = read.at.max(end);
            waiting.pop_front();
        }
    }

    /// All that a channel said up to this number of its present numbering was handed in, and taken.
    pub fn read_through(&mut self, channel: ChannelId, number: SeqNum) {
        let Some(read) = self.of_mut(channel) else {
            return;
        };
        let through = Position {
            numbering: read.at.numbering,
            seq_num: number,
        };
        read.at = read.at.max(through.min(read.until));
        read.has_passed |= through > read.until;
    }

    /// What is to be sent to those who wished, as of where the books are.
    pub fn answer(&mut self, order: &RebuildOrder) -> Vec<BookAnswer> {
        let is_there = |one: &StreamPosition| {
            let read = self.of(one.stream.channel);
            read.is_some_and(|read| read.at >= one.position)
        };
        let is_there = order.streams.iter().all(is_there);
        let answer = |wish: &BookWish| {
            let parts = if is_there {
                self.book(wish)
            } else {
                Err(NoSnapshot::NotLive)
            };
            (*wish, parts)
        };
        order.books.iter().map(answer).collect()
    }

    /// A book in parts.
    fn book(&mut self, wish: &BookWish) -> Result<Vec<Vec<u8>>, NoSnapshot> {
        let Self {
            run,
            books,
            channels,
            parts,
            ..
        } = self;
        let books = books.open();
        let slot = books.slot(wish.symbol_index).ok_or(NoSnapshot::NotLive)?;
        if books.trust(slot) != Trust::Live {
            return Err(NoSnapshot::NotLive);
        }
        let at_of = |channel| {
            let read = channels.iter().find(|read| read.channel == channel);
            (channel, read.map_or(Position::default(), |read| read.at))
        };
        let head = Snapshot {
            run: *run,
            node: NodeId::CONTROLLER,
            to: wish.to,
            wish: wish.wish,
            at: books.channel(slot).map(at_of),
            part: 0,
            is_last: false,
            records: 0,
        };
        parts.begin(&books, slot, head)?;
        let mut messages = Vec::new();
        while !parts.is_idle() {
            let mut message = vec![0; MAX_BATCH_BYTES];
            let length = parts.write(&mut message);
            message.truncate(length);
            messages.push(message);
        }
        Ok(messages)
    }

    fn of(&self, channel: ChannelId) -> Option<&ChannelRead> {
        self.channels.iter().find(|read| read.channel == channel)
    }

    fn of_mut(&mut self, channel: ChannelId) -> Option<&mut ChannelRead> {
        let place = self.place_of(channel);
        self.channels.get_mut(place)
    }

    /// The place of a channel, of which nothing may have been read yet.
    fn place_of(&mut self, channel: ChannelId) -> usize {
        let mut known = self.channels.iter();
        let known = known.position(|read| read.channel == channel);
        known.unwrap_or_else(|| {
            self.channels.push(ChannelRead {
                channel,
                at: Position::default(),
                told: SeqNum::default(),
                until: Position::default(),
                has_passed: false,
                past: ChannelPast::default(),
            });
            self.channels.len() - 1
        })
    }
}

impl ChannelRead {
    fn apply(&mut self, books: &mut Books<'_>, occurrence: &Occurrence) {
        let channel = self.channel;
        match occurrence {
            Occurrence::Event(event) => {
                let is_of_refresh = event.is_of_refresh();
                if event.seq_num <= self.told && !is_of_refresh {
                    return;
                }
                if !is_of_refresh {
                    self.told = event.seq_num;
                }
                let is_known = books.define_by(channel, &self.past, event).is_ok();
                if !is_known || books.apply(channel, event).is_err() {
                    self.past.passed_over(event.seq_num);
                }
            }
            Occurrence::Begins(beginning) => {
                self.told = beginning.after;
                self.past.begins(beginning);
                for slot in books.slots() {
                    books.begins(slot, channel, beginning);
                }
            }
            Occurrence::Lost(lost) => {
                self.told = self.told.max(lost.last);
                self.past.lost(lost.last);
                for slot in books.slots() {
                    books.lost(slot, channel, lost.last);
                }
            }
            Occurrence::Settled(_) => {
                self.past.settled();
                for slot in books.slots() {
                    books.settled(slot, channel);
                }
            }
        }
    }
}

/// The position of a channel once an occurrence was taken.
fn end_of(occurrence: &Occurrence, at: Position) -> Position {
    let number = |seq_num| Position { seq_num, ..at };
    match occurrence {
        Occurrence::Event(event) => number(event.seq_num),
        Occurrence::Lost(lost) => number(lost.last),
        Occurrence::Settled(before) => number(*before),
        Occurrence::Begins(beginning) => Position {
            numbering: beginning.numbering,
            seq_num: beginning.after,
        },
    }
}

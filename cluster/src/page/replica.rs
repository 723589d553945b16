//! What the page knows of one node: how far it is, and how far its word goes.

use std::collections::{BTreeMap, VecDeque};

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{ChannelId, Instant, Position, Price, UnixNanos};
use oxberry_proto::stock::{TrustWord, View};
use oxberry_proto::{Partition, StreamId};

use super::Voice;
use super::word::{Rank, is_newer};
use crate::limits::Limits;

/// States of a row that are remembered until an event is taken behind them.
const JUMPS: usize = 16;

/// One node, as far as the page has heard it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) last_heard: Instant,
    /// It was silent for three beats.
    pub(super) is_silent: bool,
    /// It was silent for too long: what it held is nobody's word any more.
    pub(super) is_dead: bool,
    /// It was dead, and is heard again: whatever it speaks of has to be told anew.
    has_returned: bool,
    /// It said that no more events follow.
    pub(super) has_ended: bool,
    pub(super) partitions: BTreeMap<Partition, Part>,
    pub(super) streams: BTreeMap<StreamId, Stream>,
    /// What it says of each symbol, by row.
    cells: Vec<Cell>,
    /// Where it has told states instead of the events that led to them, by row: the last few that no
    /// event was taken behind.
    jumps: BTreeMap<usize, VecDeque<(ChannelId, Position)>>,
    /// How many rows are of listed symbols. A node that has said nothing of another one may not have
    /// heard of it.
    listed: usize,
}

/// How far the word of a node goes about one of its partitions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    /// Records of trust and state that were heard.
    pub(super) told: u32,
    /// Whether the node has not told all changes of trust yet.
    pub(super) pending: bool,
    /// Whether something that it said was missed; until it has told its state anew, nothing is live
    /// on its word.
    pub(super) has_missed: bool,
    /// What was heard of the state that it tells.
    telling: Option<Telling>,
    /// When it was asked for its state last.
    pub(super) asked: Option<Instant>,
}

/// A state while it is told.
#[derive(Clone, Copy, Debug)]
struct Telling {
    /// Whether something was missed since it began.
    has_missed: bool,
    /// Symbols that were told.
    symbols: u32,
}

/// How far a node is in one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stream {
    pub(super) position: Position,
    pub(super) recovering: bool,
    pub(super) silent: bool,
    pub(super) ended: bool,
}

/// What a node says of one symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) trust: Trust,
    pub(super) status: TradingStatus,
    pub(super) seen: Option<Seen>,
    /// Whether it did not call the symbol live before the event or state that it tells next: what happened
    /// until then it may not have told, wherever it stands.
    pub(super) has_lapsed: bool,
}

/// The newest that a node has shown of a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The channel of the symbol and the position; `None` of a symbol to which nothing has happened.
    pub(super) at: Option<(ChannelId, Position)>,
    pub(super) ts_event: Option<UnixNanos>,
    pub(super) view: View,
    /// The price of the last trade, if one was told.
    pub(super) last_trade: Option<Price>,
    /// How good the word of the node was when it told it.
    pub(super) rank: Rank,
}

/// What a node shows of a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) seen: Seen,
    /// Where it is right.
    pub(super) as_of: Option<(ChannelId, Position)>,
    /// Whether the node has not told all changes of trust yet: it may trust the book since later than
    /// where it is.
    pub(super) is_pending: bool,
}

impl Cell {
    /// What is not told otherwise is live and trades: a node tells every change.
    const UNTOLD: Self = Self {
        trust: Trust::Live,
        status: TradingStatus::Open,
        seen: None,
        has_lapsed: false,
    };
    /// The same of a symbol that only the feed defines.
    const UNHEARD: Self = Self {
        trust: Trust::Stale,
        status: TradingStatus::Unknown,
        seen: None,
        has_lapsed: true,
    };
}

impl Node {
    pub(super) fn new(now: Instant, listed: usize) -> Self {
        Self {
            last_heard: now,
            is_silent: false,
            is_dead: false,
            has_returned: false,
            has_ended: false,
            partitions: BTreeMap::new(),
            streams: BTreeMap::new(),
            cells: vec![Cell::UNTOLD; listed],
            jumps: BTreeMap::new(),
            listed,
        }
    }

    /// When it becomes silent, or dead, unless it is heard before.
    pub(super) fn next_change(&self, limits: &Limits) -> Option<Instant> {
        let quiet = if self.is_silent {
            limits.node_timeout
        } else {
            limits.silence()
        };
        (!self.has_ended).then(|| self.last_heard.after(quiet))
    }

    pub(super) const fn voice(&self) -> Voice {
        if self.has_ended {
            Voice::Ended
        } else if self.is_dead {
            Voice::Dead
        } else if self.is_silent {
            Voice::Silent
        } else {
            Voice::Speaking
        }
    }

    /// The cell of a row.
    pub(super) fn cell(&self, row: usize) -> Cell {
        let untold = if row < self.listed {
            Cell::UNTOLD
        } else {
            Cell::UNHEARD
        };
        self.cells.get(row).copied().unwrap_or(untold)
    }

    /// Forgets what it said of symbols. One that died, and whose place another one takes under a number
    /// of its own, shall keep no memory.
    pub(super) fn forget_cells(&mut self) {
        self.cells = Vec::new();
    }

    /// It was dead, and is heard again: of all its partitions it has to tell the state anew before
    /// anything is live on its word.
    pub(super) fn come_back(&mut self) {
        self.has_returned = true;
        for part in self.partitions.values_mut() {
            part.miss();
        }
    }

    /// How far its word goes about a partition.
    pub(super) fn part(&mut self, partition: Partition) -> &mut Part {
        let has_missed = self.has_returned;
        self.partitions.entry(partition).or_insert_with(|| Part {
            has_missed,
            ..Part::default()
        })
    }

    /// The cell of a row, to be changed.
    pub(super) fn cell_mut(&mut self, row: usize) -> &mut Cell {
        if self.cells.len() <= row {
            self.cells.resize(row + 1, Cell::UNHEARD);
        }
        self.cells.get_mut(row).expect("it was made long enough")
    }

    /// It has told the state of a row as of there, and not what led to it.
    pub(super) fn note_jump(&mut self, row: usize, to: (ChannelId, Position)) {
        let jumps = self.jumps.entry(row).or_default();
        if jumps.back() != Some(&to) {
            jumps.push_back(to);
        }
        if jumps.len() > JUMPS {
            jumps.pop_front();
        }
    }

    /// The last state of a row that it told before an event, which is taken.
    pub(super) fn take_jump(
        &mut self,
        row: usize,
        event: (ChannelId, Position),
    ) -> Option<(ChannelId, Position)> {
        let jumps = self.jumps.get_mut(&row)?;
        let mut last = None;
        while jumps
            .front()
            .is_some_and(|&jump| !is_newer(jump, Some(event)))
        {
            last = jumps.pop_front();
        }
        if jumps.is_empty() {
            self.jumps.remove(&row);
        }
        last
    }

    /// What can be seen of a symbol on its word, and as of where that is right: nothing that it knows
    /// of has changed it since.
    pub(super) fn state(&self, row: usize, partition: Partition) -> Option<State> {
        let cell = self.cell(row);
        let seen = cell.seen?;
        let is_pending = (self.partitions.get(&partition)).is_none_or(|part| part.pending);
        if is_pending && seen.rank > Rank::Of(cell.trust) {
            // It trusts the symbol again, but not all is told of where that began.
            return None;
        }
        let as_of = seen.at.map(|(channel, position)| {
            let stands = self.position(StreamId { channel, partition });
            let reaches = if is_pending { position } else { stands };
            (channel, reaches.max(position))
        });
        Some(State {
            seen,
            as_of,
            is_pending,
        })
    }

    /// How far it is in a stream.
    pub(super) fn position(&self, stream: StreamId) -> Position {
        self.streams
            .get(&stream)
            .map_or(Position::default(), |one| one.position)
    }
}

impl Part {
    /// Takes what a message says before its records; false when it came before.
    pub(super) fn hear(&mut self, word: TrustWord, is_copy: bool) -> bool {
        let behind = self.told.wrapping_sub(word.told);
        if word.told != self.told {
            if is_copy && behind < u32::MAX / 2 {
                return false;
            }
            self.miss();
            self.told = word.told;
        }
        self.pending = word.pending;
        true
    }

    /// Something that the node said was missed.
    pub(super) const fn miss(&mut self) {
        self.has_missed = true;
        if let Some(telling) = &mut self.telling {
            telling.has_missed = true;
        }
    }

    /// A record of trust or state was heard.
    pub(super) const fn count(&mut self) {
        self.told = self.told.wrapping_add(1);
    }

    /// The state of a symbol was heard, because it was asked for.
    pub(super) fn tell(&mut self) {
        self.count();
        let telling = self.telling.get_or_insert(Telling {
            has_missed: false,
            symbols: 0,
        });
        telling.symbols += 1;
    }

    /// The states of so many symbols were told, which are all.
    ///
    /// A telling may have been under way when the page was started. Of that the page heard the rest,
    /// which is fewer symbols; of one that was begun anew it heard more.
    pub(super) fn end_telling(&mut self, symbols: u32) {
        self.count();
        // Of a partition without symbols there is nothing that could be missed.
        let is_whole = self.telling.take().map_or(symbols == 0, |telling| {
            !telling.has_missed && telling.symbols >= symbols
        });
        if is_whole {
            self.has_missed = false;
            self.asked = None;
        }
    }
}

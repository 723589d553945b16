//! The oracle: it compares every event that a Pi sends or the page shows with the truth.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use oxberry_cluster::page::{Page, Row, Shown, Told};
use oxberry_core::book::Trust;
use oxberry_core::units::{ChannelId, Instant, Numbering, Position, SymbolIndex};
use oxberry_proto::stock::{StockBatch, StockEvent, SymbolState, View};
use oxberry_proto::{Deltas, Kind, NodeId, Run, StockTold, StreamId, decode_list, kind_of};

use super::audience::PAGE_SEAT;
use super::doubt::Suspects;
use super::marks::Mark;
use super::marks::Marks;
use super::tellings::Tellings;
use super::truth::{Place, Truth};

/// Says what is wrong.
pub(super) type Violation = String;

/// The truth of every day, and what Pis and page have said so far.
#[derive(Debug)]
pub(super) struct Oracle {
    /// The truth of each day that was played, by the identity of its runs.
    pub(super) days: Vec<Truth>,
    /// The symbols of the mapping file, which the controller lists.
    pub(super) listed: BTreeSet<SymbolIndex>,
    /// The venue's own count of each numbering that a reader named.
    names: BTreeMap<(Run, ChannelId, Numbering), u32>,
    /// What each process of each Pi has sent in its present life.
    pis: BTreeMap<(usize, u32), PiWatch>,
    /// What each page has shown, by its seat.
    pages: [PageWatch; 2],
    /// How far each stream was published, and when.
    published: BTreeMap<StreamId, VecDeque<(u64, Position)>>,
    published_run: Option<Run>,
    /// Up to where what is shown of a symbol may be wrong, since a Pi told it whose memory had changed by
    /// itself.
    pub(super) doubts: BTreeMap<(Run, ChannelId, SymbolIndex), Place>,
    /// How far pages have told.
    pub(super) tellings: Tellings,
    /// The number of events that Pis sent, and that the page showed.
    pub(super) told: u64,
    pub(super) shown: u64,
}

#[derive(Debug, Default)]
struct PiWatch {
    /// The run and its number in it.
    life: Option<(Run, NodeId)>,
    trust: BTreeMap<SymbolIndex, Trust>,
    last: BTreeMap<StreamId, Position>,
}

#[derive(Debug, Default)]
struct PageWatch {
    run: Option<Run>,
    /// The last event of each row.
    last: BTreeMap<usize, (ChannelId, Position)>,
    /// Where each row stood.
    stood: BTreeMap<usize, (ChannelId, Position)>,
    /// Since when a live row has lacked what it should show.
    behind: BTreeMap<usize, u64>,
    /// Events shown live, by claim.
    live: BTreeMap<(ChannelId, SymbolIndex), Vec<Place>>,
}

impl PiWatch {
    /// Checks that an event follows the last one of its stream, and lies within the range of its frame.
    fn judge_order(&mut self, head: &StockBatch, event: &StockEvent) -> Result<(), Violation> {
        let position = Position {
            numbering: head.numbering,
            seq_num: event.seq_num,
        };
        let last = self.last.insert(head.stream, position);
        if last.is_some_and(|last| last >= position) {
            return Err(format!(
                "tells {} {position} after {}",
                head.stream,
                last.unwrap_or_default()
            ));
        }
        if event.seq_num <= head.after || event.seq_num > head.through {
            return Err(format!(
                "tells {} {position} in a frame of ({}, {}]",
                head.stream, head.after, head.through
            ));
        }
        Ok(())
    }

    /// Returns whether the process calls a symbol live. A listed symbol is live until the process says
    /// otherwise; one that only the feed defines is not.
    fn calls_live(&self, symbol_index: SymbolIndex, listed: &BTreeSet<SymbolIndex>) -> bool {
        match self.trust.get(&symbol_index) {
            Some(&trust) => trust == Trust::Live,
            None => listed.contains(&symbol_index),
        }
    }
}

impl Oracle {
    pub(super) fn new(truth: Truth, listed: impl Iterator<Item = SymbolIndex>) -> Self {
        Self {
            days: vec![truth],
            listed: listed.collect(),
            names: BTreeMap::new(),
            pis: BTreeMap::new(),
            pages: Default::default(),
            published: BTreeMap::new(),
            published_run: None,
            doubts: BTreeMap::new(),
            tellings: Tellings::default(),
            told: 0,
            shown: 0,
        }
    }

    /// Adds the truth of another day, which is played from now on.
    pub(super) fn add_day(&mut self, truth: Truth) {
        self.days.push(truth);
    }

    pub(super) fn truth(&self, run: Run) -> Option<&Truth> {
        let day = usize::try_from(run.identity).ok()?.checked_sub(1)?;
        self.days.get(day)
    }

    /// Notes the name that a reader gave to a numbering, of which `segment` is the venue's own count.
    pub(super) fn name(
        &mut self,
        run: Run,
        channel: ChannelId,
        numbering: Numbering,
        segment: u32,
    ) -> Result<(), Violation> {
        let known = *self
            .names
            .entry((run, channel, numbering))
            .or_insert(segment);
        if known == segment {
            Ok(())
        } else {
            Err(format!(
                "the reader of channel {channel} takes numberings {known} and {segment} for one"
            ))
        }
    }

    /// Returns where a position lies in the venue's own count.
    pub(super) fn place(&self, run: Run, channel: ChannelId, position: Position) -> Option<Place> {
        if position.numbering == Numbering::NONE {
            return Some(Place::default());
        }
        let segment = *self.names.get(&(run, channel, position.numbering))?;
        Some(Place {
            segment,
            number: position.seq_num.raw(),
        })
    }

    /// Notes that a stream was published up to a position.
    pub(super) fn published(&mut self, now: u64, run: Run, stream: StreamId, through: Position) {
        if self.published_run != Some(run) {
            self.published.clear();
            self.published_run = Some(run);
        }
        let of_stream = self.published.entry(stream).or_default();
        if of_stream.back().is_none_or(|&(_, last)| last < through) {
            of_stream.push_back((now, through));
        }
    }

    /// Returns how far a stream of the present run was published.
    pub(super) fn published_of(&self, stream: StreamId) -> Position {
        let published = self.published.get(&stream);
        let last = published.and_then(|published| published.back());
        last.map(|&(_, position)| position).unwrap_or_default()
    }

    /// Judges a frame that a process of a Pi pushes to the page, but not what it says of books whose memory
    /// has changed by itself since they were read.
    pub(super) fn pi_tells(
        &mut self,
        process: (usize, u32),
        suspects: &Suspects,
        frame: &[u8],
        marks: &mut Marks,
    ) -> Result<(), Violation> {
        if kind_of(frame) != Ok(Kind::StockBatch) {
            return Ok(());
        }
        let wrong = |what: &str| format!("pi {} process {}: {what}", process.0, process.1);
        let (head, records) =
            decode_list::<StockBatch>(frame).map_err(|error| wrong(&format!("{error:?}")))?;
        let mut watch = self.pis.remove(&process).unwrap_or_default();
        let life = Some((head.run, head.node));
        if watch.life != life {
            watch = PiWatch {
                life,
                ..PiWatch::default()
            };
        }
        let mut deltas = Deltas::new(head.numbering, head.after);
        for record in records {
            let record = record.map_err(|error| wrong(&format!("{error:?}")))?;
            match deltas.stock_told(record) {
                StockTold::Trust(trust) => {
                    watch.trust.insert(trust.symbol_index, trust.trust);
                    marks.hit(told(trust.trust));
                }
                StockTold::State(state) => {
                    let told = state.trust;
                    watch.trust.insert(told.symbol_index, told.trust);
                    marks.hit(Mark::StateTold);
                }
                StockTold::Rebuilt(state) => {
                    let told = state.trust;
                    watch.trust.insert(told.symbol_index, told.trust);
                    marks.hit(Mark::Rebuilt);
                    if !suspects.has(told.symbol_index) {
                        self.judge_rebuilt(head.run, &state)
                            .map_err(|what| wrong(&what))?;
                    }
                }
                StockTold::StateEnd(_) => marks.hit(Mark::PageAnswered),
                StockTold::Event(event) => {
                    self.told += 1;
                    watch
                        .judge_order(&head, &event)
                        .map_err(|what| wrong(&what))?;
                    let is_sure = !suspects.has(event.symbol_index);
                    if is_sure && watch.calls_live(event.symbol_index, &self.listed) {
                        self.judge_told(&head, &event)
                            .map_err(|what| wrong(&what))?;
                    }
                }
            }
        }
        self.pis.insert(process, watch);
        Ok(())
    }

    /// Judges a book that a replica says it has from a refresh or from its twin. As of no position
    /// nothing has ever happened to it; whether that is so [`judge_books`](Self::judge_books) sees.
    fn judge_rebuilt(&self, run: Run, state: &SymbolState) -> Result<(), Violation> {
        let symbol_index = state.trust.symbol_index;
        let is_empty = state.view.bid.is_none() && state.view.ask.is_none();
        if state.at.is_none() && is_empty && state.last_trade.is_none() {
            return Ok(());
        }
        let right = state.at.and_then(|(channel, position)| {
            let place = self.place(run, channel, position)?;
            self.truth(run)?.as_of((channel, symbol_index), place)
        });
        if right.is_some_and(|right| is_same(right, state.view)) {
            return Ok(());
        }
        Err(format!(
            "has symbol {symbol_index} rebuilt at {:?} as {:?}, but it is {right:?}",
            state.at, state.view
        ))
    }

    /// Judges an event of a symbol that the replica calls live.
    fn judge_told(&self, head: &StockBatch, event: &StockEvent) -> Result<(), Violation> {
        let channel = head.stream.channel;
        let position = Position {
            numbering: head.numbering,
            seq_num: event.seq_num,
        };
        let claim = (channel, event.symbol_index);
        let place = self.place(head.run, channel, position);
        let right = place.and_then(|place| self.truth(head.run)?.at(claim, place));
        if right.map(|right| (right.view, right.trade)) == Some((event.view, event.trade)) {
            return Ok(());
        }
        Err(format!(
            "calls live symbol {} at {} {position}: {:?} {:?}, but it is {right:?}",
            event.symbol_index, head.stream, event.view, event.trade
        ))
    }

    /// Forgets the old page, since a new process starts.
    pub(super) fn page_starts(&mut self, seat: usize) {
        *self.watch(seat) = PageWatch::default();
        self.tellings.begin(seat);
    }

    fn watch(&mut self, seat: usize) -> &mut PageWatch {
        self.pages.get_mut(seat).expect("two pages are watched")
    }

    /// Judges what the page shows after it has taken a frame.
    pub(super) fn judge_page(
        &mut self,
        seat: usize,
        page: &mut Page,
        now: Instant,
    ) -> Result<(), Violation> {
        if self.watch(seat).run != page.run() {
            *self.watch(seat) = PageWatch {
                run: page.run(),
                ..PageWatch::default()
            };
            self.tellings.begin(seat);
        }
        let Some(run) = page.run() else {
            return Ok(());
        };
        while let Some(told) = page.next_told() {
            match told {
                Told::Event(shown) => {
                    self.shown += 1;
                    self.judge_shown(seat, run, &shown)?;
                    self.judge_told_before(seat, run, &shown)?;
                }
                Told::Passed(passed) => {
                    if let Some(place) = self.place(run, passed.channel, passed.through) {
                        let at = (passed.channel, place);
                        self.tellings.note((seat, passed.row), Some(at));
                    }
                }
            }
        }
        for (at, row) in page.rows().iter().enumerate() {
            self.judge_row((seat, at), run, row, page.standing(at, now).is_live())?;
        }
        Ok(())
    }

    /// Judges an event that the page shows.
    fn judge_shown(&mut self, seat: usize, run: Run, shown: &Shown) -> Result<(), Violation> {
        let at = (shown.channel, shown.position);
        let last = self.watch(seat).last.insert(shown.row, at);
        if last.is_some_and(|last| goes_back(last, at)) {
            return Err(format!(
                "the page shows symbol {} at {at:?} after {last:?}",
                shown.symbol_index
            ));
        }
        if shown.trust != Trust::Live {
            return Ok(());
        }
        let claim = (shown.channel, shown.symbol_index);
        let place = self.place(run, shown.channel, shown.position);
        let right = place.and_then(|place| self.truth(run)?.at(claim, place));
        if self.is_doubted(run, shown.channel, shown.symbol_index, place) {
            return Ok(());
        }
        if right.map(|right| (right.view, right.trade)) != Some((shown.view, shown.trade)) {
            return Err(format!(
                "the page shows live symbol {} at {at:?}: {:?} {:?}, but it is {right:?}",
                shown.symbol_index, shown.view, shown.trade
            ));
        }
        if let Some(place) = place {
            self.watch(seat).live.entry(claim).or_default().push(place);
        }
        Ok(())
    }

    /// Judges a row as it stands: it never goes back, and if it is live, it is right.
    fn judge_row(
        &mut self,
        (seat, at): (usize, usize),
        run: Run,
        row: &Row,
        is_live: bool,
    ) -> Result<(), Violation> {
        let Some((channel, position)) = row.at else {
            return Ok(());
        };
        let stood = self.watch(seat).stood.insert(at, (channel, position));
        if stood.is_some_and(|stood| {
            stood != (channel, position) && goes_back(stood, (channel, position))
        }) {
            return Err(format!(
                "the row of symbol {} goes back from {stood:?} to {:?}",
                row.symbol_index, row.at
            ));
        }
        if !is_live {
            return Ok(());
        }
        let claim = (channel, row.symbol_index);
        let place = self.place(run, channel, position);
        let right = place.and_then(|place| self.truth(run)?.as_of(claim, place));
        let is_right = match (right, row.view) {
            (Some(right), Some(view)) => is_same(right, view),
            (right, view) => right == view,
        };
        if !is_right && !self.is_doubted(run, channel, row.symbol_index, place) {
            return Err(format!(
                "the page has symbol {} live at {channel} {position} as {:?}, but it is {right:?}",
                row.symbol_index, row.view
            ));
        }
        Ok(())
    }

    /// Checks that no live row lacks what was published more than `bound` ago: by then it must have
    /// arrived, or its loss must have been noticed.
    ///
    /// A Pi that recovers from a stall or a cut speaks before it has read everything that waits for it,
    /// and notices a loss behind that only by the next coverage or its absence. A row may therefore lag for
    /// `grace`.
    pub(super) fn judge_age(
        &mut self,
        page: &Page,
        local: Instant,
        now: u64,
        (bound, grace): (u64, u64),
    ) -> Result<(), Violation> {
        let Some(run) = page.run().filter(|&run| self.published_run == Some(run)) else {
            return Ok(());
        };
        for (at, row) in page.rows().iter().enumerate() {
            let behind = self.watch(PAGE_SEAT).behind.remove(&at);
            let Some((channel, position)) = row.at else {
                continue;
            };
            if !page.standing(at, local).is_live() {
                continue;
            }
            let stream = StreamId {
                channel,
                partition: row.partition,
            };
            let Some(published) = self.published.get(&stream) else {
                continue;
            };
            let old = published.partition_point(|&(time, _)| time + bound <= now);
            let Some(&(since, due)) = old.checked_sub(1).and_then(|at| published.get(at)) else {
                continue;
            };
            let claim = (channel, row.symbol_index);
            let places = (
                self.place(run, channel, position),
                self.place(run, channel, due),
            );
            if let (Some(has), Some(due)) = places
                && has < due
            {
                let right = self.truth(run).and_then(|truth| truth.as_of(claim, due));
                let behind = behind.unwrap_or(now);
                self.watch(PAGE_SEAT).behind.insert(at, behind);
                if right
                    .zip(row.view)
                    .is_some_and(|(right, view)| is_same(right, view))
                {
                    self.watch(PAGE_SEAT).behind.remove(&at);
                } else if now - behind > grace {
                    return Err(format!(
                        "the page has symbol {} live at {position}, but {} ns ago {due:?} was \
                         published: {:?}, it is {right:?}",
                        row.symbol_index,
                        now - since,
                        row.view
                    ));
                }
            }
        }
        Ok(())
    }

    /// Checks that the page showed every visible event live, once and in order.
    pub(super) fn judge_whole(&self) -> Result<(), Violation> {
        // Nothing went wrong, so that there was one day.
        let Some(truth) = self.days.first() else {
            return Ok(());
        };
        for claim in truth.claims() {
            let [page, _] = &self.pages;
            let live = page.live.get(&claim).map_or(&[][..], Vec::as_slice);
            let missing = truth
                .news(claim)
                .find(|(place, _)| live.binary_search(place).is_err());
            if let Some((place, right)) = missing {
                return Err(format!(
                    "nothing went wrong, but the page has not shown live symbol {} at {place:?}: \
                     {right:?}",
                    claim.1
                ));
            }
        }
        Ok(())
    }

    /// Returns the right view of a symbol at a position of a channel.
    pub(super) fn view_at(
        &self,
        run: Run,
        channel: ChannelId,
        symbol_index: SymbolIndex,
        position: Position,
    ) -> Option<View> {
        let place = self.place(run, channel, position)?;
        self.truth(run)?.as_of((channel, symbol_index), place)
    }
}

/// The mark for a replica that gives a symbol this trust.
const fn told(trust: Trust) -> Mark {
    match trust {
        Trust::Live => Mark::ToldLive,
        Trust::Recovering => Mark::ToldRecovering,
        Trust::Partial => Mark::ToldPartial,
        Trust::Stale => Mark::ToldStale,
    }
}

/// Returns whether a row went back. If two channels claim a symbol, the lower one owns it.
fn goes_back(before: (ChannelId, Position), after: (ChannelId, Position)) -> bool {
    if before.0 == after.0 {
        after.1 <= before.1
    } else {
        after.0 > before.0
    }
}

/// Returns whether two views show the same. Without a price, the scale makes no difference.
pub(super) fn is_same(right: View, view: View) -> bool {
    let is_empty = right.bid.is_none() && right.ask.is_none();
    (right.bid, right.ask) == (view.bid, view.ask) && (is_empty || right.scale == view.scale)
}

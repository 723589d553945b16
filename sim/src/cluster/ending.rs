//! The end of a simulation: what the cluster must have reached after all faults were healed.

use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::controller::Outcome;
use oxberry_cluster::page::{Row, Standing, Voice};
use oxberry_cluster::pi::Pi;
use oxberry_cluster::rebuild::{BookWish, RebuildOrder};
use oxberry_core::book::{Books, Digest, SnapshotHead, Trust};
use oxberry_core::units::{Side, SymbolIndex};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::snapshot::{HeadReader, Snapshot};
use oxberry_proto::{NodeId, Run, StreamId, decode_list};

use super::audience::{PAGE_SEAT, PAGES};
use super::controller_host::{ChannelHost, ControllerHost};
use super::fault::{Fault, FaultAt, Line};
use super::marks::Mark;
use super::oracle::{Violation, is_same};
use super::pi_host::PiHost;
use super::plan::{Habit, nanos};
use super::rebuild_host::ORDERS;
use super::second_page::SecondPage;
use super::world::World;

impl World<'_> {
    /// Returns the time by which the run must have ended.
    pub(super) fn deadline(&self) -> u64 {
        let limits = &self.plan.limits;
        let packets = self
            .day
            .channels
            .iter()
            .flat_map(|(_, packets)| packets.last());
        let day = packets.map(|packet| packet.at).max().unwrap_or(0);
        // The window lets so many batches through in each round.
        let rounds = self.day.messages * (self.plan.edges.delay_ns.1 * 4 + nanos(limits.ack_delay));
        let starts = 12 * nanos(limits.beat) + 2_000_000_000;
        self.heals.goes_on
            + day
            + rounds
            + starts
            + self.plan.slack_ns()
            + nanos(limits.node_timeout) * 4
            + nanos(limits.repair_timeout) * 4
            + nanos(limits.end_timeout) * 3
    }

    /// Checks, a stated time after all was well again, that every Pi takes part in a run whose feed still
    /// goes on: whoever died in it has come back, under a new number and in its own place.
    pub(super) fn judge_return(&self) -> Result<(), Violation> {
        let Some(host) = &self.controller else {
            return Ok(());
        };
        let census = host.brain.census();
        if host.started.is_none() || !census.is_playing {
            return Ok(());
        }
        let lost = self.pis.iter().filter(|pi| pi.is_lost).count();
        if census.joined + census.assigned > 0 || census.dead > lost {
            return Err(format!(
                "{} ns after all was well, not all take part in the run: {census:?}",
                self.now - self.heals.at
            ));
        }
        Ok(())
    }

    /// Checks, a stated time after all was well again, that each partition of a run whose feed still goes on has
    /// all its replicas, or is on all Pis that are there: whoever died for good was replaced.
    pub(super) fn judge_replicas(&mut self) -> Result<(), Violation> {
        let Some(host) = &self.controller else {
            return Ok(());
        };
        let run = host.started.map(|(run, _)| run);
        let (Some(run), true) = (run, host.brain.census().is_playing) else {
            return Ok(());
        };
        let channel = host.channels.first().map(|one| one.channel);
        let lost = self.pis.iter().filter(|pi| pi.is_lost).count();
        if !self.plan.is_replaced() && lost > 0 {
            return Ok(());
        }
        let there = self.brains(run, None).count();
        let wanted = self.plan.replicas.min(self.plan.nodes).min(there);
        for partition in host.table.partitions() {
            let holds = |brain: &&Pi<'_>| {
                let stream = channel.map(|channel| StreamId { channel, partition });
                stream.is_some_and(|stream| brain.position(stream).is_some())
            };
            let holders = self.brains(run, None).filter(holds).count();
            if holders < wanted {
                return Err(format!(
                    "{} ns after all was well, partition {partition} is on {holders} of {there} Pis, \
                     not on {wanted}",
                    self.now - self.heals.at
                ));
            }
        }
        if lost > 0 && there > 0 {
            self.marks.hit(Mark::ReplicatedAgain);
        }
        Ok(())
    }

    /// Returns whether nothing more will happen.
    pub(super) fn is_over(&self) -> bool {
        let over = self.controller.as_ref();
        let over = over.filter(|host| host.outcome.is_some());
        let run = over.and_then(|host| host.started).map(|(run, _)| run);
        // Whoever was not in the run waits for the next one.
        let is_waited_for = |pi: &PiHost<'_>| {
            let is_of_run = |brain: &Pi<'_>| Some(brain.run()) == run;
            let is_on_its_way = pi.stock.next_at().is_some() || self.is_second_to_hear(pi);
            let has_left = pi.is_over && !is_on_its_way;
            pi.brain.as_ref().is_some_and(is_of_run) && !has_left
        };
        let is_dead = self.is_dead_for_good
            && self.now
                > self.heals.at + nanos(self.plan.limits.silence()) * 3 + self.plan.slack_ns();
        // Until it takes one that died for dead, the page may wait for its better word.
        let has_left = |voice| matches!(voice, Voice::Ended | Voice::Dead);
        let second = self.second.as_ref().filter(|second| second.comes_back());
        let mut pages = self.page.iter().chain(second.map(|second| &second.page));
        let is_heard = pages.all(|page| page.voices().all(|(_, voice)| has_left(voice)));
        let is_over = over.is_some() && is_heard && !self.pis.iter().any(is_waited_for);
        self.is_healed && (is_dead || is_over)
    }

    /// Judges what the cluster has reached.
    pub(super) fn judge_end(&mut self) -> Result<(), Violation> {
        if self.is_dead_for_good {
            return self.judge_dead();
        }
        let Some(host) = self.controller.take() else {
            return Err("the controller did not start again".into());
        };
        let result = self.judge_outcome(&host);
        self.controller = Some(host);
        result
    }

    /// Checks that, with the controller dead for good, the page calls nothing live any more.
    fn judge_dead(&self) -> Result<(), Violation> {
        let Some(page) = &self.page else {
            return Ok(());
        };
        let local = self.local(self.page_skew);
        for (at, row) in page.rows().iter().enumerate() {
            let standing = page.standing(at, local);
            // What has ended stays true without a controller.
            let has_ended = row
                .at
                .is_none_or(|(channel, _)| self.ended_before_death.contains(&channel));
            if standing.is_live() && !has_ended {
                return Err(format!(
                    "the controller is dead, but the page calls symbol {} live",
                    row.symbol_index
                ));
            }
        }
        Ok(())
    }

    fn judge_outcome(&mut self, host: &ControllerHost) -> Result<(), Violation> {
        let Some(outcome) = &host.outcome else {
            return Err(format!(
                "the run did not end in {} ns after all was well",
                self.now - self.heals.at.min(self.now),
            ));
        };
        let Some((run, _)) = host.started else {
            return Err("a run ended that had not started".into());
        };
        // Twins, and what a good outcome says.
        for partition in &outcome.partitions {
            // A bit that flipped right before the end is found by this comparison.
            let is_suspect =
                |&symbol_index| self.pis.iter().any(|pi| pi.suspects.has(symbol_index));
            if !partition.different.iter().all(is_suspect) {
                return Err(format!(
                    "twins that call them live differ in {:?} of partition {}: {}",
                    partition.different,
                    partition.partition,
                    self.show(&partition.different)
                ));
            }
            if partition.replicas.len() > 1 {
                self.marks.hit(Mark::TwinsEqual);
            }
        }
        // Whoever ends before all is well again may not have been heard to the end.
        if self.plan.holds {
            PAGES
                .into_iter()
                .try_for_each(|seat| self.judge_page_at_end(run, seat))?;
            self.judge_healed(run)?;
            self.judge_rebuilt(run, host)?;
        }
        self.judge_those_without_loss(run)?;
        self.judge_restarts()?;
        if self.is_next_day {
            return self.judge_next_day(run, outcome);
        }
        if self.plan.heals_at == 0 {
            if !outcome.is_good() {
                return Err(format!(
                    "nothing went wrong, but the outcome is {outcome:?}"
                ));
            }
            // Where the deadline of the end is short, not everything may have left by then.
            if self.is_plain() && outcome.missing.is_empty() {
                self.oracle.judge_whole()?;
            }
        }
        Ok(())
    }

    /// Checks that all Pis, whatever they went through on the day before, have played the next one from
    /// its beginning to its end.
    fn judge_next_day(&self, run: Run, outcome: &Outcome) -> Result<(), Violation> {
        if !outcome.is_good() {
            return Err(format!(
                "nothing went wrong on the next day, but the outcome is {outcome:?}"
            ));
        }
        for (at, pi) in self.pis.iter().enumerate() {
            if let Some(brain) = &pi.brain
                && (brain.run() != run || !pi.is_over)
            {
                return Err(format!(
                    "run {run} of the next day has ended without pi {at}, which is in {}",
                    brain.run()
                ));
            }
        }
        Ok(())
    }

    /// Returns whether the venue does nothing that itself makes books stale or keeps them stale.
    fn is_plain(&self) -> bool {
        let habits = [
            Habit::Contradiction,
            Habit::Unreadable,
            Habit::LateClear,
            Habit::Failover,
            Habit::Scale,
            Habit::SharedSymbol,
        ];
        !habits.into_iter().any(|habit| self.plan.market.has(habit))
    }

    /// Checks that no Pi has lost anything for good where nothing happened on its way but that controllers
    /// went on with the run of each other.
    fn judge_restarts(&mut self) -> Result<(), Violation> {
        let is_harmless = |one: &FaultAt| match one.fault {
            Fault::RestartController { .. }
            | Fault::StallPage { .. }
            | Fault::RestartPage { .. }
            | Fault::CutSetup { .. } => true,
            Fault::Cut { line, .. } | Fault::Break { line, .. } => line == Line::Stock,
            Fault::StallPi { .. }
            | Fault::RestartPi { .. }
            | Fault::LosePi { .. }
            | Fault::StallController { .. }
            | Fault::CutPower { .. }
            | Fault::KillController
            | Fault::Jump { .. }
            | Fault::Flip { .. } => false,
        };
        let is_all = self.plan.continues && self.plan.faults.iter().all(is_harmless);
        let edges = &self.plan.edges;
        let is_lossless = edges.data_lost + edges.data_reordered == 0 && edges.data_queue > 64;
        if !is_all || !is_lossless || self.marks.of(Mark::WentOn) == 0 {
            return Ok(());
        }
        for (at, pi) in self.pis.iter().enumerate() {
            let counters = pi.brain.as_ref().map(Pi::counters);
            if let Some(holes) = counters
                .map(|counters| counters.holes)
                .filter(|&one| one > 0)
            {
                return Err(format!(
                    "controllers have only started again, but pi {at} has lost something {holes} times"
                ));
            }
        }
        self.marks.hit(Mark::WentOnWhole);
        Ok(())
    }

    /// Checks that a Pi that missed nothing for good, of a feed that lost nothing, ends with all books live:
    /// what it lacked for a while leaves no trace.
    fn judge_those_without_loss(&mut self, run: Run) -> Result<(), Violation> {
        if !self.is_plain() || self.plan.market.has(Habit::Reset) || self.plan.begun_late > 0 {
            return Ok(());
        }
        for (at, pi) in self.pis.iter().enumerate() {
            let Some(brain) = pi.brain.as_ref().filter(|brain| brain.run() == run) else {
                continue;
            };
            let counters = brain.counters();
            if !pi.audience.has_all(PAGE_SEAT)
                || counters.holes + counters.losses > 0
                || pi.has_flipped
            {
                continue;
            }
            let books = brain.books();
            let mut slots = books.slots();
            if let Some(slot) = slots.find(|&slot| books.trust(slot) != Trust::Live) {
                return Err(format!(
                    "pi {at} has missed nothing, but symbol {} is {} at the end",
                    books.symbol_index(slot),
                    books.trust(slot)
                ));
            }
            self.marks.hit(Mark::LostNothing);
            if counters.repairs_filled > 0 {
                self.marks.hit(Mark::RepairedWhole);
            }
        }
        Ok(())
    }

    /// Checks that each book which one replica has live at the end is live on the others too, unless it is
    /// too large to be given.
    fn judge_healed(&mut self, run: Run) -> Result<(), Violation> {
        let most = self.plan.limits.snapshot_orders;
        let mut is_any = false;
        for brain in self.brains(run, Some(PAGE_SEAT)) {
            for slot in brain.books().slots() {
                let books = brain.books();
                let symbol_index = books.symbol_index(slot);
                let orders = Side::BOTH.map(|side| books.orders(slot, side).count());
                let may_be_given = orders.iter().sum::<usize>() <= most;
                if books.trust(slot) != Trust::Live || !may_be_given {
                    continue;
                }
                is_any = true;
                for other in self.brains(run, Some(PAGE_SEAT)) {
                    let is_contested = |books: &Books<'_>| {
                        let slot = books.slot(symbol_index);
                        slot.is_some_and(|slot| books.is_contested(slot))
                    };
                    if let Some(trust @ (Trust::Partial | Trust::Stale)) =
                        trust_of(other, symbol_index)
                        && !is_contested(other.books())
                    {
                        return Err(format!(
                            "symbol {symbol_index} is live on one replica at the end and {trust} on another"
                        ));
                    }
                }
            }
        }
        if is_any {
            self.marks.hit(Mark::AllHealed);
        }
        Ok(())
    }

    /// Checks that each book which the feed, read again, makes live is live on all replicas at the end, and
    /// is that book. Read channel by channel, a loss of one of them comes when it is known that a symbol is
    /// another one's, which the replicas may not have known: where another channel lost something, a book may
    /// be stale.
    fn judge_rebuilt(&mut self, run: Run, host: &ControllerHost) -> Result<(), Violation> {
        if !self.plan.is_file {
            return Ok(());
        }
        for partition in host.table.partitions() {
            let position = |channel: &ChannelHost| StreamPosition {
                stream: StreamId {
                    channel: channel.channel,
                    partition,
                },
                position: channel.covered(),
            };
            let symbols = self.day.symbols.iter().map(|one| one.symbol_index);
            let of_partition =
                symbols.filter(|&symbol| host.table.partition_of(symbol) == partition);
            let book = |symbol_index| BookWish {
                to: NodeId::CONTROLLER,
                wish: 0,
                symbol_index,
            };
            let order = RebuildOrder {
                id: 0,
                run,
                partition,
                streams: host.channels.iter().map(position).collect(),
                orders: ORDERS,
                books: of_partition.map(book).collect(),
            };
            for (wish, parts) in host.rebuilds.whole(&order, &host.channels) {
                let Ok(parts) = parts else { continue };
                let head = head_of(&parts).ok_or("a book without a head")?;
                let is_lost = |one: &Occurrence| matches!(one, Occurrence::Lost(_));
                let mut others =
                    (host.channels.iter()).filter(|channel| Some(channel.channel) != head.channel);
                let may_be_stale = others.any(|channel| channel.log.iter().any(is_lost));
                self.judge_against(run, wish.symbol_index, (head.digest, may_be_stale))?;
            }
        }
        self.marks.hit(Mark::AllRebuilt);
        Ok(())
    }

    /// Checks that a symbol has this book on all Pis that know it.
    fn judge_against(
        &self,
        run: Run,
        symbol_index: SymbolIndex,
        (digest, may_be_stale): (Digest, bool),
    ) -> Result<(), Violation> {
        for brain in self.brains(run, Some(PAGE_SEAT)) {
            let books = brain.books();
            let Some(slot) = books.slot(symbol_index) else {
                continue;
            };
            if books.is_contested(slot) {
                continue;
            }
            let (trust, own) = (books.trust(slot), books.digest(slot));
            if may_be_stale && trust == Trust::Stale {
                continue;
            }
            if trust != Trust::Live || digest != own {
                return Err(format!(
                    "the feed, read again, makes symbol {symbol_index} live as {digest:?}, but a \
                     replica has it {trust} as {own:?} at the end"
                ));
            }
        }
        Ok(())
    }

    /// Describes what the Pis have of symbols.
    fn show(&self, symbols: &[SymbolIndex]) -> String {
        let brains = self.pis.iter().filter_map(|pi| pi.brain.as_ref());
        let mut words = String::new();
        for books in brains.map(Pi::books) {
            for slot in symbols.iter().filter_map(|&symbol| books.slot(symbol)) {
                let orders = Side::BOTH.map(|side| books.orders(slot, side).collect::<Vec<_>>());
                let (trust, status) = (books.trust(slot), books.trading_status(slot));
                let number = books.symbol_seq_num(slot);
                words += &format!("\n  {trust} {status} {number:?} {orders:?}");
            }
        }
        words
    }

    /// Checks that each row shows what the best of the replicas that lived to the end says.
    fn judge_page_at_end(&mut self, run: Run, seat: usize) -> Result<(), Violation> {
        let second = self.second.as_ref().filter(|second| second.comes_back());
        let page = if seat == PAGE_SEAT {
            self.page.as_ref()
        } else {
            second.map(|second| &second.page)
        };
        let Some(page) = page else {
            return Ok(());
        };
        if self.brains(run, Some(seat)).next().is_none() {
            // Nobody was left to tell the page of it.
            return Ok(());
        }
        if page.run() != Some(run) {
            return Err(format!(
                "run {run} has ended, but page {seat} shows {:?}",
                page.run()
            ));
        }
        let local = self.local(self.page_skew);
        let mut is_whole = true;
        for (at, row) in page.rows().iter().enumerate() {
            if self.oracle.only_claim(row.symbol_index).is_none() {
                // Of two channels that claim it a replica may have missed one, and not know.
                continue;
            }
            is_whole &= self.judge_row_at_end(run, seat, row, page.standing(at, local))?;
        }
        if is_whole {
            self.marks.hit(Mark::WholeAgain);
        }
        Ok(())
    }

    /// Checks a row against the best of its replicas. Returns false if none lived to the end.
    fn judge_row_at_end(
        &self,
        run: Run,
        seat: usize,
        row: &Row,
        standing: Standing,
    ) -> Result<bool, Violation> {
        let best_of = |told_all| {
            let brains = self.brains(run, told_all);
            brains
                .filter_map(|brain| trust_of(brain, row.symbol_index))
                .min()
        };
        if standing.is_live() && best_of(None) != Some(Trust::Live) {
            return Err(format!(
                "no replica calls symbol {} live at the end, but page {seat} does",
                row.symbol_index
            ));
        }
        let Some(best) = best_of(Some(seat)) else {
            return Ok(false);
        };
        if standing.trust > best || standing.silent {
            return Err(format!(
                "the best replica calls symbol {} {best} at the end, but page {seat} says \
                 {standing:?} of {row:?}",
                row.symbol_index
            ));
        }
        if best == Trust::Live {
            self.judge_live_at_end(run, row)?;
        }
        Ok(true)
    }

    /// Checks that the view of a live row is right at the end of its stream.
    fn judge_live_at_end(&self, run: Run, row: &Row) -> Result<(), Violation> {
        let Some((channel, position)) = row.at else {
            return Ok(());
        };
        let stream = StreamId {
            channel,
            partition: row.partition,
        };
        // What a Pi told whose memory had changed gives way to what another one has.
        let is_sure = |pi: &PiHost<'_>| {
            let brain = pi.brain.as_ref().filter(|brain| brain.run() == run);
            !pi.suspects.has(row.symbol_index)
                && brain.is_some_and(|brain| {
                    trust_of(brain, row.symbol_index) == Some(Trust::Live)
                        && brain.position(stream) >= Some(position)
                })
        };
        if (self.oracle).may_be_wrong(run, row.symbol_index, (channel, position))
            && !self.pis.iter().any(is_sure)
        {
            return Ok(());
        }
        let positions = self.brains(run, None);
        let positions = positions.filter_map(|brain| brain.position(stream));
        let ends = positions.max().unwrap_or_default();
        let right = self.oracle.view_at(run, channel, row.symbol_index, ends);
        let views = right.zip(row.view);
        if views.is_some_and(|(right, view)| is_same(right, view)) {
            return Ok(());
        }
        Err(format!(
            "at the end the page has symbol {} at {:?} as {:?}, but at {ends} it is {right:?}",
            row.symbol_index, row.at, row.view
        ))
    }

    /// Returns whether something is on its way from a Pi to a second page that reads.
    fn is_second_to_hear(&self, pi: &PiHost<'_>) -> bool {
        let reads = self.second.as_ref().is_some_and(SecondPage::comes_back);
        reads && pi.second.next_at().is_some()
    }

    /// Returns the living Pis of a run; if `told` is a page, only those that have pushed their last frame
    /// to it.
    fn brains(&self, run: Run, told: Option<usize>) -> impl Iterator<Item = &Pi<'_>> {
        self.pis
            .iter()
            .filter(move |pi| told.is_none_or(|seat| pi.audience.has_all(seat)))
            .filter_map(|pi| pi.brain.as_ref())
            .filter(move |brain| brain.run() == run)
    }
}

fn trust_of(brain: &Pi<'_>, symbol_index: SymbolIndex) -> Option<Trust> {
    let books = brain.books();
    Some(books.trust(books.slot(symbol_index)?))
}

/// What the first part of a book says of it.
fn head_of(parts: &[Vec<u8>]) -> Option<SnapshotHead> {
    let (_, records) = decode_list::<Snapshot>(parts.first()?).ok()?;
    let mut reader = HeadReader::default();
    for record in records {
        if !reader.take(&record.ok()?) {
            break;
        }
    }
    reader.head()
}

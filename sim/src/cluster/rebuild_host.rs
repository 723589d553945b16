//! The feed read again at the controller: what its channels have read is its file.

use std::sync::Arc;

use oxberry_cluster::channel::Occurrences;
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::rebuild::{BookAnswer, Rebuild, RebuildDay, RebuildOrder};
use oxberry_core::units::{PriceScale, SymbolIndex};

use super::controller_host::ChannelHost;
use super::marks::{Mark, Marks};
use super::plan::{Plan, nanos};
use crate::random::Random;

/// Orders that find room in what is read again.
pub(super) const ORDERS: u32 = 4_096;

/// What reads the feed again.
#[derive(Debug)]
pub(super) struct RebuildHost {
    random: Random,
    day: RebuildDay,
    /// Whether it comes from files.
    is_file: bool,
    rebuild: Option<Rebuild>,
    /// How much of what each channel has read was read again.
    read: Vec<usize>,
    under_way: Option<UnderWay>,
    packets: u64,
}

/// An order that is being read for.
#[derive(Debug)]
struct UnderWay {
    order: RebuildOrder,
    until: u64,
    fate: Fate,
}

/// What comes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    Fails,
    Hangs,
}

/// What came of an order.
#[derive(Debug)]
pub(super) enum Came {
    Books(u32, Vec<BookAnswer>),
    Failed { id: u32, for_good: bool },
}

impl RebuildHost {
    /// Has nothing to read for yet.
    pub(super) fn new(
        plan: &Plan,
        symbols: Vec<(SymbolIndex, PriceScale)>,
        table: &PartitionTable,
    ) -> Self {
        Self {
            random: Random::new(plan.seed, 7),
            day: RebuildDay {
                symbols,
                table: Arc::new(table.clone()),
                limits: plan.limits,
            },
            is_file: plan.is_file,
            rebuild: None,
            read: Vec::new(),
            under_way: None,
            packets: 0,
        }
    }

    /// Begins to read for an order.
    pub(super) fn begin(&mut self, now: u64, order: RebuildOrder, limits: &Limits, is_well: bool) {
        let (random, beat) = (&mut self.random, nanos(limits.beat));
        let chance = random.below(1_000);
        let (fate, takes) = match chance {
            _ if is_well => (Fate::Done, random.below(beat)),
            0..100 => (Fate::Hangs, u64::MAX / 2),
            100..200 => (Fate::Fails, random.below(beat)),
            200..700 => (Fate::Done, random.below(beat / 10)),
            _ => (Fate::Done, random.below(20 * beat)),
        };
        let until = now + takes;
        self.under_way = Some(UnderWay { order, until, fate });
    }

    /// All is well from now on: what hangs has failed.
    pub(super) fn heal(&mut self, now: u64) {
        if let Some(under_way) = &mut self.under_way
            && under_way.fate == Fate::Hangs
        {
            (under_way.fate, under_way.until) = (Fate::Fails, now);
        }
    }

    /// What was read is not wanted any more.
    pub(super) fn forget(&mut self, marks: &mut Marks) {
        if self.under_way.take().is_some() {
            marks.hit(Mark::RebuildAbandoned);
        }
        self.rebuild = None;
    }

    /// When it is to be looked at again.
    pub(super) fn next_at(&self) -> Option<u64> {
        Some(self.under_way.as_ref()?.until)
    }

    /// How far it is, if it gets on.
    pub(super) fn packets(&mut self) -> Option<u64> {
        let under_way = self.under_way.as_ref()?;
        self.packets += u64::from(under_way.fate != Fate::Hangs);
        Some(self.packets)
    }

    /// What came of the order, once it is done.
    pub(super) fn take(&mut self, now: u64, channels: &[ChannelHost]) -> Option<Came> {
        let due = self.under_way.take_if(|one| one.until <= now)?;
        let UnderWay { order, fate, .. } = due;
        let id = order.id;
        if fate == Fate::Fails || !self.is_file {
            let for_good = !self.is_file;
            return Some(Came::Failed { id, for_good });
        }
        let is_same = |rebuild: &Rebuild| rebuild.partition() == order.partition;
        let rebuild = match self.rebuild.take().filter(is_same) {
            Some(rebuild) => rebuild,
            None => {
                self.read = vec![0; channels.len()];
                Rebuild::new(&self.day, &order)
            }
        };
        let mut rebuild = rebuild;
        let answers = read_again(&mut rebuild, &order, channels, &mut self.read);
        self.rebuild = Some(rebuild);
        Some(Came::Books(id, answers))
    }

    /// The books of a partition as the whole feed makes them.
    pub(super) fn whole(&self, order: &RebuildOrder, channels: &[ChannelHost]) -> Vec<BookAnswer> {
        let mut rebuild = Rebuild::new(&self.day, order);
        let mut read = vec![0; channels.len()];
        read_again(&mut rebuild, order, channels, &mut read)
    }
}

/// Reads on in what the channels have read.
fn read_again(
    rebuild: &mut Rebuild,
    order: &RebuildOrder,
    channels: &[ChannelHost],
    read: &mut [usize],
) -> Vec<BookAnswer> {
    rebuild.aim(&order.streams);
    for (channel, read) in channels.iter().zip(read) {
        let mut waiting = Occurrences::default();
        while let Some(occurrence) = channel.log.get(*read) {
            if rebuild.concerns(occurrence) {
                waiting.push(*occurrence);
                rebuild.take(channel.channel, &mut waiting);
                if !waiting.is_empty() {
                    break;
                }
            }
            *read += 1;
        }
        if waiting.is_empty() {
            rebuild.read_through(channel.channel, channel.covered().seq_num);
        }
    }
    rebuild.answer(order)
}

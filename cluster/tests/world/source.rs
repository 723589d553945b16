//! The rim of the controller that reads the feed again.

use std::sync::Arc;

use oxberry_cluster::channel::{Occurrence, Occurrences};
use oxberry_cluster::controller::{Controller, ControllerConfig};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::rebuild::{Rebuild, RebuildDay, RebuildOrder};
use oxberry_core::units::{Instant, SeqNum};

/// How the feed can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Not at all: it came through a pipe.
    Pipe,
    /// At once.
    Prompt,
    /// It gets on for this long, and is done then.
    Slow(core::time::Duration),
    /// It hangs.
    Stuck,
}

/// What reads it.
pub(crate) struct Reading {
    pub(crate) source: Source,
    rebuild: Option<Rebuild>,
    channels: Vec<(Occurrences, SeqNum)>,
    under_way: Option<(RebuildOrder, Instant)>,
    packets: u64,
    /// All orders.
    pub(crate) orders: Vec<RebuildOrder>,
    /// How often what was read was not wanted any more.
    pub(crate) forgotten: usize,
}

impl Reading {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            rebuild: None,
            channels: Vec::new(),
            under_way: None,
            packets: 0,
            orders: Vec::new(),
            forgotten: 0,
        }
    }

    pub(crate) fn forget(&mut self) {
        self.rebuild = None;
        self.under_way = None;
        self.forgotten += 1;
    }

    pub(crate) fn order(&mut self, now: Instant, order: RebuildOrder) {
        self.orders.push(order.clone());
        let until = match self.source {
            Source::Pipe | Source::Prompt | Source::Stuck => now,
            Source::Slow(time) => now.after(time),
        };
        self.under_way = Some((order, until));
    }

    /// Reads on, of this feed; tells the controller what came of it.
    pub(crate) fn turn(
        &mut self,
        now: Instant,
        (config, feed): (&ControllerConfig, &[Vec<Occurrence>]),
        controller: &mut Controller,
    ) {
        let Some((order, until)) = self.under_way.take() else {
            return;
        };
        if self.source == Source::Pipe {
            controller.handle_rebuild_failed(now, order.id, "a pipe".into(), true);
        } else if self.source == Source::Stuck || now < until {
            self.packets += u64::from(self.source != Source::Stuck);
            controller.handle_rebuild_progress(now, self.packets);
            self.under_way = Some((order, until));
        } else {
            let answers = self.read(&order, config, feed);
            controller.handle_rebuilt(now, order.id, answers);
        }
    }

    fn read(
        &mut self,
        order: &RebuildOrder,
        config: &ControllerConfig,
        feed: &[Vec<Occurrence>],
    ) -> Vec<oxberry_cluster::rebuild::BookAnswer> {
        let is_same = |rebuild: &Rebuild| rebuild.partition() == order.partition;
        if !self.rebuild.as_ref().is_some_and(is_same) {
            let symbols = config.symbols.iter();
            let day = RebuildDay {
                symbols: symbols.map(|one| (one.symbol_index, one.scale)).collect(),
                table: Arc::new(config.table.clone()),
                limits: Limits::DEFAULT,
            };
            let rebuild = Rebuild::new(&day, order);
            let channel = |occurrences: &Vec<Occurrence>| {
                let mut waiting = Occurrences::default();
                let concerning = occurrences.iter().filter(|one| rebuild.concerns(one));
                concerning.for_each(|one| waiting.push(*one));
                let number = |one: &Occurrence| match one {
                    Occurrence::Event(event) => Some(event.seq_num),
                    Occurrence::Begins(_) | Occurrence::Lost(_) | Occurrence::Settled(_) => None,
                };
                let last = occurrences.iter().filter_map(number).max();
                (waiting, last.unwrap_or_default())
            };
            self.channels = feed.iter().map(channel).collect();
            self.rebuild = Some(rebuild);
        }
        let rebuild = self.rebuild.as_mut().unwrap();
        rebuild.aim(&order.streams);
        for (id, (waiting, last)) in config.channels.iter().zip(&mut self.channels) {
            rebuild.take(*id, waiting);
            if waiting.is_empty() {
                rebuild.read_through(*id, *last);
            }
        }
        rebuild.answer(order)
    }
}

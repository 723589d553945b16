//! Samples: the last row of each thing at instants that lie evenly.

use std::{collections::BTreeMap, num::NonZeroU64};

use oxberry_core::{book::SymbolSlot, units::UnixNanos};

use super::every::Every;
use crate::export::{Origin, Value};

/// A feed that is silent for longer is not sampled meanwhile: it is over, or a time in it is wrong.
const LONGEST_SILENCE: u64 = 24 * 3_600 * 1_000_000_000;

/// What a sample is of: a symbol, and an order of it where the table is of orders.
pub(super) type Subject = (SymbolSlot, u64);

/// The last row of something.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) origin: Origin,
    pub(super) values: Vec<Value>,
}

/// Keeps the last rows, and knows when the next samples are due.
#[derive(Debug)]
pub(super) struct Grid {
    every: NonZeroU64,
    /// The next instant of the grid; none before the first packet.
    next: Option<UnixNanos>,
    /// When the latest packet was sent.
    now: UnixNanos,
    last: BTreeMap<Subject, Last>,
}

impl Grid {
    pub(super) fn new(Every(every): Every) -> Self {
        Self {
            every,
            next: None,
            now: UnixNanos::default(),
            last: BTreeMap::new(),
        }
    }

    /// Takes a row that may be the last one of its subject.
    pub(super) fn keep(&mut self, subject: Subject, origin: &Origin, values: &[Value]) {
        let kept = self.last.entry(subject).or_insert_with(|| Last {
            origin: *origin,
            values: Vec::new(),
        });
        kept.origin = *origin;
        kept.values.clear();
        kept.values.extend_from_slice(values);
    }

    /// The last rows, by symbol in the order of the mapping file.
    pub(super) fn last(&self) -> impl Iterator<Item = (SymbolSlot, &Last)> {
        self.last.iter().map(|(&(slot, _), last)| (slot, last))
    }

    /// The next instant that is over when a packet comes that was sent now.
    pub(super) fn due_before(&mut self, now: UnixNanos, from: UnixNanos) -> Option<UnixNanos> {
        let is_silent = now.raw().saturating_sub(self.now.raw()) > LONGEST_SILENCE;
        let next = match self.next {
            Some(next) if !is_silent => next,
            _ => self.first_from(now.max(from)),
        };
        if next >= now {
            self.now = now;
            self.next = Some(next);
            return None;
        }
        self.next = Some(UnixNanos::from_raw(
            next.raw().saturating_add(self.every.get()),
        ));
        Some(next)
    }

    /// The first instant of the grid that is not before.
    fn first_from(&self, from: UnixNanos) -> UnixNanos {
        let every = self.every.get();
        UnixNanos::from_raw(from.raw().div_ceil(every).saturating_mul(every))
    }
}

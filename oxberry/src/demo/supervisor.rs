//! Does the faults of a demonstration in their time, brings back what died, and writes the bills.

use std::time::{Duration, Instant};

use oxberry_cluster::told::Cluster;
use oxberry_net::{Context, Endpoint};

use super::{
    bill::Bill,
    fault::{CONTROLLER, Fault, What},
};
use crate::{console::say, status};

/// How often it is looked how the cluster is while a bill is open.
const LOOK: Duration = Duration::from_millis(100);

/// How long the controller may take to say it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// This happens to that process.
    Strike(What, String),
    /// It comes back from that.
    Return(What, String),
}

/// The faults, and what became of those that were done.
#[derive(Debug)]
pub(super) struct Supervisor {
    /// Where the controller tells how the cluster is.
    controller: Endpoint,
    context: Context,
    /// When the feed started.
    started: Instant,
    /// What is still to be done, and when.
    due: Vec<(Instant, Deed, Fault)>,
    bills: Vec<Bill>,
    /// When it is looked again, while a bill is open.
    next_look: Option<Instant>,
}

impl Supervisor {
    /// Faults that are counted from now on.
    pub(super) fn new(faults: &[Fault], controller: Endpoint, now: Instant) -> Self {
        let strikes = faults.iter().map(|fault| {
            let strike = Deed::Strike(fault.what, fault.node.clone());
            (now + fault.at, strike, fault.clone())
        });
        Self {
            controller,
            context: Context::new(),
            started: now,
            due: strikes.collect(),
            bills: Vec::new(),
            next_look: None,
        }
    }

    /// Somebody wants this now. `false` while something else is under way with that process.
    pub(super) fn wish(&mut self, what: What, node: &str, now: Instant) -> bool {
        let is_free = !self
            .due
            .iter()
            .any(|(_, deed, _)| matches!(deed, Deed::Return(_, of) if of == node));
        if is_free {
            let at = now.saturating_duration_since(self.started);
            let fault = Fault::now(what, node, at);
            let strike = Deed::Strike(what, node.to_owned());
            self.due.push((now, strike, fault));
        }
        is_free
    }

    /// When [`next_deed`](Self::next_deed) wants to be called.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let due = self.due.iter().map(|(at, ..)| *at);
        due.chain(self.next_look).min()
    }

    /// Whether a process was killed here, and is to come back.
    pub(super) fn brings_back(&self, node: &str) -> bool {
        self.due
            .iter()
            .any(|(_, deed, _)| matches!(deed, Deed::Return(What::Kill, of) if of == node))
    }

    /// What is to be done by now, if anything. Bills that are complete are said.
    pub(super) fn next_deed(&mut self, now: Instant) -> Option<Deed> {
        if self.next_look.is_some_and(|look| look <= now) {
            self.look(now);
        }
        let at = self.due.iter().position(|(due, ..)| *due <= now)?;
        let (_, deed, fault) = self.due.remove(at);
        if let Deed::Strike(what, node) = &deed {
            let back = Deed::Return(*what, node.clone());
            self.due.push((now + fault.back_after, back, fault.clone()));
            self.bills.push(Bill::new(fault, now, self.ask().as_ref()));
            self.next_look = Some(now + LOOK);
        }
        Some(deed)
    }

    /// Nothing more will happen: open bills are said as they are.
    pub(super) fn end(&mut self) {
        for bill in self.bills.drain(..) {
            say(bill);
        }
        self.next_look = None;
        self.due.clear();
    }

    fn look(&mut self, now: Instant) {
        let is_gone = self.brings_back(CONTROLLER);
        let cluster = if is_gone { None } else { self.ask() };
        for bill in &mut self.bills {
            bill.look(now, cluster.as_ref());
        }
        let (settled, open) = self.bills.drain(..).partition(Bill::is_settled);
        self.bills = open;
        let settled: Vec<Bill> = settled;
        settled.iter().for_each(say);
        self.next_look = (!self.bills.is_empty()).then_some(now + LOOK);
    }

    /// How the cluster is. One that does not say it is asked again at the next look.
    fn ask(&self) -> Option<Cluster> {
        status::ask(&self.context, None, self.controller, PATIENCE).ok()
    }
}

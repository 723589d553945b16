//! What happened to the cluster, with its bill: how long until it was noticed, until somebody was back, and
//! until every book was on all its replicas again, and what it cost the page meanwhile.
//!
//! Pure state. Two witnesses: how the page hears each Pi, a few times a second, and what the controller tells
//! when it is asked. The page sees silence first; only the controller knows who is dead, who has come, and
//! whether all books are where they should be. What was so before the first word of a run is no news.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use oxberry_cluster::page::Voice;
use oxberry_cluster::told::Cluster;
use oxberry_core::units::{ChannelId, Instant};
use oxberry_proto::status::{NodeState, NodeStatus};
use oxberry_proto::{NodeId, Run};

use crate::limits::{CONTROLLER_SILENCE, INCIDENT_ATTENTION, MAX_INCIDENTS};

/// Something that happened, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its number; the first since the dashboard's start is 1.
    pub id: u64,
    /// What it is.
    pub what: What,
    /// When it began, as well as that is known: when the one in question was heard last.
    pub began: Instant,
    /// How long it took until it was noticed here.
    pub noticed: Duration,
    /// How long it took until the one in question, or another one in its place, was back.
    pub back: Option<Duration>,
    /// How long it took until every book was live on all its replicas.
    pub whole: Option<Duration>,
    /// Whether nothing more of it is awaited.
    pub is_over: bool,
    /// Copies of events that were dropped in that time; a twin's are among them all day.
    pub copies: u64,
    /// How often a row went on to a state in that time, without the events that led to it.
    pub passed: u64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A Pi was not heard any more.
    Pi {
        /// Its number in the run.
        node: NodeId,
        /// What it is called.
        name: String,
    },
    /// The controller did not answer, or started again.
    Controller,
    /// Books were in doubt, for another reason than that.
    Books,
    /// Messages of the feed were given up.
    Messages {
        /// Of this channel.
        channel: ChannelId,
        /// So many.
        lost: u64,
    },
    /// Another run began.
    Run(Run),
}

/// What the page counts all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Costs {
    /// Copies of events that were dropped.
    pub(crate) copies: u64,
    /// How often a row went on to a state, without the events that led to it.
    pub(crate) passed: u64,
}

/// What happened since the dashboard's start, the newest last.
#[derive(Debug, Default)]
pub struct History {
    incidents: VecDeque<Incident>,
    /// How it was when each open incident began, by its number.
    before: BTreeMap<u64, Before>,
    last_id: u64,
    /// How each Pi was heard last.
    voices: BTreeMap<NodeId, Voice>,
    last_told: Option<LastTold>,
    /// What is shown, until something changes.
    shown: Option<Arc<[Incident]>>,
}

/// How it was when something began.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    costs: Costs,
    /// Books in doubt, each replica counted: they need not be mended by the end of what began.
    doubtful: u32,
}

/// What the controller told last.
#[derive(Clone, Debug)]
struct LastTold {
    at: Instant,
    run: Run,
    /// When its phase began.
    phase_began: Instant,
    /// Books in doubt, each replica counted.
    doubtful: u32,
    states: BTreeMap<NodeId, NodeState>,
    lost_messages: BTreeMap<ChannelId, u64>,
}

impl History {
    /// All that is kept, the newest last.
    pub(crate) fn shown(&mut self) -> Arc<[Incident]> {
        let incidents = &self.incidents;
        let made = || incidents.iter().cloned().collect();
        self.shown.get_or_insert_with(made).clone()
    }

    /// Whether the end of something that began lately is awaited, so that the controller is to be asked more often.
    pub(crate) fn is_expectant(&self, now: Instant) -> bool {
        let mut open = self.incidents.iter().filter(|one| !one.is_over);
        open.any(|one| now.since(one.began) < INCIDENT_ATTENTION)
    }

    /// Takes how the Pis are heard now. `silence` is how long one that has just fallen silent was not heard.
    pub(crate) fn handle_voices(
        &mut self,
        now: Instant,
        silence: Duration,
        costs: Costs,
        voices: impl Iterator<Item = (NodeId, Voice, String)>,
    ) {
        for (node, voice, name) in voices {
            let before = self.voices.insert(node, voice);
            let was_lost = before.is_some_and(is_lost);
            match (was_lost, is_lost(voice)) {
                (false, true) if before.is_some() && !self.is_open(node) => {
                    let began = earlier(now, silence);
                    self.begin(What::Pi { node, name }, began, now, costs);
                }
                (true, false) => {
                    for incident in open(&mut self.incidents) {
                        if incident.is_of(node) {
                            incident.back.get_or_insert(now.since(incident.began));
                            self.shown = None;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Takes what the controller told just now.
    pub(crate) fn handle_told(&mut self, now: Instant, told: &Cluster, costs: Costs) {
        let run = told.head.run;
        if self.last_told.take_if(|before| before.run != run).is_some() {
            self.begin_run(now, run, costs);
        }
        let before = self.last_told.clone();
        if let Some(before) = &before {
            self.look_at_controller(now, before, told, costs);
            self.look_at_nodes(now, before, told, costs);
            self.look_at_channels(now, before, told, costs);
        }
        if told.is_playing() {
            self.close(now, told, costs);
            let doubtful = told.trust().not_live();
            let explained = before.as_ref().map(|before| before.doubtful);
            if explained.is_some_and(|before| doubtful > before) && !self.is_any_open() {
                self.begin(What::Books, now, now, costs);
            }
        }
        self.last_told = Some(LastTold::new(now, told));
    }

    /// Time has passed without a word of the controller, which is to speak.
    pub(crate) fn handle_silence(&mut self, now: Instant, costs: Costs) {
        let Some(last) = &self.last_told else {
            return;
        };
        let (at, is_silent) = (last.at, now.since(last.at) >= CONTROLLER_SILENCE);
        let mut open = self.incidents.iter().filter(|one| !one.is_over);
        if is_silent && !open.any(|one| one.what == What::Controller) {
            self.begin(What::Controller, at, now, costs);
        }
    }

    /// Another run begins, with other Pis: what was open is open for good.
    fn begin_run(&mut self, now: Instant, run: Run, costs: Costs) {
        for incident in open(&mut self.incidents) {
            incident.is_over = true;
        }
        self.before.clear();
        self.voices.clear();
        self.begin(What::Run(run), now, now, costs);
        self.end_newest();
    }

    fn look_at_controller(
        &mut self,
        now: Instant,
        before: &LastTold,
        told: &Cluster,
        costs: Costs,
    ) {
        let is_open = |one: &Incident| !one.is_over && one.what == What::Controller;
        let is_anew = told.is_playing()
            && before.phase_began.after(CONTROLLER_SILENCE) < phase_began(now, told);
        if is_anew && !self.incidents.iter().any(is_open) {
            self.begin(What::Controller, before.at, now, costs);
        }
        for incident in open(&mut self.incidents) {
            if incident.what == What::Controller && told.is_playing() {
                incident.back.get_or_insert(now.since(incident.began));
                self.shown = None;
            }
        }
    }

    fn look_at_nodes(&mut self, now: Instant, before: &LastTold, told: &Cluster, costs: Costs) {
        for node in &told.nodes {
            let was_lost = before
                .states
                .get(&node.node)
                .is_none_or(|&state| is_gone(state));
            if is_gone(node.state) && !was_lost && !self.is_open(node.node) {
                let what = What::Pi {
                    node: node.node,
                    name: node.name.to_string(),
                };
                let began = earlier(now, Duration::from_millis(node.heard_ms));
                self.begin(what, began, now, costs);
            }
        }
        for incident in open(&mut self.incidents) {
            let What::Pi { node, name } = &incident.what else {
                continue;
            };
            let has_successor = told.nodes.iter().any(|one| is_successor(one, name));
            if is_declared(told, *node) && has_successor {
                incident.back.get_or_insert(now.since(incident.began));
                self.shown = None;
            }
        }
    }

    fn look_at_channels(&mut self, now: Instant, before: &LastTold, told: &Cluster, costs: Costs) {
        for channel in &told.channels {
            let known = before.lost_messages.get(&channel.channel).copied();
            let lost = channel.lost_messages.saturating_sub(known.unwrap_or(0));
            if lost > 0 {
                let channel = channel.channel;
                self.begin(What::Messages { channel, lost }, now, now, costs);
                self.end_newest();
            }
        }
    }

    /// Ends what is open once all books are where they should be, and as well as they were.
    fn close(&mut self, now: Instant, told: &Cluster, costs: Costs) {
        for incident in open(&mut self.incidents) {
            let before = self.before.get(&incident.id).copied().unwrap_or_default();
            if let What::Pi { node, .. } = incident.what
                && incident.back.is_none()
                && !is_declared(told, node)
            {
                // The controller does not know it yet.
                continue;
            }
            if told.is_whole_but_for(before.doubtful) {
                let passed = now.since(incident.began);
                incident.back.get_or_insert(passed);
                incident.whole = Some(passed);
                incident.is_over = true;
                incident.copies = costs.copies - before.costs.copies;
                incident.passed = costs.passed - before.costs.passed;
                self.before.remove(&incident.id);
                self.shown = None;
            }
        }
    }

    fn begin(&mut self, what: What, began: Instant, now: Instant, costs: Costs) {
        self.last_id += 1;
        let doubtful = self.last_told.as_ref().map_or(0, |last| last.doubtful);
        self.before.insert(self.last_id, Before { costs, doubtful });
        self.incidents.push_back(Incident {
            id: self.last_id,
            what,
            began,
            noticed: now.since(began),
            back: None,
            whole: None,
            is_over: false,
            copies: 0,
            passed: 0,
        });
        if self.incidents.len() > MAX_INCIDENTS
            && let Some(forgotten) = self.incidents.pop_front()
        {
            self.before.remove(&forgotten.id);
        }
        self.shown = None;
    }

    /// Nothing more comes of what began last.
    fn end_newest(&mut self) {
        if let Some(incident) = self.incidents.back_mut() {
            incident.is_over = true;
            self.before.remove(&incident.id);
        }
    }

    fn is_any_open(&self) -> bool {
        self.incidents.iter().any(|incident| !incident.is_over)
    }

    fn is_open(&self, node: NodeId) -> bool {
        let mut open = self.incidents.iter().filter(|one| !one.is_over);
        open.any(|incident| incident.is_of(node))
    }
}

impl Incident {
    /// Whether it is about this Pi.
    fn is_of(&self, of: NodeId) -> bool {
        matches!(self.what, What::Pi { node, .. } if node == of)
    }
}

impl LastTold {
    fn new(now: Instant, told: &Cluster) -> Self {
        let channels = told.channels.iter();
        let nodes = told.nodes.iter();
        Self {
            at: now,
            run: told.head.run,
            phase_began: phase_began(now, told),
            doubtful: told.trust().not_live(),
            states: nodes.map(|node| (node.node, node.state)).collect(),
            lost_messages: channels
                .map(|channel| (channel.channel, channel.lost_messages))
                .collect(),
        }
    }
}

/// Those of which more is awaited.
fn open(incidents: &mut VecDeque<Incident>) -> impl Iterator<Item = &mut Incident> {
    incidents.iter_mut().filter(|incident| !incident.is_over)
}

const fn is_lost(voice: Voice) -> bool {
    match voice {
        Voice::Silent | Voice::Dead => true,
        Voice::Speaking | Voice::Ended => false,
    }
}

const fn is_gone(state: NodeState) -> bool {
    matches!(state, NodeState::Dead | NodeState::Replaced)
}

/// Whether the controller takes a node for dead, or knows it no more.
fn is_declared(told: &Cluster, node: NodeId) -> bool {
    let mut nodes = told.nodes.iter();
    nodes
        .find(|one| one.node == node)
        .is_none_or(|one| is_gone(one.state))
}

/// Whether this is the next life of a node of that name, of which the last one is gone.
fn is_successor(one: &NodeStatus, name: &str) -> bool {
    one.name.as_str() == name && one.state == NodeState::Ready
}

fn phase_began(now: Instant, told: &Cluster) -> Instant {
    earlier(now, Duration::from_millis(told.head.phase_ms))
}

/// So long before a time; at the start of the clock at the earliest.
fn earlier(now: Instant, by: Duration) -> Instant {
    let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
    Instant::from_raw(now.raw().saturating_sub(nanos))
}

#[cfg(test)]
mod tests;

//! Gives partitions that have too few replicas to nodes that are there, when nobody has come in the place of
//! the one that died.
//!
//! A node under one number takes a partition once at most and holds it until it dies, so that no message of a
//! membership is ever taken for one of another. Whoever is asked is asked again with every beat until it
//! answers or is dead, also when the feed has ended.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use oxberry_core::units::Instant;
use oxberry_proto::taking::{TakePartition, Taken};
use oxberry_proto::{NodeId, Partition};

use super::message::listed;
use super::node::{Node, NodeState};
use super::{Command, Controller, Phase, Report};
use crate::placement::taker;

/// Partitions that lack replicas, and who was told to take them.
#[derive(Debug, Default)]
pub(super) struct Replacing {
    /// Since when each of them has lacked some.
    lacking: BTreeMap<Partition, Instant>,
    /// Who was told to take which and has not answered. Of a node one at a time.
    asked: BTreeMap<NodeId, Partition>,
    /// Who has said that there is no room for which.
    refused: BTreeSet<(NodeId, Partition)>,
    /// Partitions of which a person was told that nobody takes them.
    told: BTreeSet<Partition>,
    /// When it is looked after next.
    next: Instant,
}

impl Replacing {
    /// So long nobody could be heard: who died meanwhile may come back yet.
    pub(super) fn excuse(&mut self, now: Instant, late: Duration) {
        for since in self.lacking.values_mut() {
            *since = since.after(late).min(now);
        }
    }

    fn is_idle(&self) -> bool {
        self.lacking.is_empty() && self.asked.is_empty()
    }
}

impl Controller {
    /// When [`look_after_replicas`](Self::look_after_replicas) has something to do.
    pub(super) fn replacing_due(&self) -> Option<Instant> {
        (!self.replacing.is_idle()).then_some(self.replacing.next)
    }

    /// Somebody has died, or joined: notes which partitions lack replicas, and since when.
    pub(super) fn note_lack(&mut self, now: Instant) {
        if self.phase != Phase::Running {
            return;
        }
        let wanted = self.wanted();
        let (replicas, replacing) = (&self.replicas, &mut self.replacing);
        let lack = replicas
            .iter()
            .filter(|(_, holders)| holders.len() < wanted);
        let lack: BTreeSet<_> = lack.map(|(&partition, _)| partition).collect();
        replacing.lacking.retain(|one, _| lack.contains(one));
        replacing.told.retain(|one| lack.contains(one));
        for partition in lack {
            replacing.lacking.entry(partition).or_insert(now);
        }
    }

    /// A beat has passed: asks again who has not answered, and tells others to take what has lacked a replica
    /// for too long.
    pub(super) fn look_after_replicas(&mut self, now: Instant) {
        let Self {
            nodes, replacing, ..
        } = self;
        match self.phase {
            Phase::Running => {}
            Phase::AwaitDigests => replacing.lacking.clear(),
            Phase::AwaitVisual
            | Phase::AwaitNodes
            | Phase::AwaitReady
            | Phase::AwaitFarewell { .. }
            | Phase::Over => return *replacing = Replacing::default(),
        }
        if replacing.is_idle() || now < replacing.next {
            return;
        }
        replacing.next = now.after(self.config.limits.beat);
        let is_there = |id: &NodeId| nodes.get(*id).is_some_and(Node::is_alive);
        replacing.asked.retain(|id, _| is_there(id));
        replacing.refused.retain(|(id, _)| is_there(id));
        let asked: Vec<_> = replacing.asked.iter().map(|(&id, &of)| (id, of)).collect();
        for (id, partition) in asked {
            self.tell_to_take(id, partition);
        }
        self.note_lack(now);
        self.find_takers(now);
    }

    /// A node has answered.
    pub(super) fn handle_taken(&mut self, now: Instant, id: NodeId, taken: &Taken) {
        let partition = taken.partition;
        if self.replacing.asked.get(&id) != Some(&partition) {
            // It was told again before its answer came.
            return;
        }
        self.replacing.asked.remove(&id);
        if !taken.is_held {
            self.counters.takes_refused += 1;
            self.replacing.refused.insert((id, partition));
            for held in [&mut self.placed, &mut self.replicas] {
                if let Some(holders) = held.get_mut(&partition) {
                    holders.retain(|&holder| holder != id);
                }
            }
            if let Some(node) = self.nodes.get_mut(id) {
                node.taken.remove(&partition);
                let name = node.name.to_string();
                self.report(Report::HasNoRoom { name, partition });
            }
            self.note_lack(now);
        }
        if self.phase == Phase::Running {
            self.find_takers(now);
        }
    }

    /// Tells nodes to take what has lacked a replica for too long, as far as some can.
    fn find_takers(&mut self, now: Instant) {
        let wait = self.config.limits.replace_after;
        let lacking = self.replacing.lacking.iter();
        let overdue = lacking.filter(|(_, since)| since.after(wait) <= now);
        let overdue: Vec<_> = overdue.map(|(&partition, _)| partition).collect();
        let mut stuck = Vec::new();
        for partition in overdue {
            while self.lacks(partition) {
                let takers = self.takers(now, partition);
                if takers.is_empty() {
                    stuck.extend(self.replacing.told.insert(partition).then_some(partition));
                    break;
                }
                let Some(id) = self.best_of(partition, &takers) else {
                    // They have other partitions to take first.
                    break;
                };
                self.let_take(id, partition);
            }
        }
        if !stuck.is_empty() {
            self.report(Report::NobodyTakes { partitions: stuck });
        }
        self.note_lack(now);
    }

    /// How many replicas a partition is to have.
    fn wanted(&self) -> usize {
        self.config.replicas.min(self.config.nodes)
    }

    fn lacks(&self, partition: Partition) -> bool {
        let holders = self.replicas.get(&partition);
        holders.is_some_and(|holders| holders.len() < self.wanted())
    }

    /// Those that could take a partition, now or when they have taken others. Who was not heard for three
    /// beats may be dead as well.
    fn takers(&self, now: Instant, partition: Partition) -> Vec<NodeId> {
        let silence = self.config.limits.silence();
        let can_take = |id: NodeId, node: &Node| {
            matches!(node.state, NodeState::Ready | NodeState::Done)
                && !node.is_absent
                && now < node.last_heard.after(silence)
                && !self.is_replica_of(id, partition)
                && !self.replacing.refused.contains(&(id, partition))
                && self.has_room_for(id, node, partition)
        };
        let nodes = self.nodes.alive().filter(|&(id, node)| can_take(id, node));
        nodes.map(|(id, _)| id).collect()
    }

    fn is_replica_of(&self, id: NodeId, partition: Partition) -> bool {
        let holders = self.replicas.get(&partition);
        holders.is_some_and(|holders| holders.contains(&id))
    }

    /// Whether the books of a node have room for the symbols of a partition beside its own, and for as many
    /// orders a partition as the fullest node has. All partitions are expected to have about as many.
    fn has_room_for(&self, id: NodeId, node: &Node, partition: Partition) -> bool {
        let is_to_hold = |of| of == partition || self.is_replica_of(id, of);
        let symbols = self.config.table.symbols();
        let symbols = symbols.filter(|&(_, of)| is_to_hold(of)).count();
        let fits = u32::try_from(symbols).is_ok_and(|symbols| symbols <= node.max_symbols);
        let partitions = self.held_by(id) as u64 + 1;
        fits && self.orders_a_partition() * partitions <= u64::from(node.max_orders)
    }

    /// Orders that rest in a partition, on the node that has most.
    fn orders_a_partition(&self) -> u64 {
        let of_node = |(id, node): (NodeId, &Node)| {
            let orders = node.beat.map_or(0, |beat| u64::from(beat.orders));
            orders / (self.held_by(id) as u64).max(1)
        };
        self.nodes.alive().map(of_node).max().unwrap_or(0)
    }

    /// The one that takes a partition, of those that can and were not told to take another one.
    fn best_of(&self, partition: Partition, takers: &[NodeId]) -> Option<NodeId> {
        let is_free = |id: &&NodeId| !self.replacing.asked.contains_key(*id);
        let free: Vec<_> = takers.iter().filter(is_free).copied().collect();
        let names = free.iter().filter_map(|&id| {
            let node = self.nodes.get(id)?;
            Some((node.name.as_str(), self.held_by(id)))
        });
        let names: Vec<_> = names.collect();
        let places = self.config.table.len() * self.wanted();
        let share = places.div_ceil(self.nodes.alive().count().max(1));
        free.get(taker(partition, &names, share)?).copied()
    }

    /// A node is a replica of a partition from now on, in the place of one that died.
    fn let_take(&mut self, id: NodeId, partition: Partition) {
        let nodes = &self.nodes;
        let is_dead = |id: NodeId| !nodes.get(id).is_some_and(Node::is_alive);
        let placed = self.placed.entry(partition).or_default();
        match placed.iter_mut().find(|holder| is_dead(**holder)) {
            Some(place) => {
                let dead = core::mem::replace(place, id);
                self.forget_if_empty(dead);
            }
            None => placed.push(id),
        }
        self.replicas.entry(partition).or_default().push(id);
        self.replacing.asked.insert(id, partition);
        self.counters.takes += 1;
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        node.taken.insert(partition);
        // Whatever it has reported is not all.
        node.state = NodeState::Ready;
        node.digests.clear();
        let name = node.name.to_string();
        self.report(Report::Takes { name, partition });
        self.tell_to_take(id, partition);
    }

    fn tell_to_take(&mut self, id: NodeId, partition: Partition) {
        let head = TakePartition {
            run: self.run,
            node: id,
            partition,
            symbols: 0,
        };
        let message = listed(head, self.assignments(|of| of == partition));
        if let Some(node) = self.nodes.get(id) {
            let peer = node.peer.clone();
            self.commands.push_back(Command::Send { peer, message });
        }
    }
}

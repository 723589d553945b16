//! How the Pis come together: Hello, partitions, Ready, start.

use oxberry_core::units::Instant;
use oxberry_proto::start::{Hello, Ping, Refused, RefusedReason, SetupPi, SymbolAssignment};
use oxberry_proto::{Kind, NodeId, NodeName, Partition, SCHEMA_FINGERPRINT, Topic};

use super::message::{count, listed, plain};
use super::node::{Node, NodeState};
use super::successor::Name;
use super::{Command, Controller, Phase, Report};
use crate::limits::PING_INTERVAL;
use crate::placement::place;
use crate::reminder::Reminder;

/// Where a newcomer comes in.
enum Place {
    /// Among those who are awaited.
    Awaited,
    /// Where one died, once partitions are given out.
    Of(NodeId),
    /// Where nobody died and yet somebody is missing: others had taken all partitions of one when another
    /// controller went on with the run.
    Empty,
}

impl Controller {
    pub(super) fn handle_hello(&mut self, now: Instant, peer: &[u8], hello: Hello) {
        let (id, place) = match self.place_for(now, peer, &hello) {
            Ok(Some(found)) => found,
            // It asks again with its next beat.
            Ok(None) => return,
            Err(reason) => return self.refuse(now, peer, &hello.name, reason),
        };
        self.heard = self
            .heard
            .max(hello.last_run.map_or(0, |run| run.generation));
        let name = hello.name.to_string();
        let mut node = Node::new(peer.to_vec(), hello, now);
        node.came_late = self.phase == Phase::Running;
        self.nodes.join(id, node);
        match place {
            Place::Of(dead) => {
                self.report_joined(name, dead);
                self.give_place(dead, id);
                self.send_assignment(id);
                self.note_lack(now);
                self.next_ping = now;
            }
            Place::Empty => {
                self.counters.joined_late += 1;
                self.report(Report::Joined { name });
                self.send_assignment(id);
            }
            Place::Awaited => {
                self.assign_when_complete(now);
                // Who turned out to be too small is gone again, and asks again every second.
                if self.nodes.get(id).is_some() {
                    self.report(Report::Joined { name });
                }
            }
        }
    }

    /// Where a newcomer comes in and under which number, or why it does not; neither while it is open
    /// whose its name is.
    fn place_for(
        &mut self,
        now: Instant,
        peer: &[u8],
        hello: &Hello,
    ) -> Result<Option<(NodeId, Place)>, RefusedReason> {
        if hello.schema != SCHEMA_FINGERPRINT {
            let expected = SCHEMA_FINGERPRINT;
            return Err(RefusedReason::Schema { expected });
        }
        if let Phase::AwaitFarewell { .. } | Phase::Over = self.phase {
            return Err(RefusedReason::NextRun);
        }
        match self.claim(now, peer, &hello.name) {
            Name::Free => {}
            Name::InQuestion => return Ok(None),
            Name::Taken => return Err(RefusedReason::NameTaken),
        }
        // After the assignment a newcomer can only take the place of a dead node.
        let place = match self.phase {
            Phase::AwaitVisual | Phase::AwaitNodes => {
                (self.nodes.len() < self.config.nodes).then_some(Place::Awaited)
            }
            Phase::AwaitReady => self.place_of_the_dead(hello)?.map(Place::Of),
            Phase::Running => {
                let dead = self.place_of_the_dead(hello)?.map(Place::Of);
                dead.or_else(|| self.is_one_missing().then_some(Place::Empty))
            }
            Phase::AwaitDigests | Phase::AwaitFarewell { .. } | Phase::Over => {
                return Err(RefusedReason::NextRun);
            }
        };
        let found = self.nodes.next_id().zip(place);
        Ok(Some(found.ok_or(RefusedReason::Full)?))
    }

    /// Whether fewer nodes than expected have a place, dead ones included.
    fn is_one_missing(&self) -> bool {
        let replaced = self.nodes.of_state(NodeState::Replaced).count();
        self.nodes.len() - replaced < self.config.nodes
    }

    /// The first of the places that are left whose symbols the newcomer has room for; none if nobody
    /// has left one.
    fn place_of_the_dead(&self, hello: &Hello) -> Result<Option<NodeId>, RefusedReason> {
        let mut too_large = None;
        for dead in self.nodes.places_left_to(&hello.name) {
            let Some(symbols) = self.oversize_of(dead, hello.max_symbols) else {
                return Ok(Some(dead));
            };
            too_large = too_large.or(Some(symbols));
        }
        too_large.map_or(Ok(None), |symbols| Err(RefusedReason::TooSmall { symbols }))
    }

    /// Tells a person who has joined, and if the feed runs already in whose place.
    fn report_joined(&mut self, name: String, dead: NodeId) {
        if self.phase != Phase::Running {
            return self.report(Report::Joined { name });
        }
        self.counters.joined_late += 1;
        let former = self.name_of(Some(dead));
        self.report(Report::JoinedLate { name, former });
    }

    /// A node says Hello again: the answer to its first one was lost or is on its way, or the node has
    /// done with this run and asks for the next.
    pub(super) fn handle_hello_again(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get(id) else {
            return;
        };
        let is_at_end = matches!(self.phase, Phase::AwaitFarewell { .. });
        match node.state {
            // Not all are here.
            NodeState::Joined => {}
            NodeState::Assigned => self.send_assignment(id),
            // Nothing follows in this run.
            NodeState::Gone | NodeState::Dead => {}
            // It was told the end, and has given up waiting for the visualisation.
            NodeState::Done if is_at_end => {}
            NodeState::Ready | NodeState::Done | NodeState::Replaced => {
                self.out_of_place(id, Kind::Hello);
            }
        }
    }

    /// Hands out partitions as soon as everybody expected is there.
    pub(super) fn assign_when_complete(&mut self, now: Instant) {
        let is_complete = self.nodes.len() >= self.config.nodes;
        if self.phase != Phase::AwaitNodes || !is_complete || self.adoption.is_open() {
            return;
        }
        let (ids, names): (Vec<_>, Vec<_>) = (self.nodes.iter())
            .map(|(id, node)| (id, node.name.as_str()))
            .unzip();
        let placed = place(self.config.table.partitions(), &names, self.config.replicas);
        let as_ids = |chosen: Vec<usize>| {
            let ids = chosen.into_iter().filter_map(|at| ids.get(at).copied());
            ids.collect()
        };
        self.placed = placed
            .into_iter()
            .map(|(partition, chosen)| (partition, as_ids(chosen)))
            .collect();
        let too_small: Vec<_> = (self.nodes.iter())
            .filter_map(|(id, node)| Some((id, self.oversize_of(id, node.max_symbols)?)))
            .collect();
        // Who is too small goes before anybody is assigned, so that the next one to come finds
        // the others still unassigned.
        for &(id, symbols) in too_small.iter().rev() {
            if let Some(node) = self.nodes.remove(id) {
                let reason = RefusedReason::TooSmall { symbols };
                self.refuse(now, &node.peer, &node.name, reason);
            }
        }
        if !too_small.is_empty() {
            self.placed.clear();
            return;
        }
        self.replicas.clone_from(&self.placed);
        self.phase = Phase::AwaitReady;
        // Whoever was in an earlier run knows it by a lower generation.
        self.run.generation = self.run.generation.max(self.heard.saturating_add(1));
        for id in ids {
            self.send_assignment(id);
        }
        self.reminder = Reminder::new(now);
        self.ping(now);
    }

    /// How many symbols a node is to keep, if that is more than `max_symbols`.
    fn oversize_of(&self, id: NodeId, max_symbols: u32) -> Option<u32> {
        let symbols = u32::from(count(self.symbols_of(id).count()));
        (symbols > max_symbols).then_some(symbols)
    }

    fn send_assignment(&mut self, id: NodeId) {
        let head = SetupPi {
            run: self.run,
            node: id,
            channels: count(self.config.channels.len()),
            partitions: count(self.config.table.len()),
            feed_runs: self.nodes.get(id).is_some_and(|node| node.came_late),
            symbols: 0,
        };
        let message = listed(head, self.symbols_of(id));
        let Some(node) = self.nodes.tell(id) else {
            return;
        };
        node.state = NodeState::Assigned;
        let peer = node.peer.clone();
        self.commands.push_back(Command::Send { peer, message });
    }

    /// The symbols that a node is to keep, in the order of their indexes.
    fn symbols_of(&self, id: NodeId) -> impl Iterator<Item = SymbolAssignment> + '_ {
        self.assignments(move |partition| {
            let placed = self.placed.get(&partition);
            placed.is_some_and(|placed| placed.contains(&id))
        })
    }

    /// The symbols of such partitions, in the order of their indexes.
    pub(super) fn assignments<'a>(
        &'a self,
        is_meant: impl Fn(Partition) -> bool + 'a,
    ) -> impl Iterator<Item = SymbolAssignment> + 'a {
        self.config.symbols.iter().filter_map(move |symbol| {
            let partition = self.config.table.partition_of(symbol.symbol_index);
            is_meant(partition).then_some(SymbolAssignment {
                symbol_index: symbol.symbol_index,
                scale: symbol.scale,
                partition,
            })
        })
    }

    /// When the next pings are due: while some node does not hear all its partitions yet.
    pub(super) fn ping_due(&self) -> Option<Instant> {
        let mut unready = self.nodes.of_state(NodeState::Assigned);
        unready.next().map(|_| self.next_ping)
    }

    /// Pings the partitions of those who do not hear them all yet.
    pub(super) fn ping(&mut self, now: Instant) {
        self.next_ping = now.after(PING_INTERVAL);
        let is_unready = |id: &NodeId| {
            let node = self.nodes.get(*id);
            node.is_some_and(|node| node.state == NodeState::Assigned)
        };
        let held = self.replicas.iter();
        let unheard = held.filter(|(_, holders)| holders.iter().any(is_unready));
        let unheard: Vec<_> = unheard.map(|(&partition, _)| partition).collect();
        for partition in unheard {
            let run = self.run;
            let mut frame = vec![0; Topic::MAX_PLAIN_FRAME_BYTES];
            let length = Topic { partition }.encode(&Ping { run, partition }, &mut frame);
            frame.truncate(length.expect("MAX_PLAIN_FRAME_BYTES holds every such message"));
            self.commands.push_back(Command::Publish { frame });
        }
    }

    fn start_when_ready(&mut self, now: Instant) {
        if self.phase != Phase::AwaitReady {
            return;
        }
        // A node without a partition is done before the others begin; a dead one left a place.
        let is_ready = |node: &Node| {
            matches!(
                node.state,
                NodeState::Ready | NodeState::Done | NodeState::Replaced
            )
        };
        if !self.nodes.all().all(is_ready) {
            return;
        }
        self.phase = Phase::Running;
        self.reminder = Reminder::new(now);
        let (nodes, partitions) = (self.nodes.alive().count(), self.config.table.len());
        let run = self.run;
        self.report(Report::Started {
            run,
            nodes,
            partitions,
        });
        self.commands.push_back(Command::Start { run });
    }

    pub(super) fn handle_ready(&mut self, now: Instant, id: NodeId) {
        if let Some(node) = self.nodes.get_mut(id)
            && node.state == NodeState::Assigned
        {
            node.state = NodeState::Ready;
        }
        self.start_when_ready(now);
    }

    fn refuse(&mut self, now: Instant, peer: &[u8], name: &NodeName, reason: RefusedReason) {
        self.counters.refused += 1;
        let message = plain(&Refused { reason });
        self.commands.push_back(Command::Send {
            peer: peer.to_vec(),
            message,
        });
        if self.refusals.is_news(now, name, reason) {
            let name = name.to_string();
            self.report(Report::Refused { name, reason });
        }
    }
}

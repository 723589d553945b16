//! The controller's brain: gathers the Pis, starts the feed, hands out credit, compares the end.
//!
//! ```text
//! visualisation asked -> all nodes said Hello -> all nodes Ready -> running -> digests -> over
//! ```
//!
//! Data frames do not pass through here: each channel publishes its own
//! ([`crate::channel::ChannelStreams`]) and waits for the credit that this machine hands out.

mod death;
mod node;
mod outcome;
mod output;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use oxberry_core::units::{ChannelId, Instant, Position, PriceScale, SymbolIndex};
use oxberry_proto::flow::{Ack, Digests, Farewell, Finish, Heartbeat};
use oxberry_proto::limits::{MAX_CONTROL_BYTES, MAX_PLAIN_BYTES};
use oxberry_proto::start::{
    Hello, Ping, Ready, Refused, RefusedReason, Replica, SayHello, SetupPi, SetupVisual,
    SetupVisualRequest, SymbolAssignment, SymbolEntry, TellState,
};
use oxberry_proto::{
    Head, Kind, Listed, NodeId, Partition, ProtoError, RecordsWriter, Run, SCHEMA_FINGERPRINT,
    StreamId, SymbolName, Topic, decode, decode_list, encode, kind_of,
};

use self::node::{Node, NodeState};
pub use self::outcome::{Outcome, PartitionOutcome, ReplicaDigest};
pub use self::output::{Command, Report};
use crate::limits::{Limits, PING_INTERVAL, WAITING_REPORT_INTERVAL};
use crate::partition::PartitionTable;
use crate::placement::place;

/// Whatever names a connection to the rim, such as a ROUTER's identity bytes.
pub type Peer = Vec<u8>;

/// One symbol of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The venue's number for it.
    pub symbol_index: SymbolIndex,
    /// Its CQS name.
    pub name: SymbolName,
    /// The scale of its prices at the start of the day.
    pub scale: PriceScale,
}

/// What a cluster is to look like.
#[derive(Clone, Debug)]
pub struct ControllerConfig {
    /// How many Pis to wait for.
    pub nodes: usize,
    /// How many Pis hold each partition, as far as there are that many.
    pub replicas: usize,
    /// Whether nothing starts before the visualisation asked for the symbols.
    pub await_visual: bool,
    /// The channels of the feed.
    pub channels: Vec<ChannelId>,
    /// The symbols of the day.
    pub symbols: Vec<Symbol>,
    /// The partition of each of them.
    pub table: PartitionTable,
    /// What is played: [`Run::identity`].
    pub identity: u32,
    /// The least [`Run::generation`]. Something that grows from one process to the next, such as the
    /// seconds of the clock at its start: a Pi, or a page, that still lives in a run that nobody else
    /// remembers must not take this one for it.
    pub generation: u32,
    /// What the cluster keeps to.
    pub limits: Limits,
}

/// How far the cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    AwaitVisual,
    AwaitNodes,
    AwaitReady { next_ping: Instant },
    Running,
    AwaitDigests,
    AwaitFarewell { until: Instant, next: Instant },
    Over,
}

/// The controller.
#[derive(Debug)]
pub struct Controller {
    config: ControllerConfig,
    phase: Phase,
    /// In the order of arrival; the position is the [`NodeId`].
    nodes: Vec<Node>,
    /// The nodes that hold each partition, once assigned; dead ones leave.
    replicas: BTreeMap<Partition, Vec<NodeId>>,
    /// Credit handed out so far.
    acked: BTreeMap<StreamId, Position>,
    /// Channels that have ended.
    ended: BTreeSet<ChannelId>,
    /// The greatest generation of this identity or any other that was heard of.
    heard: u32,
    /// The run, once the feed starts.
    run: Run,
    /// How the run ended, while the last word is awaited.
    outcome: Option<Outcome>,
    next_report: Instant,
    commands: VecDeque<Command>,
}

impl Controller {
    /// A controller that waits for its cluster.
    #[must_use]
    pub fn new(config: ControllerConfig, now: Instant) -> Self {
        let phase = if config.await_visual {
            Phase::AwaitVisual
        } else {
            Phase::AwaitNodes
        };
        Self {
            phase,
            nodes: Vec::new(),
            replicas: BTreeMap::new(),
            acked: BTreeMap::new(),
            ended: BTreeSet::new(),
            heard: 0,
            run: Run {
                identity: config.identity,
                generation: config.generation.max(1),
            },
            outcome: None,
            config,
            next_report: now.after(WAITING_REPORT_INTERVAL),
            commands: VecDeque::new(),
        }
    }

    /// The partition of every symbol.
    #[must_use]
    pub const fn table(&self) -> &PartitionTable {
        &self.config.table
    }

    /// The run that is played, or will be; its generation may grow until the Pis are assigned.
    #[must_use]
    pub const fn run(&self) -> Run {
        self.run
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let deaths = self
            .alive()
            .map(|(_, node)| node.last_heard.after(self.config.limits.node_timeout));
        let ping = match self.phase {
            Phase::AwaitReady { next_ping } => Some(next_ping),
            Phase::AwaitFarewell { until, next } => Some(until.min(next)),
            Phase::Over => return None,
            Phase::AwaitVisual | Phase::AwaitNodes | Phase::Running | Phase::AwaitDigests => None,
        };
        deaths.chain(ping).chain([self.next_report]).min()
    }

    /// Time has passed: pings, finds the dead, and says for whom it waits.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.excuse(now);
        self.bury_the_silent(now);
        if let Phase::AwaitReady { next_ping } = self.phase
            && next_ping <= now
        {
            self.ping(now);
        }
        if let Phase::AwaitFarewell { until, next } = self.phase {
            if until <= now {
                self.leave();
            } else if next <= now {
                self.send_finish(now, until);
            }
        }
        if self.next_report <= now {
            self.next_report = now.after(WAITING_REPORT_INTERVAL);
            self.report_waiting();
        }
    }

    /// The visualisation asked for the symbols.
    pub fn handle_visual_request(&mut self, now: Instant, message: &[u8]) {
        match decode::<SetupVisualRequest>(message) {
            Ok(request) => {
                if let Some(replica) = request.tell {
                    self.pass_on(replica);
                }
            }
            Err(error) => self.report(Report::BadMessage {
                from: "visualisation".into(),
                error,
            }),
        }
        // A request that does not decode is answered too: the answer's fingerprint tells the other
        // side that the versions differ, and a REP socket must answer before it can hear again.
        let head = SetupVisual {
            schema: SCHEMA_FINGERPRINT,
            run: self.run,
            nodes: count(self.config.nodes),
            partitions: count(self.config.table.len()),
            symbols: 0,
        };
        let entries = self.config.symbols.iter().map(|symbol| SymbolEntry {
            symbol_index: symbol.symbol_index,
            name: symbol.name.clone(),
            partition: self.config.table.partition_of(symbol.symbol_index),
        });
        let message = listed(head, entries);
        self.commands.push_back(Command::AnswerVisual { message });
        if self.phase == Phase::AwaitVisual {
            self.phase = Phase::AwaitNodes;
            self.assign_when_complete(now);
        }
    }

    /// A Pi sent something.
    pub fn handle_message(&mut self, now: Instant, peer: &[u8], message: &[u8]) {
        // One whose place was given away is as unknown as any other.
        let is_peer = |node: &Node| node.peer == peer && node.state != NodeState::Replaced;
        let known = self.nodes.iter().position(is_peer);
        let is_before_start = matches!(self.phase, Phase::AwaitReady { .. });
        if let Some(node) = known.and_then(|at| self.nodes.get_mut(at)) {
            node.last_heard = now;
            if node.state == NodeState::Dead && is_before_start {
                // It was only away, and nobody has taken its place.
                node.state = node.before_death;
            }
        }
        if let Err(error) = self.dispatch(now, peer, known, message) {
            let from = known.and_then(|at| self.nodes.get(at));
            let from = from.map_or_else(|| "an unknown peer".into(), |node| node.name.to_string());
            self.report(Report::BadMessage { from, error });
        }
    }

    /// A channel has published everything.
    pub fn handle_end_of_channel(&mut self, now: Instant, channel: ChannelId) {
        self.ended.insert(channel);
        if self.phase == Phase::Running && self.ended.len() == self.config.channels.len() {
            self.phase = Phase::AwaitDigests;
            self.next_report = now.after(WAITING_REPORT_INTERVAL);
            self.finish_when_complete(now);
        }
    }

    fn dispatch(
        &mut self,
        now: Instant,
        peer: &[u8],
        known: Option<usize>,
        message: &[u8],
    ) -> Result<(), ProtoError> {
        let kind = kind_of(message)?;
        let Some(at) = known else {
            if kind == Kind::Hello {
                self.handle_hello(now, peer, decode(message)?);
            } else {
                // A node of an earlier controller, which does not know yet that there is a new one.
                let message = plain(&SayHello { run: self.run });
                let peer = peer.to_vec();
                self.commands.push_back(Command::Send { peer, message });
            }
            return Ok(());
        };
        if kind == Kind::Hello {
            self.handle_hello_again(at);
        } else if kind == Kind::Ready {
            if self.is_of_run(at, decode::<Ready>(message)?.run) {
                self.handle_ready(now, at);
            }
        } else if kind == Kind::Ack {
            self.handle_ack(at, message)?;
        } else if kind == Kind::Heartbeat {
            let heartbeat = decode::<Heartbeat>(message)?;
            if self.is_of_run(at, heartbeat.run)
                && let Some(node) = self.nodes.get_mut(at)
            {
                node.heartbeat = Some(heartbeat);
            }
        } else if kind == Kind::Digests {
            self.handle_digests(now, at, message)?;
        } else if kind == Kind::Farewell {
            if self.is_of_run(at, decode::<Farewell>(message)?.run) {
                self.handle_farewell(at);
            }
        } else {
            return Err(ProtoError::BadKind { kind: kind as u8 });
        }
        Ok(())
    }

    /// Whether a message of a node is about this run; a node that speaks of another one is told.
    fn is_of_run(&mut self, at: usize, run: Run) -> bool {
        if run == self.run {
            return true;
        }
        if let Some(node) = self.nodes.get(at) {
            let message = plain(&SayHello { run: self.run });
            let peer = node.peer.clone();
            self.commands.push_back(Command::Send { peer, message });
        }
        false
    }

    /// The answer to an earlier Hello was lost, or is on its way.
    fn handle_hello_again(&mut self, at: usize) {
        let is_assigned = |node: &&Node| node.state == NodeState::Assigned;
        if self.nodes.get(at).as_ref().is_some_and(is_assigned) {
            self.send_assignment(at);
        }
    }

    /// Passes the visualisation's wish on to the node that is to tell.
    fn pass_on(&mut self, replica: Replica) {
        let Replica { node, partition } = replica;
        let run = self.run;
        if let Some(node) = self.nodes.get(usize::from(node.raw()))
            && !matches!(node.state, NodeState::Dead | NodeState::Replaced)
        {
            let peer = node.peer.clone();
            let message = plain(&TellState { run, partition });
            self.commands.push_back(Command::Send { peer, message });
        }
    }

    fn handle_hello(&mut self, now: Instant, peer: &[u8], hello: Hello) {
        let taken = self.alive().any(|(_, node)| node.name == hello.name);
        // After the assignment a newcomer can only take the place of a dead node, and only until
        // the feed starts.
        let place = match self.phase {
            Phase::AwaitVisual | Phase::AwaitNodes => {
                (self.nodes.len() < self.config.nodes).then_some(self.nodes.len())
            }
            Phase::AwaitReady { .. } => self.place_of_a_dead(),
            Phase::Running | Phase::AwaitDigests | Phase::AwaitFarewell { .. } | Phase::Over => {
                None
            }
        };
        let name = hello.name.to_string();
        let place = match place {
            _ if hello.schema != SCHEMA_FINGERPRINT => Err(RefusedReason::Schema {
                expected: SCHEMA_FINGERPRINT,
            }),
            _ if taken => Err(RefusedReason::NameTaken),
            None => Err(RefusedReason::Full),
            Some(place) => match self.oversize_at(place, hello.max_symbols) {
                Some(symbols) => Err(RefusedReason::TooSmall { symbols }),
                None => Ok(place),
            },
        };
        let place = match place {
            Ok(place) => place,
            Err(reason) => return self.refuse(peer, name, reason),
        };
        let node = Node {
            peer: peer.to_vec(),
            name: hello.name,
            max_symbols: hello.max_symbols,
            state: NodeState::Joined,
            before_death: NodeState::Joined,
            last_heard: now,
            applied: BTreeMap::new(),
            heartbeat: None,
            digests: BTreeMap::new(),
        };
        self.heard = self
            .heard
            .max(hello.last_run.map_or(0, |run| run.generation));
        self.report(Report::Joined { name });
        self.nodes.push(node);
        if let Phase::AwaitReady { .. } = self.phase {
            self.give_place(place, node_id(self.nodes.len() - 1));
            self.send_assignment(self.nodes.len() - 1);
        } else {
            self.assign_when_complete(now);
        }
    }

    /// A place that waits for another node, once partitions are given out.
    fn place_of_a_dead(&self) -> Option<usize> {
        let is_dead = |node: &Node| node.state == NodeState::Dead;
        self.nodes.iter().position(is_dead)
    }

    /// Gives what a dead node was to hold to another one, which has a number of its own: should the
    /// dead one come back, nobody takes its word for that of the other.
    fn give_place(&mut self, dead: usize, to: NodeId) {
        if let Some(node) = self.nodes.get_mut(dead) {
            node.state = NodeState::Replaced;
        }
        let dead = node_id(dead);
        for holder in self.replicas.values_mut().flatten() {
            if *holder == dead {
                *holder = to;
            }
        }
    }

    fn handle_ready(&mut self, now: Instant, at: usize) {
        if let Some(node) = self.nodes.get_mut(at)
            && node.state == NodeState::Assigned
        {
            node.state = NodeState::Ready;
        }
        self.start_when_ready(now);
    }

    fn handle_ack(&mut self, at: usize, message: &[u8]) -> Result<(), ProtoError> {
        let (head, positions) = decode_list::<Ack>(message)?;
        if !self.is_of_run(at, head.run) {
            return Ok(());
        }
        for told in positions {
            let told = told?;
            if let Some(node) = self.nodes.get_mut(at) {
                node.applied.insert(told.stream, told.position);
            }
            self.give_credit(told.stream);
        }
        Ok(())
    }

    fn handle_digests(
        &mut self,
        now: Instant,
        at: usize,
        message: &[u8],
    ) -> Result<(), ProtoError> {
        let (head, digests) = decode_list::<Digests>(message)?;
        if !self.is_of_run(at, head.run) {
            return Ok(());
        }
        let Some(node) = self.nodes.get_mut(at) else {
            return Ok(());
        };
        for digest in digests {
            let digest = digest?;
            node.digests.insert(digest.symbol_index, digest);
        }
        if node.digests.len() >= usize::from(head.of) && node.state == NodeState::Ready {
            node.state = NodeState::Done;
            self.finish_when_complete(now);
        }
        Ok(())
    }

    fn handle_farewell(&mut self, at: usize) {
        if let Some(node) = self.nodes.get_mut(at)
            && node.state == NodeState::Done
        {
            node.state = NodeState::Gone;
        }
        self.leave_when_all_are_gone();
    }

    /// Hands out partitions as soon as everybody expected is there.
    fn assign_when_complete(&mut self, now: Instant) {
        if self.phase != Phase::AwaitNodes || self.nodes.len() < self.config.nodes {
            return;
        }
        let names: Vec<_> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        let placed = place(self.config.table.partitions(), &names, self.config.replicas);
        let as_ids = |chosen: Vec<usize>| chosen.into_iter().map(node_id).collect();
        self.replicas = placed
            .into_iter()
            .map(|(partition, chosen)| (partition, as_ids(chosen)))
            .collect();
        let too_small: Vec<_> = (0..self.nodes.len())
            .filter_map(|at| Some((at, self.oversize_at(at, self.nodes.get(at)?.max_symbols)?)))
            .collect();
        // Who is too small goes before anybody is assigned, so that the next one to come finds
        // the others still unassigned.
        for (at, symbols) in too_small.iter().rev().copied() {
            let node = self.nodes.remove(at);
            let reason = RefusedReason::TooSmall { symbols };
            self.refuse(&node.peer, node.name.to_string(), reason);
        }
        if !too_small.is_empty() {
            self.replicas.clear();
            return;
        }
        // Whoever was in an earlier run knows it by a lower generation.
        self.run.generation = self.run.generation.max(self.heard.saturating_add(1));
        for at in 0..self.nodes.len() {
            self.send_assignment(at);
        }
        self.next_report = now.after(WAITING_REPORT_INTERVAL);
        self.ping(now);
    }

    /// How many symbols the place is to keep, if that is more than `max_symbols`.
    fn oversize_at(&self, at: usize, max_symbols: u32) -> Option<u32> {
        let symbols = u32::from(count(self.symbols_of(node_id(at)).count()));
        (symbols > max_symbols).then_some(symbols)
    }

    fn send_assignment(&mut self, at: usize) {
        let id = node_id(at);
        let head = SetupPi {
            run: self.run,
            node: id,
            channels: count(self.config.channels.len()),
            partitions: count(self.config.table.len()),
            symbols: 0,
        };
        let message = listed(head, self.symbols_of(id));
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        node.state = NodeState::Assigned;
        let peer = node.peer.clone();
        self.commands.push_back(Command::Send { peer, message });
    }

    /// The symbols that a node is to keep, in the order of their indexes.
    fn symbols_of(&self, id: NodeId) -> impl Iterator<Item = SymbolAssignment> + '_ {
        self.config.symbols.iter().filter_map(move |symbol| {
            let partition = self.config.table.partition_of(symbol.symbol_index);
            self.replicas
                .get(&partition)?
                .contains(&id)
                .then_some(SymbolAssignment {
                    symbol_index: symbol.symbol_index,
                    scale: symbol.scale,
                    partition,
                })
        })
    }

    fn ping(&mut self, now: Instant) {
        for partition in self.config.table.partitions() {
            let run = self.run;
            let mut frame = vec![0; Topic::MAX_PLAIN_FRAME_BYTES];
            let length = Topic { partition }.encode(&Ping { run, partition }, &mut frame);
            frame.truncate(length.expect("MAX_PLAIN_FRAME_BYTES holds every such message"));
            self.commands.push_back(Command::Publish { frame });
        }
        self.phase = Phase::AwaitReady {
            next_ping: now.after(PING_INTERVAL),
        };
    }

    fn start_when_ready(&mut self, now: Instant) {
        let Phase::AwaitReady { .. } = self.phase else {
            return;
        };
        // A node without a partition is done before the others begin; a dead one left a place.
        let is_ready = |node: &Node| {
            matches!(
                node.state,
                NodeState::Ready | NodeState::Done | NodeState::Replaced
            )
        };
        if !self.nodes.iter().all(is_ready) {
            return;
        }
        self.phase = Phase::Running;
        self.next_report = now.after(WAITING_REPORT_INTERVAL);
        let (nodes, partitions) = (self.alive().count(), self.config.table.len());
        let run = self.run;
        self.report(Report::Started {
            run,
            nodes,
            partitions,
        });
        self.commands.push_back(Command::Start { run });
    }

    /// Passes on how far the slowest living replica of a stream is.
    fn give_credit(&mut self, stream: StreamId) {
        let Some(holders) = self.replicas.get(&stream.partition) else {
            return;
        };
        let applied = holders.iter().map(|id| {
            let node = self.nodes.get(usize::from(id.raw()));
            node.and_then(|node| node.applied.get(&stream).copied())
                .unwrap_or_default()
        });
        let Some(slowest) = applied.min() else { return };
        let acked = self.acked.entry(stream).or_default();
        if slowest > *acked {
            *acked = slowest;
            self.commands.push_back(Command::Credit {
                stream,
                acked: slowest,
            });
        }
    }

    /// Compares the digests once every living node has sent its own.
    fn finish_when_complete(&mut self, now: Instant) {
        let waiting = self.alive().any(|(_, node)| node.state != NodeState::Done);
        if self.phase != Phase::AwaitDigests || waiting {
            return;
        }
        self.outcome = Some(Outcome::compare(&self.config.table, &self.nodes));
        self.next_report = now.after(WAITING_REPORT_INTERVAL);
        self.send_finish(now, now.after(self.config.limits.end_timeout));
        self.leave_when_all_are_gone();
    }

    /// Tells all who have not said farewell that the run is over.
    fn send_finish(&mut self, now: Instant, until: Instant) {
        let next = now.after(self.config.limits.beat);
        self.phase = Phase::AwaitFarewell { until, next };
        let finish = plain(&Finish {
            run: self.run,
            equal: self.outcome.as_ref().is_some_and(Outcome::is_good),
        });
        let waiting = self.alive();
        let waiting = waiting.filter(|(_, node)| node.state == NodeState::Done);
        let peers: Vec<_> = waiting.map(|(_, node)| node.peer.clone()).collect();
        for peer in peers {
            self.commands.push_back(Command::Send {
                peer,
                message: finish.clone(),
            });
        }
    }

    fn leave_when_all_are_gone(&mut self) {
        let Phase::AwaitFarewell { .. } = self.phase else {
            return;
        };
        if self.alive().all(|(_, node)| node.state == NodeState::Gone) {
            self.leave();
        }
    }

    fn leave(&mut self) {
        self.phase = Phase::Over;
        if let Some(mut outcome) = self.outcome.take() {
            let missing = self.alive();
            let missing = missing.filter(|(_, node)| node.state != NodeState::Gone);
            outcome.missing = missing.map(|(_, node)| node.name.to_string()).collect();
            self.commands.push_back(Command::Stop(outcome));
        }
    }

    fn report_waiting(&mut self) {
        let names = |state: NodeState, controller: &Self| -> Vec<String> {
            let named = controller.alive().filter(|(_, node)| node.state == state);
            named.map(|(_, node)| node.name.to_string()).collect()
        };
        let report = match self.phase {
            Phase::AwaitVisual => Report::AwaitingVisual,
            Phase::AwaitNodes => Report::AwaitingNodes {
                present: self
                    .alive()
                    .map(|(_, node)| node.name.to_string())
                    .collect(),
                expected: self.config.nodes,
            },
            Phase::AwaitReady { .. } => Report::AwaitingReady {
                missing: names(NodeState::Assigned, self),
            },
            Phase::AwaitDigests => Report::AwaitingDigests {
                missing: names(NodeState::Ready, self),
            },
            Phase::AwaitFarewell { .. } => Report::AwaitingFarewell {
                missing: names(NodeState::Done, self),
            },
            Phase::Running | Phase::Over => return,
        };
        self.report(report);
    }

    fn refuse(&mut self, peer: &[u8], name: String, reason: RefusedReason) {
        let message = plain(&Refused { reason });
        self.commands.push_back(Command::Send {
            peer: peer.to_vec(),
            message,
        });
        self.report(Report::Refused { name, reason });
    }

    fn report(&mut self, report: Report) {
        self.commands.push_back(Command::Report(report));
    }

    fn alive(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let numbered = (0..).map(NodeId::from_raw).zip(&self.nodes);
        numbered.filter(|(_, node)| !matches!(node.state, NodeState::Dead | NodeState::Replaced))
    }
}

/// The number of the node at a place.
fn node_id(at: usize) -> NodeId {
    NodeId::from_raw(count(at))
}

/// A count that [`oxberry_proto::limits`] keeps below 65,536.
fn count(number: usize) -> u16 {
    u16::try_from(number).expect("limits keep counts small")
}

/// A message without a list.
fn plain<H: Head>(head: &H) -> Vec<u8> {
    let mut buffer = vec![0; MAX_PLAIN_BYTES];
    let length = encode(head, &mut buffer).expect("MAX_PLAIN_BYTES holds every such message");
    buffer.truncate(length);
    buffer
}

/// A message with a list.
fn listed<H: Listed>(head: H, records: impl Iterator<Item = H::Record>) -> Vec<u8> {
    let mut writer = RecordsWriter::new(vec![0; MAX_CONTROL_BYTES]);
    for record in records {
        writer
            .push(&record)
            .expect("MAX_CONTROL_BYTES holds MAX_SYMBOLS records");
    }
    writer
        .finish(&[], head)
        .expect("MAX_LIST_HEAD_BYTES holds every head")
        .to_vec()
}

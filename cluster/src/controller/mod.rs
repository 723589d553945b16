//! The controller's brain: gathers the Pis, starts the feed, hands out credit, compares the end.
//!
//! ```text
//! visualisation asked -> all nodes said Hello -> all nodes Ready -> running -> digests -> over
//! ```
//!
//! Data frames do not pass through here: each channel publishes its own
//! ([`crate::channel::ChannelStreams`]) and waits for the credit that this machine hands out.

mod absent;
mod adoption;
mod census;
mod credit;
mod death;
mod ending;
mod gathering;
mod holders;
mod message;
mod node;
mod nodes;
mod outcome;
mod output;
mod question;
mod rebuild;
mod refusals;
mod relay;
mod repair;
mod replacing;
mod status;
mod successor;
mod vain;
mod visual;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use oxberry_core::units::{ChannelId, Instant, Position, PriceScale, SymbolIndex};
use oxberry_proto::flow::{Ack, Farewell, Heartbeat};
use oxberry_proto::start::{Ready, SayHello};
use oxberry_proto::{FromPi, Kind, NodeId, Partition, ProtoError, Run, StreamId, SymbolName};

use self::adoption::Adoption;
pub use self::census::Census;
use self::message::plain;
use self::node::NodeState;
use self::nodes::Nodes;
pub use self::outcome::{Outcome, PartitionOutcome, ReplicaDigest};
pub use self::output::{Command, Counters, RebuildReport, Report};
use self::rebuild::Rebuilds;
use self::refusals::Refusals;
use self::replacing::Replacing;
pub use self::status::RimStatus;
use self::status::Stage;
use self::wishes::Wishes;
use crate::limits::{Limits, REPORTED_REJECTIONS};
use crate::partition::PartitionTable;
use crate::reminder::Reminder;

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
    /// Whether a run of this identity that Pis are in is gone on with. It takes a feed that is read from its
    /// beginning whenever somebody likes to; else what was read before is nowhere.
    pub continues: bool,
    /// What the cluster keeps to.
    pub limits: Limits,
}

/// How far the cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    AwaitVisual,
    AwaitNodes,
    AwaitReady,
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
    /// How far a person calls it, and since when.
    stage: Stage,
    nodes: Nodes,
    /// The nodes that hold each partition, once assigned; dead ones leave.
    replicas: BTreeMap<Partition, Vec<NodeId>>,
    /// The same with those that died since, until others have their places.
    placed: BTreeMap<Partition, Vec<NodeId>>,
    /// Streams that wait for nobody.
    unheld: BTreeSet<StreamId>,
    /// When those who are not ready are to be pinged next.
    next_ping: Instant,
    /// Credit handed out so far.
    acked: BTreeMap<StreamId, Position>,
    /// Channels that have ended.
    ended: BTreeSet<ChannelId>,
    /// What is known of a run that may be gone on with.
    adoption: Adoption,
    /// The greatest generation of this identity or any other that was heard of.
    heard: u32,
    /// The run, once the feed starts.
    run: Run,
    /// How the run ended, while the last word is awaited.
    outcome: Option<Outcome>,
    /// When it is said again who is waited for.
    reminder: Reminder,
    refusals: Refusals,
    replacing: Replacing,
    wishes: Wishes,
    rebuilds: Rebuilds,
    counters: Counters,
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
            stage: Stage::new(phase, now),
            phase,
            nodes: Nodes::default(),
            replicas: BTreeMap::new(),
            placed: BTreeMap::new(),
            unheld: BTreeSet::new(),
            next_ping: now,
            acked: BTreeMap::new(),
            ended: BTreeSet::new(),
            adoption: Adoption::default(),
            heard: 0,
            run: Run {
                identity: config.identity,
                generation: config.generation.max(1),
            },
            outcome: None,
            config,
            reminder: Reminder::new(now),
            refusals: Refusals::default(),
            replacing: Replacing::default(),
            wishes: Wishes::default(),
            rebuilds: Rebuilds::default(),
            counters: Counters::default(),
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

    /// Totals since the start.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let rebuilds = self.rebuilds_due();
        let others = rebuilds.into_iter().chain(self.replacing_due());
        let others = others.filter(|_| self.phase != Phase::Over);
        self.watch_due().into_iter().chain(others).min()
    }

    /// When it looks after the nodes next. If that has passed, it was not there itself. What is due of
    /// books that are read again may lie behind when somebody wishes for them.
    fn watch_due(&self) -> Option<Instant> {
        let deaths = self
            .nodes
            .alive()
            .map(|(_, node)| node.last_heard.after(self.config.limits.node_timeout));
        let other = match self.phase {
            Phase::AwaitReady | Phase::Running | Phase::AwaitDigests => self.ping_due(),
            Phase::AwaitFarewell { until, next } => Some(until.min(next)),
            Phase::Over => return None,
            Phase::AwaitVisual | Phase::AwaitNodes => self.adoption.due(),
        };
        deaths.chain(other).chain([self.reminder.due()]).min()
    }

    /// Time has passed: pings, finds the dead, and says for whom it waits.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.excuse(now);
        self.bury_the_silent(now);
        self.look_after_replicas(now);
        self.adopt_when_complete(now);
        if self.ping_due().is_some_and(|due| due <= now) {
            self.ping(now);
        }
        self.tend_rebuilds(now);
        if let Phase::AwaitFarewell { until, next } = self.phase {
            if until <= now {
                self.leave();
            } else if next <= now {
                self.send_finish(now, until);
            }
        }
        if self.reminder.take(now) {
            self.report_waiting();
        }
        self.stage.note(self.phase, now);
    }

    /// A Pi sent something.
    pub fn handle_message(&mut self, now: Instant, peer: &[u8], message: &[u8]) {
        let known = self.hear(now, peer);
        let told = FromPi::decode(message);
        let taken = match (known, told) {
            (Some(id), Ok(told)) => self.dispatch(now, id, told, message),
            (None, Ok(told)) => self.handle_stranger(now, peer, told),
            (Some(_), Err(error)) => Err(error),
            (None, Err(error)) => {
                // It may be of another version, which its Hello will show.
                self.say_hello(peer.to_vec());
                Err(error)
            }
        };
        if let Err(error) = taken {
            let from = self.name_of(known);
            self.note_bad(from, error);
        }
        self.stage.note(self.phase, now);
    }

    /// The node at the other end of a connection, heard now, unless it has to join first.
    fn hear(&mut self, now: Instant, peer: &[u8]) -> Option<NodeId> {
        let id = self.nodes.of_peer(peer)?;
        let node = self.nodes.get_mut(id)?;
        node.last_heard = now;
        let is_stranger = node.state == NodeState::Dead && self.hear_the_dead(id);
        (!is_stranger).then_some(id)
    }

    /// Counts a message that could not be read, and reports the first ones.
    fn note_bad(&mut self, from: String, error: ProtoError) {
        self.counters.bad_messages += 1;
        if self.counters.bad_messages <= REPORTED_REJECTIONS {
            self.report(Report::BadMessage { from, error });
        }
    }

    /// A channel has published everything.
    pub fn handle_end_of_channel(&mut self, now: Instant, channel: ChannelId) {
        self.ended.insert(channel);
        if self.phase == Phase::Running && self.ended.len() == self.config.channels.len() {
            self.phase = Phase::AwaitDigests;
            self.reminder = Reminder::new(now);
            self.finish_when_complete(now);
        }
        self.stage.note(self.phase, now);
    }

    // A table: what each message leads to.
    fn dispatch(
        &mut self,
        now: Instant,
        id: NodeId,
        told: FromPi<'_>,
        message: &[u8],
    ) -> Result<(), ProtoError> {
        let kind = told.kind();
        match told {
            FromPi::Hello(_) => self.handle_hello_again(id),
            // It was asked twice.
            FromPi::Introduction(_) | FromPi::Membership(..) => {}
            FromPi::Ready(Ready { run, .. }) => {
                if self.is_of_run(id, run, kind) {
                    self.handle_ready(now, id);
                }
            }
            FromPi::Ack(Ack { run, .. }, positions) => {
                if self.is_of_run(id, run, kind) {
                    self.handle_ack(id, positions)?;
                }
            }
            FromPi::RepairWish(wish) => {
                if self.is_of_run(id, wish.run, kind) {
                    self.handle_repair_wish(id, &wish);
                }
            }
            FromPi::Heartbeat(heartbeat) => {
                if self.is_of_run(id, heartbeat.run, kind) {
                    self.handle_heartbeat(id, heartbeat);
                }
            }
            FromPi::Digests(head, digests) => {
                if self.is_of_run(id, head.run, kind) {
                    let of = (usize::from(head.of), usize::from(head.partitions));
                    self.handle_digests(now, id, of, digests)?;
                }
            }
            FromPi::Taken(taken) => {
                if self.is_of_run(id, taken.run, kind) {
                    self.handle_taken(now, id, &taken);
                }
            }
            FromPi::SnapshotWish(head, positions) => {
                if self.is_of_run(id, head.run, kind) {
                    self.pass_wish(now, id, &head, positions, message)?;
                }
            }
            FromPi::Snapshot(head, _) => {
                if self.is_of_run(id, head.run, kind) {
                    self.pass_snapshot(&head, message);
                }
            }
            FromPi::SnapshotRefused(refused) => {
                if self.is_of_run(id, refused.run, kind) {
                    self.pass_refusal(now, &refused);
                }
            }
            FromPi::Farewell(Farewell { run, .. }) => {
                if self.is_of_run(id, run, kind) {
                    self.handle_farewell(id);
                }
            }
        }
        Ok(())
    }

    fn handle_heartbeat(&mut self, id: NodeId, Heartbeat { beat, .. }: Heartbeat) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let new = node.take_beat(beat);
        let name = node.name.to_string();
        if new.under_voltage {
            let name = name.clone();
            self.report(Report::UnderVoltage { name });
        }
        if new.slowed {
            let millicelsius = beat.health.millicelsius;
            self.report(Report::Slowed { name, millicelsius });
        }
    }

    /// Whether a message of a node is about this run; a node that speaks of another one is told.
    fn is_of_run(&mut self, id: NodeId, run: Run, kind: Kind) -> bool {
        if run == self.run {
            // Who was told nothing yet knows neither the run nor its number in it.
            let node = self.nodes.get(id);
            let is_in_place = node.is_some_and(|node| node.state != NodeState::Joined);
            if !is_in_place {
                self.out_of_place(id, kind);
            }
            return is_in_place;
        }
        if let Some(node) = self.nodes.get(id) {
            self.say_hello(node.peer.clone());
        }
        false
    }

    fn say_hello(&mut self, peer: Peer) {
        self.counters.foreign += 1;
        let message = plain(&SayHello { run: self.run });
        self.commands.push_back(Command::Send { peer, message });
    }

    /// Nobody who is as far as this node says such a thing.
    fn out_of_place(&mut self, id: NodeId, kind: Kind) {
        self.counters.out_of_place += 1;
        if self.counters.out_of_place <= REPORTED_REJECTIONS {
            let from = self.name_of(Some(id));
            self.report(Report::OutOfPlace { from, kind });
        }
    }

    /// What a person calls a node, or a word for an unknown peer.
    fn name_of(&self, known: Option<NodeId>) -> String {
        let node = known.and_then(|id| self.nodes.get(id));
        node.map_or_else(|| "an unknown peer".into(), |node| node.name.to_string())
    }

    fn report_waiting(&mut self) {
        let names = |state: NodeState, controller: &Self| -> Vec<String> {
            let named = controller
                .nodes
                .alive()
                .filter(|(_, node)| node.state == state);
            named.map(|(_, node)| node.name.to_string()).collect()
        };
        let report = match self.phase {
            Phase::AwaitVisual => Report::AwaitingVisual,
            Phase::AwaitNodes => Report::AwaitingNodes {
                present: self
                    .nodes
                    .alive()
                    .map(|(_, node)| node.name.to_string())
                    .collect(),
                expected: self.config.nodes,
            },
            Phase::AwaitReady => Report::AwaitingReady {
                missing: names(NodeState::Assigned, self),
            },
            Phase::AwaitDigests => Report::AwaitingDigests {
                missing: [NodeState::Assigned, NodeState::Ready]
                    .into_iter()
                    .flat_map(|state| names(state, self))
                    .collect(),
            },
            Phase::AwaitFarewell { .. } => Report::AwaitingFarewell {
                missing: names(NodeState::Done, self),
            },
            Phase::Running | Phase::Over => return,
        };
        self.report(report);
    }

    fn report(&mut self, report: Report) {
        self.commands.push_back(Command::Report(report));
    }
}

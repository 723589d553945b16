//! How a controller goes on with a run that another one began: what that one knew, the Pis still know.
//!
//! Whoever speaks of a run that may be gone on with is asked what he is in it. A short time after the
//! first answer, or when as many as expected have answered, their numbers and partitions are taken as
//! they are, and the feed is read from its beginning. Nobody is sent what all replicas have had.

use std::collections::{BTreeMap, BTreeSet};

use oxberry_core::units::{Instant, Position};
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::limits::MAX_NODES;
use oxberry_proto::membership::{MemberStage, Membership, TellMembership};
use oxberry_proto::start::Hello;
use oxberry_proto::{
    FromPi, NodeId, Partition, ProtoError, Records, Run, SCHEMA_FINGERPRINT, StreamId,
};

use super::message::plain;
use super::node::{Node, NodeState};
use super::nodes::Nodes;
use super::{Command, Controller, Peer, Phase, Report};
use crate::limits::UNHEARD_NUMBERS;
use crate::reminder::Reminder;

/// What Pis have said of a run that may be gone on with.
#[derive(Debug, Default)]
pub(super) struct Adoption {
    /// Who has said his name, and not yet what he is.
    introduced: BTreeMap<Peer, Hello>,
    /// The latest run that anybody is in.
    generation: u32,
    /// Those who are in it.
    members: BTreeMap<NodeId, Member>,
    /// Until when others are waited for, once somebody is there.
    until: Option<Instant>,
    /// No run up to this generation is gone on with: it is over, or has not begun.
    closed: u32,
    /// Once a run is gone on with: the numbers that the controllers before may have told.
    told_before: u16,
    /// Those of them that this controller has known.
    known: BTreeSet<NodeId>,
}

/// A node of a run before it is gone on with.
#[derive(Debug)]
struct Member {
    peer: Peer,
    hello: Hello,
    head: Membership,
    partitions: Vec<Partition>,
    applied: BTreeMap<StreamId, Position>,
    last_heard: Instant,
}

impl Member {
    /// Whether it has said how far it is in all its streams.
    fn is_complete(&self) -> bool {
        self.applied.len() >= usize::from(self.head.streams)
    }
}

impl Adoption {
    /// Whether somebody is there whose run may be gone on with.
    pub(super) fn is_open(&self) -> bool {
        !self.members.is_empty()
    }

    /// When nobody else is waited for.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.until
    }

    fn member_of(&mut self, peer: &[u8]) -> Option<&mut Member> {
        self.members.values_mut().find(|member| member.peer == peer)
    }

    /// Forgets what came over a connection, whose other end begins anew.
    pub(super) fn forget(&mut self, peer: &[u8]) {
        self.introduced.remove(peer);
        self.members.retain(|_, member| member.peer != peer);
    }
}

impl Controller {
    /// Somebody speaks who is not known here: of a run that may be gone on with, or of none.
    pub(super) fn handle_stranger(
        &mut self,
        now: Instant,
        peer: &[u8],
        told: FromPi<'_>,
    ) -> Result<(), ProtoError> {
        if let Some(member) = self.adoption.member_of(peer) {
            member.last_heard = now;
        }
        match told {
            FromPi::Hello(hello) => {
                self.adoption.forget(peer);
                self.handle_hello(now, peer, hello);
            }
            FromPi::Introduction(told) => {
                let introduced = &mut self.adoption.introduced;
                if !self.config.continues || introduced.len() >= 2 * MAX_NODES {
                    // Nobody has asked so many. Whoever takes part says again what he is.
                    self.say_hello(peer.to_vec());
                } else {
                    introduced.insert(peer.to_vec(), told.hello);
                }
            }
            FromPi::Membership(head, partitions) => {
                let partitions = partitions.collect::<Result<_, _>>()?;
                self.handle_membership(now, peer, head, partitions);
            }
            FromPi::Ack(head, positions) => self.hear_position(now, peer, head.run, positions)?,
            FromPi::Ready(one) => self.ask(peer, one.run),
            FromPi::Taken(one) => self.ask(peer, one.run),
            FromPi::RepairWish(one) => self.ask(peer, one.run),
            FromPi::Heartbeat(one) => self.ask(peer, one.run),
            FromPi::Digests(one, _) => self.ask(peer, one.run),
            FromPi::SnapshotWish(one, _) => self.ask(peer, one.run),
            FromPi::Snapshot(one, _) => self.ask(peer, one.run),
            FromPi::SnapshotRefused(one) => self.ask(peer, one.run),
            FromPi::Farewell(_) => self.say_hello(peer.to_vec()),
        }
        Ok(())
    }

    /// Asks somebody what he is in a run, unless he has said that, or sends him away from it.
    fn ask(&mut self, peer: &[u8], run: Run) {
        if self.adoption.member_of(peer).is_some() {
            return;
        }
        if !self.may_go_on_with(run) || self.nodes.of_peer(peer).is_some() {
            return self.say_hello(peer.to_vec());
        }
        self.commands.push_back(Command::Send {
            peer: peer.to_vec(),
            message: plain(&TellMembership { run }),
        });
    }

    /// Whether a node of this run is, or may become, one of this controller's.
    fn may_go_on_with(&self, run: Run) -> bool {
        let Adoption {
            generation, closed, ..
        } = self.adoption;
        let is_of_day = self.config.continues && run.identity == self.config.identity;
        is_of_day
            && match self.phase {
                Phase::AwaitVisual | Phase::AwaitNodes => {
                    run.generation > closed && run.generation >= generation
                }
                Phase::Running | Phase::AwaitDigests => {
                    run == self.run && self.adoption.told_before > 0
                }
                Phase::AwaitReady | Phase::AwaitFarewell { .. } | Phase::Over => false,
            }
    }

    fn handle_membership(
        &mut self,
        now: Instant,
        peer: &[u8],
        head: Membership,
        partitions: Vec<Partition>,
    ) {
        let hello = self.adoption.introduced.remove(peer);
        let all = self.config.table.len();
        let is_of_cluster = usize::from(head.cluster_partitions) == all
            && partitions.is_sorted_by(|one, next| one < next)
            && partitions.iter().all(|one| usize::from(one.raw()) < all)
            && head.node != NodeId::CONTROLLER;
        let hello = hello.filter(|hello| hello.schema == SCHEMA_FINGERPRINT && is_of_cluster);
        let (Some(hello), true) = (hello, self.may_go_on_with(head.run)) else {
            return self.say_hello(peer.to_vec());
        };
        self.heard = self.heard.max(head.run.generation);
        let member = Member {
            peer: peer.to_vec(),
            hello,
            head,
            partitions,
            applied: BTreeMap::new(),
            last_heard: now,
        };
        if self.phase == Phase::Running || self.phase == Phase::AwaitDigests {
            return self.take_in(member);
        }
        if head.stage == MemberStage::Over {
            return self.close(now, head.run.generation);
        }
        if head.run.generation > self.adoption.generation {
            // Whoever is in an earlier run has to join.
            let earlier = core::mem::replace(&mut self.adoption.generation, head.run.generation);
            self.adoption.members.insert(head.node, member);
            self.close(now, earlier);
        } else {
            self.adoption.members.insert(head.node, member);
        }
        let until = now.after(self.config.limits.adoption());
        self.adoption.until.get_or_insert(until);
        self.adopt_when_complete(now);
    }

    /// Notes how far somebody is who is not known here yet.
    fn hear_position(
        &mut self,
        now: Instant,
        peer: &[u8],
        run: Run,
        positions: Records<'_, StreamPosition>,
    ) -> Result<(), ProtoError> {
        let Some(member) = self.adoption.member_of(peer) else {
            self.ask(peer, run);
            return Ok(());
        };
        if run != member.head.run {
            self.counters.foreign += 1;
            return Ok(());
        }
        for told in positions {
            let StreamPosition { stream, position } = told?;
            let may_hold = self.config.channels.contains(&stream.channel)
                && member.partitions.contains(&stream.partition);
            if may_hold {
                member.applied.insert(stream, position);
            } else {
                self.counters.out_of_place += 1;
            }
        }
        self.adopt_when_complete(now);
        Ok(())
    }

    /// No run up to this generation is gone on with.
    fn close(&mut self, now: Instant, generation: u32) {
        self.adoption.closed = self.adoption.closed.max(generation);
        let closed = self.adoption.closed;
        let members = core::mem::take(&mut self.adoption.members);
        let (gone, left) = members
            .into_iter()
            .partition(|(_, member)| member.head.run.generation <= closed);
        self.adoption.members = left;
        let gone: BTreeMap<_, _> = gone;
        for member in gone.into_values() {
            self.say_hello(member.peer);
        }
        if !self.adoption.is_open() {
            self.adoption.until = None;
            self.assign_when_complete(now);
        }
    }

    /// Goes on with the run of those who are there, when all are or nobody else is waited for.
    pub(super) fn adopt_when_complete(&mut self, now: Instant) {
        let is_gathering = matches!(self.phase, Phase::AwaitVisual | Phase::AwaitNodes);
        let Some(until) = self.adoption.until.filter(|_| is_gathering) else {
            return;
        };
        let members = self.adoption.members.values();
        let complete = members.filter(|member| member.is_complete()).count();
        if complete < self.config.nodes && now < until {
            return;
        }
        let mut members = self.adoption.members.values();
        if members.any(|member| member.is_complete() && member.head.streams > 0) {
            self.adopt(now);
        } else {
            // Nothing of it was heard by anybody who is here: it is as well begun anew.
            self.close(now, self.adoption.generation);
        }
    }

    fn adopt(&mut self, now: Instant) {
        self.run.generation = self.adoption.generation;
        self.adoption.until = None;
        // Those who said Hello say it again.
        self.nodes = Nodes::default();
        let partitions = self.config.table.partitions();
        self.placed = partitions.map(|one| (one, Vec::new())).collect();
        let members = core::mem::take(&mut self.adoption.members);
        let greatest = members.last_key_value().map_or(0, |(id, _)| id.raw());
        self.adoption.told_before = greatest.saturating_add(UNHEARD_NUMBERS + 1);
        self.nodes.leave_out(self.adoption.told_before);
        // Of two with one name the later one has it.
        for member in members.into_values().rev() {
            let is_taken = self.nodes.alive_of_name(&member.hello.name).is_some();
            if is_taken {
                self.say_hello(member.peer);
            } else if member.is_complete() {
                self.admit(member);
            }
        }
        self.phase = Phase::Running;
        self.reminder = Reminder::new(now);
        self.next_ping = now;
        let (run, nodes) = (self.run, self.nodes.len());
        let absent = self.leave_places(now);
        self.report(Report::GoesOn { run, nodes, absent });
        for partition in self.config.table.partitions() {
            for channel in self.config.channels.clone() {
                let stream = StreamId { channel, partition };
                self.tell_held(stream);
                self.give_credit(stream);
            }
        }
        self.note_lack(now);
        self.commands.push_back(Command::Start { run });
    }

    /// Takes somebody in who comes when the run is gone on with already. It is waited for in a stream
    /// from its next word on that.
    fn take_in(&mut self, mut member: Member) {
        let id = member.head.node;
        let is_news = id.raw() < self.adoption.told_before && !self.adoption.known.contains(&id);
        let name = &member.hello.name;
        if !is_news || self.nodes.alive_of_name(name).is_some() {
            return self.say_hello(member.peer);
        }
        let name = name.to_string();
        member.head.came_late = true;
        member.applied.clear();
        self.give_absent_places(&member.partitions);
        self.admit(member);
        self.report(Report::Found { name });
    }

    /// A node of the run is one of this controller's, with its number and its partitions.
    fn admit(&mut self, member: Member) {
        let Member {
            peer,
            hello,
            head,
            partitions,
            applied,
            last_heard,
        } = member;
        let mut node = Node::new(peer, hello, last_heard);
        node.state = match head.stage {
            MemberStage::Pinging => NodeState::Assigned,
            MemberStage::Running | MemberStage::Over => NodeState::Ready,
        };
        node.came_late = head.came_late;
        node.applied = applied;
        self.adoption.known.insert(head.node);
        self.nodes.admit(head.node, node);
        for partition in partitions {
            self.placed.entry(partition).or_default().push(head.node);
            self.replicas.entry(partition).or_default().push(head.node);
        }
    }
}

//! How a controller that has started again learns what its predecessor knew: from the Pis, which kept it.
//!
//! A Pi that speaks of a run which the controller may go on with is asked what it is in that run. It
//! answers with who it is, what it holds, and how far it is, in this order: [`Introduction`],
//! [`Membership`], [`Ack`](crate::flow::Ack)s of all its streams.

use serde::{Deserialize, Serialize};

use crate::name::{NodeId, Partition};
use crate::records::heads;
use crate::run::Run;
use crate::start::Hello;

/// Controller to a Pi: I do not know you, but I may go on with your run. What are you in it?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TellMembership {
    /// The run that the Pi spoke of.
    pub run: Run,
}

/// Pi to controller, right before its [`Membership`]: what it would say if it came anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Introduction {
    /// Who it is, and what it has room for.
    pub hello: Hello,
}

/// Pi to controller: what I am in a run and, as records, the partitions that I hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Membership {
    /// The run.
    pub run: Run,
    /// My number in it.
    pub node: NodeId,
    /// How far I am in it.
    pub stage: MemberStage,
    /// Whether the feed ran already when I came, so that nobody waits for me in a stream before I have
    /// said how far I am in it.
    pub came_late: bool,
    /// How many streams I have heard of. Acknowledgements of all of them follow.
    pub streams: u16,
    /// How many partitions the cluster has.
    pub cluster_partitions: u16,
    /// How many partitions follow.
    pub partitions: u16,
}

/// How far a Pi is in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MemberStage {
    /// It does not hear all its partitions yet.
    Pinging,
    /// It hears all its partitions, and keeps their books.
    Running,
    /// It was told that the run is over.
    Over,
}

heads! {
    TellMembership;
    Introduction;
    Membership lists Partition by partitions: u16;
}

//! What a Pi tells a controller that does not know it: what it is in its run, which its books outlive.

use oxberry_core::units::Instant;
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_LIST_HEAD_BYTES, MAX_PARTITIONS};
use oxberry_proto::membership::{Introduction, MemberStage, Membership};
use oxberry_proto::{Partition, RecordsWriter, Run};

use super::{Phase, Pi};

/// Which message of its introduction comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Introducing {
    Nothing,
    Itself,
    Membership,
}

impl Pi<'_> {
    /// A controller has started that may go on with this run, and asks what this Pi is in it.
    pub(super) fn introduce(&mut self, now: Instant, run: Run) {
        let stage = self.member_stage();
        if run == self.run && stage.is_some() {
            self.introducing = Introducing::Itself;
            // It has to know how far this Pi is before it can go on.
            self.streams.owe_all(now);
            if self.phase == Phase::Ended {
                self.heal_once_more();
            }
        } else {
            // It has left that run meanwhile, or has nothing more to say in it.
            self.counters.foreign += 1;
        }
    }

    /// How far it is in its run, while that concerns anybody.
    const fn member_stage(&self) -> Option<MemberStage> {
        match self.phase {
            Phase::Joining { .. } | Phase::Over { .. } => None,
            Phase::Pinging => Some(MemberStage::Pinging),
            Phase::Running | Phase::Ended => Some(MemberStage::Running),
            Phase::Finishing { .. } => Some(MemberStage::Over),
        }
    }

    /// Writes the next message of its introduction; says whether there was one.
    pub(super) fn compose_introduction(&mut self) -> bool {
        match self.introducing {
            Introducing::Nothing => return false,
            Introducing::Itself => {
                let hello = self.mail.hello(&self.config);
                self.mail.write(&Introduction { hello });
                self.introducing = Introducing::Membership;
            }
            Introducing::Membership => {
                self.compose_membership();
                self.introducing = Introducing::Nothing;
            }
        }
        true
    }

    fn compose_membership(&mut self) {
        let Some(stage) = self.member_stage() else {
            return;
        };
        let head = Membership {
            run: self.run,
            node: self.node,
            stage,
            came_late: self.came_late,
            streams: u16::try_from(self.streams.known_count()).unwrap_or(u16::MAX),
            cluster_partitions: self.partitions,
            partitions: 0,
        };
        let mut writer = RecordsWriter::new([0; MAX_BATCH_BYTES]);
        for partition in self.streams.partitions() {
            let pushed = writer.push(partition);
            pushed.expect("a batch holds all partitions that there can be");
        }
        let message = writer.finish(&[], head);
        let message = message.expect("MAX_LIST_HEAD_BYTES holds every head");
        self.mail.put(message);
    }
}

/// Bytes of the number of a partition, at most.
const PARTITION_BYTES: usize = size_of::<Partition>() + 1;

const _: () = assert!(MAX_LIST_HEAD_BYTES + MAX_PARTITIONS * PARTITION_BYTES <= MAX_BATCH_BYTES);

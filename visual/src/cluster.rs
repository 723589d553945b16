//! The cluster as its controller tells it: who is there, and who holds what.
//!
//! The controller is asked for it now and then, a part in each answer; what is shown is always one
//! whole answer, of one run.

use oxberry_core::units::Position;
use oxberry_proto::status::{
    ChannelPosition, ChannelStatus, NodeStatus, PartitionStatus, Status, StatusFrom, StatusRecord,
};
use oxberry_proto::{Answer, NodeId, ProtoError, Run, SCHEMA_FINGERPRINT};

/// All that the controller told.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The whole.
    pub head: Status,
    /// The nodes, dead ones included.
    pub nodes: Vec<NodeStatus>,
    /// The channels, as far as they are read.
    pub channels: Vec<ChannelStatus>,
    /// The partitions, with who holds them.
    pub partitions: Vec<Partition>,
}

/// A partition, and who is to hold it.
#[derive(Clone, Debug)]
pub struct Partition {
    /// What it is.
    pub status: PartitionStatus,
    /// Who is to hold it.
    pub replicas: Vec<Replica>,
}

/// A partition on one node.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The node.
    pub node: NodeId,
    /// Whether it still holds it.
    pub is_alive: bool,
    /// How far it is in each channel.
    pub positions: Vec<ChannelPosition>,
}

/// What is told, put together from answers.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    part: Option<Cluster>,
}

/// What follows from an answer.
#[derive(Debug)]
pub(crate) enum Told {
    /// That was all.
    All(Box<Cluster>),
    /// The rest is to be asked for from there.
    Part(StatusFrom),
}

impl Telling {
    /// It is asked for from the start: what was told of it before is nothing.
    pub(crate) fn begin(&mut self) {
        self.part = None;
    }

    /// Takes an answer.
    ///
    /// # Errors
    ///
    /// When it is not one about the cluster, or of a program of another version, or cannot be read.
    pub(crate) fn handle_answer(&mut self, message: &[u8]) -> Result<Told, ProtoError> {
        let (head, records) = match Answer::decode(message)? {
            Answer::Status(head, records) if head.schema == SCHEMA_FINGERPRINT => (head, records),
            other @ (Answer::Status(..)
            | Answer::SetupVisual(..)
            | Answer::DepthAsked(_)
            | Answer::Refused(_)) => {
                let kind = other.kind() as u8;
                return Err(ProtoError::BadKind { kind });
            }
        };
        let part = self.part.take();
        let is_first = part.is_none();
        let mut cluster = part.unwrap_or_else(|| Cluster::new(head));
        if !is_first && cluster.head.run != head.run {
            // Another run has begun since, with other nodes.
            return Ok(Told::Part(StatusFrom::Start));
        }
        for record in records {
            cluster.take(record?);
        }
        Ok(match head.next {
            Some(next) => {
                self.part = Some(cluster);
                Told::Part(next)
            }
            None => Told::All(Box::new(cluster)),
        })
    }
}

impl Cluster {
    const fn new(head: Status) -> Self {
        Self {
            head,
            nodes: Vec::new(),
            channels: Vec::new(),
            partitions: Vec::new(),
        }
    }

    /// Takes the next record. One that belongs to nothing told before says nothing.
    fn take(&mut self, record: StatusRecord) {
        let partition = self.partitions.last_mut();
        match record {
            StatusRecord::Controller(_) => {}
            StatusRecord::Node(node) => self.nodes.push(node),
            StatusRecord::Channel(channel) => self.channels.push(channel),
            StatusRecord::Partition(status) => self.partitions.push(Partition {
                status,
                replicas: Vec::new(),
            }),
            StatusRecord::Replica(told) => {
                if let Some(partition) = partition {
                    partition.replicas.push(Replica {
                        node: told.node,
                        is_alive: told.is_alive,
                        positions: Vec::new(),
                    });
                }
            }
            StatusRecord::Position(position) => {
                if let Some(replica) = partition.and_then(|one| one.replicas.last_mut()) {
                    replica.positions.push(position);
                }
            }
        }
    }

    /// What a node of this run is called.
    #[must_use]
    pub fn name_in(&self, run: Run, node: NodeId) -> Option<String> {
        // The same number is another machine's in another run.
        let mut told = self.nodes.iter().filter(|_| self.head.run == run);
        let told = told.rfind(|told| told.node == node);
        told.map(|told| told.name.to_string())
    }

    /// How many messages a replica is behind what was published, in the channel in which it is furthest
    /// behind; `None` where numbers have begun anew, and say nothing.
    #[must_use]
    pub fn behind(&self, replica: &Replica) -> Option<u32> {
        let mut behind = replica.positions.iter().map(|at| {
            let mut channels = self.channels.iter();
            let published = channels.find(|told| told.channel == at.channel)?;
            distance(at.position, published.position)
        });
        behind.try_fold(0, |most, one| Some(most.max(one?)))
    }
}

/// How many numbers there are from one position to a later one.
fn distance(from: Position, to: Position) -> Option<u32> {
    if from >= to {
        return Some(0);
    }
    let numbers = to.seq_num.raw().saturating_sub(from.seq_num.raw());
    (from.numbering == to.numbering).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{ChannelId, Numbering, SeqNum};
    use oxberry_proto::status::{NodeState, ReplicaStatus, RunPhase};
    use oxberry_proto::{Libzmq, NodeName, RecordsWriter};

    use super::*;

    const RUN: Run = Run {
        identity: 7,
        generation: 1,
    };

    fn at(number: u32) -> Position {
        Position {
            numbering: Numbering::from_raw(1),
            seq_num: SeqNum::from_raw(number),
        }
    }

    fn node(number: u16, name: &str) -> StatusRecord {
        StatusRecord::Node(NodeStatus {
            node: NodeId::from_raw(number),
            name: NodeName::try_from(name).unwrap(),
            state: NodeState::Ready,
            heard_ms: 1,
            max_orders: 2,
            max_symbols: 3,
            libzmq: Libzmq::default(),
            beat: None,
        })
    }

    fn answer(
        schema: u64,
        run: Run,
        next: Option<StatusFrom>,
        records: &[StatusRecord],
    ) -> Vec<u8> {
        let mut writer = RecordsWriter::<_, Status>::new(vec![0; 1_400]);
        for record in records {
            writer.push(record).unwrap();
        }
        let head = Status {
            schema,
            run,
            phase: RunPhase::Running,
            phase_ms: 5,
            nodes: 2,
            replicas: 2,
            partitions: 1,
            channels: 1,
            symbols: 3,
            libzmq: Libzmq::default(),
            next,
            records: 0,
        };
        writer.finish(&[], head).unwrap().to_vec()
    }

    fn whole(telling: &mut Telling, message: &[u8]) -> Cluster {
        match telling.handle_answer(message).unwrap() {
            Told::All(cluster) => *cluster,
            Told::Part(from) => panic!("the rest is from {from:?}"),
        }
    }

    #[test]
    fn answers_are_put_together_and_replicas_are_under_their_partitions() {
        let mut telling = Telling::default();
        let next = StatusFrom::Node(NodeId::from_raw(1));
        let first = answer(SCHEMA_FINGERPRINT, RUN, Some(next), &[node(0, "pi-a")]);
        let told = telling.handle_answer(&first).unwrap();
        assert!(matches!(told, Told::Part(from) if from == next), "{told:?}");
        let channel = ChannelId::from_raw(1);
        let replica = |number| {
            StatusRecord::Replica(ReplicaStatus {
                node: NodeId::from_raw(number),
                is_alive: number == 0,
            })
        };
        let position = |number| {
            let position = at(number);
            StatusRecord::Position(ChannelPosition { channel, position })
        };
        let rest = [
            node(1, "pi-b"),
            StatusRecord::Channel(ChannelStatus {
                channel,
                position: at(100),
                ended: false,
                packets: 0,
                events: 0,
                losses: 0,
                lost_messages: 0,
            }),
            StatusRecord::Partition(PartitionStatus {
                partition: oxberry_proto::Partition::from_raw(0),
                symbols: 3,
            }),
            replica(0),
            position(100),
            replica(1),
            position(58),
        ];
        let cluster = whole(&mut telling, &answer(SCHEMA_FINGERPRINT, RUN, None, &rest));
        let name = |run, number| cluster.name_in(run, NodeId::from_raw(number));
        assert_eq!(name(RUN, 0).as_deref(), Some("pi-a"));
        assert_eq!(name(RUN, 1).as_deref(), Some("pi-b"));
        assert_eq!(name(RUN, 2), None);
        let another = Run { identity: 8, ..RUN };
        assert_eq!(name(another, 0), None, "a number is of one run");
        let replicas = &cluster.partitions[0].replicas;
        let behind: Vec<_> = replicas.iter().map(|one| cluster.behind(one)).collect();
        assert_eq!(behind, [Some(0), Some(42)]);
    }

    #[test]
    fn a_run_that_begins_between_two_answers_is_told_from_the_start() {
        let mut telling = Telling::default();
        let next = Some(StatusFrom::Node(NodeId::from_raw(1)));
        let first = answer(SCHEMA_FINGERPRINT, RUN, next, &[node(0, "old")]);
        telling.handle_answer(&first).unwrap();
        let another = Run {
            generation: 2,
            ..RUN
        };
        let rest = answer(SCHEMA_FINGERPRINT, another, None, &[node(1, "new")]);
        let told = telling.handle_answer(&rest).unwrap();
        assert!(matches!(told, Told::Part(StatusFrom::Start)), "{told:?}");
        let again = answer(SCHEMA_FINGERPRINT, another, None, &[node(0, "new")]);
        let cluster = whole(&mut telling, &again);
        assert_eq!(cluster.nodes.len(), 1, "nothing of the old run is left");
    }

    #[test]
    fn what_was_never_told_to_its_end_is_not_there_when_it_is_told_again() {
        let mut telling = Telling::default();
        let next = Some(StatusFrom::Node(NodeId::from_raw(1)));
        let first = answer(SCHEMA_FINGERPRINT, RUN, next, &[node(0, "pi-a")]);
        telling.handle_answer(&first).unwrap();
        telling.begin();
        let again = answer(SCHEMA_FINGERPRINT, RUN, None, &[node(0, "pi-a")]);
        assert_eq!(whole(&mut telling, &again).nodes.len(), 1);
    }

    #[test]
    fn a_broken_answer_is_an_error_and_no_panic() {
        let good = answer(SCHEMA_FINGERPRINT, RUN, None, &[node(0, "pi-a")]);
        for len in 0..good.len() {
            let part = &good[..len];
            assert!(Telling::default().handle_answer(part).is_err(), "{len}");
        }
        let of_another = answer(17, RUN, None, &[]);
        assert!(Telling::default().handle_answer(&of_another).is_err());
        let alone = [StatusRecord::Position(ChannelPosition {
            channel: ChannelId::from_raw(1),
            position: at(1),
        })];
        let odd = answer(SCHEMA_FINGERPRINT, RUN, None, &alone);
        assert!(whole(&mut Telling::default(), &odd).partitions.is_empty());
    }
}

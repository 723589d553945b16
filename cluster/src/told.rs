//! The cluster as its controller tells it: who is there, who holds what, and how well it is.
//!
//! Whoever wants to know asks the controller, a part in each answer, until all is told; what comes of it is
//! always one whole answer, of one run.

use core::fmt;

use oxberry_core::units::{ChannelId, Position};
use oxberry_proto::status::{
    ChannelPosition, ChannelStatus, ControllerStatus, NodeState, NodeStatus, PartitionStatus,
    RunPhase, Status, StatusFrom, StatusRecord, TrustTotals,
};
use oxberry_proto::{Answer, NodeId, ProtoError, Run, SCHEMA_FINGERPRINT};

/// All that the controller told.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The whole.
    pub head: Status,
    /// What the controller counted.
    pub counters: ControllerStatus,
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
pub struct Telling {
    part: Option<Cluster>,
}

/// What follows from an answer.
#[derive(Debug)]
pub enum Told {
    /// That was all.
    All(Box<Cluster>),
    /// The rest is to be asked for from there.
    Part(StatusFrom),
}

/// Why an answer says nothing of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TellingError {
    /// It cannot be read.
    Unreadable(ProtoError),
    /// It answers something else, or is of a program of another version.
    Another,
    /// A record in it belongs to a partition or replica that was not told.
    Orphan,
}

impl fmt::Display for TellingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Another => f.write_str(
                "the controller is of another version than this program: install the same release on all machines",
            ),
            Self::Orphan => f.write_str("a record belongs to a partition or replica that was not told"),
        }
    }
}

impl core::error::Error for TellingError {}

impl From<ProtoError> for TellingError {
    fn from(error: ProtoError) -> Self {
        Self::Unreadable(error)
    }
}

impl Telling {
    /// It is asked for from the start: what was told of it before is nothing.
    pub fn begin(&mut self) {
        self.part = None;
    }

    /// Takes an answer.
    ///
    /// # Errors
    ///
    /// When it is not one about the cluster, or of a program of another version, or cannot be read. What
    /// was told before it is nothing then.
    pub fn handle_answer(&mut self, message: &[u8]) -> Result<Told, TellingError> {
        let part = self.part.take();
        let (head, records) = match Answer::decode(message)? {
            Answer::Status(head, records) if head.schema == SCHEMA_FINGERPRINT => (head, records),
            Answer::Status(..)
            | Answer::SetupVisual(..)
            | Answer::DepthAsked(_)
            | Answer::Refused(_) => return Err(TellingError::Another),
        };
        let is_first = part.is_none();
        let mut cluster = part.unwrap_or_else(|| Cluster::new(head));
        if !is_first && cluster.head.run != head.run {
            // Another run has begun since, with other nodes.
            return Ok(Told::Part(StatusFrom::Start));
        }
        for record in records {
            cluster.take(record?)?;
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
    /// Of which only the whole is known.
    #[must_use]
    pub fn new(head: Status) -> Self {
        Self {
            head,
            counters: ControllerStatus::default(),
            nodes: Vec::new(),
            channels: Vec::new(),
            partitions: Vec::new(),
        }
    }

    /// Takes the next record.
    fn take(&mut self, record: StatusRecord) -> Result<(), TellingError> {
        let partition = self.partitions.last_mut().ok_or(TellingError::Orphan);
        match record {
            StatusRecord::Controller(counters) => self.counters = counters,
            StatusRecord::Node(node) => self.nodes.push(node),
            StatusRecord::Channel(channel) => self.channels.push(channel),
            StatusRecord::Partition(status) => self.partitions.push(Partition {
                status,
                replicas: Vec::new(),
            }),
            StatusRecord::Replica(told) => partition?.replicas.push(Replica {
                node: told.node,
                is_alive: told.is_alive,
                positions: Vec::new(),
            }),
            StatusRecord::Position(position) => {
                let replica = partition?.replicas.last_mut();
                replica
                    .ok_or(TellingError::Orphan)?
                    .positions
                    .push(position);
            }
        }
        Ok(())
    }

    /// What a node of this run is called.
    #[must_use]
    pub fn name_in(&self, run: Run, node: NodeId) -> Option<String> {
        // The same number is another machine's in another run.
        let mut told = self.nodes.iter().filter(|_| self.head.run == run);
        let told = told.rfind(|told| told.node == node);
        told.map(|told| told.name.to_string())
    }

    /// The name of a node, or its number if it was not told.
    #[must_use]
    pub fn name(&self, node: NodeId) -> String {
        let name = self.name_in(self.head.run, node);
        name.unwrap_or_else(|| node.to_string())
    }

    /// How many numbers a replica is behind what was published of the channel; `None` in another
    /// numbering, where numbers say nothing.
    #[must_use]
    pub fn lag(&self, at: &ChannelPosition) -> Option<u32> {
        let published = self.published(at.channel)?;
        if at.position >= published {
            // What is published is left now and then; a replica may be ahead of that.
            return Some(0);
        }
        let numbers = published
            .seq_num
            .raw()
            .saturating_sub(at.position.seq_num.raw());
        (at.position.numbering == published.numbering).then_some(numbers)
    }

    /// How many numbers a replica is behind in the channel in which it is furthest behind; `None` where
    /// numbers have begun anew, and say nothing.
    #[must_use]
    pub fn worst_lag(&self, replica: &Replica) -> Option<u32> {
        let mut lags = replica.positions.iter().map(|at| self.lag(at));
        lags.try_fold(0, |worst, lag| Some(worst.max(lag?)))
    }

    /// Whether the feed is being played.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.head.phase == RunPhase::Running
    }

    /// Whether every partition is on as many living nodes as it should be, and every book live on each.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole_but_for(0)
    }

    /// The same but for so many books, each replica counted, which may be in doubt for another reason.
    #[must_use]
    pub fn is_whole_but_for(&self, doubtful: u32) -> bool {
        let replicas = self.head.replicas.min(self.head.nodes);
        let is_held = |partition: &Partition| {
            let living = partition.replicas.iter().filter(|replica| replica.is_alive);
            living.count() >= usize::from(replicas)
        };
        // A node that has just come has not told of all its books yet.
        let books = u32::from(self.head.symbols) * u32::from(replicas);
        let trust = self.trust();
        self.partitions.iter().all(is_held)
            && trust.not_live() <= doubtful
            && trust.live.saturating_add(doubtful) >= books
    }

    /// The books of all nodes that are not dead, by how far they can be trusted: each replica counts.
    #[must_use]
    pub fn trust(&self) -> TrustTotals {
        let is_dead =
            |node: &&NodeStatus| matches!(node.state, NodeState::Dead | NodeState::Replaced);
        let living = self.nodes.iter().filter(|node| !is_dead(node));
        let beats = living.filter_map(|node| node.beat);
        beats.fold(TrustTotals::default(), |all, beat| all.plus(beat.trust))
    }

    fn published(&self, channel: ChannelId) -> Option<Position> {
        let told = self.channels.iter().find(|told| told.channel == channel);
        told.map(|told| told.position)
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{Numbering, SeqNum};
    use oxberry_proto::status::ReplicaStatus;
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
        let behind: Vec<_> = replicas.iter().map(|one| cluster.worst_lag(one)).collect();
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
    fn a_lag_is_the_numbers_between_and_nothing_between_numberings() {
        let at = |channel, numbering, number| ChannelPosition {
            channel: ChannelId::from_raw(channel),
            position: Position {
                numbering: Numbering::from_raw(numbering),
                seq_num: SeqNum::from_raw(number),
            },
        };
        let published = |at: ChannelPosition| {
            StatusRecord::Channel(ChannelStatus {
                channel: at.channel,
                position: at.position,
                ended: false,
                packets: 0,
                events: 0,
                losses: 0,
                lost_messages: 0,
            })
        };
        let channels = [published(at(1, 5, 100)), published(at(2, 7, 3))];
        let cluster = whole(
            &mut Telling::default(),
            &answer(SCHEMA_FINGERPRINT, RUN, None, &channels),
        );
        assert_eq!(cluster.lag(&at(1, 5, 90)), Some(10));
        assert_eq!(cluster.lag(&at(1, 5, 120)), Some(0));
        assert_eq!(cluster.lag(&at(1, 6, 1)), Some(0));
        assert_eq!(cluster.lag(&at(2, 6, 90)), None);
        assert_eq!(cluster.lag(&at(9, 5, 1)), None);
        let replica = |positions: &[ChannelPosition]| Replica {
            node: NodeId::from_raw(0),
            is_alive: true,
            positions: positions.to_vec(),
        };
        let worst = |positions: &[ChannelPosition]| cluster.worst_lag(&replica(positions));
        assert_eq!(worst(&[at(1, 5, 90), at(2, 7, 1)]), Some(10));
        assert_eq!(worst(&[at(1, 5, 90), at(2, 6, 1)]), None);
    }

    #[test]
    fn a_broken_answer_is_an_error_and_no_panic() {
        let good = answer(SCHEMA_FINGERPRINT, RUN, None, &[node(0, "pi-a")]);
        for len in 0..good.len() {
            let part = &good[..len];
            assert!(Telling::default().handle_answer(part).is_err(), "{len}");
        }
        let of_another = answer(17, RUN, None, &[]);
        let error = Telling::default().handle_answer(&of_another).unwrap_err();
        assert_eq!(error, TellingError::Another);
        let position = StatusRecord::Position(ChannelPosition {
            channel: ChannelId::from_raw(1),
            position: at(1),
        });
        let replica = StatusRecord::Replica(ReplicaStatus {
            node: NodeId::from_raw(0),
            is_alive: true,
        });
        for alone in [position, replica] {
            let odd = answer(SCHEMA_FINGERPRINT, RUN, None, &[alone]);
            let error = Telling::default().handle_answer(&odd).unwrap_err();
            assert_eq!(error, TellingError::Orphan);
        }
    }
}

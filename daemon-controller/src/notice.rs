//! What the controller says while it works: for a person's log, or line by line for a program.

use core::fmt;

use oxberry_cluster::controller::{Outcome, PartitionOutcome, RebuildReport, Report};
use oxberry_proto::start::RefusedReason;
use oxberry_proto::{Partition, Run};
use serde::{Deserialize, Serialize};

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The sockets are bound.
    Listening {
        /// Where Pis subscribe.
        data: String,
        /// Where Pis say Hello and acknowledge.
        control: String,
        /// Where the visualisation asks for the symbols.
        setup: String,
        /// Where metrics are served, if anywhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        metrics: Option<String>,
    },
    /// Something a person should know.
    Info {
        /// The words.
        text: String,
    },
    /// Something odd, after which the work goes on.
    Warning {
        /// The words.
        text: String,
    },
    /// All Pis are ready and the feed starts.
    Started,
    /// One partition at the end.
    Partition(PartitionEnd),
    /// The run is over.
    Done {
        /// Whether every partition is good.
        good: bool,
    },
}

/// One partition at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionEnd {
    /// Its number.
    pub partition: u16,
    /// Whether a replica lived, and no book that is live on two of them differs.
    pub good: bool,
    /// Symbols whose books differ although they are live on several replicas.
    pub different: Vec<u32>,
    /// Its replicas.
    pub replicas: Vec<Replica>,
}

/// One replica of a partition at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// The node.
    pub node: String,
    /// The digest of its books, 16 hexadecimal digits.
    pub digest: String,
    /// How many symbols they are.
    pub symbols: u32,
    /// Symbols that are not live.
    pub not_live: u32,
}

impl Notice {
    /// Words for a person, as nothing to worry about.
    pub fn info(text: impl Into<String>) -> Self {
        Self::Info { text: text.into() }
    }

    /// Words for a person, as something to look at.
    pub fn warning(text: impl fmt::Display) -> Self {
        Self::Warning {
            text: text.to_string(),
        }
    }

    /// Whether somebody should look at it.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Warning { .. }
                | Self::Partition(PartitionEnd { good: false, .. })
                | Self::Done { good: false }
        )
    }

    /// The end of a run, a notice a partition.
    pub fn of_outcome(outcome: &Outcome) -> impl Iterator<Item = Self> + '_ {
        let done = Self::Done {
            good: outcome.is_good(),
        };
        let missing = (!outcome.missing.is_empty()).then(|| {
            Self::warning(format_args!(
                "{} did not say that all they had told was taken",
                listed(&outcome.missing)
            ))
        });
        let partitions = outcome.partitions.iter().map(PartitionEnd::from);
        let partitions = partitions.map(Self::Partition);
        partitions.chain(missing).chain([done])
    }
}

impl From<&PartitionOutcome> for PartitionEnd {
    fn from(outcome: &PartitionOutcome) -> Self {
        let replicas = outcome.replicas.iter().map(|replica| Replica {
            node: replica.node.clone(),
            digest: format!("{:016x}", replica.digest),
            symbols: replica.symbols,
            not_live: replica.not_live,
        });
        Self {
            partition: outcome.partition.raw(),
            good: outcome.is_good(),
            different: outcome
                .different
                .iter()
                .map(|symbol| symbol.raw())
                .collect(),
            replicas: replicas.collect(),
        }
    }
}

impl From<Report> for Notice {
    // A table: what a person is told of each.
    fn from(report: Report) -> Self {
        match report {
            Report::AwaitingVisual => {
                Self::info("waiting for the visualisation to ask for the symbols")
            }
            Report::AwaitingNodes { present, expected } => Self::info(format!(
                "waiting for {} of {expected} Pis; here: {}",
                expected.saturating_sub(present.len()),
                listed(&present)
            )),
            Report::AwaitingReady { missing } => Self::warning(format!(
                "waiting for Pis to hear their partitions: {}",
                listed(&missing)
            )),
            Report::Joined { name } => Self::info(format!("{name} joined")),
            Report::JoinedLate { name, former } => joined_late(&name, &former),
            Report::Takes { name, partition } => Self::info(format!(
                "{name} takes partition {partition}, which has had too few replicas for too long"
            )),
            Report::HasNoRoom { name, partition } => Self::warning(format!(
                "{name} has no room for the symbols of partition {partition}, which it was to take"
            )),
            Report::NobodyTakes { partitions } => nobody_takes(&partitions),
            Report::Fenced { name } => Self::info(format!(
                "{name} was taken for dead and speaks again: it empties its books and joins anew"
            )),
            Report::StartedAgain { name, orphaned } => started_again(&name, &orphaned),
            Report::Refused { name, reason } if reason.passes() => {
                Self::info(format!("{name} waits: {}", why(reason)))
            }
            Report::Refused { name, reason } => {
                Self::warning(format!("{name} was sent away: {}", why(reason)))
            }
            Report::Started {
                run,
                nodes,
                partitions,
            } => Self::info(format!(
                "{nodes} Pis hold {partitions} partitions; the feed starts, run {run}"
            )),
            Report::GoesOn { run, nodes, absent } => goes_on(run, nodes, absent),
            Report::Found { name } => Self::info(format!("{name} is back, with its books")),
            Report::Died { name, orphaned } => died(&name, &orphaned),
            Report::Rebuild(report) => of_rebuild(report),
            Report::AwaitingDigests { missing } => Self::info(format!(
                "waiting for the last events of {}",
                listed(&missing)
            )),
            Report::AwaitingFarewell { missing } => Self::info(format!(
                "waiting until all that {} told is taken",
                listed(&missing)
            )),
            Report::UnderVoltage { name } => Self::warning(format!(
                "the supply of {name} is too weak: its firmware sees less than 4.63 V; use a supply made for \
                 it and a short cable, since it may stop at any time"
            )),
            Report::Slowed { name, millicelsius } => slowed(&name, millicelsius),
            Report::OutOfPlace { from, kind } => Self::warning(format!(
                "{kind:?} from {from} makes no sense where it comes and was left out"
            )),
            Report::BadMessage { from, error } => {
                Self::warning(format!("a message from {from} was left out: {error}"))
            }
        }
    }
}

/// Another controller began the run.
fn goes_on(run: Run, nodes: usize, absent: usize) -> Notice {
    let others = match absent {
        0 => String::new(),
        absent => format!("; {absent} were not heard yet"),
    };
    Notice::info(format!(
        "{nodes} Pis are in the middle of run {run}, which goes on where they are{others}"
    ))
}

/// A node started again in the middle of a run.
fn started_again(name: &str, orphaned: &[Partition]) -> Notice {
    if orphaned.is_empty() {
        return Notice::info(format!(
            "{name} has started again; nobody waits for what it was before"
        ));
    }
    let lost = lost(orphaned);
    Notice::warning(format_args!("{name} has started again; {lost}"))
}

/// A node fell silent.
fn died(name: &str, orphaned: &[Partition]) -> Notice {
    let after = if orphaned.is_empty() {
        "its twins go on".into()
    } else {
        lost(orphaned)
    };
    Notice::warning(format_args!("{name} is silent and counts as dead; {after}"))
}

/// What it means that nobody holds these partitions any more.
fn lost(orphaned: &[Partition]) -> String {
    format!(
        "nobody else holds partitions {}: their symbols are not live any more, and the feed does not \
         wait for them",
        listed(orphaned)
    )
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening {
                data,
                control,
                setup,
                metrics,
            } => {
                write!(
                    f,
                    "listening: data {data}, control {control}, setup {setup}"
                )?;
                let metrics = metrics.as_deref();
                metrics.map_or(Ok(()), |metrics| {
                    write!(f, ", metrics http://{metrics}/metrics")
                })
            }
            Self::Info { text } | Self::Warning { text } => f.write_str(text),
            Self::Started => write!(f, "started"),
            Self::Partition(end) => end.fmt(f),
            Self::Done { good: true } => write!(f, "the end: all replicas are equal"),
            Self::Done { good: false } => write!(f, "the end: not all replicas are equal"),
        }
    }
}

impl fmt::Display for PartitionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            good,
            different,
            replicas,
        } = self;
        let symbols = replicas.iter().map(|one| one.symbols).max().unwrap_or(0);
        write!(f, "partition {partition:>3}  {symbols:>5} symbols")?;
        for replica in replicas {
            write!(f, "  {} {}", replica.node, replica.digest)?;
        }
        let equal = if replicas.len() > 1 {
            "equal"
        } else {
            "one replica"
        };
        match (*good, replicas.is_empty()) {
            (true, _) => write!(f, "  {equal}")?,
            (false, true) => write!(f, "  LOST: no replica lived to the end")?,
            (false, false) => write!(f, "  DIFFERENT: symbols {}", listed(different))?,
        }
        let not_live = replicas.iter().map(|one| one.not_live).max();
        match not_live {
            None | Some(0) => Ok(()),
            Some(not_live) => write!(f, ", {not_live} symbols not live"),
        }
    }
}

/// What happens to books that are made out of the feed.
fn of_rebuild(report: RebuildReport) -> Notice {
    match report {
        RebuildReport::Begun { partition, symbols } => Notice::info(format!(
            "no replica has the books of {symbols} symbols of partition {partition} or trusts \
                 them: the feed is read again"
        )),
        RebuildReport::UnderWay { partition, packets } => Notice::info(format!(
            "the feed is still being read again for partition {partition}: {packets} packets"
        )),
        RebuildReport::Done {
            partition,
            books,
            not_live,
        } => rebuilt(partition, books, not_live),
        RebuildReport::Abandoned { partition } => Notice::info(format!(
            "the feed is not read any further for partition {partition}: nobody waits for it"
        )),
        RebuildReport::Failed { partition, why } => Notice::warning(format!(
            "partition {partition} has books that no replica trusts, and the feed cannot be \
                 read again: {why}; they stay stale until the venue clears or refreshes them"
        )),
    }
}

/// What came of reading the feed again.
fn rebuilt(partition: Partition, books: u64, not_live: u64) -> Notice {
    let not_live = if not_live == 0 {
        String::new()
    } else {
        format!("; {not_live} times one was not live by the feed either, or too large")
    };
    Notice::info(format!(
        "{books} books of partition {partition} were made out of the feed{not_live}"
    ))
}

/// Partitions have too few replicas, and there is nobody who could take them.
fn nobody_takes(partitions: &[Partition]) -> Notice {
    let partitions: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    Notice::warning(format_args!(
        "partitions {} have too few replicas, and no other Pi is there that has room for them; start \
         another one",
        partitions.join(", ")
    ))
}

/// A node has joined while the feed runs.
fn joined_late(name: &str, former: &str) -> Notice {
    let place = if name == former {
        "its place again".into()
    } else {
        format!("the place of {former}")
    };
    Notice::info(format!(
        "{name} joined while the feed runs and has {place}: its books are stale at first"
    ))
}

/// The firmware of a node slows its processor.
fn slowed(name: &str, millicelsius: Option<i32>) -> Notice {
    let heat = millicelsius.map(|heat| format!(" at {} °C", heat / 1_000));
    Notice::warning(format_args!(
        "the firmware of {name} slows its processor{}: cool it, or give it a stronger supply",
        heat.unwrap_or_default()
    ))
}

/// Why a Pi was sent away, and what to do.
fn why(reason: RefusedReason) -> String {
    match reason {
        RefusedReason::Schema { .. } => {
            "it speaks another version; install the same release on all machines".into()
        }
        RefusedReason::NameTaken => {
            "another machine of this name is there and speaks; give each its own".into()
        }
        RefusedReason::Full => {
            "all Pis that are expected are there; it gets the place of one that dies".into()
        }
        RefusedReason::NextRun => "the feed has ended; it takes part in the next run".into(),
        RefusedReason::TooSmall { symbols } => {
            format!("it would get {symbols} symbols; start it with --symbols {symbols} or more")
        }
    }
}

fn listed(names: &[impl fmt::Display]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Notice, PartitionEnd, Replica};

    #[test]
    fn programs_read_the_same_lines_in_every_version() {
        let replica = |node: &str, not_live| Replica {
            node: node.into(),
            digest: "00000000000000ff".into(),
            symbols: 25,
            not_live,
        };
        let lines = [
            (
                Notice::Listening {
                    data: "tcp://127.0.0.1:1".into(),
                    control: "tcp://127.0.0.1:2".into(),
                    setup: "tcp://127.0.0.1:3".into(),
                    metrics: None,
                },
                r#"{"notice":"listening","data":"tcp://127.0.0.1:1","control":"tcp://127.0.0.1:2","setup":"tcp://127.0.0.1:3"}"#,
            ),
            (
                Notice::Listening {
                    data: "tcp://127.0.0.1:1".into(),
                    control: "tcp://127.0.0.1:2".into(),
                    setup: "tcp://127.0.0.1:3".into(),
                    metrics: Some("127.0.0.1:4".into()),
                },
                r#"{"notice":"listening","data":"tcp://127.0.0.1:1","control":"tcp://127.0.0.1:2","setup":"tcp://127.0.0.1:3","metrics":"127.0.0.1:4"}"#,
            ),
            (Notice::info("words"), r#"{"notice":"info","text":"words"}"#),
            (
                Notice::warning("a \"word\""),
                r#"{"notice":"warning","text":"a \"word\""}"#,
            ),
            (Notice::Started, r#"{"notice":"started"}"#),
            (
                Notice::Partition(PartitionEnd {
                    partition: 3,
                    good: false,
                    different: vec![9, 9_280],
                    replicas: vec![replica("pi-1", 0), replica("pi-2", 1)],
                }),
                r#"{"notice":"partition","partition":3,"good":false,"different":[9,9280],"replicas":[{"node":"pi-1","digest":"00000000000000ff","symbols":25,"not_live":0},{"node":"pi-2","digest":"00000000000000ff","symbols":25,"not_live":1}]}"#,
            ),
            (
                Notice::Done { good: true },
                r#"{"notice":"done","good":true}"#,
            ),
        ];
        for (notice, line) in lines {
            assert_eq!(serde_json::to_string(&notice).unwrap(), line);
            assert_eq!(serde_json::from_str::<Notice>(line).unwrap(), notice);
        }
    }
}

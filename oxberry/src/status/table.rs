//! A cluster for a person, on a terminal of 80 columns.

use std::fmt;
use std::time::Duration;

use oxberry_cluster::told::{Cluster, Partition};
use oxberry_net::Endpoint;
use oxberry_pi::Mebibytes;
use oxberry_proto::Health;
use oxberry_proto::status::{ChannelStatus, ControllerStatus, NodeStatus, RunPhase};

/// Columns that all keep to.
const COLUMNS: usize = 80;

/// Letters of a name; the rest of a longer one is left out.
const NAME: usize = 16;

/// What stands where nothing is known.
const UNKNOWN: &str = "-";

/// A cluster as tables.
pub(super) struct Table<'a> {
    /// Who told it.
    pub(super) controller: Endpoint,
    pub(super) cluster: &'a Cluster,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            controller,
            cluster,
        } = self;
        whole(*controller, cluster, f)?;
        if !cluster.nodes.is_empty() {
            nodes(cluster, f)?;
        }
        if !cluster.channels.is_empty() {
            channels(&cluster.channels, f)?;
        }
        if cluster
            .partitions
            .iter()
            .any(|one| !one.replicas.is_empty())
        {
            partitions(cluster, f)?;
        }
        Ok(())
    }
}

fn whole(controller: Endpoint, cluster: &Cluster, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Cluster { head, counters, .. } = cluster;
    let curve = if head.libzmq.has_curve {
        "CURVE"
    } else {
        "no CURVE"
    };
    writeln!(
        f,
        "controller  {controller}, libzmq {} ({curve})",
        head.libzmq
    )?;
    let since = for_a_person(head.phase_ms);
    writeln!(
        f,
        "run         {}, {} for {since}",
        head.run,
        word_of_phase(head.phase)
    )?;
    writeln!(
        f,
        "market      {} symbols in {} partitions, each on {} of {} nodes",
        head.symbols, head.partitions, head.replicas, head.nodes
    )?;
    let trust = cluster.trust();
    writeln!(
        f,
        "books       {} live, {} recovering, {} partial, {} stale; every replica counts",
        trust.live, trust.recovering, trust.partial, trust.stale
    )?;
    moves(counters, f)?;
    let left_out = [
        (counters.out_of_place, "out of place"),
        (counters.foreign, "of other runs or strangers"),
        (counters.bad_messages, "unreadable"),
        (counters.vain_wishes, "for absent nodes"),
        (counters.refused, "from nodes that were sent away"),
    ];
    let told: Vec<_> = left_out
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !told.is_empty() {
        writeln!(f, "left out    messages: {}", told.join(", "))?;
    }
    Ok(())
}

/// Who came and went.
fn moves(counters: &ControllerStatus, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if counters.joined_late + counters.fenced > 0 {
        writeln!(
            f,
            "came late   {} nodes joined in the run, {} spoke after they counted as dead",
            counters.joined_late, counters.fenced
        )?;
    }
    if counters.takes > 0 {
        writeln!(
            f,
            "moved       {} partitions to other nodes, in the place of dead ones",
            counters.takes
        )?;
    }
    Ok(())
}

fn nodes(cluster: &Cluster, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\n{:<NAME$} {:<8} {:>8} {:>13} {:>8} {:>8} {:>6}  POWER",
        "NODE", "STATE", "HEARD", "ORDERS", "NOT LIVE", "MEMORY", "TEMP"
    )?;
    for node in &cluster.nodes {
        let health = node.beat.map(|beat| beat.health).unwrap_or_default();
        let not_live = node.beat.map(|beat| beat.trust.not_live());
        writeln!(
            f,
            "{:<NAME$} {:<8} {:>8} {:>13} {:>8} {:>8} {:>6}  {}",
            cut(&node.name),
            node.state.word(),
            for_a_person(node.heard_ms),
            orders(node),
            not_live.map_or_else(|| UNKNOWN.into(), |count| count.to_string()),
            health
                .resident_bytes
                .map_or_else(|| UNKNOWN.into(), |bytes| Mebibytes(bytes).to_string()),
            health.millicelsius.map_or_else(|| UNKNOWN.into(), celsius),
            power(&health),
        )?;
    }
    let others = cluster
        .nodes
        .iter()
        .filter(|node| node.libzmq != cluster.head.libzmq);
    for node in others {
        let curve = if node.libzmq.has_curve {
            "CURVE"
        } else {
            "no CURVE"
        };
        writeln!(
            f,
            "{} has libzmq {} ({curve})",
            cut(&node.name),
            node.libzmq
        )?;
    }
    Ok(())
}

fn channels(channels: &[ChannelStatus], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\n{:<8} {:>12} {:>12} {:>14} {:>8} {:>12}  STATE",
        "CHANNEL", "POSITION", "PACKETS", "EVENTS", "LOSSES", "MESSAGES"
    )?;
    for channel in channels {
        let state = if channel.ended { "ended" } else { "open" };
        writeln!(
            f,
            "{:<8} {:>12} {:>12} {:>14} {:>8} {:>12}  {state}",
            channel.channel.raw(),
            channel.position.seq_num.raw(),
            channel.packets,
            channel.events,
            channel.losses,
            channel.lost_messages,
        )?;
    }
    Ok(())
}

fn partitions(cluster: &Cluster, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\n{:<9} {:>7}  REPLICAS AND THEIR LAG",
        "PARTITION", "SYMBOLS"
    )?;
    for partition in &cluster.partitions {
        let number = partition.status.partition.raw();
        let head = format!("{number:<9} {:>7} ", partition.status.symbols);
        let mut line = head.clone();
        for replica in replicas(cluster, partition) {
            if line.len() + 1 + replica.chars().count() > COLUMNS && line.len() > head.len() {
                writeln!(f, "{line}")?;
                line = " ".repeat(head.len());
            }
            line += " ";
            line += &replica;
        }
        writeln!(f, "{line}")?;
    }
    Ok(())
}

/// Who holds a partition, and how far each is behind.
fn replicas(cluster: &Cluster, partition: &Partition) -> Vec<String> {
    if partition.replicas.is_empty() {
        return vec!["nobody yet".into()];
    }
    let told = partition.replicas.iter().map(|replica| {
        let name = cluster.name(replica.node);
        let name = cut(&name);
        if !replica.is_alive {
            return format!("{name} DEAD");
        }
        let lag = cluster.worst_lag(replica);
        lag.map_or_else(
            || format!("{name} in an old numbering"),
            |lag| format!("{name} {lag}"),
        )
    });
    let mut told: Vec<_> = told.collect();
    let last = told.len() - 1;
    for one in told.iter_mut().take(last) {
        one.push(',');
    }
    told
}

const fn word_of_phase(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::AwaitingPage => "waiting for the page",
        RunPhase::AwaitingNodes => "waiting for nodes",
        RunPhase::AwaitingReady => "waiting for nodes to hear their partitions",
        RunPhase::Running => "running",
        RunPhase::AwaitingDigests => "the feed is over, waiting for last events",
        RunPhase::AwaitingFarewells => "ending",
        RunPhase::Over => "over",
    }
}

/// Orders that rest, and how much that is of what there can be.
fn orders(node: &NodeStatus) -> String {
    let Some(beat) = node.beat else {
        return UNKNOWN.into();
    };
    let part = u64::from(beat.orders) * 100 / u64::from(node.max_orders.max(1));
    format!("{} {part:>3}%", beat.orders)
}

/// What the machine says of its supply and of what its firmware does because of it.
fn power(health: &Health) -> &'static str {
    match (health.is_under_voltage(), health.is_slowed()) {
        (Some(true), Some(true)) => "WEAK SLOW",
        (Some(true), _) => "WEAK",
        (_, Some(true)) => "SLOW",
        (None, None) => UNKNOWN,
        _ => "ok",
    }
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.into();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

fn celsius(thousandths: i32) -> String {
    format!("{} °C", thousandths / 1_000)
}

/// A time in its two largest units.
fn for_a_person(milliseconds: u64) -> String {
    let seconds = Duration::from_millis(milliseconds).as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..10 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{days}d {:02}h", hours % 24),
    }
}

//! A cluster as one JSON object, which docs/operations.md explains.

use oxberry_cluster::told::{Cluster, Partition, Replica};
use oxberry_core::units::Position;
use oxberry_net::Endpoint;
use oxberry_proto::status::{ChannelPosition, ChannelStatus, NodeBeat, NodeStatus, TrustTotals};
use oxberry_proto::{Health, Libzmq};
use serde_json::{Value, json};

/// All that a controller told.
pub(super) fn of(controller: Endpoint, cluster: &Cluster) -> Value {
    let Cluster {
        head,
        counters,
        nodes,
        channels,
        partitions,
    } = cluster;
    json!({
        "controller": controller.to_string(),
        "libzmq": libzmq(head.libzmq),
        "run": { "identity": head.run.identity, "generation": head.run.generation },
        "phase": head.phase.word(),
        "phase_ms": head.phase_ms,
        "expected_nodes": head.nodes,
        "replicas": head.replicas,
        "symbols": head.symbols,
        "trust": trust(cluster.trust()),
        "messages": {
            "out_of_place": counters.out_of_place,
            "foreign": counters.foreign,
            "bad": counters.bad_messages,
            "vain_wishes": counters.vain_wishes,
            "refused": counters.refused,
        },
        "joined_late": counters.joined_late,
        "takes": counters.takes,
        "fenced": counters.fenced,
        "nodes": nodes.iter().map(node).collect::<Vec<_>>(),
        "channels": channels.iter().map(channel).collect::<Vec<_>>(),
        "partitions": partitions.iter().map(|one| partition(cluster, one)).collect::<Vec<_>>(),
    })
}

fn libzmq(library: Libzmq) -> Value {
    json!({ "version": library.to_string(), "curve": library.has_curve })
}

fn node(node: &NodeStatus) -> Value {
    let NodeStatus {
        node,
        name,
        state,
        heard_ms,
        max_orders,
        max_symbols,
        libzmq: library,
        beat,
    } = node;
    json!({
        "name": name.as_str(),
        "number": node.raw(),
        "state": state.word(),
        "heard_ms_ago": heard_ms,
        "capacity": { "orders": max_orders, "symbols": max_symbols },
        "books": beat.as_ref().map(books),
        "machine": beat.map(|beat| machine(&beat.health)),
        "libzmq": libzmq(*library),
    })
}

fn books(beat: &NodeBeat) -> Value {
    let mut books = trust(beat.trust);
    if let Value::Object(books) = &mut books {
        books.insert("events".into(), beat.events.into());
        books.insert("orders".into(), beat.orders.into());
    }
    books
}

fn trust(totals: TrustTotals) -> Value {
    json!({
        "live": totals.live,
        "recovering": totals.recovering,
        "partial": totals.partial,
        "stale": totals.stale,
        "not_live": totals.not_live(),
    })
}

fn machine(health: &Health) -> Value {
    json!({
        "memory_bytes": health.resident_bytes,
        "temperature_millicelsius": health.millicelsius,
        "under_voltage": health.is_under_voltage(),
        "slowed": health.is_slowed(),
        "throttled_bits": health.throttling.map(|told| format!("{:#x}", told.raw())),
    })
}

fn channel(channel: &ChannelStatus) -> Value {
    let ChannelStatus {
        channel,
        position,
        ended,
        packets,
        events,
        losses,
        lost_messages,
    } = channel;
    let Position { numbering, seq_num } = position;
    json!({
        "channel": channel.raw(),
        "numbering": numbering.raw(),
        "position": seq_num.raw(),
        "ended": ended,
        "packets": packets,
        "events": events,
        "losses": losses,
        "lost_messages": lost_messages,
    })
}

fn partition(cluster: &Cluster, partition: &Partition) -> Value {
    let replicas = partition.replicas.iter().map(|one| replica(cluster, one));
    json!({
        "partition": partition.status.partition.raw(),
        "symbols": partition.status.symbols,
        "replicas": replicas.collect::<Vec<_>>(),
    })
}

fn replica(cluster: &Cluster, replica: &Replica) -> Value {
    let position = |at: &ChannelPosition| {
        json!({
            "channel": at.channel.raw(),
            "numbering": at.position.numbering.raw(),
            "position": at.position.seq_num.raw(),
            "lag": cluster.lag(at),
        })
    };
    json!({
        "node": cluster.name(replica.node),
        "number": replica.node.raw(),
        "alive": replica.is_alive,
        "lag": cluster.worst_lag(replica),
        "positions": replica.positions.iter().map(position).collect::<Vec<_>>(),
    })
}

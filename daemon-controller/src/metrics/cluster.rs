//! What the cluster is like, as the main thread sees it.

use oxberry_cluster::controller::{Census, Counters};
use oxberry_net::ProxyCounts;
use oxberry_net::metrics::{Metric, count};

/// Everything that is read of the main thread at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClusterReadings {
    pub(crate) turns: u64,
    /// Messages to Pis whose queue was full.
    pub(crate) dropped: u64,
    pub(crate) census: Census,
    pub(crate) counters: Counters,
    pub(crate) proxy: ProxyCounts,
}

/// One line of [`METRICS`].
const fn metric(
    name: &'static str,
    help: &'static str,
    read: fn(&ClusterReadings) -> u64,
) -> Metric<ClusterReadings> {
    Metric::new(name, help, read)
}

/// Nodes in a state, as [`METRICS`] has them.
const fn nodes(
    labels: &'static [(&'static str, &'static str)],
    read: fn(&ClusterReadings) -> u64,
) -> Metric<ClusterReadings> {
    Metric::new(
        "oxberry_controller_nodes",
        "Nodes by how far they are.",
        read,
    )
    .with(labels)
}

/// Messages that were not taken, as [`METRICS`] has them.
const fn not_taken(
    labels: &'static [(&'static str, &'static str)],
    read: fn(&ClusterReadings) -> u64,
) -> Metric<ClusterReadings> {
    let name = "oxberry_controller_messages_not_taken_total";
    Metric::new(name, "Messages that were not taken, by the reason.", read).with(labels)
}

/// All of them. docs/metrics.md has the same list, and a test compares.
#[rustfmt::skip]
pub(super) static METRICS: &[Metric<ClusterReadings>] = &[
    metric("oxberry_controller_loop_turns_total", "Turns of the main loop; it hangs when they stop.", |of| of.turns),
    metric("oxberry_controller_playing", "Whether the feed is being played.", |of| of.census.is_playing.into()),
    metric("oxberry_controller_nodes_expected", "Nodes that are waited for before the start.", |of| count(of.census.nodes_expected)),
    nodes(&[("state", "joined")], |of| count(of.census.joined)),
    nodes(&[("state", "assigned")], |of| count(of.census.assigned)),
    nodes(&[("state", "ready")], |of| count(of.census.ready)),
    nodes(&[("state", "done")], |of| count(of.census.done)),
    nodes(&[("state", "gone")], |of| count(of.census.gone)),
    nodes(&[("state", "dead")], |of| count(of.census.dead)),
    metric("oxberry_controller_nodes_joined_late_total", "Pis that joined while the feed ran, in the place of one that had died.", |of| of.counters.joined_late),
    metric("oxberry_controller_takes_total", "Partitions that a Pi was told to take, since they had too few replicas.", |of| of.counters.takes),
    metric("oxberry_controller_takes_refused_total", "Partitions that a Pi was told to take and had no room for.", |of| of.counters.takes_refused),
    metric("oxberry_controller_nodes_fenced_total", "Pis that spoke after they had been taken for dead, and were told to join anew.", |of| of.counters.fenced),
    metric("oxberry_controller_partitions", "Partitions that were assigned.", |of| count(of.census.partitions)),
    metric("oxberry_controller_partitions_orphaned", "Partitions that no living node holds.", |of| count(of.census.partitions_orphaned)),
    not_taken(&[("reason", "out_of_place")], |of| of.counters.out_of_place),
    not_taken(&[("reason", "foreign")], |of| of.counters.foreign),
    not_taken(&[("reason", "bad_message")], |of| of.counters.bad_messages),
    not_taken(&[("reason", "vain_wish")], |of| of.counters.vain_wishes),
    not_taken(&[("reason", "refused")], |of| of.counters.refused),
    metric("oxberry_controller_messages_dropped_total", "Messages to a node that were left out, since it had not read a thousand others.", |of| of.dropped),
    metric("oxberry_controller_snapshots_asked_total", "Wishes of a node for a book that were passed on.", |of| of.counters.snapshots_asked),
    metric("oxberry_controller_snapshot_bytes_total", "Bytes of books that were passed on from node to node.", |of| of.counters.snapshot_bytes),
    metric("oxberry_controller_books_rebuilt_total", "Books that no replica had and that were made out of the feed, read again.", |of| of.counters.books_rebuilt),
    metric("oxberry_controller_proxy_frames_total", "Frames passed on to those who subscribed.", |of| of.proxy.frames),
    metric("oxberry_controller_proxy_stalls_total", "Times that a frame had to wait for a full subscriber.", |of| of.proxy.stalls),
    metric("oxberry_controller_proxy_overruns_total", "Times that a frame was passed on without a full subscriber, which lost it.", |of| of.proxy.overruns),
];

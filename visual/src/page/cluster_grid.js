// The cluster as a table: a column for each Pi, a row for each partition, in each cell how far the replica is.

import { byName, nameOf } from "./node_names.js";

const whole = new Intl.NumberFormat("en-US");
const MEBI = 1024 * 1024;
const NOT_THERE = new Set(["dead", "replaced", "gone"]);

/** What is told of each Pi, from the top: `heading` and `text(node)`. */
const FACTS = [
  fact("Heard here", (node) => node.voice ?? "never"),
  fact("The controller says", (node) => node.state ?? "–"),
  fact("Orders", (node) => (node.orders === null ? "–" : `${whole.format(node.orders)} of ${whole.format(node.max_orders)}`)),
  fact("Books not live", (node) => number(node.books_not_live)),
  fact("Memory", (node) => (node.resident_bytes === null ? "–" : `${whole.format(Math.round(node.resident_bytes / MEBI))} MiB`)),
  fact("Temperature", (node) => (node.millicelsius === null ? "–" : `${(node.millicelsius / 1000).toFixed(1)} °C`)),
  fact("Slowed by heat or power", (node) => (node.is_slowed || node.is_under_voltage ? "yes" : node.is_slowed === false ? "no" : "–")),
  fact("Told first", (node) => whole.format(node.firsts)),
];

function fact(heading, text) {
  return { heading, text };
}

function number(of) {
  return of === null ? "–" : whole.format(of);
}

/**
 * The table of what `/api/v1/cluster` answers: `columns`, each with `name` and `isThere`, and `rows`, each
 * with `heading` and `cells`, which have `text` and `look` ("good", "doubt" or "gone").
 */
export function clusterTable(cluster) {
  // A Pi that came back has another number; of those that went only those that nobody replaced are told.
  const nodes = cluster.nodes.filter(({ state }) => state !== "replaced").sort(byName);
  const columns = nodes.map((node) => ({ name: nameOf(node), isThere: isThere(node) }));
  const facts = FACTS.map(({ heading, text }) => ({
    heading, cells: nodes.map((node) => ({ text: text(node), look: isThere(node) ? "good" : "gone" })),
  }));
  const partitions = cluster.partitions.map((partition) => ({
    heading: `Partition ${partition.partition}, ${whole.format(partition.symbols)} symbol${partition.symbols === 1 ? "" : "s"}`,
    cells: nodes.map((node) => replicaCell(partition, node)),
  }));
  return { columns, facts, partitions };
}

function isThere(node) {
  return !NOT_THERE.has(node.state) && (node.voice === "speaking" || node.voice === "ended");
}

function replicaCell({ replicas }, node) {
  const replica = replicas.find((each) => each.node === node.node);
  if (replica === undefined) return { text: "", look: "none" };
  if (!replica.is_alive) return { text: "gone", look: "gone" };
  if (replica.behind === null) return { text: "elsewhere in the feed", look: "doubt" };
  if (replica.behind === 0) return { text: "all of it", look: "good" };
  return { text: `${whole.format(replica.behind)} behind`, look: isThere(node) ? "good" : "doubt" };
}

/** What is to be known of the whole, in a sentence. */
export function clusterSentence(cluster) {
  if (cluster.told_ms_ago === null) return "The controller has told nothing of this run yet; this is what the dashboard hears.";
  const age = Math.round(cluster.told_ms_ago / 1000);
  return `${safety(cluster.partitions)}. Told by the controller ${age} s ago.`;
}

/** On how many Pis partitions are, where that is too few. */
function safety(partitions) {
  const living = partitions.map(({ replicas }) => replicas.filter((replica) => replica.is_alive).length);
  const on = (pis) => living.filter((each) => each === pis).length;
  const some = (count) => `${count} of ${partitions.length} ${count === 1 ? "is" : "are"}`;
  if (on(0) > 0) return `Of the partitions ${some(on(0))} on no Pi`;
  if (on(1) > 0) return `Of the partitions ${some(on(1))} on one Pi alone`;
  return "Every partition is on two Pis or more";
}

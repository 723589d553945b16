import assert from "node:assert/strict";
import test from "node:test";

import { clusterSentence, clusterTable } from "../../src/page/cluster_grid.js";

function node(number, name, changes = {}) {
  return {
    node: number, name, voice: "speaking", firsts: 7, state: "ready", heard_ms: 1, orders: 500, max_orders: 1_000_000,
    books_not_live: 0, resident_bytes: 3 * 1024 * 1024, millicelsius: 48_700, is_slowed: false, is_under_voltage: null,
    ...changes,
  };
}

const replica = (of, behind, is_alive = true) => ({ node: of, is_alive, behind });

const cluster = (changes) => ({
  told_ms_ago: 1_400, nodes: [node(0, "pi-1"), node(1, "pi-2")],
  partitions: [{ partition: 0, symbols: 1_500, replicas: [replica(0, 0), replica(1, 42)] }],
  ...changes,
});

const cellsOf = ({ cells }) => cells.map(({ text, look }) => `${text}: ${look}`);

test("a replica is told by how far it is behind", () => {
  const { columns, facts, partitions } = clusterTable(cluster({}));
  assert.deepEqual(columns, [{ name: "pi-1", isThere: true }, { name: "pi-2", isThere: true }]);
  assert.equal(partitions[0].heading, "Partition 0, 1,500 symbols");
  assert.deepEqual(cellsOf(partitions[0]), ["all of it: good", "42 behind: good"]);
  const said = Object.fromEntries(facts.map((fact) => [fact.heading, fact.cells[0].text]));
  assert.deepEqual(said, {
    "Heard here": "speaking", "The controller says": "ready", Orders: "500 of 1,000,000", "Books not live": "0",
    Memory: "3 MiB", Temperature: "48.7 °C", "Slowed by heat or power": "no", "Told first": "7",
  });
});

test("what is not known is a dash, and who is gone is told", () => {
  const unknown = node(2, null, {
    voice: null, state: null, orders: null, books_not_live: null, resident_bytes: null, millicelsius: null, is_slowed: null,
  });
  const dead = node(1, "pi-2", { voice: "dead", state: "dead" });
  const replaced = node(3, "pi-2", { state: "replaced" });
  const partitions = [
    { partition: 0, symbols: 1, replicas: [replica(0, null), replica(1, 5, false)] },
    { partition: 1, symbols: 1, replicas: [replica(1, 5)] },
  ];
  const table = clusterTable(cluster({ nodes: [node(0, "pi-1"), dead, unknown, replaced], partitions }));
  assert.deepEqual(table.columns.map(({ name, isThere }) => [name, isThere]),
    [["node 2", false], ["pi-1", true], ["pi-2", false]]);
  assert.deepEqual(table.facts.map(({ cells }) => cells[0].text), ["never", "–", "–", "–", "–", "–", "–", "7"]);
  assert.deepEqual(cellsOf(table.partitions[0]), [": none", "elsewhere in the feed: doubt", "gone: gone"]);
  assert.deepEqual(cellsOf(table.partitions[1]), [": none", ": none", "5 behind: doubt"]);
});

test("a sentence says how safe the partitions are", () => {
  const held = (...alive) => ({ partition: 0, symbols: 1, replicas: alive.map((is_alive, at) => replica(at, 0, is_alive)) });
  const sentence = (...partitions) => clusterSentence(cluster({ partitions }));
  assert.equal(sentence(held(true, true)), "Every partition is on two Pis or more. Told by the controller 1 s ago.");
  assert.match(sentence(held(true, true), held(true, false)), /^Of the partitions 1 of 2 is on one Pi alone/);
  assert.match(sentence(held(true, false), held(false, false)), /^Of the partitions 1 of 2 is on no Pi/);
  assert.match(clusterSentence(cluster({ told_ms_ago: null })), /told nothing/);
});

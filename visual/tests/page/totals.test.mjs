import assert from "node:assert/strict";
import test from "node:test";

import { Schema } from "../../src/page/schema.js";
import { Totals } from "../../src/page/totals.js";
import { SCHEMA, frame } from "./sample.mjs";
import { standIn } from "./stand_in.mjs";

const schema = new Schema(SCHEMA);

/** The texts of the page after these frames, by id, and the world. */
function shown(...frames) {
  const world = standIn();
  const totals = new Totals();
  for (const each of frames) totals.show(each, schema);
  const text = (id) => world.byId(id).textContent;
  const isMarked = (id) => world.byId(id).parentElement.classList.contains("doubt");
  return { world, totals, text, isMarked };
}

test("live symbols are told with all, and those in doubt", () => {
  const calm = shown(frame({}, { live: 7_000, waiting: 1_000 }));
  assert.deepEqual(["live", "not-live", "in-doubt"].map(calm.text), ["7,000", "of 8,000", ""]);
  assert.equal(calm.isMarked("in-doubt"), false);
  for (const { word } of SCHEMA.states.filter((state) => state.is_doubtful)) {
    const doubt = shown(frame({}, { live: 5, waiting: 1, [word]: 2 }));
    assert.deepEqual(["live", "not-live", "in-doubt"].map(doubt.text), ["5", "of 8", "2 in doubt"], word);
    assert.equal(doubt.isMarked("in-doubt"), true, word);
  }
});

test("the title says how many symbols are in which state", () => {
  const { world } = shown(frame({}, { waiting: 1, live: 1_500, stale: 2 }, { halted: 3 }));
  assert.equal(world.byId("live").parentElement.title, "1 no event yet, 1,500 live, 2 stale, 3 halted");
});

test("nothing is live while the dashboard does not answer", () => {
  const { totals, text } = shown(frame({}, { live: 5 }));
  totals.setOld();
  assert.deepEqual([text("live"), text("in-doubt")], ["0", "numbers are old"]);
});

test("Pis are told by how they are heard", () => {
  const node = (number, state, name = null) => ({ node: number, name, state, firsts: 0 });
  const well = shown(frame({ nodes: [node(0, "speaking"), node(1, "ended")] }));
  assert.deepEqual([well.text("pis"), well.text("pis-note")], ["1 of 2", "1 done"]);
  assert.equal(well.isMarked("pis-note"), false);
  assert.equal(shown(frame({ nodes: [node(0, "speaking"), node(1, "dead")] })).isMarked("pis-note"), true);
  const nodes = [node(0, "speaking", "pi-a"), node(1, "dead", "pi-b"), node(2, "silent", "pi-c"), node(3, "silent")];
  const ill = shown(frame({ nodes, nodes_expected: 4 }));
  assert.deepEqual([ill.text("pis"), ill.text("pis-note")], ["1 of 4", "node 3, pi-c silent, pi-b dead"]);
  assert.equal(ill.isMarked("pis-note"), true);
  assert.equal(ill.world.byId("pis-note").title, "pi-a: speaking, pi-b: dead, pi-c: silent, node 3: silent");
});

test("counters are told, large ones in short", () => {
  const counters = { events: 0, trades: 9_999_999, volume: 1_500, copies: 12_345_678, missed: 1, conflated: 2 };
  const { world, text } = shown(frame({ counters, market_time_ms: Date.UTC(2012, 5, 21, 18, 0, 1) }));
  assert.deepEqual(["trades", "volume", "duplicates", "missed", "conflated"].map(text),
    ["9,999,999", "1.5K shares", "12.3M", "1", "2"]);
  assert.equal(world.byId("missed-total").classList.contains("doubt"), true);
  assert.match(text("market-time"), /^Jun 21, 2012.* 14:00:01 New York$/);
});

test("the rate is that of the last two seconds, and begins anew with another run", () => {
  const at = (ms, events) => frame({ shown_at_ms: ms, counters: { ...frame({}).counters, events } });
  const { totals, text } = shown(at(1_000, 0), at(2_000, 500), at(3_000, 2_500));
  assert.equal(text("rate"), "1,250");
  totals.show(at(4_000, 6_500), schema);
  assert.equal(text("rate"), "3,000");
  totals.reset();
  totals.show(at(5_000, 0), schema);
  totals.show(at(6_000, 10), schema);
  assert.equal(text("rate"), "10");
});

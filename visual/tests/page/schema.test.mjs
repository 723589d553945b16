import assert from "node:assert/strict";
import test from "node:test";

import { Schema, pauseOf, stateOf, trustBeside } from "../../src/page/schema.js";
import { SCHEMA, cells, inState } from "./sample.mjs";

const schema = new Schema(SCHEMA);
const rowIn = (...state) => schema.rowOf(cells(0, inState(...state)));

test("cells are read by their names, wherever they stand", () => {
  const fields = [...SCHEMA.fields].reverse();
  const other = new Schema({ ...SCHEMA, fields, empty: [...SCHEMA.empty].reverse() });
  const row = other.rowOf(cells(3, { bid: "1.50", volume: 20 }).reverse());
  assert.deepEqual([row.slot, row.bid, row.ask, row.volume], [3, "1.50", null, 20]);
  assert.equal(other.emptyRow(9).slot, 9);
});

test("an empty row waits, and one does not change another", () => {
  const [first, second] = [schema.emptyRow(1), schema.emptyRow(2)];
  assert.deepEqual([first.slot, second.slot], [1, 2]);
  assert.deepEqual([first.state, first.trust, first.status, first.trades], ["waiting", null, "unknown", 0]);
});

test("the numbers of a dashboard that does not answer are not live", () => {
  for (const { word, is_live } of SCHEMA.states) {
    const row = rowIn(word);
    assert.equal(stateOf(row, false).word, word);
    assert.equal(stateOf(row, true).word, is_live ? "old" : word);
    assert.equal(stateOf(row, true).is_live, false);
  }
});

test("a symbol that is silent says so, and what is wrong with its book beside that", () => {
  assert.equal(trustBeside(rowIn("silent", "live")), null);
  assert.equal(trustBeside(rowIn("silent", "stale")).word, "stale");
  assert.equal(trustBeside(rowIn("stale")), null, "it says that already");
  assert.equal(trustBeside(rowIn("waiting")), null);
});

test("doubt grows along the list", () => {
  const doubts = SCHEMA.states.map(({ word }) => schema.states.get(word).doubt);
  assert.deepEqual(doubts, [...doubts].sort((a, b) => a - b));
  assert.ok(schema.states.get("silent").doubt > schema.states.get("stale").doubt);
  assert.ok(schema.states.get("stale").doubt > schema.states.get("live").doubt);
});

test("a halt and the end of the day keep a symbol from trading", () => {
  const paused = (status) => pauseOf(schema.rowOf(cells(0, { status })))?.word ?? null;
  assert.deepEqual(["unknown", "open", "halted", "closed"].map(paused), [null, null, "halted", "closed"]);
});

test("rows keep the words of the schema that they came with", () => {
  const row = rowIn("stale");
  new Schema({ ...SCHEMA, states: [] });
  assert.equal(stateOf(row, false).word, "stale");
});

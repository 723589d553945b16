import assert from "node:assert/strict";
import test from "node:test";

import { Closely, USUAL_LOOK, trustOf } from "../../src/page/closely.js";
import { Schema } from "../../src/page/schema.js";
import { bestLine, tradeLine } from "../../src/page/tape.js";
import { SCHEMA, cells, inState } from "./sample.mjs";

const schema = new Schema(SCHEMA);
const DEPTH = { node: 1, trust: "live", status: "open", scale: 4, position: null, bids: [[305_000, 1, 1]], asks: [] };

/** What the dashboard says of a symbol. */
const look = (changes) => ({
  symbol: "MSFT", refused: null, note: null, depth: DEPTH, queue: null, trades: null, best: null, ...changes,
});

function looking() {
  const closely = new Closely();
  closely.look({ ...USUAL_LOOK, symbol: "MSFT" });
  return closely;
}

test("what is asked for is the symbol and the level that are looked at", () => {
  const closely = new Closely();
  assert.equal(closely.wanted(), '{"look":null}');
  assert.equal(closely.look({ ...USUAL_LOOK, symbol: "BRK A" }), true);
  assert.equal(closely.wanted(), '{"look":"BRK A","level":null}');
  closely.choose(["ask", 305_100]);
  assert.equal(closely.wanted(), '{"look":"BRK A","level":["ask",305100]}');
  closely.choose(["ask", 305_100]);
  assert.equal(closely.wanted(), '{"look":"BRK A","level":null}', "once more lets it go");
  assert.equal(closely.look({ ...USUAL_LOOK, symbol: "BRK A", group: 5 }), false);
});

test("what comes late of another symbol or level is left", () => {
  const closely = looking();
  closely.handleLook(look({ symbol: "AAPL" }));
  assert.equal(closely.depth, null);
  closely.choose(["bid", 305_000]);
  closely.handleLook(look({ queue: { side: "bid", price: 304_900, orders: 1, qty: 1, first: [] } }));
  assert.equal(closely.queue, null);
  const queue = { side: "bid", price: 305_000, orders: 1, qty: 1, first: [["9", 1]] };
  closely.handleLook(look({ queue }));
  closely.handleLook(look({}));
  assert.equal(closely.queue, queue, "a queue stays until another one is told");
  closely.look({ ...USUAL_LOOK, symbol: "AAPL" });
  assert.deepEqual([closely.depth, closely.queue, closely.level], [null, null, null]);
});

test("the tape goes on where it ended, begins anew where it does not, and is bounded", () => {
  const closely = looking();
  const trade = (at) => [at, "30.50", 10, "up"];
  closely.handleLook(look({ trades: { first: 6, entries: [trade(6), trade(7)] } }));
  closely.handleLook(look({ trades: { first: 8, entries: [] } }));
  closely.handleLook(look({ trades: { first: 8, entries: [trade(8)] } }));
  assert.deepEqual(closely.trades.entries.map(([at]) => at), [6, 7, 8]);
  closely.handleLook(look({ trades: { first: 1, entries: [trade(1)] } }));
  assert.deepEqual(closely.trades.entries.map(([at]) => at), [1], "another run");
  closely.handleLook(look({ trades: { first: 2, entries: Array.from({ length: 500 }, (_, at) => trade(at)) } }));
  assert.equal(closely.trades.entries.length, 200);
  closely.handleConnect();
  assert.equal(closely.trades.entries.length, 0);
});

test("trades say their direction by a sign, a colour and a word", () => {
  const line = tradeLine([1_340_285_400_123, "30.51", 1_200, "down"]);
  assert.deepEqual(line, { look: "down", word: "lower", cells: ["09:30:00.123", "30.51", "1,200", "▼"] });
  assert.deepEqual(tradeLine([null, "30.51", 5, null]), { look: "", word: "", cells: ["", "30.51", "5", ""] });
  assert.deepEqual(bestLine([null, ["30.50", 1_000], null]).cells, ["", "1,000", "30.50", "–", ""]);
});

test("how far the depth can be trusted is said with its reason", () => {
  const how = { isOld: false, phase: "running", teller: "pi-2" };
  const said = (fields, changes = {}, more = {}) => {
    const closely = looking();
    closely.handleLook(look(changes));
    const row = fields && schema.rowOf(cells(0, fields));
    return trustOf(closely, row, { ...how, ...more });
  };
  const live = said(inState("live"));
  assert.deepEqual([live.kind, live.text], ["good", "live: This book matches the venue's."]);
  const halted = said({ ...inState("live"), status: "halted" });
  assert.deepEqual([halted.kind, halted.text.split(".")[0]], ["paused", "HALTED: The venue halted trading"]);
  const stale = said(inState("stale"));
  assert.deepEqual([stale.kind, stale.text], ["doubt", "stale: Messages are missing: the numbers may be wrong."]);
  const own = said(inState("live"), { depth: { ...DEPTH, trust: "partial" } });
  assert.equal(own.kind, "doubt");
  assert.match(own.text, /pi-2, which told this depth, has a partial book/);
  assert.match(said(inState("live"), { note: "nobody answers" }).text, /Depth is not told: nobody answers\./);
  assert.equal(said(inState("live"), { note: "nobody answers" }, { phase: "ended" }).kind, "good", "it is final");
  assert.match(said(inState("live"), { depth: null, note: "x" }, { phase: "ended" }).text, /nobody looked/);
  assert.match(said(inState("live"), { refused: "others look" }).text, /^Not shown: others look\.$/);
  assert.match(said(null).text, /No symbol of this name/);
  assert.equal(said(inState("live"), {}, { isOld: true }).kind, "doubt");
});

import assert from "node:assert/strict";
import test from "node:test";

import { COLUMNS, rowClasses, stateTitle } from "../../src/page/columns.js";
import { Schema } from "../../src/page/schema.js";
import { SCHEMA, cells, inState } from "./sample.mjs";

const schema = new Schema(SCHEMA);
const row = (fields) => schema.rowOf(cells(0, fields));
const PHONE = { name: "MSFT", isOld: false, hasRoom: false, isWatched: false, isCurrent: false, rate: 0 };

/** What the columns say of a row. */
function texts(fields, how = PHONE) {
  const said = row(fields);
  return Object.fromEntries(COLUMNS.map(({ name, text }) => [name, text(said, how)]));
}

test("a row says what its fields are", () => {
  const said = texts({
    ...inState("live"), last: "30.5051", mid: "30.5075", spread: "0.015", bid: "30.50", bid_qty: 1234,
    ask: "30.515", ask_qty: 5, trades: 2, volume: 1_000_000, change_bp: 123, vwap: "30.505123456", median: "30.505",
  }, { ...PHONE, rate: 12.34, isWatched: true });
  assert.deepEqual(said, {
    watch: "★", symbol: "MSFT", state: "live", last: "30.5051", mid: "30.5075", spread: "0.015", bid_qty: "1,234",
    bid: "30.50", ask: "30.515", ask_qty: "5", trades: "2", volume: "1,000,000",
    change_bp: "+1.23 %", vwap: "30.5051", median: "30.505", rate: "12.3",
  });
});

test("what is not known is empty, and so is a count of nothing", () => {
  const { watch, symbol, state, ...others } = texts({});
  assert.deepEqual([watch, symbol, state], ["☆", "MSFT", "no event yet"]);
  for (const [name, text] of Object.entries(others)) assert.equal(text, "", name);
});

test("a long text is small, on a phone sooner where it stands beside a word", () => {
  const isLong = (name, text, hasRoom) => COLUMNS.find((column) => column.name === name).isLong(text, hasRoom);
  for (const name of ["last", "bid"]) {
    assert.deepEqual([isLong(name, "584.93255", true), isLong(name, "1584.93255", true)], [false, true], name);
  }
  assert.deepEqual([isLong("last", "584.9325", false), isLong("bid", "584.9325", false)], [false, true]);
});

test("what may be too small says so", () => {
  const late = texts({ may_lack_trades: true, trades: 2, volume: 1_500, change_bp: -5 });
  assert.deepEqual([late.trades, late.volume, late.change_bp], ["≥\u20092", "≥\u20091,500", "\u22120.05 %"]);
  const none = texts({ may_lack_trades: true, change_bp: 0 });
  assert.deepEqual([none.trades, none.volume, none.change_bp], ["", "", "0.00 %"]);
});

test("with room the points of prices stand below one another", () => {
  const said = texts({ last: "30.5", bid: "30.5051", spread: "0.0000001", mid: "1.00" }, { ...PHONE, hasRoom: true });
  const space = "\u2007";
  assert.equal(said.last, `30.5${space.repeat(3)}`);
  assert.equal(said.bid, "30.5051");
  assert.equal(said.mid, `1.00${space.repeat(3)}`, "a mid can have one digit more");
  assert.equal(said.spread, "0.0000001");
});

test("a state is said in words, with what the venue does", () => {
  const state = (fields, isOld = false) => texts(fields, { ...PHONE, isOld }).state;
  assert.equal(state({ ...inState("live"), status: "halted" }), "live · halted");
  assert.equal(state({ ...inState("stale"), status: "closed" }), "stale · closed");
  assert.equal(state(inState("silent", "live")), "silent");
  assert.equal(state({ ...inState("silent", "stale"), status: "halted" }), "silent · stale · halted");
  assert.equal(state(inState("live"), true), "old");
  assert.equal(state(inState("partial"), true), "partial");
});

test("every state has a word, a class and a sentence of its own", () => {
  const titles = new Set();
  for (const { word, label, is_doubtful } of SCHEMA.states) {
    const said = row(inState(word));
    assert.equal(texts(inState(word)).state, label);
    const classes = rowClasses(said, PHONE).split(" ");
    assert.deepEqual(classes, is_doubtful ? ["row", word, "doubtful"] : ["row", word]);
    titles.add(stateTitle(said, false));
  }
  assert.equal(titles.size, SCHEMA.states.length);
  assert.ok(!titles.has(""));
});

test("a row looks as its fields are", () => {
  const looks = (fields, isOld = false) => rowClasses(row({ ...inState("live"), ...fields }), { ...PHONE, isOld });
  assert.equal(looks({ direction: "up" }), "row live up");
  assert.equal(looks({ status: "halted" }), "row live paused");
  assert.equal(looks({ status: "open", spread: "0.01" }), "row live");
  assert.equal(looks({ spread: "-0.01" }), "row live crossed");
  assert.equal(looks({ change_bp: 1 }), "row live gained");
  assert.equal(looks({ change_bp: -1 }), "row live fell");
  const chosen = rowClasses(row(inState("live")), { ...PHONE, isWatched: true, isCurrent: true });
  assert.equal(chosen, "row live watched current");
  assert.equal(looks({}, true), "row old");
  assert.match(stateTitle(row({ ...inState("stale"), status: "halted" }), false), /wrong\. The venue halted/);
});

test("columns are sorted by fields of a row, or by what the market knows", () => {
  const known = ["symbol", "watch", "rate"];
  for (const { name } of COLUMNS) {
    assert.ok(known.includes(name) || SCHEMA.fields.includes(name), name);
  }
});

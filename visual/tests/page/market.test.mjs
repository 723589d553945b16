import assert from "node:assert/strict";
import test from "node:test";

import { Market } from "../../src/page/market.js";
import { SCHEMA, cells, inState } from "./sample.mjs";

/** A market of these symbols, each with the fields of its row. */
function marketOf(symbols) {
  const market = new Market();
  market.describe(SCHEMA);
  market.define(0, Object.keys(symbols));
  market.update(Object.values(symbols).map((fields, slot) => cells(slot, fields)));
  market.arrange();
  return market;
}

function shown(market, settings = {}) {
  Object.assign(market, settings);
  market.arrange();
  return market.order.map((slot) => market.names[slot]);
}

test("symbols stand in the order of their names, whatever their slots", () => {
  assert.deepEqual(shown(marketOf({ MSFT: {}, AAPL: {}, GOOG: {} })), ["AAPL", "GOOG", "MSFT"]);
  assert.deepEqual(shown(marketOf({ B: {}, A: {} }), { isDescending: true }), ["B", "A"]);
});

test("new symbols come behind those known, and from 0 on all are others", () => {
  const market = marketOf({ MSFT: { trades: 3 }, GOOG: {} });
  market.define(2, ["AAPL"]);
  assert.deepEqual(shown(market), ["AAPL", "GOOG", "MSFT"]);
  assert.equal(market.rows[0].trades, 3, "what was known stays");
  market.define(0, ["ZZZ"]);
  assert.deepEqual(shown(market), ["ZZZ"]);
  assert.equal(market.rows[0].trades, 0);
});

test("a search finds any part of a name, and beginnings first", () => {
  const market = marketOf({ AKA: {}, KAB: {}, ABC: {}, KAA: {} });
  assert.deepEqual(shown(market, { search: " ka " }), ["KAA", "KAB", "AKA"]);
  assert.deepEqual(shown(market, { search: "x" }), []);
  assert.deepEqual(shown(market, { search: "" }).length, 4);
});

test("filters let through what they say", () => {
  const symbols = Object.fromEntries(SCHEMA.states.map(({ word }) => [word, inState(word)]));
  const market = marketOf({
    ...symbols,
    TRADED: { ...inState("live"), trades: 1 },
    BID: { ...inState("live"), bid: "1.00" },
    BOTH: { ...inState("live"), bid: "1.00", ask: "2.00" },
    HALTED: { ...inState("live"), status: "halted" },
    CLOSED: { ...inState("live"), status: "closed" },
    OPEN: { ...inState("live"), status: "open" },
  });
  assert.equal(shown(market, { filter: "all" }).length, market.names.length);
  assert.deepEqual(shown(market, { filter: "traded" }), ["TRADED"]);
  assert.deepEqual(shown(market, { filter: "quoted" }), ["BOTH"]);
  assert.deepEqual(shown(market, { filter: "paused" }), ["CLOSED", "HALTED"]);
  const doubtful = SCHEMA.states.filter((state) => state.is_doubtful).map(({ word }) => word);
  assert.deepEqual(shown(market, { filter: "doubtful" }), doubtful.sort());
  assert.ok(doubtful.includes("stale") && !doubtful.includes("live") && !doubtful.includes("waiting"));
});

test("the most doubtful come first, and of those the ones that do not trade", () => {
  const market = marketOf({
    A: inState("waiting"), B: inState("live"), C: { ...inState("live"), status: "halted" },
    D: inState("stale"), E: inState("silent", "live"), F: inState("recovering"), G: inState("partial"),
  });
  const sorted = shown(market, { sortedBy: "state" });
  assert.deepEqual(sorted, ["E", "D", "F", "G", "C", "B", "A"]);
  assert.deepEqual(shown(market, { isDescending: true }), ["A", "B", "C", "G", "F", "D", "E"]);
});

test("numbers are sorted as numbers, unknown ones last in both directions", () => {
  for (const sortedBy of ["last", "mid", "spread", "bid", "ask", "vwap", "median"]) {
    const market = marketOf({
      A: { [sortedBy]: "9.00" }, B: { [sortedBy]: null }, C: { [sortedBy]: "10.00" }, D: { [sortedBy]: "-1.5" },
    });
    assert.deepEqual(shown(market, { sortedBy }), ["D", "A", "C", "B"], sortedBy);
    assert.deepEqual(shown(market, { isDescending: true }), ["C", "A", "D", "B"], sortedBy);
  }
  for (const sortedBy of ["bid_qty", "ask_qty", "trades", "volume", "change_bp"]) {
    const market = marketOf({ A: { [sortedBy]: 9 }, B: { [sortedBy]: 10 } });
    assert.deepEqual(shown(market, { sortedBy, isDescending: true }), ["B", "A"], sortedBy);
  }
});

test("equal ones stand in the order of their names in both directions", () => {
  const market = marketOf({ C: { trades: 5 }, A: { trades: 5 }, B: { trades: 5 } });
  for (const isDescending of [false, true]) {
    assert.deepEqual(shown(market, { sortedBy: "trades", isDescending }), ["A", "B", "C"]);
  }
});

test("only an order by name of all symbols stays as it is", () => {
  const market = marketOf({ A: {} });
  assert.equal(market.isMoving, false);
  assert.equal(Object.assign(market, { filter: "traded" }).isMoving, true);
  assert.equal(Object.assign(market, { filter: "all", sortedBy: "bid" }).isMoving, true);
});

test("a search sees no dots, spaces or case", () => {
  const market = marketOf({ "COSA.A": {}, "BRK A": {}, COSB: {} });
  assert.deepEqual(shown(market, { search: "cosa a" }), ["COSA.A"]);
  assert.deepEqual(shown(market, { search: "brk.a" }), ["BRK A"]);
  assert.deepEqual(shown(market, { search: "sa" }), ["COSA.A"]);
  assert.deepEqual(shown(market, { search: " . " }).length, 3, "nothing was asked for");
});

test("watched symbols can be shown alone, and stand first when sorted by that", () => {
  const market = marketOf({ C: {}, A: {}, B: {} });
  market.watchList.toggle("C");
  market.watchList.toggle("B");
  assert.deepEqual(shown(market, { filter: "watched" }), ["B", "C"]);
  assert.equal(market.isMoving, false);
  market.filter = "all";
  market.sortBy("watch");
  assert.deepEqual(shown(market), ["B", "C", "A"]);
  market.watchList.toggle("C");
  assert.deepEqual(shown(market), ["B", "A", "C"]);
});

test("the busiest come first when sorted by updates a second", () => {
  const market = marketOf({ A: {}, B: {}, C: {} });
  market.handleTime(0);
  market.update([cells(1, { events: 100 }), cells(2, { events: 10 })]);
  market.handleTime(1_000);
  market.sortBy("rate");
  assert.deepEqual(shown(market), ["B", "C", "A"]);
  market.define(0, ["A", "B", "C"]);
  assert.equal(market.rates.of(1), 0, "other symbols");
});

test("a view is kept in the address, and comes back from it", () => {
  const market = marketOf({ A: {}, B: { trades: 1 } });
  market.look({ search: "b", filter: "traded", sortedBy: "vwap", isDescending: true, watched: ["A"] });
  assert.deepEqual(market.order, [1]);
  assert.equal(market.query(true), "?q=b&show=traded&sort=-vwap&watch=A&rows=dense");
});

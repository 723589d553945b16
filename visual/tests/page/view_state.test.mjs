import assert from "node:assert/strict";
import test from "node:test";

import { USUAL_VIEW, queryOf, viewOf } from "../../src/page/view_state.js";

const COLUMNS = ["symbol", "vwap", "change_bp"];
const FILTERS = ["all", "watched"];
const read = (query) => viewOf(query, COLUMNS, FILTERS);

test("what is as usual needs no words", () => {
  assert.equal(queryOf(USUAL_VIEW), "");
  assert.deepEqual(read(""), { ...USUAL_VIEW, watched: [] });
});

test("a view comes back from its address", () => {
  for (const change of [
    { search: "cosa a & b" }, { filter: "watched" }, { sortedBy: "vwap" }, { sortedBy: "vwap", isDescending: true },
    { isDescending: true }, { watched: ["BRK A", "MSFT", "A+B"] }, { isDense: true },
    { closely: { symbol: "BRK A", group: 1, hasGaps: false, isLocked: true } },
    { closely: { symbol: "MSFT", group: 20, hasGaps: true, isLocked: false } },
    { search: "x", filter: "watched", sortedBy: "change_bp", isDescending: true, watched: ["A"], isDense: true },
  ]) {
    const view = { ...USUAL_VIEW, watched: [], ...change };
    assert.deepEqual(read(queryOf(view)), view, queryOf(view));
  }
});

test("an address that was mistyped shows what is usual", () => {
  for (const query of ["?sort=nothing", "?sort=-", "?sort=", "?show=nobody", "?rows=7", "?watch=", "?watch=,,", "?%", "?q", "?group=3", "?group=x", "?centre=7", "?prices="]) {
    assert.deepEqual(read(query), { ...USUAL_VIEW, watched: [] }, query);
  }
  assert.deepEqual(read("?watch=A,A,B").watched, ["A", "B"]);
});

test("an address is of bounded length", () => {
  const watched = Array.from({ length: 5_000 }, (_, at) => `S${at}`);
  assert.equal(read(queryOf({ ...USUAL_VIEW, watched })).watched.length, 200);
  assert.equal(read(`?watch=${watched.join(",")}`).watched.length, 200);
  assert.equal(read(`?symbol=${"x".repeat(10_000)}`).closely.symbol.length, 32);
  assert.equal(read(`?q=${"x".repeat(10_000)}`).search.length, 64);
});

import assert from "node:assert/strict";
import test from "node:test";

import { Market } from "../../src/page/market.js";
import { SCHEMA, cells, inState } from "./sample.mjs";
import { standIn } from "./stand_in.mjs";

const SYMBOLS = 1_000;
const ROW_HEIGHT = 34;

// The module asks for the width of the window when it is loaded.
standIn();
const { Grid } = await import("../../src/page/grid.js");

/** A grid ten rows high of symbols 0000 to 0999, drawn once. */
function start() {
  const { byId, drawNow } = standIn();
  const names = Array.from({ length: SYMBOLS }, (_, at) => String(at).padStart(4, "0"));
  const market = new Market();
  market.describe(SCHEMA);
  market.define(0, names);
  byId("scroller").clientHeight = 10 * ROW_HEIGHT;
  const grid = new Grid(market);
  drawNow();
  return { market, grid, scroller: byId("scroller"), body: byId("rows"), head: byId("head"), drawNow };
}

/** The rows by their symbols, each with the texts of its cells; the state's text is in a pill. */
function rows(body) {
  const visible = body.children.filter((row) => !row.hidden);
  return new Map(visible.map((row) => [row.children[0].textContent, row]));
}

const stateOf = (row) => row.children[1].children[0].textContent;

test("only the rows in sight exist, at any place", () => {
  const { scroller, body, drawNow } = start();
  assert.equal(body.style.height, `${SYMBOLS * ROW_HEIGHT}px`);
  assert.deepEqual([rows(body).has("0000"), rows(body).size], [true, 23]);
  for (const first of [500, 3, 990, 0]) {
    scroller.scrollTop = first * ROW_HEIGHT;
    scroller.listeners.scroll();
    drawNow();
    const shown = rows(body);
    for (let at = first; at < Math.min(first + 10, SYMBOLS); at++) {
      const row = shown.get(String(at).padStart(4, "0"));
      assert.equal(row.style.transform, `translateY(${at * ROW_HEIGHT}px)`);
      assert.equal(row.attributes["aria-rowindex"], String(at + 2));
    }
    assert.ok(shown.size <= 23);
  }
});

test("the tooltip of a row that no longer trades says why", () => {
  const { market, grid, body, drawNow } = start();
  for (const [status, why] of [["halted", /halted/], ["closed", /closed|over/]]) {
    market.update([cells(2, { ...inState("live"), status })]);
    grid.schedule();
    drawNow();
    assert.match(rows(body).get("0002").children[1].title, why);
  }
});

test("a changed row is drawn with the next picture, and flashes when it was a trade", () => {
  const { market, grid, body, drawNow } = start();
  market.update([cells(2, { ...inState("live"), bid: "1.00" })]);
  grid.schedule();
  const row = rows(body).get("0002");
  assert.equal(stateOf(row), "no event yet");
  drawNow();
  assert.deepEqual([stateOf(row), row.className, row.children[6].textContent], ["live", "row live", "1.00"]);
  assert.equal(row.children[2].animations, 0);
  market.update([cells(2, { ...inState("stale"), bid: "1.00", last: "1.00", trades: 1 })]);
  grid.schedule();
  drawNow();
  assert.deepEqual([stateOf(row), row.className], ["stale", "row stale doubtful"]);
  assert.match(row.children[1].title, /missing/);
  assert.equal(row.children[2].animations, 1);
});

test("a row that comes into sight does not flash", () => {
  const { market, scroller, body, drawNow } = start();
  const flashes = () => body.children.reduce((all, row) => all + row.children[2].animations, 0);
  market.update(market.names.map((_, slot) => cells(slot, { ...inState("live"), trades: slot })));
  scroller.scrollTop = 500 * ROW_HEIGHT;
  scroller.listeners.scroll();
  drawNow();
  assert.ok(rows(body).has("0500"));
  assert.equal(flashes(), 0);
});

test("no row stays live while the dashboard does not answer", () => {
  const { market, grid, body, drawNow } = start();
  market.update([cells(0, inState("live")), cells(1, inState("stale"))]);
  grid.schedule();
  drawNow();
  const states = () => ["0000", "0001", "0002"].map((name) => stateOf(rows(body).get(name)));
  assert.deepEqual(states(), ["live", "stale", "no event yet"]);
  grid.setOld(true);
  drawNow();
  assert.deepEqual(states(), ["old", "stale", "no event yet"]);
  grid.setOld(false);
  drawNow();
  assert.deepEqual(states(), ["live", "stale", "no event yet"]);
});

test("a heading sorts by its column, the largest or the first letter first, and then the other way", () => {
  const { market, head, scroller } = start();
  const sortBy = (heading) => {
    scroller.scrollTop = 999;
    const cell = head.children[0].children.find((each) => each.children[0].textContent === heading);
    cell.children[0].listeners.click();
    assert.equal(scroller.scrollTop, 0);
    return [market.sortedBy, cell.attributes["aria-sort"]];
  };
  assert.deepEqual(sortBy("Volume"), ["volume", "descending"]);
  assert.deepEqual(sortBy("Volume"), ["volume", "ascending"]);
  assert.deepEqual(sortBy("Symbol"), ["symbol", "ascending"]);
  assert.deepEqual(sortBy("State"), ["state", "ascending"]);
  const sorted = head.children[0].children.filter((cell) => "aria-sort" in cell.attributes);
  assert.equal(sorted.length, 1);
});

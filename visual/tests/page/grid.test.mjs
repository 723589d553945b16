import assert from "node:assert/strict";
import test from "node:test";

import { Market } from "../../src/page/market.js";
import { SCHEMA, cells, inState } from "./sample.mjs";
import { standIn } from "./stand_in.mjs";

const SYMBOLS = 1_000;
const ROW_HEIGHT = 34;

// The module asks for the width of the window when it is loaded.
standIn();
const { COLUMNS } = await import("../../src/page/columns.js");
const { Grid } = await import("../../src/page/grid.js");

/** A grid ten rows high of symbols 0000 to 0999, drawn once. */
function start() {
  const { byId, drawNow } = standIn();
  const names = Array.from({ length: SYMBOLS }, (_, at) => String(at).padStart(4, "0"));
  const market = new Market();
  market.describe(SCHEMA);
  market.define(0, names);
  byId("scroller").clientHeight = 10 * ROW_HEIGHT;
  const did = [];
  const grid = new Grid(market, {
    sorted: () => did.push("sorted"), watched: (slot) => did.push(slot), chosen: () => did.push("chosen"),
  });
  drawNow();
  return { did, market, grid, scroller: byId("scroller"), body: byId("rows"), head: byId("head"), drawNow };
}

/** Where columns are. */
const [WATCH, SYMBOL, STATE, LAST] = ["watch", "symbol", "state", "last"].map(columnOf);

function columnOf(name) {
  return COLUMNS.findIndex((column) => column.name === name);
}

/** The rows by their symbols, each with the texts of its cells; the state's text is in a pill. */
function rows(body) {
  const visible = body.children.filter((row) => !row.hidden);
  return new Map(visible.map((row) => [row.children[SYMBOL].textContent, row]));
}

const stateOf = (row) => row.children[STATE].children[0].textContent;

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
    assert.match(rows(body).get("0002").children[STATE].title, why);
  }
});

test("a changed row is drawn with the next picture, and flashes when it was a trade", () => {
  const { market, grid, body, drawNow } = start();
  market.update([cells(2, { ...inState("live"), bid: "1.00" })]);
  grid.schedule();
  const row = rows(body).get("0002");
  assert.equal(stateOf(row), "no event yet");
  drawNow();
  assert.deepEqual([stateOf(row), row.className, row.children[columnOf("bid")].textContent], ["live", "row live", "1.00"]);
  assert.equal(row.children[LAST].animations, 0);
  market.update([cells(2, { ...inState("stale"), bid: "1.00", last: "1.00", trades: 1 })]);
  grid.schedule();
  drawNow();
  assert.deepEqual([stateOf(row), row.className], ["stale", "row stale doubtful"]);
  assert.match(row.children[STATE].title, /missing/);
  assert.equal(row.children[LAST].animations, 1);
});

test("a row that comes into sight does not flash", () => {
  const { market, scroller, body, drawNow } = start();
  const flashes = () => body.children.reduce((all, row) => all + row.children[LAST].animations, 0);
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
  const { market, head, scroller, did } = start();
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
  assert.deepEqual(did, ["sorted", "sorted", "sorted", "sorted"]);
});

/** Presses a key on the grid; says whether the grid took it. */
function press(scroller, key, more = {}) {
  let isTaken = false;
  const event = { key, target: scroller, preventDefault: () => (isTaken = true), ...more };
  scroller.listeners.keydown(event);
  return isTaken;
}

test("keys go from row to row and cell to cell, and the current cell is named to screen readers", () => {
  const { scroller, body, drawNow, did } = start();
  const current = () => {
    drawNow();
    const active = body.children.flatMap((row) => row.children)
      .find((cell) => cell.id === scroller.attributes["aria-activedescendant"]);
    const row = active?.parentElement;
    assert.ok(row === undefined || row.attributes["aria-selected"] === "true");
    return row && [row.children[SYMBOL].textContent, Number(active.attributes["aria-colindex"]) - 1];
  };
  assert.equal(current(), undefined);
  assert.equal(scroller.attributes["aria-colcount"], String(COLUMNS.length));
  assert.equal(scroller.attributes["aria-rowcount"], String(SYMBOLS + 1));
  for (const [key, expected] of [
    ["ArrowDown", ["0000", 0]], ["ArrowDown", ["0001", 0]], ["ArrowRight", ["0001", 1]], ["PageDown", ["0009", 1]],
    ["End", ["0999", 1]], ["ArrowDown", ["0999", 1]], ["PageUp", ["0991", 1]], ["Home", ["0000", 1]],
    ["ArrowLeft", ["0000", 0]], ["ArrowLeft", ["0000", 0]],
  ]) {
    assert.equal(press(scroller, key), true, key);
    assert.deepEqual(current(), expected, key);
  }
  assert.equal(scroller.scrollTop, 0);
  assert.equal(press(scroller, "Tab"), false);
  assert.equal(press(scroller, "ArrowDown", { ctrlKey: true }), false);
  assert.equal(press(scroller, "ArrowDown", { target: body }), false, "a heading has its own keys");
  assert.ok(did.every((each) => each === "chosen"));
});

test("the current row stays that of its symbol when the order changes", () => {
  const { market, grid, scroller, body, drawNow } = start();
  press(scroller, "ArrowDown");
  press(scroller, "ArrowDown");
  market.sortBy("symbol");
  grid.schedule();
  drawNow();
  assert.equal(grid.cursor.rowIn(market.order), 998);
  assert.equal(rows(body).has("0001"), false, "it is out of sight");
  press(scroller, "ArrowUp");
  drawNow();
  assert.ok(rows(body).get("0002").classList.contains("current"));
});

test("a click makes a row the current one, and on its star watches its symbol", () => {
  const { market, body, drawNow, did } = start();
  const cellOf = (name, column) => rows(body).get(name).children[column];
  body.listeners.click({ target: cellOf("0003", LAST) });
  drawNow();
  assert.ok(rows(body).get("0003").classList.contains("current"));
  body.listeners.click({ target: cellOf("0004", WATCH) });
  drawNow();
  assert.deepEqual(did, ["chosen", 4, "chosen"]);
  assert.equal(market.watchList.has("0004"), false, "who is told does that");
  body.listeners.click({ target: body });
  assert.equal(did.length, 3);
});

test("updates a second are shown without a change of the row, and none of old numbers", () => {
  const { market, grid, body, drawNow } = start();
  const rate = () => rows(body).get("0002").children[columnOf("rate")].textContent;
  market.handleTime(0);
  market.update([cells(2, { ...inState("live"), events: 90 })]);
  market.handleTime(3_000);
  grid.schedule();
  drawNow();
  const busy = Number(rate());
  assert.ok(busy > 10, rate());
  market.handleTime(6_000);
  grid.schedule();
  drawNow();
  assert.ok(Number(rate()) < busy, "it falls while nothing comes");
  grid.setOld(true);
  drawNow();
  assert.equal(rate(), "");
});

test("a text that is long in another width is small there", () => {
  const { market, grid, body, drawNow } = start();
  market.update([cells(0, { ...inState("live"), bid: "584.9325" })]);
  grid.schedule();
  drawNow();
  const cell = () => rows(body).get("0000").children[columnOf("bid")];
  assert.equal(cell().classList.contains("long"), true);
  cell().classList.toggle("long", false);
  grid.measure();
  drawNow();
  assert.equal(cell().classList.contains("long"), true, "it is looked at again");
});

test("what changes writes only the cells that are others than before", () => {
  const { market, grid, body, drawNow } = start();
  let written = 0;
  for (const cell of body.children.flatMap((row) => row.children)) {
    let text = cell.textContent;
    Object.defineProperty(cell, "textContent", { get: () => text, set: (now) => ((text = now), (written += 1)) });
  }
  market.update(market.names.map((_, slot) => cells(slot, { ...inState("live"), bid: "1.00" })));
  grid.schedule();
  drawNow();
  // The state's text is in its pill.
  assert.equal(written, 23, "one cell in each of the rows that exist");
});

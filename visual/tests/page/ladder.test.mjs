import assert from "node:assert/strict";
import test from "node:test";

import { fullBar, midOf, placeOf, priceText, rowsOf, splitOf, tickOf } from "../../src/page/ladder.js";

/** A book with a scale of four digits: levels are price, size, orders. */
const book = (bids, asks) => ({ scale: 4, bids, asks });
const BOOK = book([[305_000, 600, 3], [304_900, 50, 1], [304_500, 10, 1]], [[305_100, 70, 1], [305_600, 30, 2]]);
const USUAL = { group: 1, tick: 100, hasGaps: false };

/** Rows in short: price, size of the bid, size of the ask. */
const short = (rows) => rows.map(({ price, bid, ask }) => [price, bid?.size ?? 0, ask?.size ?? 0]);

test("asks stand above and bids below, each price in a row", () => {
  const rows = rowsOf(BOOK, USUAL);
  assert.deepEqual(short(rows), [[305_600, 0, 30], [305_100, 0, 70], [305_000, 600, 0], [304_900, 50, 0], [304_500, 10, 0]]);
  assert.deepEqual(rows[2].bid, { size: 600, orders: 3, best: 305_000 });
  assert.equal(midOf(BOOK), 305_050);
  assert.equal(splitOf(rows, midOf(BOOK)), 2);
  assert.deepEqual(rowsOf(book([], []), { ...USUAL, hasGaps: true }), []);
});

test("prices that are put together lose nothing and do not swing with the best price", () => {
  const grouped = (depth) => rowsOf(depth, { ...USUAL, group: 5 });
  assert.deepEqual(short(grouped(BOOK)), [[306_000, 0, 30], [305_500, 0, 70], [305_000, 600, 0], [304_500, 60, 0]]);
  assert.equal(grouped(BOOK)[3].bid.best, 304_900, "the price that is nearest to trade");
  assert.equal(grouped(BOOK)[3].bid.orders, 2);
  // The best bid goes: no other row changes.
  const without = book(BOOK.bids.slice(1), BOOK.asks);
  assert.deepEqual(short(grouped(without)), short(grouped(BOOK)).filter(([price]) => price !== 305_000));
  for (const group of [1, 2, 5, 10, 20, 50, 100]) {
    const rows = rowsOf(BOOK, { ...USUAL, group });
    const sum = (side) => rows.reduce((all, row) => all + (row[side]?.size ?? 0), 0);
    assert.deepEqual([sum("bid"), sum("ask")], [660, 100]);
    // No bid seems better than it is, and no ask.
    for (const { price, bid, ask } of rows) assert.ok((bid?.best ?? price) >= price && (ask?.best ?? price) <= price);
  }
});

test("prices without orders are shown on request, and bounded where a book is wide", () => {
  const rows = rowsOf(BOOK, { ...USUAL, hasGaps: true });
  assert.equal(rows.length, 12);
  assert.deepEqual(short(rows).filter(([, bid, ask]) => bid + ask === 0).length, 7);
  const wide = book([[305_000, 1, 1], [100, 1, 1]], [[305_100, 1, 1], [1_999_999_900, 1, 1]]);
  const far = rowsOf(wide, { ...USUAL, hasGaps: true });
  assert.ok(far.length < 410, `${far.length} rows`);
  assert.deepEqual([far[0].price, far.at(-1).price], [1_999_999_900, 100], "what there is stands there");
  // A price between two ticks has a row of its own.
  const odd = rowsOf(book([[305_050, 1, 1]], [[305_200, 1, 1]]), { ...USUAL, hasGaps: true });
  assert.deepEqual(short(odd).map(([price]) => price), [305_200, 305_100, 305_050]);
});

test("the tick is a cent, and finer below a dollar, and once fine it stays so", () => {
  assert.equal(tickOf(BOOK), 100);
  const cheap = book([[9_998, 1, 1]], [[9_999, 1, 1]]);
  assert.equal(tickOf(cheap), 1);
  assert.equal(tickOf(BOOK, tickOf(cheap)), 1);
  assert.equal(tickOf({ scale: 2, bids: [[3_050, 1, 1]], asks: [] }), 1);
  assert.equal(tickOf({ scale: 6, bids: [[30_500_000, 1, 1]], asks: [] }), 10_000);
  assert.equal(tickOf(book([], [])), 100);
});

test("a crossed book and a side alone have a middle", () => {
  const crossed = book([[305_200, 1, 1]], [[305_000, 1, 1]]);
  assert.equal(splitOf(rowsOf(crossed, USUAL), midOf(crossed)), 1);
  const locked = rowsOf(book([[305_000, 2, 1]], [[305_000, 3, 1]]), USUAL);
  assert.deepEqual(short(locked), [[305_000, 2, 3]]);
  assert.equal(midOf(book([], [[7, 1, 1]])), 7);
  assert.equal(midOf(book([], [])), null);
  assert.equal(splitOf([], null), 0);
});

test("the place of a price that has gone is the next one below", () => {
  const rows = rowsOf(BOOK, USUAL);
  assert.equal(placeOf(rows, 305_000), 2);
  assert.equal(placeOf(rows, 304_950), 3);
  assert.equal(placeOf(rows, 1), 4);
  assert.equal(placeOf([], 1), -1);
});

test("bars keep their measure until the largest size leaves it", () => {
  const rows = (size) => [{ price: 1, bid: { size, orders: 1 }, ask: null }];
  assert.equal(fullBar(rows(600), 0), 1_000);
  assert.equal(fullBar(rows(150), 1_000), 1_000);
  assert.equal(fullBar(rows(1_001), 1_000), 2_000);
  assert.equal(fullBar(rows(90), 1_000), 100);
  assert.equal(fullBar(rows(4_000), 0), 5_000);
  assert.equal(fullBar([], 0), 1);
});

test("prices are exact texts with two places at least", () => {
  for (const [price, scale, text] of [
    [305_000, 4, "30.50"], [305_050, 4, "30.505"], [1, 4, "0.0001"], [12, 0, "12.00"], [4_294_967_295, 9, "4.294967295"],
    [100, 4, "0.01"], [0, 4, "0.00"], [1_228_000_000, 4, "122800.00"],
  ]) {
    assert.equal(priceText(price, scale), text);
  }
});

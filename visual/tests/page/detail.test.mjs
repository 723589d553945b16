import assert from "node:assert/strict";
import test from "node:test";

import { COLUMNS } from "../../src/page/columns.js";
import { Detail } from "../../src/page/detail.js";
import { Schema } from "../../src/page/schema.js";
import { SCHEMA, cells, inState } from "./sample.mjs";
import { standIn } from "./stand_in.mjs";

const schema = new Schema(SCHEMA);
const HOW = { name: "MSFT", isOld: false, hasRoom: false, rate: 0 };

/** The texts below the grid for a row of these fields. */
function shown(fields, how = HOW) {
  const { byId } = standIn();
  new Detail().show(fields && schema.rowOf(cells(0, fields)), how);
  const pairs = byId("detail-list").children.map(({ children }) => children.map(({ textContent }) => textContent));
  return { isHidden: byId("detail").hidden, why: byId("detail-why").textContent, all: Object.fromEntries(pairs) };
}

test("all that is known of a row stands there, also what has no column in a small window", () => {
  const { isHidden, why, all } = shown({ ...inState("live"), bid: "1.50", bid_qty: 1_000, trades: 0 });
  assert.equal(isHidden, false);
  assert.equal(why, "This book matches the venue's.");
  assert.equal(Object.keys(all).length, COLUMNS.length - 3, "the star, the name and the state stand elsewhere");
  assert.deepEqual([all.Bid, all["Bid size"], all.Ask, all.Trades], ["1.50", "1,000", "–", "–"]);
});

test("why the numbers are in doubt is said in sentences", () => {
  const { why } = shown({ ...inState("silent", "stale"), status: "halted", may_lack_trades: true });
  for (const part of [/No Pi reports/, /Messages are missing/, /halted trading/, /missed some of its trades\.$/]) {
    assert.match(why, part);
  }
  assert.match(shown(inState("live"), { ...HOW, isOld: true }).why, /does not answer/);
});

test("without a row there is nothing", () => {
  assert.equal(shown(null).isHidden, true);
});

import assert from "node:assert/strict";
import test from "node:test";

import { countOfShown, headline } from "../../src/page/headline.js";

const node = (number, state, name = null) => ({ node: number, name, state, firsts: 0 });

test("the head says how the dashboard is heard, and while it is, how far the feed is", () => {
  const lamps = (phase) => ["connecting", "setup", "live", "late", "lost"]
    .map((link) => headline(link, phase, [node(0, "silent")], "tcp://pi:1").lamp);
  assert.deepEqual(lamps("running"), ["connecting", "setup", "live", "late", "lost"]);
  assert.deepEqual(lamps("waiting"), ["connecting", "setup", "live", "late", "lost"]);
  assert.deepEqual(lamps("silent"), ["connecting", "setup", "silent", "late", "lost"]);
  assert.deepEqual(lamps("ended"), ["connecting", "setup", "ended", "late", "lost"]);
  assert.match(headline("setup", "setup", [], "tcp://pi:1").text, /controller at tcp:\/\/pi:1$/);
  for (const link of ["late", "lost"]) assert.match(headline(link, "running", [], "").text, /numbers are old$/);
});

test("who is silent is named", () => {
  const text = (...nodes) => headline("live", "silent", nodes, "").text;
  assert.equal(text(node(0, "silent")), "Silent: nothing heard from node 0");
  assert.match(text(node(2, "dead"), node(10, "silent"), node(1, "silent")), /from node 1, node 2, node 10$/);
  assert.match(text(node(0, "silent", "pi-10"), node(1, "dead", "pi-2")), /from pi-2, pi-10$/);
  assert.match(text(node(0, "speaking"), node(1, "silent")), /from the feed$/);
});

test("how many symbols are shown, and why there are none", () => {
  const market = (found, all, search = "") => ({ order: Array(found), rows: Array(all), search });
  assert.deepEqual(countOfShown(market(8_000, 8_000)), { shown: "8,000 symbols", empty: "" });
  assert.deepEqual(countOfShown(market(38, 8_000)), { shown: "38 of 8,000", empty: "" });
  assert.match(countOfShown(market(0, 0)).empty, /controller has not sent/);
  assert.match(countOfShown(market(0, 5, "XY")).empty, /“XY”/);
  assert.match(countOfShown(market(0, 5)).empty, /filter/);
  assert.match(countOfShown({ ...market(0, 5), filter: "watched" }).empty, /star/);
});

import assert from "node:assert/strict";
import test from "node:test";

import { Rates } from "../../src/page/rates.js";

/** The rate after these counts, one each second. */
function after(...counts) {
  const rates = new Rates();
  counts.forEach((events, second) => rates.take([{ events }], second * 1_000));
  return rates.of(0);
}

test("a steady rate is found, and what stops falls to nothing", () => {
  const steady = Array.from({ length: 30 }, (_, second) => 1_000 + 20 * second);
  assert.ok(Math.abs(after(...steady) - 20) < 0.01);
  const last = steady.at(-1);
  assert.ok(after(...steady, ...Array(30).fill(last)) < 0.01);
  assert.ok(after(...steady, last, last) < 12, "it falls at once");
});

test("what came before the page is no rate, nor is a count that goes back", () => {
  assert.equal(after(1_000_000), 0);
  assert.equal(after(1_000_000, 1_000_000), 0);
  assert.equal(after(100, 0), 0);
  const rates = new Rates();
  rates.take([{ events: 1 }], 5);
  rates.take([{ events: 9 }], 5);
  assert.equal(rates.of(0), 0, "no time has passed");
  assert.equal(rates.of(99), 0);
});

import assert from "node:assert/strict";
import test from "node:test";

import { Freezer } from "../../src/page/freezer.js";

const frame = (number, ...rows) => ({ frame: number, phase: "running", rows });

test("of each symbol the newest row is kept, and the newest frame", () => {
  const freezer = new Freezer();
  assert.equal(freezer.thaw(), null);
  for (let number = 1; number <= 1_000; number++) {
    freezer.keepFrame(frame(number, [number % 3, `row ${number}`]), 0);
  }
  const { tables, frame: newest } = freezer.thaw();
  assert.deepEqual(tables, []);
  assert.equal(newest.frame, 1_000);
  assert.deepEqual(newest.rows.sort(), [[0, "row 999"], [1, "row 1000"], [2, "row 998"]]);
  assert.equal(freezer.thaw(), null, "it was taken");
});

test("other symbols replace all that was kept, more symbols come beside it", () => {
  const freezer = new Freezer();
  freezer.keepTable({ from: 0, symbols: ["A"] });
  freezer.keepFrame(frame(1, [0, "of A"]), 0);
  freezer.keepTable({ from: 1, symbols: ["B"] });
  freezer.keepFrame(frame(2, [1, "of B"]), 0);
  freezer.keepTable({ from: 0, symbols: ["Z"] });
  freezer.keepFrame(frame(3, [0, "of Z"]), 0);
  freezer.keepTable({ from: 1, symbols: ["Y"] });
  const { tables, frame: newest } = freezer.thaw();
  assert.deepEqual(tables.map(({ symbols }) => symbols[0]), ["Z", "Y"]);
  assert.deepEqual(newest.rows, [[0, "of Z"]]);
});

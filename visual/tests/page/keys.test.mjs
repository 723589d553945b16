import assert from "node:assert/strict";
import test from "node:test";

import { Cursor } from "../../src/page/cursor.js";
import { HELP, actionOf, stepOf } from "../../src/page/keys.js";

const press = (key, more = {}) => actionOf({ key, isTyping: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

test("keys do what the help says, and nothing while somebody types or means the browser", () => {
  const listed = HELP.flatMap(([keys]) => keys.split(" "));
  for (const [key, action] of [["/", "search"], ["w", "watch"], ["d", "density"], ["p", "pause"], ["c", "cluster"], ["?", "help"]]) {
    assert.equal(press(key), action);
    assert.ok(listed.includes(key), key);
    for (const held of ["isTyping", "ctrlKey", "metaKey", "altKey"]) assert.equal(press(key, { [held]: true }), null);
  }
  for (const key of ["a", "Tab", "Enter", "constructor"]) assert.equal(press(key) ?? null, null, key);
});

test("keys of the symbol view do nothing in the grid, and all others the same in both", () => {
  const listed = HELP.flatMap(([keys]) => keys.split(" "));
  for (const [key, action] of [["Escape", "back"], ["l", "lock"], ["g", "group"], ["e", "gaps"], ["t", "tape"]]) {
    assert.equal(press(key, { isClosely: true }), action);
    assert.equal(press(key), null);
    assert.equal(press(key, { isClosely: true, isTyping: true }), null);
    assert.ok(listed.includes(key), key);
  }
  for (const key of ["w", "d", "p", "c", "?", "/"]) assert.equal(press(key, { isClosely: true }), press(key));
});

test("a step stays within the grid", () => {
  const size = { rows: 3, columns: 2, page: 10 };
  assert.deepEqual(stepOf("ArrowUp", [0, 0], size), [0, 0]);
  assert.deepEqual(stepOf("PageDown", [0, 1], size), [2, 1]);
  assert.deepEqual(stepOf("ArrowRight", [1, 1], size), [1, 1]);
  assert.equal(stepOf("x", [0, 0], size), null);
  assert.equal(stepOf("End", [0, 0], { ...size, rows: 0 }), null);
});

test("the first step is onto the first row in sight", () => {
  const cursor = new Cursor();
  const size = { columns: 3, page: 5, firstInSight: 2 };
  const order = [7, 5, 9, 1];
  assert.equal(cursor.handleKey("ArrowDown", order, size), true);
  assert.equal(cursor.slot, 9);
  cursor.handleKey("ArrowDown", order, size);
  assert.equal(cursor.slot, 1);
  // It was filtered out.
  cursor.handleKey("ArrowDown", [7, 5, 9], size);
  assert.equal(cursor.slot, 9);
  cursor.reset();
  assert.equal(cursor.rowIn(order), -1);
});

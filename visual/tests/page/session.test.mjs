import assert from "node:assert/strict";
import test from "node:test";

import { leaveIfLost, session } from "../../src/page/session.js";
import { standIn } from "./stand_in.mjs";

test("a session is what the dashboard says of it", async () => {
  const world = standIn();
  for (const [answer, expected] of [
    [[200, { can_log_out: true }], "kept"],
    [[200, { can_log_out: false }], "none"],
    [[401, null], "lost"],
    [[421, null], null],
    [[502, null], null],
    [null, null],
  ]) {
    world.answer = answer;
    assert.equal(await session(), expected, JSON.stringify(answer));
  }
});

test("only a lost session leads to the page to log in, wherever a proxy has put it", async () => {
  const world = standIn();
  for (const answer of [[200, { can_log_out: true }], [502, null], null]) {
    world.answer = answer;
    await leaveIfLost();
  }
  assert.deepEqual(world.went, []);
  world.answer = [401, null];
  await leaveIfLost();
  assert.deepEqual(world.went, ["login"], "relative to the page");
});

import assert from "node:assert/strict";
import test from "node:test";

import { listen } from "../../src/page/feed.js";
import { standIn } from "./stand_in.mjs";

/** A page that listens, what it was told, and its world. */
function start() {
  const world = standIn();
  const told = [];
  const handlers = { link: (state) => told.push(state) };
  handlers.connected = () => told.push("connected");
  for (const kind of ["schema", "setup", "table", "frame", "look"]) handlers[kind] = () => told.push(`a ${kind}`);
  const feed = listen(handlers);
  return { world, told, feed, last: () => world.sockets.at(-1) };
}

test("setups and frames are confirmed, and every change of the link is told once", () => {
  const { told, last } = start();
  assert.equal(last().url, "wss://dashboard.example/sub/live");
  for (const kind of ["schema", "setup", "setup", "table", "frame", "frame"]) last().hear({ kind });
  assert.deepEqual(last().sent, ["ok", "ok", "ok", "ok"]);
  const expected = ["a schema", "a setup", "setup", "a setup", "a table", "a frame", "live", "a frame"];
  assert.deepEqual(told, expected);
});

test("what is said goes to the connection that is open, and is lost without one", () => {
  const { feed, told, last } = start();
  feed.say("early");
  last().open();
  assert.equal(told.at(-1), "connected");
  feed.say("look");
  last().hear({ kind: "look" });
  assert.equal(told.at(-1), "a look");
  assert.deepEqual(last().sent, ["look"], "a look is not confirmed");
  last().onclose();
  feed.say("late");
  assert.deepEqual(last().sent, ["look"]);
});

test("a connection that breaks is made anew, and the old one is heard no more", () => {
  const { world, told, last } = start();
  const first = last();
  first.hear({ kind: "frame" });
  first.onclose();
  assert.equal(told.at(-1), "lost");
  assert.equal(world.retries.length, 1);
  const [connect, delay] = world.retries[0];
  assert.ok(delay >= 375 && delay < 625, `${delay} ms`);
  connect();
  assert.notEqual(last(), first);
  first.hear({ kind: "frame" });
  first.onclose();
  assert.equal(told.at(-1), "lost");
  assert.equal(world.sockets.length, 2);
  last().hear({ kind: "frame" });
  assert.equal(told.at(-1), "live");
});

test("a page whose session is lost goes to log in, and one whose dashboard is gone tries again", async () => {
  const { world, last } = start();
  const turn = () => new Promise(setImmediate);
  for (const [answer, went] of [[null, []], [[200, { can_log_out: true }], []], [[401, {}], ["login"]]]) {
    world.answer = answer;
    last().onclose();
    await turn();
    assert.deepEqual(world.went, went);
    assert.equal(world.retries.length, 1, "in any case");
    world.retries[0][0]();
  }
  assert.deepEqual(world.asked, ["api/session", "api/session", "api/session"]);
});

test("a silent connection is closed, and the next one tried", () => {
  const { world, told, feed, last } = start();
  const first = last();
  first.hear({ kind: "frame" });
  for (; world.now <= 8250; world.now += 250) world.tick();
  assert.deepEqual(told.slice(-2), ["late", "lost"]);
  assert.equal(first.isClosed, true);
  assert.equal(world.retries.length, 1);
  assert.equal(feed.age(), world.now);
  // The network is back before the retry.
  world.listeners.online();
  assert.equal(world.sockets.length, 2);
  assert.equal(world.retries.length, 0, "one connection is enough");
});

test("a page out of sight does not hurry", () => {
  const { world, last } = start();
  last().onclose();
  document.hidden = true;
  world.listeners.visibilitychange();
  assert.equal(world.sockets.length, 1);
  document.hidden = false;
  world.listeners.visibilitychange();
  assert.equal(world.sockets.length, 2);
});

import assert from "node:assert/strict";
import test from "node:test";

import { Link } from "../../src/page/link.js";

/** A link that heard a frame at 0. */
function liveLink() {
  const link = new Link(0);
  link.handleConnect(0);
  link.handleMessage(0, "frame");
  return link;
}

/** Lets time pass in quarters of a second; when the connection was given up, or `null`. */
function pass(link, from, to) {
  for (let now = from; now <= to; now += 250) {
    if (link.handleTick(now)) return now;
  }
  return null;
}

test("a link is what its last message says", () => {
  const link = new Link(0);
  assert.deepEqual([link.state, link.age(5)], ["connecting", null]);
  link.handleConnect(0);
  assert.equal(link.handleMessage(100, "schema"), false);
  assert.deepEqual([link.state, link.age(150)], ["connecting", null], "a schema tells nothing of the feed");
  assert.equal(link.handleMessage(200, "setup"), true);
  assert.equal(link.state, "setup");
  assert.equal(link.handleMessage(300, "table"), false);
  assert.equal(link.state, "setup");
  assert.equal(link.handleMessage(400, "frame"), true);
  assert.deepEqual([link.state, link.age(450)], ["live", 50]);
});

test("a link without a frame for three seconds is late, and live with the next one", () => {
  const link = liveLink();
  pass(link, 250, 3000);
  assert.equal(link.state, "live");
  pass(link, 3250, 3250);
  assert.equal(link.state, "late");
  link.handleMessage(3300, "frame");
  assert.equal(link.state, "live");
  link.handleMessage(3400, "setup");
  pass(link, 3500, 6500);
  assert.equal(link.state, "late", "without symbols, too");
});

test("a connection that stays late is given up, and the link is lost", () => {
  const link = liveLink();
  assert.equal(pass(link, 250, 20_000), 8250);
  link.handleLoss(0);
  assert.equal(link.state, "lost");
  pass(link, 8500, 60_000);
  assert.equal(link.state, "lost", "there is nothing to give up");
});

test("a connection that never answers is given up later, and the link still connects", () => {
  const link = new Link(0);
  link.handleConnect(0);
  assert.equal(pass(link, 250, 30_000), 15_250);
  link.handleLoss(0);
  assert.equal(link.state, "connecting");
});

test("each try waits twice as long as the one before, up to eight seconds, until something is heard", () => {
  const link = new Link(0);
  const delays = [0, 0, 0, 0, 0, 0].map(() => link.handleLoss(0.5));
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 8000]);
  link.handleConnect(0);
  link.handleMessage(1, "table");
  assert.equal(link.handleLoss(0.5), 8000);
  link.handleConnect(2);
  link.handleMessage(3, "setup");
  assert.equal(link.handleLoss(0.5), 500);
});

test("browsers do not all come back at the same moment", () => {
  const [least, most] = [0, 1].map((chance) => new Link(0).handleLoss(chance));
  assert.deepEqual([least, most], [375, 625]);
});

test("a page that was frozen hears what waits before it gives up", () => {
  const link = liveLink();
  assert.equal(link.handleTick(60_000), false);
  assert.equal(link.state, "late");
  assert.equal(pass(link, 60_250, 70_000), 61_250);
});

test("a page that comes into sight connects at once, or gives a late connection one second", () => {
  const lost = liveLink();
  lost.handleLoss(0);
  assert.equal(lost.handleWake(10), true);

  const late = liveLink();
  pass(late, 250, 4000);
  assert.equal(late.handleWake(4000), false);
  assert.equal(late.state, "late");
  assert.equal(pass(late, 4250, 10_000), 5250);

  const live = liveLink();
  pass(live, 250, 1000);
  assert.equal(live.handleWake(1000), false);
  assert.equal(pass(live, 1250, 10_000), 8250, "a live connection has the usual time");

  const frozen = liveLink();
  assert.equal(frozen.handleWake(60_000), false);
  assert.equal(frozen.state, "late", "before the first tick");
});

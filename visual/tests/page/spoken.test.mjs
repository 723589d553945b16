import assert from "node:assert/strict";
import test from "node:test";

import { Spoken } from "../../src/page/spoken.js";

const state = (changes) => ({ headline: "Connected", nodes: [], isFrozen: false, ...changes });
const silent = (name) => ({ node: 1, name, state: "silent" });

test("only changes of state are spoken", () => {
  const spoken = new Spoken();
  assert.equal(spoken.handle(state({})), "Connected");
  for (let times = 0; times < 3; times++) assert.equal(spoken.handle(state({})), null);
  assert.equal(spoken.handle(state({ nodes: [silent("pi-10"), silent("pi-2")] })), "Not heard: pi-2, pi-10");
  assert.equal(spoken.handle(state({ nodes: [silent("pi-2"), silent("pi-10")] })), null);
  assert.equal(spoken.handle(state({ nodes: [{ ...silent("pi-2"), state: "speaking" }] })), "All Pis are heard");
  assert.equal(spoken.handle(state({ isFrozen: true })), "What is shown is frozen");
  assert.equal(spoken.handle(state({ headline: "Silent" })), "Silent. What is shown goes on");
  assert.equal(spoken.handle(state({ headline: "Silent", symbol: "MSFT. live" })), "MSFT. live");
  assert.equal(spoken.handle(state({ headline: "Silent", symbol: "MSFT. live" })), null);
  assert.equal(spoken.handle(state({ headline: "Silent" })), "All symbols");
});

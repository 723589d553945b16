import assert from "node:assert/strict";
import test from "node:test";

import { sourceWords } from "../../src/page/source.js";

const word = (source, lamp = "live") => sourceWords(source, lamp).word;

test("what kind of feed it is stands there in one word", () => {
  assert.deepEqual(["live", "delayed", "replay", "made-up"].map((source) => word(source)),
    ["LIVE", "DELAYED", "REPLAY", "MADE UP"]);
  assert.equal(word(null), "FEED UNKNOWN");
  assert.equal(word("live", "ended"), "LIVE");
});

test("nothing is called live that is silent or old", () => {
  assert.equal(word("live", "silent"), "SILENT");
  for (const lamp of ["late", "lost"]) assert.equal(word("live", lamp), "OLD");
  for (const lamp of ["silent", "late", "lost"]) assert.equal(sourceWords("live", lamp).kind, "silent");
});

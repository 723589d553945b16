import assert from "node:assert/strict";
import test from "node:test";

import { incidentLines } from "../../src/page/incidents.js";

const event = (changes) => ({
  id: 1, what: "pi_lost", node: 2, name: "pi-3", channel: null, lost_messages: null, run: null, ago_ms: 5_000,
  noticed_ms: 750, back_ms: null, whole_ms: null, is_over: false, copies_dropped: 0, rows_passed: 0, ...changes,
});

const only = (changes) => incidentLines({ events: [event(changes)] }, 65_000)[0];

test("a Pi that is lost is told step by step", () => {
  assert.deepEqual(only({}), {
    when: 60_000, what: "pi-3 was lost", bill: "noticed after 0.8 s, not back yet, not all books on all Pis yet", isOver: false,
  });
  assert.equal(only({ back_ms: 1_600 }).bill, "noticed after 0.8 s, back after 1.6 s, not all books on all Pis yet");
  const over = { back_ms: 1_600, whole_ms: 2_012, is_over: true, copies_dropped: 14_201 };
  assert.equal(
    only(over).bill,
    "noticed after 0.8 s, back after 1.6 s, all books on all Pis after 2.0 s, no event left out, 14,201 copies dropped",
  );
  assert.match(only({ ...over, rows_passed: 12 }).bill, /, 12 rows caught up by a state, /);
});

test("what a run left open will never be", () => {
  assert.equal(only({ is_over: true }).bill, "noticed after 0.8 s, never back, never all books on all Pis");
});

test("each kind has its words", () => {
  assert.equal(only({ what: "controller_lost", name: null }).what, "The controller was lost");
  const doubt = only({ what: "books_in_doubt", name: null, noticed_ms: 0 });
  assert.deepEqual([doubt.what, doubt.bill], ["Books are in doubt", "not all books on all Pis yet"]);
  const lost = { what: "messages_lost", channel: 3, is_over: true };
  assert.deepEqual(
    [17, 1].map((lost_messages) => only({ ...lost, lost_messages })).map(({ what, bill }) => [what, bill]),
    [["17 messages of channel 3 lost by the feed", ""], ["1 message of channel 3 lost by the feed", ""]],
  );
  assert.equal(only({ what: "run_began", run: "00000007.2", is_over: true }).what, "Another run began: 00000007.2");
  // Of a newer dashboard.
  assert.equal(only({ what: "something_else" }).what, "something_else");
});

test("a long history is shown from its newest part", () => {
  const events = Array.from({ length: 120 }, (_, at) => event({ id: 120 - at, ago_ms: at }));
  const lines = incidentLines({ events }, 1_000);
  assert.equal(lines.length, 50);
  assert.equal(lines[0].when, 1_000);
});

// What a dashboard would send, for tests. schema.json is what this version sends; a test in
// row_schema.rs holds it to that.

import { readFileSync } from "node:fs";

export const SCHEMA = JSON.parse(readFileSync(new URL("schema.json", import.meta.url), "utf8"));

/** The cells of a row whose other fields are as before the first event. */
export function cells(slot, fields) {
  const row = [...SCHEMA.empty];
  for (const [name, value] of Object.entries({ slot, ...fields })) {
    const at = SCHEMA.fields.indexOf(name);
    if (at < 0) throw new Error(`no field is called ${name}`);
    row[at] = value;
  }
  return row;
}

/** Fields of a row in a state, by its word. */
export function inState(word, trust = word) {
  return { state: word, trust: word === "waiting" ? null : trust };
}

/** A frame in which `states` and `statuses` have these numbers of symbols. */
export function frame(changes, states = {}, statuses = {}) {
  const counts = (words, given) => Object.fromEntries(words.map(({ word }) => [word, given[word] ?? 0]));
  return {
    kind: "frame", frame: 1, shown_at_ms: 0, phase: "running", nodes_expected: 2, nodes: [],
    counters: { events: 0, trades: 0, volume: 0, copies: 0, missed: 0, conflated: 0 },
    market_time_ms: null, rows: [],
    states: counts(SCHEMA.states, states), statuses: counts(SCHEMA.pauses, statuses),
    ...changes,
  };
}

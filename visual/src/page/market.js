// All symbols with their newest rows, and in which order which of them are shown.

import { Schema, pauseOf, stateOf } from "./schema.js";

const FILTERS = {
  all: () => true,
  traded: (row) => row.trades > 0,
  quoted: (row) => row.bid !== null && row.ask !== null,
  doubtful: (row) => stateOf(row, false).is_doubtful,
  paused: (row) => pauseOf(row) !== null,
};

/** What a column is sorted by: a number, or `null` for what always comes last. */
const numberIn = (field) => (row) => (row[field] === null ? null : Number(row[field]));

const SORT_KEYS = {
  // The most doubtful first, and those that do not trade before the others.
  state: (row) => -2 * stateOf(row, false).doubt - (pauseOf(row) === null ? 0 : 1),
};
for (const field of ["last", "mid", "spread", "bid_qty", "bid", "ask", "ask_qty", "trades", "volume"]) {
  SORT_KEYS[field] = numberIn(field);
}

export class Market {
  schema = null;
  names = [];
  rows = [];
  /** Where each slot is in the order of the names. */
  #ranks = [];
  /** The slots to show, in order. */
  order = [];
  sortedBy = "symbol";
  isDescending = false;
  search = "";
  filter = "all";

  /** Takes the dashboard's first message. */
  describe(message) {
    this.schema = new Schema(message);
  }

  /** Takes symbols whose slots begin at `from`; from 0 on everything is another one. */
  define(from, symbols) {
    this.names.length = this.rows.length = from;
    for (const name of symbols) {
      this.rows.push(this.schema.emptyRow(this.names.length));
      this.names.push(name);
    }
    const byName = [...this.names.keys()].sort((a, b) => compareNames(this.names[a], this.names[b]) || a - b);
    this.#ranks = new Array(byName.length);
    byName.forEach((slot, rank) => (this.#ranks[slot] = rank));
    this.arrange();
  }

  /** Takes the cells of rows that changed. */
  update(changed) {
    for (const cells of changed) {
      const row = this.schema.rowOf(cells);
      this.rows[row.slot] = row;
    }
  }

  /** Whether the order depends on more than the names. */
  get isMoving() {
    return this.sortedBy !== "symbol" || this.filter !== "all";
  }

  arrange() {
    const wanted = this.search.trim().toUpperCase();
    const passes = FILTERS[this.filter];
    const rankOf = (row) => this.#ranks[row.slot];
    const keyOf = SORT_KEYS[this.sortedBy] ?? rankOf;
    const sign = this.isDescending ? -1 : 1;
    const found = [];
    for (const row of this.rows) {
      // Where the text stands in the name: names that begin with it come first.
      const at = this.names[row.slot].toUpperCase().indexOf(wanted);
      if (at >= 0 && passes(row)) found.push({ slot: row.slot, at: Math.min(at, 1), key: keyOf(row), rank: rankOf(row) });
    }
    found.sort((a, b) => a.at - b.at || compare(a.key, b.key, sign) || a.rank - b.rank);
    this.order = found.map(({ slot }) => slot);
  }
}

const compareNames = (a, b) => (a > b) - (a < b);

function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (a - b);
}

// All symbols with their newest rows, and in which order which of them are shown.

import { Rates } from "./rates.js";
import { Schema, pauseOf, stateOf } from "./schema.js";
import { fit, plain } from "./search.js";
import { USUAL_VIEW, queryOf } from "./view_state.js";
import { WatchList } from "./watch.js";

const FILTERS = {
  all: () => true,
  watched: (row, market) => market.isWatched(row.slot),
  traded: (row) => row.trades > 0,
  quoted: (row) => row.bid !== null && row.ask !== null,
  doubtful: (row) => stateOf(row, false).is_doubtful,
  paused: (row) => pauseOf(row) !== null,
};

/** What can be asked for beside all. */
export const FILTER_NAMES = Object.keys(FILTERS);

/** What a column is sorted by: a number, or `null` for what always comes last. */
const numberIn = (field) => (row) => (row[field] === null ? null : Number(row[field]));

const SORT_KEYS = {
  // The most doubtful first, and those that do not trade before the others.
  state: (row) => -2 * stateOf(row, false).doubt - (pauseOf(row) === null ? 0 : 1),
  rate: (row, market) => market.rates.of(row.slot),
  watch: (row, market) => (market.isWatched(row.slot) ? 1 : 0),
};
for (const field of [
  "last", "change_bp", "mid", "spread", "bid_qty", "bid", "ask", "ask_qty", "vwap", "median", "trades", "volume",
]) {
  SORT_KEYS[field] = numberIn(field);
}

export class Market {
  schema = null;
  names = [];
  rows = [];
  /** The names as a search sees them. */
  #plainNames = [];
  /** Where each slot is in the order of the names. */
  #ranks = [];
  /** The slots to show, in order. */
  order = [];
  sortedBy = USUAL_VIEW.sortedBy;
  isDescending = USUAL_VIEW.isDescending;
  search = USUAL_VIEW.search;
  filter = USUAL_VIEW.filter;
  watchList = new WatchList();
  rates = new Rates();

  /** Takes the dashboard's first message. */
  describe(message) {
    this.schema = new Schema(message);
  }

  /** Looks at it in this way from now on. */
  look(view) {
    const { search, filter, sortedBy, isDescending, watched } = view;
    Object.assign(this, { search, filter, sortedBy, isDescending, watchList: new WatchList(watched) });
    this.arrange();
  }

  /** The query of the address that shows it so. */
  query(isDense, closely = USUAL_VIEW.closely) {
    return queryOf({ ...this, watched: this.watchList.names, isDense, closely });
  }

  isWatched(slot) {
    return this.watchList.has(this.names[slot]);
  }

  /** Takes symbols whose slots begin at `from`; from 0 on everything is another one. */
  define(from, symbols) {
    this.names.length = this.rows.length = this.#plainNames.length = from;
    if (from === 0) this.rates.reset();
    for (const name of symbols) {
      this.rows.push(this.schema.emptyRow(this.names.length));
      this.names.push(name);
      this.#plainNames.push(plain(name));
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

  /** Some time has passed, by a clock in milliseconds. */
  handleTime(now) {
    this.rates.take(this.rows, now);
  }

  /** Whether the order depends on more than the names. */
  get isMoving() {
    return this.sortedBy !== "symbol" || (this.filter !== "all" && this.filter !== "watched");
  }

  /** Sorts by a column, or the other way when it is sorted by it. */
  sortBy(name) {
    // Numbers are looked at from the largest down, names from A.
    const firstIsDescending = name !== "symbol" && name !== "state";
    this.isDescending = this.sortedBy === name ? !this.isDescending : firstIsDescending;
    this.sortedBy = name;
    this.arrange();
  }

  arrange() {
    const wanted = plain(this.search);
    const passes = FILTERS[this.filter];
    const rankOf = (row) => this.#ranks[row.slot];
    const keyOf = SORT_KEYS[this.sortedBy] ?? rankOf;
    const sign = this.isDescending ? -1 : 1;
    const found = [];
    for (const row of this.rows) {
      // Names that begin with the text come first.
      const at = fit(this.#plainNames[row.slot], wanted);
      if (at === null || !passes(row, this)) continue;
      found.push({ slot: row.slot, at, key: keyOf(row, this), rank: rankOf(row) });
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

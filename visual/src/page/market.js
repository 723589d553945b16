// All symbols with their newest rows, and in which order which of them are shown.

/**
 * Cells of a row; page_message.rs writes them in this order. Prices are exact decimal texts. TRUST is
 * "live", "recovering", "partial" or "stale", and `null` before the first event; STATUS is "open",
 * "halted", "closed" or "unknown".
 */
export const [
  SLOT, TRUST, SILENT, STATUS, LAST, DIRECTION, LAST_QTY, MID, SPREAD,
  BID, BID_QTY, BID_ORDERS, ASK, ASK_QTY, ASK_ORDERS, TRADES, VOLUME,
] = Array(17).keys();

const emptyRow = (slot) =>
  [slot, null, false, "unknown", null, null, null, null, null, null, null, null, null, null, null, 0, 0];

/**
 * What can be said of a row: "waiting", "silent", or its trust. While the dashboard does not answer
 * nothing is live, whatever was said last, but "old".
 */
export function stateOf(row, isOld) {
  if (row[TRUST] === null) return "waiting";
  if (row[SILENT]) return "silent";
  return isOld && row[TRUST] === "live" ? "old" : row[TRUST];
}

/** Whether the venue keeps the symbol from trading. */
export const isPaused = (row) => row[STATUS] === "halted" || row[STATUS] === "closed";

const FILTERS = {
  all: () => true,
  traded: (row) => row[TRADES] > 0,
  quoted: (row) => row[BID] !== null && row[ASK] !== null,
  doubtful: (row) => !["live", "waiting"].includes(stateOf(row, false)),
  paused: isPaused,
};

/** What a column is sorted by: a number, or `null` for what always comes last. */
const numberIn = (cell) => (row) => (row[cell] === null ? null : Number(row[cell]));

const DOUBT = ["silent", "stale", "recovering", "partial", "live", "waiting"];

const SORT_KEYS = {
  state: (row) => 2 * DOUBT.indexOf(stateOf(row, false)) + (isPaused(row) ? 0 : 1),
  last: numberIn(LAST),
  mid: numberIn(MID),
  spread: numberIn(SPREAD),
  bid_qty: numberIn(BID_QTY),
  bid: numberIn(BID),
  ask: numberIn(ASK),
  ask_qty: numberIn(ASK_QTY),
  trades: numberIn(TRADES),
  volume: numberIn(VOLUME),
};

export class Market {
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

  /** Takes symbols whose slots begin at `from`; from 0 on everything is another one. */
  define(from, symbols) {
    this.names.length = this.rows.length = from;
    for (const [name] of symbols) {
      this.rows.push(emptyRow(this.names.length));
      this.names.push(name);
    }
    const byName = [...this.names.keys()].sort((a, b) => compareNames(this.names[a], this.names[b]) || a - b);
    this.#ranks = new Array(byName.length);
    byName.forEach((slot, rank) => (this.#ranks[slot] = rank));
    this.arrange();
  }

  update(rows) {
    for (const row of rows) this.rows[row[SLOT]] = row;
  }

  /** Whether the order depends on more than the names. */
  get isMoving() {
    return this.sortedBy !== "symbol" || this.filter !== "all";
  }

  arrange() {
    const wanted = this.search.trim().toUpperCase();
    const passes = FILTERS[this.filter];
    const rankOf = (row) => this.#ranks[row[SLOT]];
    const keyOf = SORT_KEYS[this.sortedBy] ?? rankOf;
    const sign = this.isDescending ? -1 : 1;
    const found = [];
    for (const row of this.rows) {
      // Where the text stands in the name: names that begin with it come first.
      const at = this.names[row[SLOT]].toUpperCase().indexOf(wanted);
      if (at >= 0 && passes(row)) found.push({ slot: row[SLOT], at: Math.min(at, 1), key: keyOf(row), rank: rankOf(row) });
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

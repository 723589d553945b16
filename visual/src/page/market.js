// All symbols with their newest rows, and in which order which of them are shown.

/** Cells of a row; page_message.rs writes them in this order. Prices are exact decimal texts. */
export const [
  SLOT, STATE, LAST, DIRECTION, LAST_QTY, MID, SPREAD,
  BID, BID_QTY, BID_ORDERS, ASK, ASK_QTY, ASK_ORDERS, TRADES, VOLUME, MISSED,
] = Array(16).keys();

const emptyRow = (slot) =>
  [slot, "waiting", null, null, null, null, null, null, null, null, null, null, null, 0, 0, 0];

const isLive = (row) => row[STATE] === "live" || row[STATE] === "waiting";

const FILTERS = {
  all: () => true,
  traded: (row) => row[TRADES] > 0,
  quoted: (row) => row[BID] !== null && row[ASK] !== null,
  doubtful: (row) => !isLive(row),
};

/** What a column is sorted by: a number, or `null` for what always comes last. */
const numberIn = (cell) => (row) => (row[cell] === null ? null : Number(row[cell]));

const DOUBT = ["unheard", "stale", "recovering", "halted", "closed", "live", "waiting"];

export const SORT_KEYS = {
  symbol: (row) => row[SLOT], // slots are in the order of the names
  state: (row) => DOUBT.indexOf(row[STATE]),
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
  /** The slots to show, in order. */
  order = [];
  sortedBy = "symbol";
  isDescending = false;
  search = "";
  filter = "all";

  reset(symbols) {
    this.names = symbols.map(([name]) => name);
    this.rows = this.names.map((_, slot) => emptyRow(slot));
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
    const keyOf = SORT_KEYS[this.sortedBy];
    const sign = this.isDescending ? -1 : 1;
    const found = [];
    for (const row of this.rows) {
      // Where the text stands in the name: names that begin with it come first.
      const at = this.names[row[SLOT]].toUpperCase().indexOf(wanted);
      if (at >= 0 && passes(row)) found.push({ slot: row[SLOT], at: Math.min(at, 1), key: keyOf(row) });
    }
    found.sort((a, b) => a.at - b.at || compare(a.key, b.key, sign) || a.slot - b.slot);
    this.order = found.map(({ slot }) => slot);
  }
}

function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (a - b);
}

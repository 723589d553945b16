// The newest entries of a list that only grows, as the dashboard numbers them.

const MOST_ENTRIES = 200; // limits.rs, TAPE_TRADES and TAPE_BEST_CHANGES

const time = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York", hourCycle: "h23",
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
});
const whole = new Intl.NumberFormat("en-US");

export class Tape {
  /** The newest entries, oldest first. */
  entries = [];
  /** The number of the newest one. */
  newest = 0;

  /** Takes what is new: entries from the number `first` on. One that does not go on here begins anew. */
  take({ first, entries }) {
    if (first !== this.newest + 1) this.entries = [];
    this.entries = [...this.entries, ...entries].slice(-MOST_ENTRIES);
    this.newest = first + entries.length - 1;
  }

  /** Forgets all: another symbol, or another connection, is told from its start. */
  reset() {
    this.entries = [];
    this.newest = 0;
  }
}

/** Entries and those that follow them, as one list, if they go on there. */
export function joinedEntries(before, next) {
  if (before === null || next === null) return next ?? before;
  const end = next.first + next.entries.length;
  const isNext = next.first === before.first + before.entries.length;
  const entries = (isNext ? [...before.entries, ...next.entries] : next.entries).slice(-MOST_ENTRIES);
  return { first: end - entries.length, entries };
}

/** How a direction looks: a sign beside its colour, and a word for who sees neither. */
const DIRECTIONS = { up: ["▲", "higher"], down: ["▼", "lower"], same: ["=", "unchanged"] };

/** The cells of a trade: time, price, shares, sign; `look` is its class, and `word` what the sign means. */
export function tradeLine([ms, price, size, direction]) {
  const [sign, word] = DIRECTIONS[direction] ?? ["", ""];
  return { look: direction ?? "", word, cells: [timeText(ms), price, whole.format(size), sign] };
}

/** The cells of a change of the best prices: time, bid with its shares, ask with its shares. */
export function bestLine([ms, bid, ask]) {
  return { look: "", word: "", cells: [timeText(ms), ...quoteCells(bid), ...quoteCells(ask).reverse()] };
}

const quoteCells = (quote) => (quote === null ? ["", "–"] : [whole.format(quote[1]), quote[0]]);

const timeText = (ms) => (ms === null ? "" : time.format(ms));

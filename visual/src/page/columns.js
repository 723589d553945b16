// The columns of the grid: what a row's cells say, and how a row looks.

import { pauseOf, stateOf, trustBeside } from "./schema.js";

const PRICE_DIGITS = 4;
const MID_DIGITS = 5; // half of the last digit of a price
// Characters; on a phone longer texts are smaller, and those of bid and ask stand beside a word.
const LONG_TEXT = 9;
const LONG_TEXT_BESIDE_WORD = 7;
const FIGURE_SPACE = "\u2007";

const whole = new Intl.NumberFormat("en-US");

/**
 * The columns from left to right: `name` (also the field they are sorted by), `heading`, `title` (help),
 * `className`, `longest` (characters before the text becomes small on a phone), and `text(row, how)`,
 * where `how` has the symbol's `name`, `isOld` and `hasRoom`.
 */
export const COLUMNS = [
  column("symbol", "Symbol", "", (row, how) => how.name),
  column("state", "State", "Whether the numbers can be trusted, and whether the symbol trades",
    (row, how) => stateText(row, how.isOld)),
  column("last", "Last trade", "Price of the last trade: green when higher than the one before, red when lower, yellow when the same", (row, how) => price(row.last, how)),
  column("mid", "Mid", "Halfway between bid and ask", (row, how) => price(row.mid, how, MID_DIGITS)),
  column("spread", "Spread", "Ask minus bid", (row, how) => price(row.spread, how)),
  column("bid_qty", "Bid size", "Shares at the best bid", (row) => quantity(row.bid_qty)),
  column("bid", "Bid", "Price of the best bid", (row, how) => price(row.bid, how)),
  column("ask", "Ask", "Price of the best offer", (row, how) => price(row.ask, how)),
  column("ask_qty", "Ask size", "Shares at the best offer", (row) => quantity(row.ask_qty)),
  column("trades", "Trades", "Number of trades that the dashboard has seen", (row) => quantity(row.trades || null)),
  column("volume", "Volume", "Shares traded in them", (row) => quantity(row.volume || null)),
];

function column(name, heading, title, text) {
  const isQuantity = ["bid_qty", "ask_qty", "trades", "volume"].includes(name);
  const className = isQuantity ? `quantity ${name}` : name;
  const longest = name === "bid" || name === "ask" ? LONG_TEXT_BESIDE_WORD : LONG_TEXT;
  return { name, heading, title, text, className, longest };
}

/** What can be said of a row in words: of its numbers, and of the venue. */
function stateText(row, isOld) {
  const said = [stateOf(row, isOld).label, trustBeside(row)?.label, pauseOf(row)?.word];
  return said.filter(Boolean).join(" · ");
}

/** The same in sentences. */
export function stateTitle(row, isOld) {
  return [stateOf(row, isOld).title, pauseOf(row)?.title].filter(Boolean).join(". ");
}

/** The CSS classes of a row. */
export function rowClasses(row, isOld) {
  const [state, pause] = [stateOf(row, isOld), pauseOf(row)];
  const classes = ["row", state.word, row.direction];
  if (state.is_doubtful) classes.push("doubtful");
  if (pause !== null) classes.push("paused");
  if (row.spread?.startsWith("-")) classes.push("crossed");
  return classes.filter(Boolean).join(" ");
}

/** Where there is room, fills up the decimal places: the points stand below one another. */
function price(text, { hasRoom }, digits = PRICE_DIGITS) {
  if (text === null) return "";
  if (!hasRoom) return text;
  const missing = digits - (text.length - text.indexOf(".") - 1);
  return text + FIGURE_SPACE.repeat(Math.max(0, missing));
}

function quantity(number) {
  return number === null ? "" : whole.format(number);
}

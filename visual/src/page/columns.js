// The columns of the grid: what a row's cells say, and how a row looks.

import { pauseOf, stateOf, trustBeside } from "./schema.js";

const PRICE_DIGITS = 4;
const MID_DIGITS = 5; // half of the last digit of a price
// Characters; longer texts are smaller. On a phone those of bid and ask stand beside a word.
const LONG_TEXT = 9;
const LONG_TEXT_BESIDE_WORD = 7;
const FIGURE_SPACE = "\u2007";
const MINUS = "\u2212";
/** Before a number that may be too small, since not all was seen. */
const AT_LEAST = "≥\u2009";

const whole = new Intl.NumberFormat("en-US");
const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const PARTIAL_NOTE = "≥ where the dashboard came late or missed some";

/**
 * The columns from left to right: `name` (also what they are sorted by), `heading`, `title` (help),
 * `className`, `isLong(text, hasRoom)` (whether it has to be small), and `text(row, how)`, where `how` has
 * the symbol's `name`, `isWatched`, its `rate`, `isOld` and `hasRoom`.
 */
export const COLUMNS = [
  column("watch", "★", "Whether you watch the symbol; a click on the star or the key w puts it on your list or takes it off",
    (row, how) => (how.isWatched ? "★" : "☆")),
  column("symbol", "Symbol", "", (row, how) => how.name),
  column("state", "State", "Whether the numbers can be trusted, and whether the symbol trades",
    (row, how) => stateText(row, how.isOld)),
  price("last", "Last trade", "Price of the last trade: green with ▲ when higher than the one before, red with ▼ when lower, yellow with = when the same"),
  column("change_bp", "Change", "Last trade against the first one that the dashboard knows of, in percent",
    (row) => percent(row.change_bp)),
  quantity("bid_qty", "Bid size", "Shares at the best bid"),
  price("bid", "Bid", "Price of the best bid"),
  price("ask", "Ask", "Price of the best offer"),
  quantity("ask_qty", "Ask size", "Shares at the best offer"),
  price("spread", "Spread", "Ask minus bid"),
  price("mid", "Mid", "Halfway between bid and ask", MID_DIGITS),
  column("vwap", "VWAP", "Mean price of a share in the trades that the dashboard saw, cut after four digits",
    (row, how) => decimals(cut(row.vwap), how), "price"),
  price("median", "Median", "Median price of the last 31 trades that the dashboard saw"),
  counted("trades", "Trades", `Trades that the dashboard saw; ${PARTIAL_NOTE}`),
  counted("volume", "Volume", `Shares in them; ${PARTIAL_NOTE}`),
  column("rate", "Upd/s", "Updates a second, over the last seconds", (row, how) => (how.rate < 0.05 ? "" : tenths.format(how.rate)), "quantity"),
];

function column(name, heading, title, text, kind = "") {
  const className = kind === "" ? name : `${kind} ${name}`;
  const narrow = name === "bid" || name === "ask" ? LONG_TEXT_BESIDE_WORD : LONG_TEXT;
  const isLong = (said, hasRoom) => said.length > (hasRoom ? LONG_TEXT : narrow);
  return { name, heading, title, text, className, isLong };
}

function price(name, heading, title, digits = PRICE_DIGITS) {
  return column(name, heading, title, (row, how) => decimals(row[name], how, digits), "price");
}

function quantity(name, heading, title) {
  return column(name, heading, title, (row) => number(row[name]), "quantity");
}

/** Of nothing there is nothing to say. */
function counted(name, heading, title) {
  const text = (row) => (row[name] === 0 ? "" : (row.may_lack_trades ? AT_LEAST : "") + number(row[name]));
  return column(name, heading, title, text, "quantity");
}

/** What can be said of a row in words: of its numbers, and of the venue. */
function stateText(row, isOld) {
  const said = [stateOf(row, isOld).label, trustBeside(row)?.label, pauseOf(row)?.word];
  return said.filter(Boolean).join(" · ");
}

/** The same in sentences. */
export function stateTitle(row, isOld) {
  const said = [stateOf(row, isOld).title, trustBeside(row)?.title, pauseOf(row)?.title];
  return said.filter(Boolean).join(". ");
}

/** The CSS classes of a row. */
export function rowClasses(row, { isOld, isWatched, isCurrent }) {
  const [state, pause] = [stateOf(row, isOld), pauseOf(row)];
  const classes = ["row", state.word, row.direction];
  if (state.is_doubtful) classes.push("doubtful");
  if (pause !== null) classes.push("paused");
  if (row.spread?.startsWith("-")) classes.push("crossed");
  if (row.change_bp !== null && row.change_bp !== 0) classes.push(row.change_bp > 0 ? "gained" : "fell");
  if (isWatched) classes.push("watched");
  if (isCurrent) classes.push("current");
  return classes.filter(Boolean).join(" ");
}

/** Where there is room, fills up the decimal places: the points stand below one another. */
function decimals(text, { hasRoom }, digits = PRICE_DIGITS) {
  if (text === null) return "";
  if (!hasRoom) return text;
  const missing = digits - (text.length - text.indexOf(".") - 1);
  return text + FIGURE_SPACE.repeat(Math.max(0, missing));
}

/** A decimal text without the digits that are too small to matter. */
function cut(text) {
  return text === null ? null : text.slice(0, text.indexOf(".") + 1 + PRICE_DIGITS);
}

function number(of) {
  return of === null ? "" : whole.format(of);
}

function percent(basisPoints) {
  if (basisPoints === null) return "";
  const sign = basisPoints > 0 ? "+" : basisPoints < 0 ? MINUS : "";
  return `${sign}${hundredths.format(Math.abs(basisPoints) / 100)} %`;
}

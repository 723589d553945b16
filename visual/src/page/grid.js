// The grid: only the rows in sight exist, and of these only what changed is written.

import {
  ASK, ASK_QTY, BID, BID_QTY, DIRECTION, LAST, MID, SLOT, SPREAD, STATUS, TRADES, TRUST, VOLUME,
  isPaused, stateOf,
} from "./market.js";

const ROWS_BEYOND_SIGHT = 6;
const FLASH_MS = 500;
const PRICE_DIGITS = 4;
const MID_DIGITS = 5; // half of the last digit of a price
// Characters; on a phone longer texts are smaller, and those of bid and ask stand beside a word.
const LONG_TEXT = 9;
const LONG_TEXT_BESIDE_WORD = 7;
const FIGURE_SPACE = "\u2007";

const STATE_TITLES = {
  silent: "Nothing is heard of this symbol: the numbers are old",
  stale: "Messages are missing: the numbers may be wrong",
  recovering: "What is missing is being fetched: the numbers are late",
  partial: "Begun in the middle of the day: orders from before are not in the numbers",
  old: "The dashboard does not answer: the numbers are old",
  halted: "The venue halted trading",
  closed: "Trading is over",
};

/** What can be said of a row in words: of its numbers, and of the venue. */
function stateText(row, isOld) {
  const state = stateOf(row, isOld);
  if (state === "waiting") return "no event yet";
  const words = [state];
  if (state === "silent" && row[TRUST] !== "live") words.push(row[TRUST]);
  if (isPaused(row)) words.push(row[STATUS]);
  return words.join(" · ");
}

function stateTitle(row, isOld) {
  const words = [stateOf(row, isOld), row[STATUS]].map((word) => STATE_TITLES[word]);
  return words.filter((title) => title !== undefined).join(". ");
}

const whole = new Intl.NumberFormat("en-US");

const hasRoom = matchMedia("(min-width: 761px)");

/** Where there is room, fills up the decimal places: the points stand below one another. */
function price(text, digits = PRICE_DIGITS) {
  if (text === null) return "";
  if (!hasRoom.matches) return text;
  const missing = digits - (text.length - text.indexOf(".") - 1);
  return text + FIGURE_SPACE.repeat(Math.max(0, missing));
}

const quantity = (number) => (number === null ? "" : whole.format(number));

/** Name (also the CSS class), heading, explanation, and the text of a row's cell. */
const COLUMNS = [
  ["symbol", "Symbol", "", (row, name) => name],
  ["state", "State", "Whether the book can be trusted, and whether the symbol trades", (row, name, isOld) => stateText(row, isOld)],
  ["last", "Last trade", "Coloured by its direction", (row) => price(row[LAST])],
  ["mid", "Mid", "Half way between bid and ask", (row) => price(row[MID], MID_DIGITS)],
  ["spread", "Spread", "Ask minus bid", (row) => price(row[SPREAD])],
  ["bid_qty", "Bid size", "Shares at the best bid", (row) => quantity(row[BID_QTY])],
  ["bid", "Bid", "The best bid", (row) => price(row[BID])],
  ["ask", "Ask", "The best offer", (row) => price(row[ASK])],
  ["ask_qty", "Ask size", "Shares at the best offer", (row) => quantity(row[ASK_QTY])],
  ["trades", "Trades", "Trades seen", (row) => quantity(row[TRADES] || null)],
  ["volume", "Volume", "Shares of these trades", (row) => quantity(row[VOLUME] || null)],
].map(([name, heading, title, text]) => {
  const longest = name === "bid" || name === "ask" ? LONG_TEXT_BESIDE_WORD : LONG_TEXT;
  return { name, heading, title, text, longest };
});

const QUANTITIES = new Set(["bid_qty", "ask_qty", "trades", "volume"]);
const cellClass = (name) => (QUANTITIES.has(name) ? `quantity ${name}` : name);

const wantsCalm = matchMedia("(prefers-reduced-motion: reduce)");

export class Grid {
  #market;
  #scroller = document.getElementById("scroller");
  #head = document.getElementById("head");
  #body = document.getElementById("rows");
  #pool = [];
  #rowHeight = 0;
  #isScheduled = false;
  #isOld = false;

  constructor(market) {
    this.#market = market;
    this.#makeHead();
    this.#scroller.addEventListener("scroll", () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(this.#scroller);
    this.#measure();
  }

  /** Draws soon, once, however often it is asked. */
  schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  /** Whether the numbers are old, so that none may be called live. */
  setOld(isOld) {
    if (isOld === this.#isOld) return;
    this.#isOld = isOld;
    this.#forget();
  }

  /** Draws again from the top: for another search or order. */
  scrollToTop() {
    this.#scroller.scrollTop = 0;
    this.schedule();
  }

  focus() {
    this.#scroller.focus();
  }

  #makeHead() {
    const row = element("div", "row", { role: "row", "aria-rowindex": 1 });
    for (const { name, heading, title } of COLUMNS) {
      const cell = element("div", cellClass(name), { role: "columnheader" });
      const button = element("button", "", { type: "button", title });
      button.textContent = heading;
      button.addEventListener("click", () => this.#sortBy(name));
      cell.append(button);
      row.append(cell);
    }
    this.#head.append(row);
    this.#showSorting();
  }

  #sortBy(name) {
    const market = this.#market;
    // Numbers are looked at from the largest down, names from A.
    const firstIsDescending = name !== "symbol" && name !== "state";
    market.isDescending = market.sortedBy === name ? !market.isDescending : firstIsDescending;
    market.sortedBy = name;
    market.arrange();
    this.#showSorting();
    this.scrollToTop();
  }

  #showSorting() {
    const { sortedBy, isDescending } = this.#market;
    COLUMNS.forEach(({ name }, at) => {
      const cell = this.#head.firstChild.children[at];
      if (name === sortedBy) cell.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  #measure() {
    const height = getComputedStyle(document.documentElement).getPropertyValue("--row-height");
    this.#rowHeight = Number.parseFloat(height);
    const inSight = Math.ceil(this.#scroller.clientHeight / this.#rowHeight) + 1;
    const wanted = inSight + 2 * ROWS_BEYOND_SIGHT;
    while (this.#pool.length > wanted) this.#pool.pop().element.remove();
    while (this.#pool.length < wanted) this.#pool.push(makeRow(this.#body));
    this.#forget();
  }

  /** Draws all rows anew. */
  #forget() {
    for (const line of this.#pool) line.at = line.row = null;
    this.schedule();
  }

  #draw() {
    const { order, rows, names } = this.#market;
    const height = this.#rowHeight;
    setStyle(this.#body, "height", `${order.length * height}px`);
    this.#scroller.setAttribute("aria-rowcount", order.length + 1);
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - ROWS_BEYOND_SIGHT);
    for (let at = first; at < first + this.#pool.length; at++) {
      const line = this.#pool[at % this.#pool.length];
      const row = at < order.length ? rows[order[at]] : null;
      if (line.at !== at) {
        line.at = at;
        line.element.style.transform = `translateY(${at * height}px)`;
        line.element.setAttribute("aria-rowindex", at + 2);
      }
      if (line.row !== row) fill(line, row, row && names[row[SLOT]], this.#isOld);
    }
  }
}

function makeRow(body) {
  const row = element("div", "row", { role: "row", hidden: "" });
  const cells = COLUMNS.map(({ name }) => element("div", cellClass(name), { role: "cell" }));
  const state = element("span", "", {});
  cells[1].append(state);
  row.append(...cells);
  body.append(row);
  const texts = cells.map((cell, at) => (at === 1 ? state : cell));
  return { element: row, cells, texts, shown: COLUMNS.map(() => ""), at: null, row: null };
}

function fill(line, row, name, isOld) {
  const before = line.row;
  line.row = row;
  line.element.hidden = row === null;
  if (row === null) return;
  COLUMNS.forEach(({ text, longest }, at) => {
    const now = text(row, name, isOld);
    if (line.shown[at] !== now) {
      line.shown[at] = now;
      line.texts[at].textContent = now;
      line.texts[at].classList.toggle("long", now.length > longest);
    }
  });
  const crossed = row[SPREAD]?.startsWith("-") ? "crossed" : "";
  const paused = isPaused(row) ? row[STATUS] : "";
  const classes = `row ${stateOf(row, isOld)} ${paused} ${row[DIRECTION] ?? ""} ${crossed}`;
  if (line.element.className !== classes) {
    line.element.className = classes;
    line.cells[1].title = stateTitle(row, isOld);
  }
  const isSameSymbol = before !== null && before[SLOT] === row[SLOT];
  if (isSameSymbol && row[TRADES] > before[TRADES] && !wantsCalm.matches) {
    line.cells[2].animate([{ opacity: 0.4 }, { opacity: 1 }], FLASH_MS);
  }
}

function element(tag, className, attributes) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== "" || name === "hidden") made.setAttribute(name, value);
  }
  return made;
}

function setStyle(of, name, value) {
  if (of.style[name] !== value) of.style[name] = value;
}

// The grid: only the rows in sight exist, and of these only what changed is written.

import {
  ASK, ASK_QTY, BID, BID_QTY, DIRECTION, LAST, MID, MISSED, SLOT, SPREAD, STATE, TRADES, VOLUME,
} from "./market.js";

const ROWS_BEYOND_SIGHT = 6;
const FLASH_MS = 500;
const PRICE_DIGITS = 4;
const FIGURE_SPACE = "\u2007";

const STATE_TEXTS = {
  waiting: "no event yet", live: "live", stale: "stale", recovering: "recovering",
  halted: "halted", closed: "closed", unheard: "no Pi",
};

const STATE_TITLES = {
  stale: "Messages are missing: the numbers may be wrong",
  recovering: "The book is being rebuilt: the numbers are old",
  unheard: "No Pi speaks for this symbol: the numbers are old",
  halted: "The venue halted trading",
  closed: "Trading is over",
};

const whole = new Intl.NumberFormat("en-US");

/** Fills up the decimal places, so that the points stand below one another. */
function price(text) {
  if (text === null) return "";
  const digits = text.length - text.indexOf(".") - 1;
  return text + FIGURE_SPACE.repeat(Math.max(0, PRICE_DIGITS - digits));
}

const quantity = (number) => (number === null ? "" : whole.format(number));

/** Name (also the CSS class), heading, explanation, and the text of a row's cell. */
const COLUMNS = [
  ["symbol", "Symbol", "", (row, name) => name],
  ["state", "State", "Whether the book can be trusted", (row) => STATE_TEXTS[row[STATE]]],
  ["last", "Last trade", "Coloured by its direction", (row) => price(row[LAST])],
  ["mid", "Mid", "Half way between bid and ask", (row) => price(row[MID])],
  ["spread", "Spread", "Ask minus bid", (row) => price(row[SPREAD])],
  ["bid_qty", "Bid size", "Shares at the best bid", (row) => quantity(row[BID_QTY])],
  ["bid", "Bid", "The best bid", (row) => price(row[BID])],
  ["ask", "Ask", "The best offer", (row) => price(row[ASK])],
  ["ask_qty", "Ask size", "Shares at the best offer", (row) => quantity(row[ASK_QTY])],
  ["trades", "Trades", "Trades seen", (row) => quantity(row[TRADES] || null)],
  ["volume", "Volume", "Shares of these trades", (row) => quantity(row[VOLUME] || null)],
].map(([name, heading, title, text]) => ({ name, heading, title, text }));

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

  constructor(market) {
    this.#market = market;
    this.#makeHead();
    this.#scroller.addEventListener("scroll", () => this.schedule(), { passive: true });
    new ResizeObserver(() => {
      this.#measure();
      this.schedule();
    }).observe(this.#scroller);
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
    for (const line of this.#pool) line.at = null; // all move: the pool's size decides who shows what
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
      if (line.row !== row) fill(line, row, row && names[row[SLOT]]);
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

function fill(line, row, name) {
  const before = line.row;
  line.row = row;
  line.element.hidden = row === null;
  if (row === null) return;
  COLUMNS.forEach(({ text }, at) => {
    const now = text(row, name);
    if (line.shown[at] !== now) {
      line.shown[at] = now;
      line.texts[at].textContent = now;
    }
  });
  const crossed = row[SPREAD]?.startsWith("-") ? "crossed" : "";
  const classes = `row ${row[STATE]} ${row[DIRECTION] ?? ""} ${crossed}`;
  if (line.element.className !== classes) {
    line.element.className = classes;
    line.cells[1].title = STATE_TITLES[row[STATE]] ?? "";
  }
  const missed = row[MISSED] > 0 ? `${whole.format(row[MISSED])} events never came` : "";
  if (line.cells[0].title !== missed) line.cells[0].title = missed;
  const isSameSymbol = before !== null && before[SLOT] === row[SLOT];
  if (isSameSymbol && row[TRADES] > before[TRADES] && !wantsCalm.matches) {
    line.cells[2].animate([{ filter: "brightness(1.35)" }, { filter: "none" }], FLASH_MS);
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

// The ladder on the page: rows of fixed height, of which only what changed is written.

import { placeOf, priceText } from "./ladder.js";
import { stepOf } from "./keys.js";

const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en-US");

/** The columns from left to right: the side whose cells they are, and what they say of a row. */
const COLUMNS = [
  { side: "bid", className: "orders", text: ({ bid }) => count(bid?.orders) },
  { side: "bid", className: "size bid", text: ({ bid }) => count(bid?.size) },
  { side: null, className: "price", text: ({ price }, scale) => priceText(price, scale) },
  { side: "ask", className: "size ask", text: ({ ask }) => count(ask?.size) },
  { side: "ask", className: "orders", text: ({ ask }) => count(ask?.orders) },
];
const PRICE = COLUMNS.findIndex(({ side }) => side === null);

const count = (number) => (number === undefined ? "" : whole.format(number));

export class LadderView {
  #handlers;
  #scroller = byId("ladder");
  #head = byId("ladder-head");
  #body = byId("ladder-rows");
  #lines = [];
  #shown = { rows: [], mid: null, split: 0, scale: 0, isLocked: true };
  /** Where it scrolled to by itself. */
  #scrolledTo = 0;
  /** The current row's price, or `null`, and the current column. */
  #price = null;
  #column = PRICE;

  /** `handlers`: `chosen(side, price)` when a person wants the orders of a level, and `unlocked()` when one scrolls. */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#scroller.setAttribute("aria-colcount", COLUMNS.length);
    this.#scroller.addEventListener("scroll", () => this.#handleScroll(), { passive: true });
    this.#scroller.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#body.addEventListener("click", (event) => this.#handleClick(event));
    new ResizeObserver(() => this.#place()).observe(this.#scroller);
  }

  focus() {
    this.#scroller.focus({ preventScroll: true });
  }

  /** Forgets the current row: it is another symbol's. */
  reset() {
    this.#price = null;
    this.#column = PRICE;
  }

  /**
   * Shows a ladder: its `rows` and their `scale`, the middle of its prices (`mid`), how many rows stand above it
   * (`split`), the size of a full bar (`full`), whether the middle stays in the middle (`isLocked`), and whether a row's level is `isChosen`.
   */
  show(shown) {
    const { rows } = shown;
    const before = this.#shown;
    const anchor = before.rows.length > 0 ? before.rows[this.#topRow()]?.price : undefined;
    const stoodAt = anchor === undefined ? 0 : placeOf(before.rows, anchor);
    this.#shown = shown;
    while (this.#lines.length < rows.length) this.#lines.push(makeLine(this.#body, this.#lines.length));
    this.#lines.forEach((line, at) => fill(line, rows[at] ?? null, shown));
    setAttribute(this.#scroller, "aria-rowcount", rows.length + 1);
    // Unless the middle is held, what somebody reads stays where it is.
    const moved = anchor === undefined || shown.isLocked ? 0 : placeOf(rows, anchor) - stoodAt;
    this.#place(moved);
    this.#showCurrent();
  }

  get #rowHeight() {
    return Number.parseFloat(getComputedStyle(this.#scroller).getPropertyValue("--step-height"));
  }

  /** Room above the first row and below the last, so that any row can stand in the middle. */
  get #margin() {
    return Math.max(0, (this.#scroller.clientHeight - this.#head.offsetHeight) / 2);
  }

  #topRow() {
    const at = Math.floor((this.#scroller.scrollTop - this.#margin) / this.#rowHeight) + 1;
    return Math.max(0, Math.min(at, this.#shown.rows.length - 1));
  }

  /** Puts the rows in their places, and scrolls: to the middle, or by so many rows that have come above. */
  #place(moved = 0) {
    const { rows, split, isLocked } = this.#shown;
    const [height, margin] = [this.#rowHeight, this.#margin];
    setStyle(this.#body, "height", `${rows.length * height + 2 * margin}px`);
    setStyle(this.#body, "--margin", `${margin}px`);
    setStyle(byId("ladder-mid"), "transform", `translateY(${margin + split * height}px)`);
    byId("ladder-mid").hidden = rows.length === 0;
    if (isLocked) this.#scrollTo(split * height);
    else if (moved !== 0) this.#scrollTo(this.#scroller.scrollTop + moved * height);
  }

  #scrollTo(top) {
    this.#scroller.scrollTop = top;
    this.#scrolledTo = this.#scroller.scrollTop;
  }

  /** A person scrolls, so the middle is no longer held. */
  #handleScroll() {
    const isOwn = Math.abs(this.#scroller.scrollTop - this.#scrolledTo) <= 1;
    this.#scrolledTo = this.#scroller.scrollTop;
    if (!isOwn && this.#shown.isLocked) this.#handlers.unlocked();
  }

  #handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows } = this.#shown;
    if (event.key === "Enter") {
      event.preventDefault();
      return this.#choose();
    }
    const inSight = Math.floor((2 * this.#margin) / this.#rowHeight);
    const [row, page] = [this.#price === null ? -1 : placeOf(rows, this.#price), Math.max(1, inSight - 2)];
    const first = Math.max(0, Math.min(this.#shown.split, rows.length - 1));
    const size = { rows: rows.length, columns: COLUMNS.length, page };
    const to = stepOf(event.key, [row < 0 ? first : row, this.#column], size);
    if (to === null) return;
    event.preventDefault();
    this.#column = to[1];
    this.#price = rows[row < 0 ? first : to[0]].price;
    this.#bringIntoSight();
    this.#showCurrent();
  }

  #handleClick(event) {
    const line = this.#lines.find(({ element }) => element.contains(event.target));
    if (line === undefined || line.row === null) return;
    this.#price = line.row.price;
    this.#column = Math.max(0, line.cells.findIndex((cell) => cell.contains(event.target)));
    this.#showCurrent();
    this.#choose();
  }

  /** The orders of the current level: of the side whose cell it is, or of the only one there is. */
  #choose() {
    const { rows } = this.#shown;
    const row = this.#price === null ? undefined : rows[placeOf(rows, this.#price)];
    if (row === undefined) return;
    const nearer = row.price > this.#shown.mid ? "ask" : "bid";
    const wanted = COLUMNS[this.#column].side ?? nearer;
    // At a price without orders some may come, which somebody waits for.
    const side = [wanted, "bid", "ask"].find((each) => row[each] !== null) ?? wanted;
    this.#handlers.chosen(side, row[side]?.best ?? row.price);
  }

  #bringIntoSight() {
    const { rows } = this.#shown;
    const [height, room] = [this.#rowHeight, 2 * this.#margin];
    const top = this.#margin + placeOf(rows, this.#price) * height;
    const from = this.#scroller.scrollTop;
    const to = top < from ? top : top + height > from + room ? top + height - room : from;
    // A row out of sight is looked at, not the middle.
    if (to === from) return;
    this.#handlers.unlocked();
    this.#scrollTo(to);
  }

  #showCurrent() {
    const { rows } = this.#shown;
    const at = this.#price === null ? -1 : placeOf(rows, this.#price);
    this.#lines.forEach((line, place) => {
      const isCurrent = place === at && line.row !== null;
      setAttribute(line.element, "aria-selected", isCurrent);
      line.cells.forEach((cell, column) => cell.classList.toggle("active", isCurrent && column === this.#column));
    });
    const cell = this.#lines[at]?.cells[this.#column];
    if (cell === undefined || rows.length === 0) this.#scroller.removeAttribute("aria-activedescendant");
    else setAttribute(this.#scroller, "aria-activedescendant", cell.id);
  }
}

function makeLine(body, at) {
  const element = document.createElement("div");
  element.className = "step";
  element.setAttribute("role", "row");
  element.setAttribute("aria-rowindex", at + 2);
  element.style.setProperty("--at", at);
  const cells = COLUMNS.map(({ className }, column) => {
    const cell = document.createElement("div");
    cell.className = className;
    cell.id = `step-${at}-${column}`;
    cell.setAttribute("role", column === PRICE ? "rowheader" : "gridcell");
    cell.setAttribute("aria-colindex", column + 1);
    return cell;
  });
  element.append(...cells);
  body.append(element);
  return { element, cells, shown: COLUMNS.map(() => ""), bars: COLUMNS.map(() => ""), row: null };
}

function fill(line, row, { scale, full, isChosen }) {
  line.row = row;
  line.element.hidden = row === null;
  if (row === null) return;
  COLUMNS.forEach(({ className, side, text }, column) => {
    const now = text(row, scale);
    if (line.shown[column] !== now) line.cells[column].textContent = line.shown[column] = now;
    if (!className.startsWith("size")) return;
    const bar = `${Math.round(Math.min(1, (row[side]?.size ?? 0) / full) * 1000) / 10}%`;
    if (line.bars[column] !== bar) line.cells[column].style.setProperty("--bar", (line.bars[column] = bar));
  });
  const sides = ["bid", "ask"].filter((side) => row[side] !== null);
  const classes = ["step", ...sides, isChosen(row) ? "chosen" : ""].filter(Boolean).join(" ");
  if (line.element.className !== classes) line.element.className = classes;
}

function setAttribute(of, name, value) {
  if (of.getAttribute(name) !== String(value)) of.setAttribute(name, value);
}

function setStyle(of, name, value) {
  if (of.style.getPropertyValue(name) !== value) of.style.setProperty(name, value);
}

// The grid: only the rows in sight exist, and of these only what changed is written.

import { COLUMNS, rowClasses, stateTitle } from "./columns.js";
import { Cursor } from "./cursor.js";

const ROWS_BEYOND_SIGHT = 6;
const FLASH_MS = 500;
const hasRoom = matchMedia("(min-width: 761px)");
const wantsCalm = matchMedia("(prefers-reduced-motion: reduce)");
const WATCH = COLUMNS.findIndex(({ name }) => name === "watch");
const STATE = COLUMNS.findIndex(({ name }) => name === "state");
const LAST = COLUMNS.findIndex(({ name }) => name === "last");
const ROW_ID = "row-";

export class Grid {
  cursor = new Cursor();
  #market;
  #handlers;
  #scroller = document.getElementById("scroller");
  #head = document.getElementById("head");
  #body = document.getElementById("rows");
  #pool = [];
  #rowHeight = 0;
  #isScheduled = false;
  #isOld = false;

  /** `handlers`: `sorted()`, `watched(slot)`, `chosen()` and `opened(slot)` are told what a person did. */
  constructor(market, handlers) {
    this.#market = market;
    this.#handlers = handlers;
    this.#makeHead();
    this.#scroller.setAttribute("aria-colcount", COLUMNS.length);
    this.#scroller.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.#scroller.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#body.addEventListener("click", (event) => this.#handleClick(event));
    this.#body.addEventListener("dblclick", (event) => this.#handleDoubleClick(event));
    new ResizeObserver(() => this.measure()).observe(this.#scroller);
    this.measure();
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
    this.redraw();
  }

  /** Draws again from the top: for another search or order. */
  scrollToTop() {
    this.#scroller.scrollTop = 0;
    this.schedule();
  }

  focus() {
    this.#scroller.focus();
  }

  /** Draws all rows anew. */
  redraw() {
    for (const line of this.#pool) line.row = null;
    this.schedule();
  }

  /** Shows by which column it is sorted. */
  showSorting() {
    const { sortedBy, isDescending } = this.#market;
    COLUMNS.forEach(({ name }, at) => {
      const cell = this.#head.firstChild.children[at];
      if (name === sortedBy) cell.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  /** Finds out how high rows are, and makes as many as are in sight. */
  measure() {
    const height = getComputedStyle(document.documentElement).getPropertyValue("--row-height");
    this.#rowHeight = Number.parseFloat(height);
    const wanted = this.#rowsInSight + 1 + 2 * ROWS_BEYOND_SIGHT;
    while (this.#pool.length > wanted) this.#pool.pop().element.remove();
    while (this.#pool.length < wanted) this.#pool.push(makeRow(this.#body));
    for (const line of this.#pool) {
      line.at = null;
      // The same text may be long in another width.
      line.shown.fill(null);
    }
    this.redraw();
  }

  get #rowsInSight() {
    return Math.ceil(this.#scroller.clientHeight / this.#rowHeight);
  }

  #makeHead() {
    const row = element("div", "row", { role: "row", "aria-rowindex": 1 });
    COLUMNS.forEach(({ name, heading, title, className }, at) => {
      const cell = element("div", className, { role: "columnheader", "aria-colindex": at + 1 });
      const button = element("button", "", { type: "button", title });
      if (name === "watch") button.setAttribute("aria-label", "Watched");
      button.textContent = heading;
      button.addEventListener("click", () => this.#sortBy(name));
      cell.append(button);
      row.append(cell);
    });
    this.#head.append(row);
    this.showSorting();
  }

  #sortBy(name) {
    this.#market.sortBy(name);
    this.showSorting();
    this.scrollToTop();
    this.#handlers.sorted();
  }

  #handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.#scroller) return;
    if (event.key === "Enter" && this.cursor.slot !== null) {
      event.preventDefault();
      return this.#handlers.opened(this.cursor.slot);
    }
    const page = Math.max(1, this.#rowsInSight - 2);
    const firstInSight = Math.ceil(this.#scroller.scrollTop / this.#rowHeight);
    const { order } = this.#market;
    if (!this.cursor.handleKey(event.key, order, { columns: COLUMNS.length, page, firstInSight })) return;
    event.preventDefault();
    this.#showCursor();
  }

  /** The line that an event is about, if it shows a symbol. */
  #lineOf(event) {
    const row = event.target.closest(".row");
    const line = this.#pool.find((each) => each.element === row);
    return line === undefined || line.row === null ? null : line;
  }

  #handleDoubleClick(event) {
    const line = this.#lineOf(event);
    // Two clicks on the star watch a symbol and let it go.
    if (line !== null && !line.cells[WATCH].contains(event.target)) this.#handlers.opened(line.row.slot);
  }

  #handleClick(event) {
    const line = this.#lineOf(event);
    if (line === null) return;
    const column = line.cells.findIndex((cell) => cell.contains(event.target));
    this.cursor.put(this.#market.order, line.at, Math.max(0, column));
    if (column === WATCH) this.#handlers.watched(line.row.slot);
    this.#showCursor();
  }

  /** Brings the current row into sight. */
  #showCursor() {
    const at = this.cursor.rowIn(this.#market.order);
    const [top, height] = [at * this.#rowHeight, this.#rowHeight];
    const room = this.#scroller.clientHeight - this.#head.offsetHeight;
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top + height > this.#scroller.scrollTop + room) this.#scroller.scrollTop = top + height - room;
    this.redraw();
    this.#handlers.chosen();
  }

  #draw() {
    const { order, rows, names } = this.#market;
    const height = this.#rowHeight;
    setStyle(this.#body, "height", `${order.length * height}px`);
    setAttribute(this.#scroller, "aria-rowcount", order.length + 1);
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - ROWS_BEYOND_SIGHT);
    let active = null;
    for (let at = first; at < first + this.#pool.length; at++) {
      const line = this.#pool[at % this.#pool.length];
      const row = at < order.length ? rows[order[at]] : null;
      if (line.at !== at) place(line, at, height);
      const how = row && this.#how(row, names[row.slot]);
      if (line.row !== row || line.rate !== how?.rate) fill(line, row, how);
      if (how?.isCurrent) active = line.cells[this.cursor.column];
    }
    this.#showActive(active);
  }

  /** How a row is shown beside what its fields are. */
  #how(row, name) {
    const market = this.#market;
    return {
      name, isOld: this.#isOld, hasRoom: hasRoom.matches, isWatched: market.isWatched(row.slot),
      isCurrent: row.slot === this.cursor.slot, rate: this.#isOld ? 0 : market.rates.of(row.slot),
    };
  }

  /** Tells a screen reader which cell is the current one. */
  #showActive(cell) {
    const before = this.#scroller.getAttribute("aria-activedescendant");
    if (cell === null) this.#scroller.removeAttribute("aria-activedescendant");
    else if (before !== cell.id) this.#scroller.setAttribute("aria-activedescendant", cell.id);
    for (const line of this.#pool) {
      const at = line.cells.indexOf(cell);
      if (line.active === at) continue;
      line.cells[line.active]?.classList.toggle("active", false);
      line.cells[at]?.classList.toggle("active", true);
      line.active = at;
    }
  }
}

let rowsMade = 0;

function makeRow(body) {
  const row = element("div", "row", { role: "row", hidden: "" });
  const id = `${ROW_ID}${(rowsMade += 1)}`;
  const cells = COLUMNS.map(({ name, className }, at) => {
    const role = name === "symbol" ? "rowheader" : "gridcell";
    return element("div", className, { role, id: `${id}-${at}`, "aria-colindex": at + 1 });
  });
  const state = element("span", "", {});
  cells[STATE].append(state);
  row.append(...cells);
  body.append(row);
  const texts = cells.map((cell, at) => (at === STATE ? state : cell));
  return { element: row, cells, texts, shown: COLUMNS.map(() => ""), at: null, row: null, rate: 0, active: -1 };
}

function place(line, at, height) {
  line.at = at;
  line.element.style.transform = `translateY(${at * height}px)`;
  line.element.setAttribute("aria-rowindex", at + 2);
}

function fill(line, row, how) {
  const before = line.row;
  line.row = row;
  line.element.hidden = row === null;
  if (row === null) return;
  line.rate = how.rate;
  COLUMNS.forEach(({ text, isLong }, at) => {
    const now = text(row, how);
    if (line.shown[at] !== now) {
      line.shown[at] = now;
      line.texts[at].textContent = now;
      line.texts[at].classList.toggle("long", isLong(now, how.hasRoom));
    }
  });
  const classes = rowClasses(row, how);
  if (line.element.className !== classes) line.element.className = classes;
  // Halts and closings look alike.
  const title = stateTitle(row, how.isOld);
  if (line.cells[STATE].title !== title) line.cells[STATE].title = title;
  setAttribute(line.element, "aria-selected", how.isCurrent);
  setAttribute(line.cells[WATCH], "aria-label", how.isWatched ? "watched" : "not watched");
  const isSameSymbol = before !== null && before.slot === row.slot;
  if (isSameSymbol && row.trades > before.trades && !wantsCalm.matches) {
    line.cells[LAST].animate([{ opacity: 0.4 }, { opacity: 1 }], FLASH_MS);
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

function setAttribute(of, name, value) {
  if (of.getAttribute(name) !== String(value)) of.setAttribute(name, value);
}

function setStyle(of, name, value) {
  if (of.style[name] !== value) of.style[name] = value;
}

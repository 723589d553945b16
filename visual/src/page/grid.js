// The grid: only the rows in sight exist, and of these only what changed is written.

import { COLUMNS, rowClasses, stateTitle } from "./columns.js";

const ROWS_BEYOND_SIGHT = 6;
const FLASH_MS = 500;
const hasRoom = matchMedia("(min-width: 761px)");
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
    for (const { name, heading, title, className } of COLUMNS) {
      const cell = element("div", className, { role: "columnheader" });
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
      if (line.row !== row) fill(line, row, row && names[row.slot], this.#isOld);
    }
  }
}

function makeRow(body) {
  const row = element("div", "row", { role: "row", hidden: "" });
  const cells = COLUMNS.map(({ className }) => element("div", className, { role: "cell" }));
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
  const how = { name, isOld, hasRoom: hasRoom.matches };
  COLUMNS.forEach(({ text, longest }, at) => {
    const now = text(row, how);
    if (line.shown[at] !== now) {
      line.shown[at] = now;
      line.texts[at].textContent = now;
      line.texts[at].classList.toggle("long", now.length > longest);
    }
  });
  const classes = rowClasses(row, isOld);
  if (line.element.className !== classes) line.element.className = classes;
  // Halts and closings look alike.
  const title = stateTitle(row, isOld);
  if (line.cells[1].title !== title) line.cells[1].title = title;
  const isSameSymbol = before !== null && before.slot === row.slot;
  if (isSameSymbol && row.trades > before.trades && !wantsCalm.matches) {
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

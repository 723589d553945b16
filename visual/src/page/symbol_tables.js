// The tables beside the ladder: the orders of a level in their order, and the tape.

import { priceText } from "./ladder.js";
import { bestLine, tradeLine } from "./tape.js";

const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en-US");

const HEADINGS = { trades: ["Time", "Price", "Size", ""], best: ["Time", "Bid size", "Bid", "Ask", "Ask size"] };
const SIDES = { bid: "Bid", ask: "Ask" };

/** Shows the queue of the level that is chosen. */
export function showQueue({ level, queue, depth }) {
  const scale = depth?.scale ?? 4;
  const name = level === null ? "" : `${SIDES[level[0]]} ${priceText(level[1], scale)}`;
  write(byId("queue-name"), name === "" ? "Orders of a price" : `Orders at ${name}`);
  write(byId("queue-said"), queueSentence(level, queue));
  const first = queue?.first ?? [];
  let ahead = 0;
  const lines = first.map(([id, size], at) => {
    const cells = [whole.format(at + 1), whole.format(size), whole.format(ahead), id];
    ahead += size;
    return { look: "", word: "", cells };
  });
  fillTable(byId("queue-rows"), lines);
  byId("queue-table").hidden = lines.length === 0;
}

function queueSentence(level, queue) {
  if (level === null) return "Choose a price, by a click or with Enter, to see its orders in the order in which they trade.";
  if (queue === null) return "Asking a Pi.";
  if (queue.orders === 0) return "Nothing rests at this price now.";
  const orders = `${whole.format(queue.orders)} ${queue.orders === 1 ? "order" : "orders"}`;
  const more = queue.orders - queue.first.length;
  const rest = more > 0 ? `; the last ${whole.format(more)} are not listed` : "";
  return `${orders}, ${whole.format(queue.qty)} shares${rest}.`;
}

/** The tape: the newest stands first. */
export class TapeTable {
  #kind = null;
  #newest = 0;

  /** Shows the entries of a tape: `kind` is "trades" or "best". */
  show(kind, tape) {
    const isOther = kind !== this.#kind;
    if (isOther) {
      this.#kind = kind;
      byId("tape-head").replaceChildren(...HEADINGS[kind].map((text) => headingOf(text)));
      byId("tape-table").className = kind;
    }
    if (!isOther && tape.newest === this.#newest) return;
    this.#newest = tape.newest;
    const lineOf = kind === "trades" ? tradeLine : bestLine;
    fillTable(byId("tape-rows"), tape.entries.map(lineOf).reverse());
    write(byId("tape-said"), tape.entries.length > 0 ? "" : NOTHING[kind]);
  }

  /** The next tape begins anew, whatever its numbers are. */
  reset() {
    this.#kind = null;
  }
}

const NOTHING = { trades: "No trade yet that this dashboard saw.", best: "No change of the best prices since this was opened." };

function headingOf(text) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.textContent = text;
  return cell;
}

/** Writes lines into rows, which are made as they are needed. */
function fillTable(body, lines) {
  while (body.rows.length > lines.length) body.lastElementChild.remove();
  while (body.rows.length < lines.length) body.append(document.createElement("tr"));
  lines.forEach(({ look, word, cells }, at) => fillRow(body.rows[at], look, word, cells));
}

function fillRow(row, look, word, cells) {
  while (row.cells.length > cells.length) row.lastElementChild.remove();
  while (row.cells.length < cells.length) row.append(document.createElement("td"));
  cells.forEach((text, at) => write(row.cells[at], text));
  if (row.className !== look) row.className = look;
  const last = row.lastElementChild;
  if ((last.getAttribute("aria-label") ?? "") === word) return;
  if (word === "") last.removeAttribute("aria-label");
  else last.setAttribute("aria-label", word);
}

function write(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

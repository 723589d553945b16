// All that is known of the current row, in words: also what a small window has no column for.

import { COLUMNS, stateTitle } from "./columns.js";

const NOT_LISTED = new Set(["watch", "symbol", "state"]);
const LISTED = COLUMNS.filter(({ name }) => !NOT_LISTED.has(name));

const byId = (id) => document.getElementById(id);

export class Detail {
  #values = new Map();

  constructor() {
    const list = byId("detail-list");
    for (const { name, heading, title } of LISTED) {
      const pair = document.createElement("div");
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = heading;
      term.title = title;
      pair.append(term, value);
      list.append(pair);
      this.#values.set(name, value);
    }
  }

  /** Shows a row, or nothing. `how` is as for the columns. */
  show(row, how) {
    byId("detail").hidden = row === null;
    if (row === null) return;
    write(byId("detail-name"), how.name);
    write(byId("detail-why"), why(row, how.isOld));
    for (const { name, text } of LISTED) write(this.#values.get(name), text(row, how) || "–");
  }
}

/** What is to be known of the numbers, in sentences. */
function why(row, isOld) {
  const lacks = row.may_lack_trades ? "The dashboard came late or missed some of its trades" : "";
  return [stateTitle(row, isOld), lacks].filter(Boolean).join(". ") + ".";
}

function write(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

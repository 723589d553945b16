// The current row and cell of the grid. The row is a symbol's: it stays the symbol's when the order changes.

import { stepOf } from "./keys.js";

export class Cursor {
  /** The slot of the current row, or `null`. */
  slot = null;
  column = 0;

  /** Where the current row is in an order of slots; -1 when it is not shown, or there is none. */
  rowIn(order) {
    return this.slot === null ? -1 : order.indexOf(this.slot);
  }

  /** Makes a row of an order the current one. */
  put(order, row, column = this.column) {
    this.slot = order[row] ?? null;
    this.column = column;
  }

  /** Forgets the row: there are other symbols. */
  reset() {
    this.slot = null;
  }

  /** Goes where a key leads; says whether it leads anywhere. The first step is onto the first row in sight. */
  handleKey(key, order, { columns, page, firstInSight }) {
    const row = this.rowIn(order);
    const isOnGrid = row >= 0;
    const from = [isOnGrid ? row : firstInSight, this.column];
    const to = stepOf(key, from, { rows: order.length, columns, page });
    if (to === null) return false;
    const isFirstStep = !isOnGrid && (key === "ArrowDown" || key === "ArrowUp");
    this.put(order, isFirstStep ? from[0] : to[0], to[1]);
    return true;
  }
}

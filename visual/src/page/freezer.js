// Keeps what the feed says while what is shown is frozen: of each symbol the newest row, so that it never
// grows beyond the market.

export class Freezer {
  isFrozen = false;
  #tables = [];
  #rows = new Map();
  #frame = null;

  /** Keeps a list of symbols. */
  keepTable(table) {
    if (table.from === 0) {
      this.#tables = [];
      this.#rows.clear();
    }
    this.#tables.push(table);
  }

  /** Keeps a frame. The slot of a row's cells is at `slotAt`. */
  keepFrame(frame, slotAt) {
    for (const cells of frame.rows) this.#rows.set(cells[slotAt], cells);
    this.#frame = frame;
  }

  /** What there is to show: the lists of symbols, and one frame with all rows; `null` when nothing came. */
  thaw() {
    const [tables, frame] = [this.#tables, this.#frame];
    const rows = [...this.#rows.values()];
    this.#tables = [];
    this.#rows = new Map();
    this.#frame = null;
    return frame === null && tables.length === 0 ? null : { tables, frame: frame && { ...frame, rows } };
  }
}

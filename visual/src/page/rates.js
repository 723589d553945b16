// How many updates a second each symbol has, from the counts of its rows.

const WINDOW_MS = 3000;

export class Rates {
  #before = [];
  #rates = [];
  #at = null;

  /** Forgets all: other symbols, or another run. */
  reset() {
    this.#before = [];
    this.#rates = [];
    this.#at = null;
  }

  /** Takes the rows as they are at a time in milliseconds. */
  take(rows, now) {
    const passed = this.#at === null ? 0 : now - this.#at;
    this.#at = now;
    // What is older weighs less; after the window little of it is left.
    const weight = 1 - Math.exp(-passed / WINDOW_MS);
    rows.forEach((row, slot) => {
      const before = this.#before[slot];
      this.#before[slot] = row.events;
      if (before === undefined || passed <= 0) {
        this.#rates[slot] ??= 0;
        return;
      }
      const rate = (Math.max(0, row.events - before) * 1000) / passed;
      this.#rates[slot] += weight * (rate - this.#rates[slot]);
    });
  }

  /** Updates a second of a slot. */
  of(slot) {
    return this.#rates[slot] ?? 0;
  }
}

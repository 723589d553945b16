// The symbols that somebody watches, by name: they stand first, and can be shown alone.

export class WatchList {
  #names;

  constructor(names = []) {
    this.#names = new Set(names);
  }

  has(name) {
    return this.#names.has(name);
  }

  /** Puts a name on the list or takes it off; says whether it is on it now. */
  toggle(name) {
    const isNew = !this.#names.delete(name);
    if (isNew) this.#names.add(name);
    return isNew;
  }

  /** All names, in the order in which they came. */
  get names() {
    return [...this.#names];
  }
}

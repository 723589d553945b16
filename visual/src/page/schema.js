// Rows by the names of their cells, and the words for what can be said of them. Both come with the
// dashboard's first message: row_schema.rs has the fields, state.rs the states.

/** What a live row is while the dashboard does not answer, whatever was said last. */
const OLD = {
  word: "old", label: "old", title: "The dashboard does not answer: the numbers are old",
  is_live: false, is_doubtful: false,
};

export class Schema {
  /** All states by their words, from the least doubtful to the most; `doubt` is the place. */
  states;
  /** The trading statuses that keep a symbol from trading, by their words. */
  pauses;
  #Row;
  #empty;
  /** Where the slot stands among a row's cells. */
  slotAt;

  constructor({ fields, empty, states, pauses }) {
    this.states = new Map(states.map((state, doubt) => [state.word, { ...state, doubt }]));
    this.pauses = new Map(pauses.map((pause) => [pause.word, pause]));
    this.#Row = rowClass(this, fields);
    this.#empty = empty;
    this.slotAt = fields.indexOf("slot");
  }

  /** A row of these cells, which are read by their names: `row.bid`. Prices are exact decimal texts. */
  rowOf(cells) {
    return new this.#Row(cells);
  }

  /** A row of a symbol that nothing has happened to. */
  emptyRow(slot) {
    const cells = [...this.#empty];
    cells[this.slotAt] = slot;
    return this.rowOf(cells);
  }
}

function rowClass(schema, fields) {
  class Row {
    constructor(cells) {
      this.cells = cells;
    }
  }
  Row.prototype.schema = schema;
  fields.forEach((name, at) => Object.defineProperty(Row.prototype, name, {
    get() {
      return this.cells[at];
    },
  }));
  return Row;
}

/** What can be said of a row's numbers: `word`, `label`, `title`, `is_live`, `is_doubtful`, `doubt`. */
export function stateOf(row, isOld) {
  const state = row.schema.states.get(row.state);
  return isOld && state.is_live ? OLD : state;
}

/** What of its book makes a row doubtful beside its state: a book that falls silent may be stale too. */
export function trustBeside(row) {
  const trust = row.schema.states.get(row.trust);
  return trust?.is_doubtful && row.trust !== row.state ? trust : null;
}

/** What keeps a symbol from trading: `word` and `title`, or `null`. */
export const pauseOf = (row) => row.schema.pauses.get(row.status) ?? null;

// The tools above the grid: search, what is shown, how dense, frozen or not, and the help.

import { HELP, actionOf } from "./keys.js";

const byId = (id) => document.getElementById(id);

export class Tools {
  #handlers;

  /**
   * `handlers`: `search(text)`, `filter(name)`, `toGrid()`, and `watch()`, `density()`,
   * `pause()`, `cluster()`, and with a symbol `back()`, `leave()`, `lock()`, `group()`, `gaps()`, `tape()`; `isClosely()`
   * says whether one is looked at.
   */
  constructor(handlers) {
    this.#handlers = handlers;
    byId("search").addEventListener("input", ({ target }) => handlers.search(target.value));
    byId("filter").addEventListener("change", ({ target }) => handlers.filter(target.value));
    byId("tools").addEventListener("submit", (event) => {
      event.preventDefault();
      handlers.toGrid();
    });
    byId("density").addEventListener("click", () => handlers.density());
    byId("pause").addEventListener("click", () => handlers.pause());
    byId("open-help").addEventListener("click", () => byId("help").showModal());
    document.addEventListener("keydown", (event) => this.#handleKey(event));
    makeHelp();
  }

  /** Shows a view that did not come from here. */
  show({ search, filter }) {
    byId("search").value = search;
    byId("filter").value = filter;
  }

  /** Shows which buttons are pressed. */
  press({ isDense, isFrozen }) {
    byId("density").setAttribute("aria-pressed", isDense);
    byId("pause").setAttribute("aria-pressed", isFrozen);
    document.documentElement.dataset.rows = isDense ? "dense" : "usual";
    document.body.dataset.frozen = isFrozen;
  }

  #handleKey(event) {
    if (event.key === "Escape" && event.target === byId("search")) {
      byId("search").value = "";
      this.#handlers.search("");
      this.#handlers.toGrid();
      return;
    }
    const isClosely = this.#handlers.isClosely();
    // Until the next picture the keyboard may still be in a dialog that was closed.
    const fields = isClosely && event.key === "Escape" ? "dialog[open]" : "input, select, textarea, dialog[open]";
    const isTyping = event.target.closest(fields) !== null;
    const { key, ctrlKey, metaKey, altKey } = event;
    const action = actionOf({ key, isTyping, isClosely, ctrlKey, metaKey, altKey });
    if (action === null) return;
    event.preventDefault();
    if (action === "search") {
      if (isClosely) this.#handlers.leave();
      byId("search").select();
      byId("search").focus();
    } else if (action === "help") {
      byId("help").showModal();
    } else {
      this.#handlers[action]();
    }
  }
}

function makeHelp() {
  for (const [keys, does] of HELP) {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    for (const key of keys.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap);
    }
    text.textContent = does;
    byId("help-list").append(term, text);
  }
}

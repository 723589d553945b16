// One symbol in the place of the grid: its ladder, the orders of a level, the tape, and how far all that can be trusted.

import { Closely, USUAL_LOOK, trustOf } from "./closely.js";
import { COLUMNS } from "./columns.js";
import { GROUPS, fullBar, midOf, rowsOf, splitOf } from "./ladder.js";
import { LadderView } from "./ladder_view.js";
import { TapeTable, showQueue } from "./symbol_tables.js";

const byId = (id) => document.getElementById(id);
const FACTS = COLUMNS.filter(({ name }) => ["last", "change_bp", "spread", "mid", "vwap", "volume"].includes(name));

export class SymbolPage {
  closely = new Closely();
  #handlers;
  #ladder;
  #tape = new TapeTable();
  #tapeKind = "trades";
  #full = 0;
  #facts = new Map();
  #trust = { kind: "good", text: "" };

  /** `handlers`: `asked(text)` is to be said to the dashboard, `viewed()` when the address is another one, `back()`. */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#ladder = new LadderView({
      chosen: (side, price) => this.#choose([side, price]),
      unlocked: () => this.closely.isLocked && this.lock(),
    });
    for (const group of GROUPS) byId("group").append(optionOf(group));
    byId("group").addEventListener("change", ({ target }) => this.#change({ group: Number(target.value) }));
    byId("lock").addEventListener("click", () => this.lock());
    byId("gaps").addEventListener("click", () => this.gaps());
    byId("tape-kind").addEventListener("click", () => this.tape());
    byId("symbol-back").addEventListener("click", () => handlers.back());
    this.#makeFacts();
  }

  /** What is spoken: the symbol, and how far it can be trusted. */
  get sentence() {
    return this.closely.isOpen ? `${this.closely.symbol}. ${this.#trust.text}` : "";
  }

  /** Looks in this way from now on: at a symbol, or at none. */
  look(view) {
    const isOther = this.closely.look(view);
    byId("symbol").hidden = !this.closely.isOpen;
    document.body.dataset.view = this.closely.isOpen ? "symbol" : "market";
    if (!isOther) return;
    this.#ladder.reset();
    this.#tape.reset();
    this.#full = 0;
    write(byId("symbol-name"), this.closely.symbol);
    document.title = this.closely.isOpen ? `${this.closely.symbol} – OxBerry` : "OxBerry";
    this.ask();
  }

  /** Looks at a symbol in the usual way. */
  open(symbol) {
    this.look({ ...USUAL_LOOK, symbol });
  }

  focus() {
    this.#ladder.focus();
  }

  /** Says to the dashboard what is looked at. */
  ask() {
    this.#handlers.asked(this.closely.wanted());
  }

  /** Another run is shown. */
  handleRun() {
    this.closely.forget();
    this.#ladder.reset();
    this.#tape.reset();
    if (this.closely.isOpen) this.ask();
  }

  /** There is another connection, which knows nothing yet. */
  handleConnect() {
    this.closely.handleConnect();
    this.#tape.reset();
    if (this.closely.isOpen) this.ask();
  }

  /** Keeps the middle of the prices in the middle, or no longer. */
  lock() {
    this.#change({ isLocked: !this.closely.isLocked });
  }

  /** Shows prices without orders too, or no longer. */
  gaps() {
    this.#change({ hasGaps: !this.closely.hasGaps });
  }

  /** Puts more prices in a row. */
  group() {
    this.closely.nextGroup();
    this.#change({});
  }

  /** Shows the other tape. */
  tape() {
    this.#tapeKind = this.#tapeKind === "trades" ? "best" : "trades";
    this.#show();
  }

  /** Shows what is known. `row` is the symbol's newest row, or `null`; `how` is as for the columns, with `phase` and `teller`. */
  show(row, how) {
    if (!this.closely.isOpen) return;
    this.#trust = trustOf(this.closely, row, how);
    const why = byId("symbol-why");
    write(why, this.#trust.text);
    why.className = this.#trust.kind;
    byId("symbol").classList.toggle("doubtful", this.#trust.kind === "doubt");
    const { position } = this.closely.depth ?? {};
    write(byId("symbol-said"), position ? `told by ${how.teller}, as of message ${position.seq.toLocaleString("en-US")} of channel ${position.channel}` : "");
    for (const { name, text } of FACTS) write(this.#facts.get(name), (row && text(row, how)) || "–");
    const last = this.#facts.get("last").parentElement;
    const direction = row?.direction ?? "";
    if (last.className !== direction) last.className = direction;
    this.#show();
  }

  #change(change) {
    Object.assign(this.closely, change);
    this.#show();
    this.#handlers.viewed();
  }

  #choose(level) {
    this.closely.choose(level);
    this.ask();
    this.#show();
  }

  #show() {
    const { closely } = this;
    byId("group").value = String(closely.group);
    press("lock", closely.isLocked);
    press("gaps", closely.hasGaps);
    byId("tape-kind").textContent = this.#tapeKind === "trades" ? "Best prices" : "Trades";
    write(byId("tape-name"), this.#tapeKind === "trades" ? "Trades" : "Best prices");
    this.#showLadder();
    showQueue(closely);
    this.#tape.show(this.#tapeKind, this.#tapeKind === "trades" ? closely.trades : closely.best);
  }

  #showLadder() {
    const { depth, group, tick, hasGaps, isLocked } = this.closely;
    const rows = depth === null ? [] : rowsOf(depth, { group, tick, hasGaps });
    const mid = depth === null ? null : midOf(depth);
    const split = splitOf(rows, mid);
    this.#full = fullBar(rows, this.#full);
    this.#ladder.show({
      rows, mid, split, full: this.#full, scale: depth?.scale ?? 0, isLocked,
      isChosen: (row) => ["bid", "ask"].some((side) => this.closely.isChosen([side, row[side]?.best ?? row.price])),
    });
    write(byId("ladder-more"), depth === null ? "" : moreOf(depth));
    byId("ladder-empty").hidden = depth === null || rows.length > 0;
  }

  #makeFacts() {
    for (const { name, heading, title } of FACTS) {
      const pair = document.createElement("div");
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = heading;
      term.title = title;
      pair.append(term, value);
      byId("symbol-facts").append(pair);
      this.#facts.set(name, value);
    }
  }
}

/** Which levels are not told. */
function moreOf({ bids, asks, more_bids, more_asks }) {
  const sides = [more_bids && `the best ${bids.length} bids`, more_asks && `the best ${asks.length} asks`].filter(Boolean);
  return sides.length === 0 ? "The whole book" : `Only ${sides.join(" and ")}`;
}

function optionOf(group) {
  const option = document.createElement("option");
  option.value = String(group);
  option.textContent = group === 1 ? "Every price" : `${group} ticks a row`;
  return option;
}

function press(id, isPressed) {
  byId(id).setAttribute("aria-pressed", isPressed);
}

function write(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

// One symbol that is looked at closely: what the dashboard is asked for, and what it said. Pure state.

import { GROUPS, tickOf } from "./ladder.js";
import { pauseOf, stateOf } from "./schema.js";
import { Tape, joinedEntries } from "./tape.js";

/** How it is looked at when nobody said otherwise. */
export const USUAL_LOOK = Object.freeze({ symbol: "", group: 1, hasGaps: false, isLocked: true });

export class Closely {
  symbol = USUAL_LOOK.symbol;
  group = USUAL_LOOK.group;
  hasGaps = USUAL_LOOK.hasGaps;
  isLocked = USUAL_LOOK.isLocked;
  /** The level whose queue is shown: its side and price, or `null`. */
  level = null;
  depth = null;
  queue = null;
  refused = null;
  note = null;
  tick = null;
  trades = new Tape();
  best = new Tape();

  get isOpen() {
    return this.symbol !== "";
  }

  /** Looks in this way from now on; says whether it is another symbol. */
  look({ symbol, group, hasGaps, isLocked }) {
    const isOther = symbol !== this.symbol;
    Object.assign(this, { symbol, group, hasGaps, isLocked });
    if (isOther) this.forget();
    return isOther;
  }

  /** The next grouping, or the first behind the last one. */
  nextGroup() {
    this.group = GROUPS[(GROUPS.indexOf(this.group) + 1) % GROUPS.length];
  }

  /** Looks at the queue of this level, `[side, price]`; at none if it did already. */
  choose(level) {
    const isSame = this.isChosen(level);
    this.level = isSame ? null : level;
    this.queue = null;
  }

  isChosen(level) {
    return level !== null && this.level !== null && level[0] === this.level[0] && level[1] === this.level[1];
  }

  /** What the dashboard is asked for, as it is said to it. */
  wanted() {
    return JSON.stringify(this.isOpen ? { look: this.symbol, level: this.level } : { look: null });
  }

  /** There is another connection, which tells the tape from its start. */
  handleConnect() {
    this.trades.reset();
    this.best.reset();
  }

  /** Takes what the dashboard says; of another symbol, at which it was looked before, nothing. */
  handleLook({ symbol, refused, note, depth, queue, trades, best }) {
    if (symbol !== this.symbol) return;
    Object.assign(this, { refused, note });
    // What was told last stays until something newer is told.
    if (depth !== null || refused !== null) this.depth = depth;
    // What is on its way may be of the level that was chosen before.
    const isWanted = queue !== null && this.isChosen([queue.side, queue.price]);
    if (isWanted) this.queue = queue;
    if (trades !== null) this.trades.take(trades);
    if (best !== null) this.best.take(best);
    if (depth !== null) this.tick = tickOf(depth, this.tick);
  }

  /** Another run is shown: nothing of the one before is left. */
  forget() {
    Object.assign(this, { level: null, depth: null, queue: null, refused: null, note: null, tick: null });
    this.handleConnect();
  }
}

/** A message and the one that follows it, as one. */
export function joined(before, next) {
  if (before === null || before.symbol !== next.symbol) return next;
  return {
    ...next, queue: next.queue ?? before.queue, depth: next.depth ?? before.depth,
    trades: joinedEntries(before.trades, next.trades), best: joinedEntries(before.best, next.best),
  };
}

/**
 * What is to be known of the symbol, in words: `text`, and `kind`, which is "good", "paused" or "doubt". `row` is its
 * newest row, `teller` the Pi that told its depth, by name.
 */
export function trustOf(closely, row, { isOld, phase, teller }) {
  const { depth, refused, note } = closely;
  if (refused !== null) return { kind: "doubt", text: `Not shown: ${refused}.` };
  if (row === null) return { kind: "doubt", text: "No symbol of this name is in this run." };
  const [state, pause] = [stateOf(row, isOld), pauseOf(row)];
  const said = [];
  if (pause !== null) said.push(`${pause.word.toUpperCase()}: ${pause.title}.`);
  said.push(`${state.label}: ${state.title}.`);
  const own = depth === null ? null : row.schema.states.get(depth.trust);
  const isWorse = own?.is_doubtful === true && depth.trust !== row.state;
  if (isWorse) said.push(`${teller}, which told this depth, has a ${own.word} book: ${own.title}.`);
  const isMissing = phase === "ended" ? depth === null : note !== null;
  if (isMissing) said.push(phase === "ended" ? TOO_LATE : `Depth is not told: ${note}.`);
  const isDoubtful = !state.is_live || isWorse || isMissing;
  return { kind: isDoubtful ? "doubt" : pause !== null ? "paused" : "good", text: said.join(" ") };
}

const TOO_LATE = "The run is over and its books are gone; nobody looked at this symbol before the end.";

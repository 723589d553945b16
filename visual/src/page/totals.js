// The totals above the grid.

import { nameOf, namesOf } from "./node_names.js";

const RATE_WINDOW_MS = 2000;
const SPARK_SECONDS = 60;
const SPARK_HEIGHT = 16;

const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const newYork = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York", hourCycle: "h23",
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

const byId = (id) => document.getElementById(id);

function write(id, text) {
  const at = byId(id);
  if (at.textContent !== text) at.textContent = text;
}

const count = (number) => (number < 10_000_000 ? whole.format(number) : short.format(number));

export class Totals {
  /** Times and event counts of the last frames, oldest first. */
  #samples = [];
  #rates = [];
  #ratedAt = 0;

  reset() {
    this.#samples = [];
  }

  /** Nothing is live while the dashboard does not answer. */
  setOld() {
    write("live", "0");
    write("not-live", "");
    write("in-doubt", "numbers are old");
    mark("in-doubt", true);
  }

  show(frame, schema) {
    const { counters } = frame;
    showStates(frame, schema);
    showPis(frame);
    this.#showRate(frame.shown_at_ms, counters.events);
    write("trades", count(counters.trades));
    write("volume", counters.volume > 0 ? `${short.format(counters.volume)} shares` : "");
    write("duplicates", count(counters.copies));
    write("missed", count(counters.missed));
    byId("missed-total").classList.toggle("doubt", counters.missed > 0);
    write("conflated", count(counters.conflated));
    write("market-time", frame.market_time_ms === null ? "" : `${newYork.format(frame.market_time_ms)} New York`);
  }

  #showRate(now, events) {
    const samples = this.#samples;
    samples.push([now, events]);
    while (samples.length > 2 && now - samples[1][0] >= RATE_WINDOW_MS) samples.shift();
    const [since, before] = samples[0];
    if (now === since || now - this.#ratedAt < 500) return;
    this.#ratedAt = now;
    const rate = ((events - before) * 1000) / (now - since);
    write("rate", count(Math.round(rate)));
    this.#drawSpark(rate);
  }

  #drawSpark(rate) {
    const rates = this.#rates;
    rates.push(rate);
    if (rates.length > 2 * SPARK_SECONDS) rates.shift();
    const most = Math.max(...rates, 1);
    const points = rates.map((each, at) => {
      const x = SPARK_SECONDS - (rates.length - 1 - at) / 2;
      return `${x},${(SPARK_HEIGHT - 1 - (each / most) * (SPARK_HEIGHT - 2)).toFixed(1)}`;
    });
    byId("spark").firstElementChild.setAttribute("points", points.join(" "));
  }
}

/** How many symbols are live and how many in doubt, and in the title how many in each state. */
function showStates(frame, schema) {
  const states = [...schema.states.values()].map((state) => ({ ...state, number: frame.states[state.word] }));
  const sum = (some) => some.reduce((all, { number }) => all + number, 0);
  const live = sum(states.filter((state) => state.is_live));
  const inDoubt = sum(states.filter((state) => state.is_doubtful));
  write("live", whole.format(live));
  write("not-live", `of ${whole.format(sum(states))}`);
  write("in-doubt", inDoubt > 0 ? `${whole.format(inDoubt)} in doubt` : "");
  mark("in-doubt", inDoubt > 0);
  const paused = Object.entries(frame.statuses).map(([label, number]) => ({ label, number }));
  byId("live").parentElement.title = [...states, ...paused]
    .filter(({ number }) => number > 0)
    .map(({ label, number }) => `${whole.format(number)} ${label}`)
    .join(", ");
}

/** How many Pis speak, and the numbers of those that do not. */
function showPis(frame) {
  const [speaking, silent, dead, ended] = ["speaking", "silent", "dead", "ended"]
    .map((voice) => frame.nodes.filter(({ state }) => state === voice));
  write("pis", `${speaking.length} of ${frame.nodes_expected}`);
  const notes = [];
  if (silent.length > 0) notes.push(`${namesOf(silent)} silent`);
  if (dead.length > 0) notes.push(`${namesOf(dead)} dead`);
  if (ended.length > 0) notes.push(`${ended.length} done`);
  write("pis-note", notes.join(", "));
  mark("pis-note", silent.length + dead.length > 0);
  byId("pis-note").title = frame.nodes.map((node) => `${nameOf(node)}: ${node.state}`).join(", ");
}

function mark(id, isDoubtful) {
  byId(id).parentElement.classList.toggle("doubt", isDoubtful);
}

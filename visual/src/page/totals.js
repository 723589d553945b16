// The totals above the grid.

const RATE_WINDOW_MS = 2000;
const SPARK_SECONDS = 60;
const SPARK_HEIGHT = 16;

const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const newYork = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York", hourCycle: "h23",
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

const STATE_WORDS = {
  waiting: "without an event yet", live: "live", recovering: "recovering", partial: "partial",
  stale: "stale", silent: "silent",
};

const byId = (id) => document.getElementById(id);

function write(id, text) {
  const at = byId(id);
  if (at.textContent !== text) at.textContent = text;
}

const count = (number) => (number < 10_000_000 ? whole.format(number) : short.format(number));

/** The numbers of the Pis that were heard, by how they are heard. */
export function nodesByVoice(nodes) {
  const voices = { speaking: [], silent: [], dead: [], ended: [] };
  for (const [node, voice] of nodes) voices[voice].push(node);
  return voices;
}

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
    write("not-live", "numbers are old");
  }

  show(frame) {
    const { counters, states } = frame;
    const known = Object.values(states).reduce((sum, each) => sum + each, 0);
    const inDoubt = known - states.live - states.waiting;
    write("live", whole.format(states.live));
    write("not-live", `of ${whole.format(known)}${inDoubt > 0 ? `, ${whole.format(inDoubt)} in doubt` : ""}`);
    mark("not-live", inDoubt > 0);
    const others = Object.entries(states).filter(([, number]) => number > 0);
    const paused = Object.entries(frame.statuses).filter(([, number]) => number > 0);
    byId("not-live").title = [
      ...others.map(([state, number]) => `${whole.format(number)} ${STATE_WORDS[state]}`),
      ...paused.map(([status, number]) => `${whole.format(number)} ${status}`),
    ].join(", ");

    this.#showRate(frame.shown_at_ms, counters.events);
    write("trades", count(counters.trades));
    write("volume", counters.volume > 0 ? `${short.format(counters.volume)} shares` : "");

    const voices = nodesByVoice(frame.nodes);
    write("pis", `${voices.speaking.length} of ${frame.nodes_expected}`);
    const pis = [];
    if (voices.silent.length > 0) pis.push(`node ${voices.silent.join(", ")} silent`);
    if (voices.dead.length > 0) pis.push(`node ${voices.dead.join(", ")} dead`);
    if (voices.ended.length > 0) pis.push(`${voices.ended.length} done`);
    write("pis-note", pis.join(", "));
    mark("pis-note", voices.silent.length + voices.dead.length > 0);

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

function mark(id, isDoubtful) {
  byId(id).parentElement.classList.toggle("doubt", isDoubtful);
}

// Puts the page together: feed, market, grid, totals, search.

import { listen } from "./feed.js";
import { Grid } from "./grid.js";
import { Market } from "./market.js";
import { Totals, nodesByVoice } from "./totals.js";

const ARRANGE_EVERY_MS = 1000;

const isOld = () => link === "late" || link === "lost";

const byId = (id) => document.getElementById(id);
const market = new Market();
const grid = new Grid(market);
const totals = new Totals();

let tables = []; // since the last frame
let phase = "setup";
let unheard = "";
let controller = "";
let link = "connecting";
let hasChanged = false;

const LINK_TEXTS = {
  connecting: () => "Connecting",
  setup: () => `Waiting for the controller at ${controller}`,
  live: () => ({
    waiting: "Connected, waiting for the first event",
    running: "Connected",
    silent: `Silent: nothing heard from ${unheard}`,
    ended: "Ended: end of feed, final numbers",
  })[phase],
  late: () => "Connected but nothing comes: numbers are old",
  lost: () => "Reconnecting: numbers are old",
};

function showLink() {
  document.body.dataset.link = link === "live" && (phase === "ended" || phase === "silent") ? phase : link;
  const text = LINK_TEXTS[link]();
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
}

/** Of whom nothing is heard: of Pis, or by all of them of the feed. */
function unheardOf(nodes) {
  const { silent, dead } = nodesByVoice(nodes);
  const quiet = [...silent, ...dead].sort((a, b) => a - b);
  return quiet.length === nodes.length ? `node ${quiet.join(", ")}` : "the feed";
}

function showShown() {
  const [shown, all] = [market.order.length, market.rows.length];
  const text = shown === all ? `${all.toLocaleString("en-US")} symbols` : `${shown.toLocaleString("en-US")} of ${all.toLocaleString("en-US")}`;
  if (byId("shown").textContent !== text) byId("shown").textContent = text;
  byId("empty").hidden = shown > 0;
  if (shown === 0) {
    byId("empty").textContent = all === 0 ? "The symbols come from the controller."
      : market.search ? `No symbol has “${market.search}” in its name here.`
        : "No such symbol at the moment.";
  }
}

function rearrange() {
  market.arrange();
  showShown();
  grid.scrollToTop();
}

const feed = listen({
  schema(message) {
    market.describe(message);
  },
  setup(message) {
    controller = message.controller;
    showShown();
  },
  table(message) {
    tables.push(message);
  },
  frame(message) {
    for (const { from, symbols } of tables) {
      market.define(from, symbols);
      if (from === 0) totals.reset();
    }
    tables = [];
    market.update(message.rows);
    hasChanged ||= message.rows.length > 0;
    phase = message.phase;
    unheard = unheardOf(message.nodes);
    totals.show(message, market.schema);
    showShown();
    showLink();
    grid.schedule();
  },
  link(state) {
    link = state;
    grid.setOld(isOld());
    if (isOld()) totals.setOld();
    showLink();
  },
});

setInterval(() => {
  if (hasChanged && market.isMoving) {
    market.arrange();
    grid.schedule();
  }
  hasChanged = false;
  byId("age").textContent = isOld() ? `${Math.round(feed.age() / 1000)} s old` : "";
}, ARRANGE_EVERY_MS);

byId("search").addEventListener("input", ({ target }) => {
  market.search = target.value;
  rearrange();
});
byId("filter").addEventListener("change", ({ target }) => {
  market.filter = target.value;
  rearrange();
});
byId("tools").addEventListener("submit", (event) => {
  event.preventDefault();
  grid.focus();
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("search").select();
    byId("search").focus();
  }
  if (event.key === "Escape" && event.target === byId("search")) {
    byId("search").value = "";
    market.search = "";
    rearrange();
    grid.focus();
  }
});

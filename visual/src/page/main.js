// Puts the page together: feed, market, grid, totals, search.

import { listen } from "./feed.js";
import { Grid } from "./grid.js";
import { countOfShown, headline } from "./headline.js";
import { Market } from "./market.js";
import { session } from "./session.js";
import { Totals } from "./totals.js";

const ARRANGE_EVERY_MS = 1000;

const isOld = () => link === "late" || link === "lost";

const byId = (id) => document.getElementById(id);
const market = new Market();
const grid = new Grid(market);
const totals = new Totals();

let tables = []; // since the last frame
let phase = "setup";
let nodes = [];
let controller = "";
let link = "connecting";
let hasChanged = false;

function showLink() {
  const { lamp, text } = headline(link, phase, nodes, controller);
  document.body.dataset.link = lamp;
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
}

function showShown() {
  const { shown, empty } = countOfShown(market);
  if (byId("shown").textContent !== shown) byId("shown").textContent = shown;
  byId("empty").hidden = empty === "";
  byId("empty").textContent = empty;
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
    nodes = message.nodes;
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

session().then((state) => {
  byId("logout").hidden = state !== "kept";
});
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

// Puts the page together: feed, market, grid, totals, tools.

import { joined } from "./closely.js";
import { ClusterView } from "./cluster_view.js";
import { COLUMNS } from "./columns.js";
import { Detail } from "./detail.js";
import { listen } from "./feed.js";
import { Freezer } from "./freezer.js";
import { Grid } from "./grid.js";
import { countOfShown, headline } from "./headline.js";
import { FILTER_NAMES, Market } from "./market.js";
import { nameOf } from "./node_names.js";
import { session } from "./session.js";
import { sourceWords } from "./source.js";
import { Spoken } from "./spoken.js";
import { SymbolPage } from "./symbol_page.js";
import { Tools } from "./tools.js";
import { Totals } from "./totals.js";
import { viewOf } from "./view_state.js";

const ARRANGE_EVERY_MS = 1000;

const byId = (id) => document.getElementById(id);
const market = new Market();
const totals = new Totals();
const detail = new Detail();
const freezer = new Freezer();
const spoken = new Spoken();
const cluster = new ClusterView();
const grid = new Grid(market, {
  sorted: keepView,
  watched: watch,
  chosen: showDetail,
  opened: (slot) => open(market.names[slot]),
});
const symbolPage = new SymbolPage({
  asked: (text) => feed?.say(text),
  viewed: keepView,
  back: goBack,
});
const tools = new Tools({
  search: (text) => look({ search: text }),
  filter: (name) => look({ filter: name }),
  toGrid: () => grid.focus(),
  watch: () => currentSlot() !== null && watch(currentSlot()),
  density: changeDensity,
  pause: freezeOrGoOn,
  cluster: () => cluster.open(),
  isClosely: () => symbolPage.closely.isOpen,
  back: goBack,
  leave,
  lock: () => symbolPage.lock(),
  group: () => symbolPage.group(),
  gaps: () => symbolPage.gaps(),
  tape: () => symbolPage.tape(),
});

let phase = "setup";
let source = null;
let nodes = [];
let controller = "";
let link = "connecting";
let hasChanged = false;
let isDense = false;
let feed = null;
let keptLook = null;

const isOld = () => link === "late" || link === "lost";

function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function showLink() {
  const { lamp, text } = headline(link, phase, nodes, controller);
  const { word, title, kind } = sourceWords(source, lamp);
  document.body.dataset.link = lamp;
  write("link-text", text);
  write("source", word);
  byId("source").dataset.kind = kind;
  byId("source").title = title;
  const symbol = symbolPage.sentence;
  const news = spoken.handle({ headline: `${word}: ${text}`, nodes, isFrozen: freezer.isFrozen, symbol });
  if (news !== null) write("spoken", news);
}

function showShown() {
  const { shown, empty } = countOfShown(market);
  write("shown", shown);
  byId("empty").hidden = empty === "";
  byId("empty").textContent = empty;
}

function showDetail() {
  const { slot } = grid.cursor;
  const row = slot === null ? null : market.rows[slot] ?? null;
  const rate = slot === null ? 0 : market.rates.of(slot);
  detail.show(row, { name: market.names[slot], isOld: isOld(), hasRoom: false, rate });
}

/** The slot of the symbol that is looked at closely, else of the current row. */
function currentSlot() {
  if (!symbolPage.closely.isOpen) return grid.cursor.slot;
  const slot = market.names.indexOf(symbolPage.closely.symbol);
  return slot < 0 ? null : slot;
}

function showSymbol() {
  if (!symbolPage.closely.isOpen) return;
  const slot = currentSlot();
  const row = slot === null ? null : market.rows[slot];
  const teller = nodes.find(({ node }) => node === symbolPage.closely.depth?.node);
  symbolPage.show(row, {
    name: symbolPage.closely.symbol, isOld: isOld(), hasRoom: false, rate: 0,
    phase, teller: teller === undefined ? "a Pi" : nameOf(teller),
  });
}

/** Looks at one symbol closely; back leads to all. */
function open(name) {
  symbolPage.open(name);
  history.pushState({ isOpened: true }, "", location.pathname + viewQuery());
  showClosely();
}

function goBack() {
  if (history.state?.isOpened) return history.back();
  leave();
}

/** Shows the grid at once. */
function leave() {
  symbolPage.open("");
  keepView();
  showClosely();
}

/** Makes the row of the symbol the current one: whoever comes back finds it there. */
function pointToSymbol() {
  if (currentSlot() !== null) grid.cursor.slot = currentSlot();
}

/** Shows the symbol, or the grid, and puts the keyboard there. */
function showClosely() {
  const { isOpen } = symbolPage.closely;
  if (isOpen) pointToSymbol();
  byId("scroller").hidden = isOpen;
  byId("skip").href = isOpen ? "#ladder" : "#scroller";
  byId("skip").textContent = isOpen ? "Skip to the ladder" : "Skip to the symbols";
  showSymbol();
  showLink();
  if (isOpen) return symbolPage.focus();
  grid.measure();
  grid.focus();
}

/** Looks at the market in another way. */
function look(change) {
  Object.assign(market, change);
  market.arrange();
  showShown();
  grid.scrollToTop();
  keepView();
}

/** Keeps the view in the address, for a reload and for links. */
function keepView() {
  history.replaceState(history.state, "", location.pathname + viewQuery());
}

function viewQuery() {
  return market.query(isDense, symbolPage.closely);
}

function watch(slot) {
  market.watchList.toggle(market.names[slot]);
  market.arrange();
  showShown();
  grid.redraw();
  keepView();
}

function changeDensity() {
  isDense = !isDense;
  tools.press({ isDense, isFrozen: freezer.isFrozen });
  grid.measure();
  keepView();
}

function freezeOrGoOn() {
  freezer.isFrozen = !freezer.isFrozen;
  tools.press({ isDense, isFrozen: freezer.isFrozen });
  const kept = freezer.isFrozen ? null : freezer.thaw();
  if (kept !== null) show(kept);
  if (!freezer.isFrozen) takeLook();
  showLink();
}

/** Takes what was kept of the symbol. */
function takeLook() {
  if (keptLook !== null) symbolPage.closely.handleLook(keptLook);
  keptLook = null;
  showSymbol();
}

/** Shows lists of symbols, and the frame behind them. */
function show({ tables, frame }) {
  for (const { from, symbols } of tables) {
    market.define(from, symbols);
    if (from !== 0) continue;
    totals.reset();
    grid.cursor.reset();
    symbolPage.handleRun();
    if (symbolPage.closely.isOpen) pointToSymbol();
  }
  if (frame === null) return;
  market.update(frame.rows);
  hasChanged ||= frame.rows.length > 0;
  totals.show(frame, market.schema);
  showShown();
  showDetail();
  showSymbol();
  grid.schedule();
}

feed = listen({
  schema(message) {
    source = message.source;
    // Of another release of the dashboard it may have other fields.
    market.describe(message);
  },
  setup(message) {
    controller = message.controller;
    showShown();
  },
  table(message) {
    freezer.keepTable(message);
  },
  connected: () => symbolPage.handleConnect(),
  look(message) {
    keptLook = joined(keptLook, message);
    if (!freezer.isFrozen) takeLook();
  },
  frame(message) {
    freezer.keepFrame(message, market.schema.slotAt);
    phase = message.phase;
    nodes = message.nodes;
    if (!freezer.isFrozen) show(freezer.thaw());
    showLink();
  },
  link(state) {
    link = state;
    grid.setOld(isOld());
    if (isOld()) totals.setOld();
    showDetail();
    showSymbol();
    showLink();
  },
});

setInterval(() => {
  write("age", isOld() ? `${Math.round(feed.age() / 1000)} s old` : "");
  if (freezer.isFrozen) return;
  market.handleTime(performance.now());
  if (market.isMoving && (hasChanged || market.sortedBy === "rate")) market.arrange();
  hasChanged = false;
  showShown();
  showDetail();
  grid.schedule();
}, ARRANGE_EVERY_MS);

session().then((state) => {
  byId("logout").hidden = state !== "kept";
});
addEventListener("popstate", () => {
  symbolPage.look(viewInAddress().closely);
  showClosely();
});
byId("open-symbol").addEventListener("click", () => open(market.names[grid.cursor.slot]));

function viewInAddress() {
  return viewOf(location.search, COLUMNS.map(({ name }) => name), FILTER_NAMES);
}

const view = viewInAddress();
isDense = view.isDense;
market.look(view);
tools.show(view);
tools.press({ isDense, isFrozen: false });
grid.showSorting();
grid.measure();
symbolPage.look(view.closely);
if (symbolPage.closely.isOpen) showClosely();

// How the market is looked at, as the part of the address behind `?`: a reload keeps it, a link shares it.

import { USUAL_LOOK } from "./closely.js";
import { GROUPS } from "./ladder.js";

/** What there is when the address says nothing. */
export const USUAL_VIEW = Object.freeze({
  search: "", filter: "all", sortedBy: "symbol", isDescending: false, watched: Object.freeze([]), isDense: false,
  closely: USUAL_LOOK,
});

// An address that is longer is cut by chats and proxies.
const MOST_WATCHED = 200;

/** The view that an address asks for; what it says wrongly is as usual. `columns` and `filters` are names. */
export function viewOf(query, columns, filters) {
  const asked = new URLSearchParams(query);
  const sort = asked.get("sort") ?? "";
  const isDescending = sort.startsWith("-");
  const sortedBy = isDescending ? sort.slice(1) : sort;
  const isColumn = columns.includes(sortedBy);
  const watched = (asked.get("watch") ?? "").split(",").filter((name) => name !== "");
  return {
    search: (asked.get("q") ?? "").slice(0, 64),
    filter: filters.includes(asked.get("show")) ? asked.get("show") : USUAL_VIEW.filter,
    sortedBy: isColumn ? sortedBy : USUAL_VIEW.sortedBy,
    isDescending: isColumn ? isDescending : USUAL_VIEW.isDescending,
    watched: [...new Set(watched)].slice(0, MOST_WATCHED),
    isDense: asked.get("rows") === "dense",
    closely: lookOf(asked),
  };
}

/** Which symbol is looked at closely, and how. */
function lookOf(asked) {
  const group = Number(asked.get("group"));
  return {
    symbol: (asked.get("symbol") ?? "").slice(0, 32),
    group: GROUPS.includes(group) ? group : USUAL_LOOK.group,
    hasGaps: asked.get("prices") === "all",
    isLocked: asked.get("centre") !== "off",
  };
}

/** The query of a view, with its `?`; nothing when all is as usual. */
export function queryOf(view) {
  const query = new URLSearchParams();
  if (view.search !== "") query.set("q", view.search);
  if (view.filter !== USUAL_VIEW.filter) query.set("show", view.filter);
  const isUsualOrder = view.sortedBy === USUAL_VIEW.sortedBy && !view.isDescending;
  if (!isUsualOrder) query.set("sort", `${view.isDescending ? "-" : ""}${view.sortedBy}`);
  if (view.watched.length > 0) query.set("watch", view.watched.slice(0, MOST_WATCHED).join(","));
  if (view.isDense) query.set("rows", "dense");
  const { symbol, group, hasGaps, isLocked } = view.closely;
  if (symbol !== "") {
    query.set("symbol", symbol);
    if (group !== USUAL_LOOK.group) query.set("group", group);
    if (hasGaps) query.set("prices", "all");
    if (!isLocked) query.set("centre", "off");
  }
  // Commas may stand there as they are, and are read more easily so.
  const text = query.toString().replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

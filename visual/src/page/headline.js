// Sentences about the whole: how the dashboard is heard, and how many symbols are shown.

import { namesOf } from "./node_names.js";

/**
 * What the head of the page says: `text`, and for its colours `lamp`, which is the state of the link or,
 * while that is live, "ended" or "silent".
 */
export function headline(link, phase, nodes, controller) {
  const isPhaseShown = link === "live" && (phase === "ended" || phase === "silent");
  const lamp = isPhaseShown ? phase : link;
  switch (link) {
    case "connecting": return { lamp, text: "Connecting" };
    case "setup": return { lamp, text: `Waiting for the controller at ${controller}` };
    case "late": return { lamp, text: "Connected, but the dashboard is silent: numbers are old" };
    case "lost": return { lamp, text: "Reconnecting: numbers are old" };
    default: return { lamp, text: phaseText(phase, nodes) };
  }
}

function phaseText(phase, nodes) {
  switch (phase) {
    case "waiting": return "Connected, waiting for the first event";
    case "silent": return `Silent: nothing heard from ${unheardOf(nodes)}`;
    case "ended": return "Feed ended: numbers are final";
    default: return "Connected";
  }
}

/** Of whom nothing is heard: of Pis, or by all of them of the feed. */
function unheardOf(nodes) {
  const quiet = nodes.filter(({ state }) => state === "silent" || state === "dead");
  return quiet.length === nodes.length ? namesOf(quiet) : "the feed";
}

/** How many symbols are `shown`, and what stands in place of rows when there are none, else "". */
export function countOfShown(market) {
  const [found, all] = [market.order.length, market.rows.length].map((number) => number.toLocaleString("en-US"));
  const shown = found === all ? `${all} symbols` : `${found} of ${all}`;
  return { shown, empty: market.order.length > 0 ? "" : whyEmpty(market) };
}

function whyEmpty(market) {
  if (market.rows.length === 0) return "The controller has not sent the symbols yet.";
  if (market.search) return `No symbol has “${market.search}” in its name.`;
  if (market.filter === "watched") return "You watch no symbol yet: the star before its name, or the key w, puts it here.";
  return "No symbol passes this filter now.";
}

// What happened to the cluster, in words: what it was, and its bill.

const whole = new Intl.NumberFormat("en-US");
const MOST_SHOWN = 50;

/**
 * What `/api/v1/events` answers as lines, the newest first: `when` (in ms since 1970), `what`, `bill` and
 * `isOver`. `now` is when it was asked for, in ms since 1970.
 */
export function incidentLines({ events }, now) {
  return events.slice(0, MOST_SHOWN).map((event) => ({
    when: now - event.ago_ms, what: whatOf(event), bill: billOf(event), isOver: event.is_over,
  }));
}

function whatOf({ what, name, channel, lost_messages, run }) {
  switch (what) {
    case "pi_lost": return `${name} was lost`;
    case "controller_lost": return "The controller was lost";
    case "books_in_doubt": return "Books are in doubt";
    case "messages_lost":
      return `${whole.format(lost_messages)} message${lost_messages === 1 ? "" : "s"} of channel ${channel} lost by the feed`;
    case "run_began": return `Another run began: ${run}`;
    default: return what;
  }
}

function billOf(event) {
  const { what, noticed_ms, back_ms, whole_ms, is_over, copies_dropped, rows_passed } = event;
  if (what === "messages_lost" || what === "run_began") return "";
  const parts = what === "books_in_doubt" ? [] : [
    `noticed after ${seconds(noticed_ms)}`,
    back_ms === null ? awaited("back", is_over) : `back after ${seconds(back_ms)}`,
  ];
  if (whole_ms === null) return [...parts, awaited("all books on all Pis", is_over)].join(", ");
  parts.push(`all books on all Pis after ${seconds(whole_ms)}`);
  parts.push(rows_passed === 0 ? "no event left out" : `${whole.format(rows_passed)} row${rows_passed === 1 ? "" : "s"} caught up by a state`);
  parts.push(`${whole.format(copies_dropped)} copies dropped`);
  return parts.join(", ");
}

const awaited = (what, isOver) => (isOver ? `never ${what}` : `not ${what} yet`);

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

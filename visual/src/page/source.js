// What kind of feed is shown, in one word that nobody overlooks.

const WORDS = {
  live: ["LIVE", "The venue's feed, as it comes"],
  delayed: ["DELAYED", "The venue's feed, held back"],
  replay: ["REPLAY", "A recording of the venue's feed"],
  "made-up": ["MADE UP", "A made-up market: no share was ever traded so"],
};
const UNKNOWN = ["FEED UNKNOWN", "Nobody told this dashboard what kind of feed it is: its option --source does"];
const SILENT = ["SILENT", "Nothing comes from the feed: the numbers are old"];
const OLD = ["OLD", "The dashboard does not answer: the numbers are old"];

/** `word` and `title`, and `kind` for its colours. */
export function sourceWords(source, lamp) {
  const isOld = lamp === "late" || lamp === "lost";
  const isQuiet = isOld || lamp === "silent";
  const [word, title] = isOld ? OLD : isQuiet ? SILENT : WORDS[source] ?? UNKNOWN;
  return { word, title, kind: isQuiet ? "silent" : source ?? "unknown" };
}

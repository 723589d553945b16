// What a key does, apart from those within the grid and in the search.

/** The keys as the help lists them: what is pressed, and what it does. */
export const HELP = [
  ["/", "Find a symbol"],
  ["Escape", "Clear the search, or close this"],
  ["↑ ↓", "The row above or below"],
  ["← →", "The cell beside it"],
  ["PageUp PageDown", "A page of rows"],
  ["Home End", "The first or last row"],
  ["Enter", "In a heading: sort by it"],
  ["w", "Watch the row's symbol, or no longer"],
  ["d", "More rows, or fewer"],
  ["c", "The cluster: Pis and partitions"],
  ["p", "Freeze what is shown, or go on; the feed never waits"],
  ["?", "This list"],
];

const ACTIONS = new Map([["/", "search"], ["w", "watch"], ["d", "density"], ["p", "pause"], ["c", "cluster"], ["?", "help"]]);

/** The action of a pressed key, or `null`: somebody types, or the key is the browser's. */
export function actionOf({ key, isTyping, ctrlKey, metaKey, altKey }) {
  if (isTyping || ctrlKey || metaKey || altKey) return null;
  return ACTIONS.get(key) ?? null;
}

/** Where a key leads in a grid: `at` is row and column, `size` how many there are; `null` if nowhere. */
export function stepOf(key, at, size) {
  const [row, column] = at;
  const { rows, columns, page } = size;
  const last = rows - 1;
  if (rows === 0) return null;
  const to = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    PageUp: [row - page, column], PageDown: [row + page, column],
    Home: [0, column], End: [last, column],
  }[key];
  if (to === undefined) return null;
  const within = (number, most) => Math.max(0, Math.min(number, most));
  return [within(to[0], last), within(to[1], columns - 1)];
}

// What a key does, apart from those within the grid and in the search.

/** The keys as the help lists them: what is pressed, and what it does. */
export const HELP = [
  ["/", "Find a symbol"],
  ["Escape", "Clear the search, or close this"],
  ["↑ ↓", "The row above or below"],
  ["← →", "The cell beside it"],
  ["PageUp PageDown", "A page of rows"],
  ["Home End", "The first or last row"],
  ["Enter", "In a heading: sort by it. On a row: look at the symbol closely, or at the orders of a price"],
  ["Escape", "From a symbol back to all"],
  ["l", "With a symbol: keep the middle of its prices in the middle, or no longer"],
  ["g e", "With a symbol: more prices in a row; show prices without orders too"],
  ["t", "With a symbol: trades, or changes of the best prices"],
  ["w", "Watch the row's symbol, or no longer"],
  ["d", "More rows, or fewer"],
  ["c", "The cluster: Pis and partitions"],
  ["p", "Freeze what is shown, or go on; the feed never waits"],
  ["?", "This list"],
];

// Those while one symbol is looked at closely.
const CLOSE_ACTIONS = new Map([["Escape", "back"], ["l", "lock"], ["g", "group"], ["e", "gaps"], ["t", "tape"]]);

const ACTIONS = new Map([["/", "search"], ["w", "watch"], ["d", "density"], ["p", "pause"], ["c", "cluster"], ["?", "help"]]);

/**
 * The action of a pressed key, or `null`: somebody types, or the key is the browser's. `isClosely` while one
 * symbol is looked at.
 */
export function actionOf({ key, isTyping, isClosely = false, ctrlKey, metaKey, altKey }) {
  if (isTyping || ctrlKey || metaKey || altKey) return null;
  if (isClosely && CLOSE_ACTIONS.has(key)) return CLOSE_ACTIONS.get(key);
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

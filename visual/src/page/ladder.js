// The depth of a symbol as one ladder of prices: asks above, bids below. Prices are whole numbers in the scale
// that comes with them, so that none is ever rounded.

/** How many ticks can be put together in a row; 1 leaves every price as it is. */
export const GROUPS = [1, 2, 5, 10, 20, 50, 100];

// A book may hold orders at a cent and at 200,000 dollars. So many rows are made at most on each side of the mid.
const MOST_EMPTY_ROWS = 200;
// The venue's ticks: a cent, and a hundredth of it below a dollar.
const [CENT_DIGITS, FINE_DIGITS] = [2, 4];

const FACTORS = [1, 2, 5, 10];

/** How many units of the scale a number of decimal places is. */
const unitsOf = (scale, digits) => 10 ** Math.max(0, scale - digits);

/** Halfway between the best prices, or the only one there is; `null` of an empty book. */
export function midOf({ bids, asks }) {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  if (bid === undefined || ask === undefined) return bid ?? ask ?? null;
  return (bid + ask) / 2;
}

/** The tick of a book. One that was fine stays so: rows do not swing when a price goes about a dollar. */
export function tickOf(depth, before = null) {
  const mid = midOf(depth);
  const isFine = mid !== null && mid < unitsOf(depth.scale, 0);
  const tick = unitsOf(depth.scale, isFine ? FINE_DIGITS : CENT_DIGITS);
  return before === null ? tick : Math.min(before, tick);
}

/**
 * The rows of a ladder, from the highest price down: `price`, and of each side `null` or `orders`, `size` and
 * `best`, the price in the row that is nearest to trade. `group` ticks are one row. Its bounds are multiples of
 * that step, whatever the best price is, so that no row swings with it; a bid stands at the bound below it, an
 * ask at the one above. With `hasGaps` there are rows of prices at which nothing rests.
 */
export function rowsOf(depth, { group, tick, hasGaps }) {
  const step = group * tick;
  const rows = new Map();
  const put = (levels, side, boundOf) => {
    for (const [price, size, orders] of levels) {
      const bound = group === 1 ? price : boundOf(price / step) * step;
      const row = rowAt(rows, bound);
      row[side] ??= { size: 0, orders: 0, best: price };
      row[side].size += size;
      row[side].orders += orders;
    }
  };
  put(depth.bids, "bid", Math.floor);
  put(depth.asks, "ask", Math.ceil);
  if (hasGaps) fillGaps(rows, step, midOf(depth));
  return [...rows.values()].sort((a, b) => b.price - a.price);
}

function rowAt(rows, price) {
  if (!rows.has(price)) rows.set(price, { price, bid: null, ask: null });
  return rows.get(price);
}

function fillGaps(rows, step, mid) {
  if (mid === null) return;
  const prices = [...rows.keys()];
  const reach = MOST_EMPTY_ROWS * step;
  const from = Math.max(Math.min(...prices), mid - reach);
  const to = Math.min(Math.max(...prices), mid + reach);
  for (let price = Math.ceil(from / step) * step; price <= to; price += step) rowAt(rows, price);
}

/** How many rows stand above the mid. */
export function splitOf(rows, mid) {
  if (mid === null) return 0;
  const at = rows.findIndex(({ price }) => price <= mid);
  return at < 0 ? rows.length : at;
}

/** The place of a price among rows, or of the next one below; the last one if there is none. */
export function placeOf(rows, price) {
  const at = rows.findIndex((row) => row.price <= price);
  return at < 0 ? rows.length - 1 : at;
}

/**
 * The size of a bar that is full: 1, 2 or 5 with zeros. It stays while the largest size fits and is not
 * much smaller, so that bars do not all change with one order.
 */
export function fullBar(rows, before) {
  const sizes = rows.flatMap(({ bid, ask }) => [bid?.size ?? 0, ask?.size ?? 0]);
  const largest = Math.max(1, ...sizes);
  if (before >= largest && largest * FACTORS.at(-1) > before) return before;
  const power = 10 ** Math.floor(Math.log10(largest));
  return power * FACTORS.find((factor) => factor * power >= largest);
}

/** A price as a decimal text, exact, with two places at least. */
export function priceText(price, scale) {
  const digits = String(price).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const part = digits.slice(digits.length - scale).replace(/0+$/, "");
  return `${whole}.${part.padEnd(CENT_DIGITS, "0")}`;
}

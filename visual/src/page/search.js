// Which names a text finds. Dots, spaces and case count for nothing: "cosa a" finds COSA.A.

const NO_PART_OF_A_NAME = /[^\p{L}\p{N}#]/gu;

/** What of a text counts. */
export const plain = (text) => text.toUpperCase().replace(NO_PART_OF_A_NAME, "");

/** How well a plain name fits a plain text: 0 when it begins with it, 1 when it has it, `null` if not. */
export function fit(name, wanted) {
  const at = name.indexOf(wanted);
  return at < 0 ? null : Math.min(at, 1);
}

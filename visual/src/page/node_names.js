// What Pis are called: by their names, or by number until the controller has told them.

/** The name of a Pi. */
export const nameOf = ({ node, name }) => name ?? `node ${node}`;

/** In the order of their names; pi-2 before pi-10. */
export const byName = (a, b) => nameOf(a).localeCompare(nameOf(b), "en", { numeric: true });

/** The names of Pis, in their order. */
export function namesOf(nodes) {
  return [...nodes].sort(byName).map(nameOf).join(", ");
}

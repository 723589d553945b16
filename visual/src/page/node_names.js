// What Pis are called: by their names, or by number until the controller has told them.

/** The name of a Pi. */
export const nameOf = ({ node, name }) => name ?? `node ${node}`;

/** The names of Pis, in the order of the alphabet; pi-2 before pi-10. */
export function namesOf(nodes) {
  return nodes.map(nameOf).sort((a, b) => a.localeCompare(b, "en", { numeric: true })).join(", ");
}

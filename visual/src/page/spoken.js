// What a screen reader is told by itself: changes of state, and nothing that changes all the time.

import { namesOf } from "./node_names.js";

/** Says which sentences are new: of the feed, of the Pis, or of what a person did. */
export class Spoken {
  #before = null;

  /**
   * `headline` is the sentence of the head, `nodes` the Pis that are known, `symbol` what is looked at closely and how far it
   * can be trusted, else ""; `null` when nothing is new.
   */
  handle({ headline, nodes, isFrozen, symbol = "" }) {
    const quiet = namesOf(nodes.filter(({ state }) => state === "silent" || state === "dead"));
    const before = this.#before ?? { quiet, isFrozen, symbol: "" };
    this.#before = { headline, quiet, isFrozen, symbol };
    const said = [];
    if (before.headline !== headline) said.push(headline);
    if (before.quiet !== quiet) said.push(quiet === "" ? "All Pis are heard" : `Not heard: ${quiet}`);
    if (before.isFrozen !== isFrozen) said.push(isFrozen ? "What is shown is frozen" : "What is shown goes on");
    if (before.symbol !== symbol) said.push(symbol === "" ? "All symbols" : symbol);
    return said.length === 0 ? null : said.join(". ");
  }
}

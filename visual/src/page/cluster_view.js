// The window with the cluster: asks the dashboard while it is open, and shows the table.

import { clusterSentence, clusterTable } from "./cluster_grid.js";

const ASK_EVERY_MS = 2000;

const byId = (id) => document.getElementById(id);

export class ClusterView {
  #timer = null;

  constructor() {
    byId("open-cluster").addEventListener("click", () => this.open());
    byId("cluster").addEventListener("close", () => clearInterval(this.#timer));
  }

  open() {
    byId("cluster").showModal();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.ask(), ASK_EVERY_MS);
    this.ask();
  }

  /** Asks once, and shows the answer. */
  async ask() {
    try {
      const answer = await fetch("api/v1/cluster", { cache: "no-store" });
      const told = await answer.json();
      if (answer.ok) this.#show(told);
      else write("cluster-said", `${told.error}.`);
    } catch {
      write("cluster-said", "The dashboard does not answer: this is old.");
    }
  }

  #show(cluster) {
    write("cluster-said", clusterSentence(cluster));
    const { columns, facts, partitions } = clusterTable(cluster);
    const head = element("tr", [element("td"), ...columns.map(({ name, isThere }) => {
      const cell = element("th", [], name);
      cell.scope = "col";
      cell.className = isThere ? "good" : "gone";
      return cell;
    })]);
    byId("cluster-table").replaceChildren(
      element("thead", [head]),
      element("tbody", facts.map(line)),
      element("tbody", partitions.map(line)),
    );
  }
}

function line({ heading, cells }) {
  const name = element("th", [], heading);
  name.scope = "row";
  return element("tr", [name, ...cells.map(({ text, look }) => {
    const cell = element("td", [], text);
    cell.className = look;
    return cell;
  })]);
}

function element(tag, children = [], text = "") {
  const made = document.createElement(tag);
  if (text !== "") made.textContent = text;
  made.append(...children);
  return made;
}

function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

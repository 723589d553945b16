// The window with the cluster: asks the dashboard while it is open, shows the table and what happened, and in a
// demonstration has the buttons that break something.

import { clusterSentence, clusterTable } from "./cluster_grid.js";
import { incidentLines } from "./incidents.js";

const ASK_EVERY_MS = 1000;
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const byId = (id) => document.getElementById(id);

export class ClusterView {
  #timer = null;
  #names = "";

  constructor() {
    byId("open-cluster").addEventListener("click", () => this.open());
    byId("cluster").addEventListener("close", () => clearInterval(this.#timer));
    byId("faults-list").addEventListener("click", ({ target }) => {
      if (target.dataset.what !== undefined) this.#break(target.dataset);
    });
  }

  open() {
    byId("cluster").showModal();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.ask(), ASK_EVERY_MS);
    this.ask();
  }

  /** Asks once, and shows the answers. */
  async ask() {
    try {
      const [cluster, events] = await Promise.all([get("api/v1/cluster"), get("api/v1/events")]);
      if (cluster.error !== undefined) return write("cluster-said", `${cluster.error}.`);
      this.#show(cluster);
      showIncidents(events);
    } catch {
      write("cluster-said", "The dashboard does not answer: this is old.");
    }
  }

  #show(cluster) {
    write("cluster-said", clusterSentence(cluster));
    this.#showFaults(cluster.faults);
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

  /** The buttons, made anew only for others: the keyboard may be on one of them. */
  #showFaults(names) {
    const joined = names.join(" ");
    if (joined === this.#names) return;
    this.#names = joined;
    byId("faults").hidden = names.length === 0;
    byId("faults-list").replaceChildren(...names.map((name) => element("li", [
      element("span", [], name), button("kill", "Kill", name), button("pause", "Pause", name),
    ])));
  }

  async #break({ what, node }) {
    const body = JSON.stringify({ what, node });
    const headers = { "content-type": "application/json" };
    try {
      const answer = await fetch("api/v1/faults", { method: "POST", headers, body });
      const { error } = await answer.json();
      write("faults-said", error ?? `${node} is to be ${what === "kill" ? "killed, and started again" : "paused, and to go on after 8 s"}.`);
    } catch {
      write("faults-said", "The dashboard does not answer.");
    }
    this.ask();
  }
}

async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  return answer.json();
}

function showIncidents(told) {
  const lines = incidentLines(told, Date.now());
  byId("incidents-none").hidden = lines.length > 0;
  byId("incidents").replaceChildren(...lines.map(({ when, what, bill, isOver }) => {
    const at = element("time", [], time.format(when));
    at.dateTime = new Date(when).toISOString();
    const item = element("li", [at, element("b", [], what), element("span", [], bill)]);
    item.className = isOver ? "over" : "open";
    return item;
  }));
}

function button(what, word, node) {
  const made = element("button", [], word);
  made.type = "button";
  made.setAttribute("aria-label", `${word} ${node}`);
  made.setAttribute("aria-describedby", "faults-said");
  Object.assign(made.dataset, { what, node });
  return made;
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

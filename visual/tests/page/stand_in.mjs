// A stand-in for the browser: just enough of a document, a window and a WebSocket for the page's modules.

class Element {
  className = "";
  id = "";
  dataset = {};
  value = "";
  offsetHeight = 34;
  isFocused = false;
  isOpen = false;
  textContent = "";
  hidden = false;
  style = {};
  title = "";
  children = [];
  parentElement = null;
  scrollTop = 0;
  clientHeight = 0;
  attributes = {};
  animations = 0;
  listeners = {};

  get firstChild() {
    return this.children[0];
  }

  get firstElementChild() {
    return this.children[0];
  }

  get classList() {
    return {
      contains: (name) => this.className.split(" ").includes(name),
      toggle: (name, isOn) => {
        const others = this.className.split(" ").filter((each) => each !== "" && each !== name);
        this.className = (isOn ? [...others, name] : others).join(" ");
      },
    };
  }

  append(...children) {
    for (const child of children) child.parentElement = this;
    this.children.push(...children);
  }

  remove() {
    this.parentElement.children = this.parentElement.children.filter((child) => child !== this);
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
    if (name === "hidden") this.hidden = true;
    if (name === "id") this.id = String(value);
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  removeAttribute(name) {
    delete this.attributes[name];
  }

  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }

  animate() {
    this.animations += 1;
  }

  contains(other) {
    return other === this || this.children.some((child) => child.contains(other));
  }

  /** The nearest element around it, or itself, of a class; of tags none is known here. */
  closest(selector) {
    if (this.classList.contains(selector.replace(".", ""))) return this;
    return this.parentElement?.closest(selector) ?? null;
  }

  focus() {
    this.isFocused = true;
  }

  select() {}

  showModal() {
    this.isOpen = true;
  }
}

class Socket {
  static all = [];
  sent = [];
  static OPEN = 1;
  isClosed = false;
  readyState = 0;

  constructor(url) {
    this.url = String(url);
    Socket.all.push(this);
  }

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.isClosed = true;
  }

  /** The connection is made. */
  open() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }

  /** The dashboard says something. */
  hear(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

/**
 * Puts the stand-in in the place of the globals, and gives the test its strings: `byId(id)`, `wide` (set it
 * for a desktop), `drawNow()`, `sockets`, `now` (the time in milliseconds), `tick()`, `retries` (those that
 * wait, as `[run, delay]`), `listeners` of window and document, `answer` (what the dashboard says of the
 * session, as `[status, body]`, or `null` when it does not answer), and where the page `went`.
 */
export function standIn() {
  const elements = new Map();
  const drawings = [];
  const world = {
    wide: false, now: 0, retries: [], sockets: (Socket.all = []), listeners: {},
    answer: [200, { can_log_out: false }], asked: [], went: [],
  };
  world.byId = (id) => {
    if (!elements.has(id)) {
      const [parent, element, child] = [new Element(), new Element(), new Element()];
      parent.append(element);
      if (id === "spark") element.append(child);
      elements.set(id, element);
    }
    return elements.get(id);
  };
  world.drawNow = () => drawings.splice(0).forEach((draw) => draw());
  const addEventListener = (name, listener) => (world.listeners[name] = listener);
  const globals = {
    document: {
      hidden: false, documentElement: new Element(), addEventListener,
      getElementById: world.byId, createElement: () => new Element(),
    },
    addEventListener,
    location: { href: "https://dashboard.example/sub/", assign: (place) => world.went.push(place) },
    fetch: async (place) => {
      world.asked.push(place);
      if (world.answer === null) throw new TypeError("nobody answers");
      const [status, body] = world.answer;
      return { status, ok: status < 300, json: async () => body };
    },
    performance: { now: () => world.now },
    WebSocket: Socket,
    setTimeout: (run, delay) => world.retries.push([run, delay]),
    clearTimeout: () => (world.retries.length = 0),
    setInterval: (run) => (world.tick = run),
    requestAnimationFrame: (draw) => drawings.push(draw),
    matchMedia: (query) => ({
      get matches() {
        return query.includes("min-width") && world.wide;
      },
    }),
    getComputedStyle: () => ({ getPropertyValue: () => "34px" }),
    ResizeObserver: class {
      observe() {}
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return world;
}

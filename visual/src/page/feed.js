// The WebSocket: takes messages, and does what the link says.

import { Link } from "./link.js";
import { leaveIfLost } from "./session.js";

const TICK_MS = 250;

/**
 * Listens until the page goes. `handlers`: `schema`, `setup`, `table`, `frame` and `look` take messages of that
 * kind, `link` takes the state of the link whenever it is another one, and `connected` is called when there is another
 * connection.
 */
export function listen(handlers) {
  const link = new Link(performance.now());
  let told = link.state;
  let socket = null;
  let retry = null;

  const tell = () => {
    if (link.state === told) return;
    told = link.state;
    handlers.link(told);
  };

  const take = (from, data) => {
    if (from !== socket) return;
    const message = JSON.parse(data);
    handlers[message.kind](message);
    if (link.handleMessage(performance.now(), message.kind)) from.send("ok");
    tell();
  };

  const lose = (lost) => {
    if (lost !== socket) return;
    socket = null;
    retry = setTimeout(connect, link.handleLoss(Math.random()));
    tell();
    // A WebSocket that is refused does not say why.
    leaveIfLost();
  };

  const connect = () => {
    clearTimeout(retry);
    const mine = new WebSocket(liveAddress());
    socket = mine;
    link.handleConnect(performance.now());
    mine.onopen = () => mine === socket && handlers.connected();
    mine.onmessage = ({ data }) => take(mine, data);
    mine.onclose = () => lose(mine);
  };

  const wake = () => {
    if (document.hidden) return;
    const isToConnect = link.handleWake(performance.now());
    tell();
    if (isToConnect) connect();
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);

  setInterval(() => {
    const silent = link.handleTick(performance.now()) ? socket : null;
    if (silent === null) return tell();
    lose(silent);
    // Says goodbye to nobody, which may take a minute.
    silent.close();
  }, TICK_MS);

  connect();
  return {
    /** Milliseconds since the last message, `null` before the first. */
    age: () => link.age(performance.now()),
    /** Says something to the dashboard, if it can be said now; a new connection asks again. */
    say: (text) => socket?.readyState === WebSocket.OPEN && socket.send(text),
  };
}

function liveAddress() {
  const url = new URL("live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

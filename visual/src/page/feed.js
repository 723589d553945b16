// The WebSocket: connects, confirms every message, and connects anew when it is lost.

const LATE_AFTER_MS = 3000; // limits.rs, FRAMES_LATE_AFTER
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;

/**
 * Listens until the page goes. `handlers`: `setup(message)`, `table(message)`, `frame(message)`, and
 * `link(state)` with "connecting", "setup", "live", "late" (connected, but nothing comes) or "lost".
 */
export function listen(handlers) {
  let socket = null;
  let state = "connecting";
  let heardAt = null;
  let retryMs = FIRST_RETRY_MS;
  let retry = null;

  const setState = (next) => {
    if (next !== state) {
      state = next;
      handlers.link(state);
    }
  };

  const connect = () => {
    clearTimeout(retry);
    const url = new URL("live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(url);
    socket = mine;
    mine.onmessage = ({ data }) => {
      if (mine !== socket) return;
      const message = JSON.parse(data);
      handlers[message.kind](message);
      if (message.kind !== "table") {
        mine.send("ok");
        heardAt = performance.now();
        retryMs = FIRST_RETRY_MS;
        setState(message.kind === "setup" ? "setup" : "live");
      }
    };
    mine.onclose = () => {
      if (mine !== socket) return;
      setState(heardAt === null ? "connecting" : "lost");
      // Not all browsers at the same moment after a restart.
      retry = setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    };
  };

  const connectNow = () => {
    if (socket.readyState === WebSocket.CLOSED && !document.hidden) connect();
  };
  addEventListener("online", connectNow);
  document.addEventListener("visibilitychange", connectNow);

  setInterval(() => {
    const isLate = heardAt !== null && performance.now() - heardAt > LATE_AFTER_MS;
    if (isLate && (state === "live" || state === "setup")) setState("late");
  }, 250);

  connect();
  return {
    /** Milliseconds since the last message, `null` before the first. */
    age: () => (heardAt === null ? null : performance.now() - heardAt),
  };
}

// The WebSocket: connects, confirms setups and frames, and connects anew when it is lost or silent.

const LATE_AFTER_MS = 3000; // limits.rs, FRAMES_LATE_AFTER
// A machine that slept or changed its network has a socket that looks open, and never hears of it.
const SILENT_AFTER_MS = 8000;
// A server that is busy or far away is not helped by one more connection.
const UNANSWERED_AFTER_MS = 15000;
// What came while the page was frozen, or the network was away, is heard first.
const WAKE_GRACE_MS = 1000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;

/**
 * Listens until the page goes. `handlers`: `schema`, `setup`, `table` and `frame` take a message, and
 * `link(state)` "connecting", "setup", "live", "late" (connected, but nothing comes) or "lost".
 * A socket that stays late is lost.
 */
export function listen(handlers) {
  let socket = null;
  let state = "connecting";
  let heardAt = null;
  let giveUpAt = 0;
  let tickedAt = performance.now();
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
    giveUpAt = performance.now() + UNANSWERED_AFTER_MS;
    mine.onmessage = ({ data }) => {
      if (mine !== socket) return;
      giveUpAt = performance.now() + SILENT_AFTER_MS;
      const message = JSON.parse(data);
      handlers[message.kind](message);
      if (message.kind === "setup" || message.kind === "frame") {
        mine.send("ok");
        heardAt = performance.now();
        retryMs = FIRST_RETRY_MS;
        setState(message.kind === "setup" ? "setup" : "live");
      }
    };
    mine.onclose = () => {
      if (mine === socket) lose();
    };
  };

  const lose = () => {
    socket = null;
    setState(heardAt === null ? "connecting" : "lost");
    // Not all browsers at the same moment after a restart.
    retry = setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };

  const lookForLateness = () => {
    const isLate = heardAt !== null && performance.now() - heardAt > LATE_AFTER_MS;
    if (isLate && (state === "live" || state === "setup")) setState("late");
  };

  const wake = () => {
    if (document.hidden) return;
    lookForLateness();
    if (socket === null) connect();
    else if (state === "late") giveUpAt = Math.min(giveUpAt, performance.now() + WAKE_GRACE_MS);
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);

  setInterval(() => {
    lookForLateness();
    const now = performance.now();
    if (now - tickedAt > 2 * WAKE_GRACE_MS) giveUpAt = Math.max(giveUpAt, now + WAKE_GRACE_MS);
    tickedAt = now;
    if (socket !== null && now > giveUpAt) {
      const silent = socket;
      lose();
      // Says goodbye to nobody, which may take a minute.
      silent.close();
    }
  }, 250);

  connect();
  return {
    /** Milliseconds since the last message, `null` before the first. */
    age: () => (heardAt === null ? null : performance.now() - heardAt),
  };
}

// Whether the dashboard is heard. Pure state: what happens and the time go in, in milliseconds; the
// state, and what is to be done, come out.

const LATE_AFTER_MS = 3000; // limits.rs, FRAMES_LATE_AFTER
// A machine that slept or changed its network has a socket that looks open, and never hears of it.
const SILENT_AFTER_MS = 8000;
// A server that is busy or far away is not helped by one more connection.
const UNANSWERED_AFTER_MS = 15000;
// What came while the page was frozen, or the network was away, is heard first.
const WAKE_GRACE_MS = 1000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;

export class Link {
  /**
   * "connecting", "setup" (there are no symbols yet), "live", "late" (connected, but nothing comes) or
   * "lost". A connection that stays late is lost.
   */
  state = "connecting";
  #heardAt = null;
  #giveUpAt = null; // `null` while there is no connection
  #tickedAt;
  #retryMs = FIRST_RETRY_MS;

  constructor(now) {
    this.#tickedAt = now;
  }

  /** Milliseconds since the last setup or frame, `null` before the first. */
  age(now) {
    return this.#heardAt === null ? null : now - this.#heardAt;
  }

  /** A connection is tried. */
  handleConnect(now) {
    this.#giveUpAt = now + UNANSWERED_AFTER_MS;
  }

  /** A message came; whether it is to be confirmed. */
  handleMessage(now, kind) {
    this.#giveUpAt = now + SILENT_AFTER_MS;
    if (kind !== "setup" && kind !== "frame") return false;
    this.#heardAt = now;
    this.#retryMs = FIRST_RETRY_MS;
    this.state = kind === "setup" ? "setup" : "live";
    return true;
  }

  /** The connection is gone; in how many milliseconds to try another one. `chance` is below 1. */
  handleLoss(chance) {
    this.#giveUpAt = null;
    this.state = this.#heardAt === null ? "connecting" : "lost";
    // Not all browsers at the same moment after a restart.
    const delay = this.#retryMs * (0.75 + chance / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    return delay;
  }

  /** Some time passed, a quarter of a second as a rule; whether the connection is to be given up. */
  handleTick(now) {
    this.#lookForLateness(now);
    // The page was frozen.
    if (now - this.#tickedAt > 2 * WAKE_GRACE_MS && this.#giveUpAt !== null) {
      this.#giveUpAt = Math.max(this.#giveUpAt, now + WAKE_GRACE_MS);
    }
    this.#tickedAt = now;
    return this.#giveUpAt !== null && now > this.#giveUpAt;
  }

  /** The page is in sight again, or the network back; whether to connect at once. */
  handleWake(now) {
    this.#lookForLateness(now);
    if (this.#giveUpAt === null) return true;
    if (this.state === "late") this.#giveUpAt = Math.min(this.#giveUpAt, now + WAKE_GRACE_MS);
    return false;
  }

  #lookForLateness(now) {
    const isLate = this.#heardAt !== null && now - this.#heardAt > LATE_AFTER_MS;
    if (isLate && (this.state === "live" || this.state === "setup")) this.state = "late";
  }
}

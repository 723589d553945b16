// Whether this browser is still logged in. Where the dashboard has no token, everybody is.

/** What the dashboard says of the session: `"lost"`, `"kept"`, `"none"` (there is nothing to log out of),
 * or `null` when it does not answer. */
export async function session() {
  try {
    const answer = await fetch("api/session", { cache: "no-store" });
    if (answer.status === 401) return "lost";
    if (!answer.ok) return null;
    return (await answer.json()).can_log_out ? "kept" : "none";
  } catch {
    return null;
  }
}

/** Goes to the page to log in if the session is lost. */
export async function leaveIfLost() {
  if ((await session()) === "lost") location.assign("login");
}

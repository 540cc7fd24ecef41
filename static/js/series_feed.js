// The steps of a series as they are computed: told by a websocket, asked for by the page, polled where there is no socket.

const POLL_MS = 2000;
const CALM_POLL_MS = 15_000;
const RECONNECT_MS = 3000;

/**
 * Fetch the steps of the series of `config`; `onSteps(all, answer)` hears of every answer that brings something new.
 * `all` are the steps so far by number; `answer` is how the series stands.
 */
export function follow(config, { onSteps, onFailure }) {
  const all = [];
  let known = "";
  let unfinished = true;
  let asking = false;
  let again = false;
  let socket = null;
  let timer;
  connect();
  ask();
  return { ask };

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    clearTimeout(timer);
    try {
      await fetchAll();
      onFailure(false);
    } catch (error) {
      console.warn("The steps could not be fetched:", error.message);
      onFailure(true);
    }
    asking = false;
    if (again) {
      again = false;
      ask();
    } else if (unfinished) timer = setTimeout(ask, socket?.readyState === WebSocket.OPEN ? CALM_POLL_MS : POLL_MS);
  }

  async function fetchAll() {
    let more = true;
    while (more) {
      const after = all.length ? all.at(-1).number : -1;
      const answer = await fetch(`${config.steps}?after=${after}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const found = await answer.json();
      all.push(...found.steps);
      more = Boolean(found.more);
      unfinished = ["waiting", "making"].includes(found.state);
      const standing = [found.state, found.steps_done, found.steps_expected].join();
      if (found.steps.length || standing !== known) onSteps(all, found);
      known = standing;
    }
  }

  function connect() {
    if (!config.unfinished) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${config.socket}`);
    socket.addEventListener("message", () => ask());
    socket.addEventListener("close", () => {
      if (unfinished) setTimeout(connect, RECONNECT_MS);
    });
  }
}

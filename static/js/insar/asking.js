// Questions to the service, and what becomes of them when they are refused.

import { config } from "./state.js";
import { number, text } from "./texts.js";

/** The service's refusal; its message is for people. */
export class Refusal extends Error {
  constructor(status, message, retrySeconds = null) {
    super(message);
    this.status = status;
    this.retrySeconds = retrySeconds;
  }

  /** What was asked for is not there for this person: never was, or is no longer. */
  get isGone() {
    return this.status === 404;
  }
}

export function pathOf(release, direction, rest) {
  return `releases/${encodeURIComponent(release)}/${encodeURIComponent(direction)}/${rest}`;
}

/** The answer's JSON. With `body` it is a POST. Raises Refusal, or AbortError. */
export async function ask(path, { body, signal } = {}) {
  return (await fetchOf(path, { body, signal })).json();
}

/** The response of an address, its status checked. */
export async function fetchOf(path, { body, signal } = {}) {
  const url = path.startsWith("/") ? path : `${config.api}${path}`;
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", signal, ...(body ? posted(body) : {}) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, text("silent"));
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

function posted(body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  return {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  };
}

async function refusalOf(response) {
  const retry = Number(response.headers.get("Retry-After")) || null;
  const problem = await response.json().catch(() => ({}));
  if (response.status === 429 && retry && retry <= 120) return new Refusal(429, text("too-many", { seconds: number(retry, 0) }), retry);
  if (response.status === 429) return new Refusal(429, sentences(problem) || text("too-many-now"));
  if (response.status === 404) return new Refusal(404, text("gone"));
  if (response.status < 500) return new Refusal(response.status, sentences(problem) || text("failed"));
  return new Refusal(response.status, text("failed"));
}

/** What a problem+json says. */
function sentences({ detail, errors, remedy }) {
  const more = Array.isArray(errors) ? errors.map(({ message }) => message) : [];
  return [detail, ...more, remedy].filter((one) => typeof one === "string" && one).join(" ");
}

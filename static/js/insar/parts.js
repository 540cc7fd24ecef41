// Small pieces that all parts of the panel are made of: facts, tables, notices, words, and the large plot.

import { config, state } from "./state.js";
import { text } from "./texts.js";

export const byId = (id) => document.getElementById(id);

/** The chosen release as the page knows it, or undefined. */
export function releaseOf({ release } = state.get()) {
  return config.releases.find(({ key }) => key === release);
}

export function isFull() {
  return releaseOf()?.right === "full";
}

/** Put `rows`, [[title, value, explanation], ...], into a <dl>; rows without a value are left out. */
export function showFacts(list, rows) {
  list.replaceChildren(...rows.filter(([, value]) => value !== null && value !== undefined).flatMap(([title, value, why]) => {
    const [term, fact] = [element("dt", title), element("dd", value)];
    if (why) fact.append(element("span", why, "help"));
    return [term, fact];
  }));
}

/** Rows of a table: the first column heads its row, `numeric` columns are set right. */
export function showRows(body, rows, numeric = []) {
  body.replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((value, column) => {
      const cell = element(column ? "td" : "th", value, numeric.includes(column) ? "number" : "");
      if (!column) cell.scope = "row";
      return cell;
    }));
    return line;
  }));
}

/** What can be said, one paragraph each, the first in large letters. */
export function showWords(place, words) {
  place.replaceChildren(...(words ?? []).map((each) => element("p", typeof each === "string" ? each : each.text)));
}

export function element(name, content, kind = "") {
  const made = document.createElement(name);
  made.textContent = content;
  if (kind) made.className = kind;
  return made;
}

/** A refusal where it happened; with `again` a button that asks once more. Without `message` the notice goes. */
export function showTrouble(notice, message, again) {
  notice.hidden = !message;
  notice.replaceChildren();
  if (!message) return;
  notice.append(element("p", message));
  if (!again) return;
  const button = element("button", text("again"), "button small");
  button.type = "button";
  button.addEventListener("click", again);
  notice.append(button);
}

/** Buttons with data-enlarge show the element that they name in a window over the page, and give it back after. */
export function followEnlarging() {
  const dialog = byId("motion-dialog");
  let [shown, place] = [null, null];
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-enlarge]");
    if (!button) return;
    shown = byId(button.dataset.enlarge);
    place = document.createComment("enlarged");
    shown.replaceWith(place);
    dialog.append(shown);
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    place.replaceWith(shown);
    // The plots take the height that they have room for.
    for (const chart of shown.querySelectorAll(".chart")) chart.chart?.set({});
  });
}

/** Save `content` as a file of the reader's. */
export function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Links to where access is asked for. */
export function followAsking(panel) {
  const show = () => {
    const address = config.ask?.replace("/key/", `/${encodeURIComponent(state.get().release ?? "")}/`);
    for (const link of panel.querySelectorAll("[data-ask]")) {
      link.hidden = !address;
      if (address) link.href = address;
    }
  };
  show();
  state.subscribe((now, changed) => { if (changed.has("release")) show(); });
}

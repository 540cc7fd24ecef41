// The page of one series: steps stream in, are plotted, listed and shown on the map; one of them is looked at closely.

import { follow } from "./series_feed.js";
import { addSeriesMap } from "./series_map.js";
import { addPlot } from "./series_plot.js";

const config = JSON.parse(document.getElementById("series-config").textContent);
const world = document.querySelector("script[data-world]").dataset.world;
const page = document.getElementById("series");
const byId = (id) => document.getElementById(id);
const address = new URL(location.href);
const state = {
  steps: [],
  standing: null,
  pixel: Number(byId("pixel")?.value ?? 0),
  band: byId("band")?.value ?? "",
  page: Number(address.searchParams.get("page") ?? 1) || 1,
  step: address.searchParams.has("step") ? Number(address.searchParams.get("step")) : null,
};

const plot = addPlot(page, config, { onStep: (number) => openStep(number), onLine: (name) => chooseBand(name, "plot") });
const map = addSeriesMap(page, config, { world, onPixel: (number) => choosePixel(number, { open: true }) });
const feed = follow(config, { onSteps, onFailure });
if (state.band) plot.chosenLine(state.band);

/** New steps, or another standing. */
async function onSteps(steps, standing) {
  const before = state.standing?.state;
  state.steps = steps;
  state.standing = standing;
  plot.show(steps, state.pixel);
  colourMap();
  // What the server sent with the page need not be fetched again.
  const isSame = !before && byId("series-state").dataset.done === `${standing.steps_done}` && byId("series-state").dataset.state === standing.state;
  if (!isSame) await refresh();
  if (before && before !== standing.state) byId("series-news").textContent = byId("series-state").textContent.trim();
}

function onFailure(failed) {
  byId("series-news").textContent = failed ? page.dataset.failed : "";
}

function colourMap() {
  const step = state.steps.find(({ number }) => number === state.step) ?? state.steps.findLast(hasData) ?? null;
  map.show(state.standing?.state === "made", step, state.pixel);
}

function hasData(step) {
  return step.pixels?.some(({ values }) => Object.values(values ?? {}).some((value) => value !== null));
}

// --- What the server renders: how it stands, the table, the data of one step ------------------------

let refreshing = 0;

/** Fetch state and table anew; of several at once only the last one counts. */
async function refresh() {
  const number = ++refreshing;
  const text = await fetchPart("now");
  if (text === null || number !== refreshing) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  const focused = document.activeElement?.id;
  const scroll = byId("series-scroll");
  const [left, top] = [scroll?.scrollLeft ?? 0, scroll?.scrollTop ?? 0];
  byId("series-now").replaceChildren(fresh.content.querySelector("#series-state"));
  byId("series-table").replaceChildren(fresh.content.querySelector("#series-rows"));
  byId("series-scroll")?.scrollTo(left, top);
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus({ preventScroll: true });
  markRow();
}

async function openStep(number, { focus = false } = {}) {
  state.step = number;
  const text = await fetchPart("data", { step: number });
  if (text === null || state.step !== number) return;
  const place = byId("series-data");
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  place.innerHTML = text;
  remember();
  markRow();
  colourMap();
  plot.highlight(number);
  if (focused) (byId(focused) ?? byId("data-title")).focus({ preventScroll: true });
  else if (focus) byId("data-title").focus({ preventScroll: true });
  if (place.getBoundingClientRect().top > innerHeight || place.getBoundingClientRect().bottom < 0) place.scrollIntoView({ block: "start" });
}

async function fetchPart(part, more = {}) {
  const query = new URLSearchParams({ part, pixel: state.pixel, page: state.page, ...(state.band ? { band: state.band } : {}), ...more });
  try {
    const answer = await fetch(`${page.dataset.address}?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    onFailure(false);
    return await answer.text();
  } catch (error) {
    console.warn("A part of the page could not be fetched:", error.message);
    onFailure(true);
    return null;
  }
}

function markRow() {
  for (const row of document.querySelectorAll("#series-rows tr[data-step]")) {
    row.classList.toggle("is-shown", Number(row.dataset.step) === state.step);
  }
}

/** What is looked at stands in the address, so that a link and loading again show the same. */
function remember() {
  const query = new URLSearchParams();
  if (state.step !== null) query.set("step", state.step);
  if (byId("pixel")) query.set("pixel", state.pixel);
  if (state.band) query.set("band", state.band);
  if (state.page > 1) query.set("page", state.page);
  history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
}

// --- Choices ---------------------------------------------------------------------------------------

function choosePixel(number, { open = false } = {}) {
  state.pixel = number;
  if (byId("pixel")) byId("pixel").value = number;
  remember();
  plot.show(state.steps, number);
  colourMap();
  refresh();
  const step = state.step ?? (open ? state.steps.findLast(hasData)?.number : undefined) ?? null;
  if (step !== null) openStep(step);
}

function chooseBand(name, from) {
  state.band = name;
  if (byId("band")) byId("band").value = name;
  if (from !== "plot") plot.chosenLine(name);
  remember();
  refresh();
}

byId("pixel")?.addEventListener("change", ({ target }) => choosePixel(Number(target.value)));
byId("band")?.addEventListener("change", ({ target }) => chooseBand(target.value, "table"));

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const step = event.target.closest("a[data-step]");
  const other = event.target.closest("#series-rows a[data-page]");
  if (!step && !other) return;
  event.preventDefault();
  if (step) openStep(Number(step.dataset.step), { focus: Boolean(step.closest("#series-rows")) });
  else {
    state.page = Number(other.dataset.page);
    remember();
    refresh();
  }
});

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "stop-form") return;
  event.preventDefault();
  const form = event.target;
  form.querySelector("button").disabled = true;
  await post(form);
  feed.ask();
});

// A name that is refused is said at its field; without scripts the refusal is a page of its own.
byId("rename-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const problem = byId("rename-problem");
  const answer = await post(form);
  const said = await answer?.json().catch(() => null);
  problem.hidden = Boolean(answer?.ok);
  form.elements.name.setAttribute("aria-invalid", String(!answer?.ok));
  if (answer?.ok) {
    form.closest("details").open = false;
    form.closest("details").querySelector("summary").focus();
    document.querySelector("h1").textContent = said.name;
    form.elements.name.value = said.name;
  } else problem.textContent = said?.errors?.map(({ message }) => `${page.dataset.theName} ${message}.`).join(" ") || said?.detail || page.dataset.failed;
});

/** What the address of `form` answers; null when it does not. */
async function post(form) {
  try {
    return await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  } catch {
    return null;
  }
}

for (const copy of document.querySelectorAll("[data-copy-code]")) {
  copy.hidden = !navigator.clipboard; // only in secure contexts
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(byId(copy.dataset.copyCode).textContent);
    copy.querySelector("span").textContent = copy.dataset.done;
  });
}
if (state.step !== null) markRow();

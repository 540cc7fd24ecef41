// Velocities of a window of dates, or against a reference point of one's own: asked for the points in view and put
// onto them as feature state, so that the map is recoloured without new tiles.

import { Refusal, ask, pathOf } from "./asking.js";
import { POINTS, POINTS_FROM_ZOOM, SOURCE, isRecoloured } from "./layers.js";
import { layerOf } from "./offered.js";
import { state } from "./state.js";
import { sayCount, say } from "./wording.js";

const PAUSE_MS = 350;
const element = (id) => document.getElementById(id);
let timer;
let asked = null;

/** Keep the velocities of the points that `map` shows in step with window and reference. */
export function keepOwnVelocities(map) {
  const later = () => { clearTimeout(timer); timer = setTimeout(() => renew(map), PAUSE_MS); };
  map.on("moveend", later);
  state.subscribe((now, changed) => {
    if (["window", "reference", "release", "direction"].some((key) => changed.has(key))) {
      if (map.getSource(SOURCE)) map.removeFeatureState({ source: SOURCE, sourceLayer: POINTS });
      asked?.abort();
      later();
    }
  });
  later();
}

async function renew(map) {
  const now = state.get();
  asked?.abort();
  if (!isRecoloured(now) || !map.getLayer(POINTS)) return tell("");
  if (map.getZoom() < POINTS_FROM_ZOOM) return tell(say("window-needs-zoom"));
  const layer = layerOf(now);
  const bounds = map.getBounds();
  const [first, last] = now.window ?? [layer.first_date, layer.last_date];
  asked = new AbortController();
  tell(say("window-asking"));
  try {
    const found = await ask(pathOf(now.release, now.direction, "velocities/"), {
      signal: asked.signal,
      body: {
        bbox: [bounds.getWest(), Math.max(bounds.getSouth(), -85), bounds.getEast(), Math.min(bounds.getNorth(), 85)],
        first, last, reference: now.reference === null ? null : { id: now.reference },
      },
    });
    found.ids.forEach((id, index) => {
      map.setFeatureState({ source: SOURCE, sourceLayer: POINTS, id }, { w: found.velocity[index], ws: found.std[index] });
    });
    tell(sayCount("window-done", found.count ?? found.ids.length));
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof Refusal)) throw problem;
    tell(problem.message);
  }
}

function tell(text) {
  if (element("insar-window-state").textContent !== text) element("insar-window-state").textContent = text;
}

/** The form of dates and reference, in step with the state. */
export function keepDates() {
  const [first, last, since] = ["insar-window-first", "insar-window-last", "insar-since"].map(element);
  const show = (now) => {
    const layer = layerOf(now);
    for (const input of [first, last, since]) {
      input.min = layer?.first_date ?? "";
      input.max = layer?.last_date ?? "";
    }
    first.value = now.window?.[0] ?? layer?.first_date ?? "";
    last.value = now.window?.[1] ?? layer?.last_date ?? "";
    since.value = now.referenceDate ?? "";
    element("insar-window-clear").hidden = !now.window;
    element("insar-reference-clear").hidden = now.reference === null;
    element("insar-reference-state").textContent = now.tool === "reference" ? say("reference-click")
      : say(now.reference === null ? "reference-none" : "reference-set");
  };
  element("insar-window-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const isGood = first.value && last.value && first.value < last.value;
    element("insar-window-problem").hidden = Boolean(isGood);
    if (!isGood) return;
    const layer = layerOf(state.get());
    const isAll = first.value === layer?.first_date && last.value === layer?.last_date;
    state.set({ window: isAll ? null : [first.value, last.value] });
  });
  element("insar-window-clear").addEventListener("click", () => state.set({ window: null }));
  element("insar-reference-clear").addEventListener("click", () => state.set({ reference: null }));
  since.addEventListener("change", () => state.set({ referenceDate: since.value || null }));
  state.subscribe((now, changed) => {
    if (["window", "reference", "referenceDate", "release", "direction", "tool"].some((key) => changed.has(key))) show(now);
  });
  show(state.get());
}

// What the loaded tiles hold of the view: how much the filters hide, said aloud, and the points as a table.

import { passes, isFiltering } from "./filters.js";
import { CELLS, POINTS, SOURCE, shownVelocity } from "./layers.js";
import { state } from "./state.js";
import { number } from "./texts.js";
import { made, say, sayCount } from "./wording.js";

const MOST_ROWS = 200;
const PAUSE_MS = 350;

/** Keep the count of what is hidden, and the table, in step with what `map` shows. */
export function keepList(map) {
  const table = document.getElementById("insar-table-part");
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { count(map); if (table.open) list(map); }, PAUSE_MS);
  };
  map.on("idle", later);
  state.subscribe(later);
  table.addEventListener("toggle", () => { if (table.open) list(map); });
  document.getElementById("insar-table-body").addEventListener("click", ({ target }) => {
    const id = Number(target.closest("button[data-id]")?.dataset.id);
    if (id) state.set({ picked: [id] });
  });
}

/** Points (or, where there are none, cells) in the view, each once: {id, lon, lat, velocity, std, coherence, count}. */
export function inView(map, kind) {
  if (!map.getSource(SOURCE)) return [];
  const bounds = map.getBounds();
  const found = new Map();
  const now = state.get();
  for (const feature of map.querySourceFeatures(SOURCE, { sourceLayer: kind })) {
    const [lon, lat] = middleOf(feature.geometry);
    if (!bounds.contains([lon, lat])) continue;
    const key = kind === POINTS ? feature.id : `${lon.toFixed(5)} ${lat.toFixed(5)}`;
    if (found.has(key)) continue;
    feature.sourceLayer = kind;
    const { c: coherence, n } = feature.properties;
    found.set(key, { id: feature.id, lon, lat, coherence, count: n, ...shownVelocity(map, feature, now) });
  }
  return [...found.values()];
}

function count(map) {
  const { filters } = state.get();
  const place = document.getElementById("insar-hidden");
  if (!isFiltering(filters) || !map.getSource(SOURCE)) return tell(place, "");
  const [points, cells] = [inView(map, POINTS), inView(map, CELLS)];
  const [name, all] = points.length ? ["points", points] : ["cells", cells];
  const hidden = all.filter((one) => !passes(one, filters)).length;
  return tell(place, sayCount(`hidden-${name}`, hidden, { all: number(all.length, 0) }));
}

/** Readers of the screen hear a text when it changes, so it is only set when it does. */
function tell(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function list(map) {
  const { filters } = state.get();
  let kind = POINTS;
  let all = inView(map, POINTS);
  if (!all.length) [kind, all] = [CELLS, inView(map, CELLS)];
  const shown = all.filter((one) => passes(one, filters));
  shown.sort((one, other) => Math.abs(other.velocity ?? 0) - Math.abs(one.velocity ?? 0));
  const body = document.getElementById("insar-table-body");
  body.replaceChildren(...shown.slice(0, MOST_ROWS).map((one) => row(one, kind)));
  const name = kind === POINTS ? "table-points" : "table-cells";
  document.getElementById("insar-table-note").textContent = shown.length
    ? sayCount(name, shown.length, { most: number(MOST_ROWS, 0) }) : say("table-empty");
}

function row({ id, lon, lat, velocity, std, coherence, count }, kind) {
  const line = document.createElement("tr");
  const place = made("th");
  place.scope = "row";
  const name = `${number(lat, 5)}° ${number(lon, 5)}°`;
  if (kind === POINTS) {
    const button = made("button", "link-button", name);
    button.type = "button";
    button.dataset.id = id;
    place.append(button);
  } else {
    place.textContent = `${name} (${sayCount("cell-points", count)})`;
  }
  line.append(place, ...[[velocity, 1], [std, 1], [coherence, 2]].map(([value, digits]) => made("td", "number", number(value, digits))));
  return line;
}

/** A point's place, or the middle of a cell's box. */
export function middleOf({ type, coordinates }) {
  if (type === "Point") return coordinates;
  const corners = coordinates.flat(type === "Polygon" ? 1 : 2);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
}

// Clicks and Enter on the map: the nearest point is picked or becomes the reference; a cell shows its numbers.

import { Marker } from "../../vendor/maplibre/maplibre-gl.mjs";
import { MOST_PICKED } from "./address.js";
import { ask, pathOf } from "./asking.js";
import { passes } from "./filters.js";
import { CELLS, POINTS, isRecoloured, shownVelocity } from "./layers.js";
import { showCell } from "./cell_card.js";
import { state } from "./state.js";
import { withError } from "./texts.js";
import { made, say } from "./wording.js";

const NEAR_PX = 10;
const mark = made("div", "insar-reference-mark");
let marker = null;
let turn = 0;

/** Let people pick on `map`. */
export function keepPicking(map) {
  map.on("click", ({ point, originalEvent }) => pick(map, point, originalEvent.shiftKey));
  const canvas = map.getCanvas();
  const frame = canvas.closest(".insar-map");
  canvas.addEventListener("keydown", (event) => {
    frame.classList.add("by-keyboard");
    if (event.key !== "Enter") return;
    event.preventDefault();
    pick(map, middle(map), event.shiftKey);
  });
  canvas.addEventListener("pointerdown", () => frame.classList.remove("by-keyboard"));
  canvas.addEventListener("blur", () => frame.classList.remove("by-keyboard"));
  keepTip(map);
  keepTool(map, frame);
  state.subscribe((now, changed) => {
    if (changed.has("reference") || changed.has("release") || changed.has("direction")) markReference(map);
    if (changed.has("picked") || changed.has("release") || changed.has("direction")) showCell(null);
  });
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", say("reference-mark"));
  markReference(map);
}

function middle(map) {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  return { x: width / 2, y: height / 2 };
}

function pick(map, at, isMore) {
  const now = state.get();
  if (!["pick", "reference"].includes(now.tool) || !map.getLayer(POINTS)) return;
  const point = nearest(map, at, now);
  if (now.tool === "reference") {
    if (point) state.set({ reference: point.id, tool: "pick" });
    else document.getElementById("insar-reference-state").textContent = say("no-point-here");
    return;
  }
  if (point) return choose(point.id, isMore || document.getElementById("insar-add").checked, now.picked);
  const [cell] = map.queryRenderedFeatures([at.x, at.y], { layers: [CELLS] });
  if (now.picked.length && !isMore) state.set({ picked: [] });
  showCell(cell ?? null);
}

function choose(id, isMore, picked) {
  if (!isMore) return state.set({ picked: [id] });
  const others = picked.filter((one) => one !== id);
  return state.set({ picked: others.length < picked.length ? others : [...others, id].slice(-MOST_PICKED) });
}

/** The nearest point that is shown within some pixels of `at`; undefined where there is none. */
function nearest(map, at, now) {
  const box = [[at.x - NEAR_PX, at.y - NEAR_PX], [at.x + NEAR_PX, at.y + NEAR_PX]];
  let found;
  let least = NEAR_PX;
  for (const feature of map.queryRenderedFeatures(box, { layers: [POINTS] })) {
    const place = map.project(feature.geometry.coordinates);
    const distance = Math.hypot(place.x - at.x, place.y - at.y);
    const isShown = !isRecoloured(now) || passes({ ...shownVelocity(map, feature, now), coherence: feature.properties.c }, now.filters);
    if (distance <= least && isShown) [found, least] = [feature, distance];
  }
  return found;
}

/** The velocity of what the pointer is over, beside it. */
function keepTip(map) {
  const tip = document.getElementById("insar-tip");
  const hide = () => { tip.hidden = true; map.getCanvas().style.cursor = ""; };
  map.on("mousemove", ({ point }) => {
    const now = state.get();
    if (!map.getLayer(POINTS) || map.isMoving() || !["pick", "reference"].includes(now.tool)) return hide();
    const feature = nearest(map, point, now) ?? map.queryRenderedFeatures([point.x, point.y], { layers: [CELLS] })[0];
    if (!feature) return hide();
    const { velocity, std } = shownVelocity(map, feature, now);
    tip.textContent = `${withError(velocity, std)} ${say("unit")}`;
    tip.style.left = `${point.x}px`;
    tip.style.top = `${point.y}px`;
    tip.hidden = false;
    map.getCanvas().style.cursor = "pointer";
    return undefined;
  });
  map.on("movestart", hide);
  state.subscribe((now, changed) => { if (!changed.has("picked")) hide(); });
  map.getCanvas().addEventListener("mouseleave", hide);
}

function keepTool(map, frame) {
  const button = document.getElementById("insar-reference-tool");
  const show = ({ tool }) => {
    button.setAttribute("aria-pressed", `${tool === "reference"}`);
    frame.dataset.tool = tool;
  };
  button.addEventListener("click", () => state.set({ tool: state.get().tool === "reference" ? "pick" : "reference" }));
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && state.get().tool === "reference") state.set({ tool: "pick" });
  });
  state.subscribe(show);
  show(state.get());
}

async function markReference(map) {
  const { release, direction, reference } = state.get();
  turn += 1;
  const mine = turn;
  marker?.remove();
  marker = null;
  if (reference === null) return;
  // A reference that is not there is said by whoever asks for velocities with it.
  const point = await ask(pathOf(release, direction, `points/${reference}/`)).catch(() => null);
  if (point && mine === turn) marker = new Marker({ element: mark }).setLngLat([point.lon, point.lat]).addTo(map);
}

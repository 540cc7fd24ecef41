// Points and cells of the chosen layer on the map, from the service's vector tiles, coloured by velocity.

import { colourBy, rangeOf } from "./colours.js";
import { expressionOf } from "./filters.js";
import { layerOf, releaseOf } from "./offered.js";
import { config, state } from "./state.js";
import { colourOf, isDark, onTheme } from "./theme.js";
import { tileAddress } from "./tile_loading.js";

export const SOURCE = "motion";
export const POINTS = "points";
export const CELLS = "cells";
/** From here on tiles hold points; before, only cells. */
export const POINTS_FROM_ZOOM = 14;
const LAST_TILES_ZOOM = 16;
/** What recoloured points carry as feature state: the velocity of a window of dates, and its std. */
const OWN_VELOCITY = ["feature-state", "w"];
const OWN_STD = ["feature-state", "ws"];
const LOOKS = ["scale", "range", "opacity", "size", "grey", "window", "reference"];

/** Keep the data on `map` in step with the state. */
export function keepData(map) {
  build(map, state.get());
  state.subscribe((now, changed) => {
    if (changed.has("release") || changed.has("direction")) build(map, now);
    else if (LOOKS.some((key) => changed.has(key))) paint(map, now);
    if (changed.has("filters") || changed.has("window") || changed.has("reference")) sieve(map, now);
    if (changed.has("picked")) ring(map, now);
  });
  onTheme(() => paint(map, state.get()));
}

/** Whether points are coloured by velocities of their own window or reference, not by the delivered ones. */
export function isRecoloured({ window, reference }) {
  return Boolean(window || reference);
}

/** The velocity that a point is shown with, and its std. */
export function shownVelocity(map, feature, now) {
  if (!isRecoloured(now) || feature.sourceLayer !== POINTS) return { velocity: feature.properties.v, std: feature.properties.s };
  const own = map.getFeatureState({ source: SOURCE, sourceLayer: POINTS, id: feature.id });
  return { velocity: own.w, std: own.ws };
}

/** Take the data off the map. */
export function clearData(map) {
  for (const id of ["point-rings", POINTS, "cell-lines", CELLS]) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
}

function build(map, now) {
  clearData(map);
  const [release, layer] = [releaseOf(now), layerOf(now)];
  if (!layer || release.right === "exists") return;
  const folder = `${config.api}releases/${release.key}/${layer.direction}/tiles/`;
  map.addSource(SOURCE, {
    type: "vector", tiles: [tileAddress(folder)], minzoom: 0, maxzoom: LAST_TILES_ZOOM,
    bounds: layer.extent ?? undefined, attribution: escaped(release.attribution),
  });
  const common = { source: SOURCE };
  map.addLayer({ id: CELLS, type: "fill", ...common, "source-layer": CELLS });
  map.addLayer({ id: "cell-lines", type: "line", ...common, "source-layer": CELLS });
  map.addLayer({ id: POINTS, type: "circle", ...common, "source-layer": POINTS });
  map.addLayer({ id: "point-rings", type: "circle", ...common, "source-layer": POINTS });
  paint(map, now);
  sieve(map, now);
  ring(map, now);
}

function paint(map, now) {
  if (!map.getLayer(POINTS)) return;
  const look = { scale: now.scale, end: rangeOf(now.range, layerOf(now)) };
  const own = isRecoloured(now);
  const opacity = now.opacity / 100;
  const [point, std] = own ? [OWN_VELOCITY, OWN_STD] : [["get", "v"], ["get", "s"]];
  const put = (id, values) => Object.entries(values).forEach(([name, value]) => map.setPaintProperty(id, name, value));
  put(CELLS, {
    "fill-color": colourBy(["get", "v"], { ...look, std: now.grey ? ["get", "s"] : null }),
    "fill-opacity": opacity * 0.85, "fill-antialias": false,
  });
  put("cell-lines", { "line-color": colourOf("--insar-edge"), "line-width": ["interpolate", ["linear"], ["zoom"], 6, 0.2, 12, 0.6], "line-opacity": opacity * 0.6 });
  put(POINTS, {
    "circle-color": colourBy(point, { ...look, std: now.grey ? std : null }),
    "circle-radius": radius(now.size),
    "circle-opacity": own ? ["case", hiddenByOwn(now), 0, opacity] : opacity,
    "circle-stroke-color": colourOf("--insar-rim"),
    "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 14, isDark() ? 0.4 : 0.2, 17, 1],
    "circle-stroke-opacity": own ? ["case", hiddenByOwn(now), 0, opacity] : opacity,
  });
  put("point-rings", {
    "circle-color": "rgba(0, 0, 0, 0)", "circle-radius": radius(now.size, 4), "circle-stroke-width": 3,
    "circle-stroke-color": colourOf("--insar-picked"),
  });
}

function radius(size, more = 0) {
  return ["interpolate", ["exponential", 1.6], ["zoom"], 12, 2 * size + more, 14, 3 * size + more, 16, 6 * size + more, 19, 13 * size + more];
}

/** Filters of tiles know nothing of recoloured velocities: points that these rule out are made invisible. */
function hiddenByOwn({ filters }) {
  return ["!", expressionOf({ ...filters, coherence: 0 }, OWN_VELOCITY, OWN_STD)];
}

function sieve(map, now) {
  if (!map.getLayer(POINTS)) return;
  const cells = expressionOf(now.filters);
  const points = isRecoloured(now) ? expressionOf({ coherence: now.filters.coherence }) : cells;
  map.setFilter(POINTS, points);
  for (const id of [CELLS, "cell-lines"]) map.setFilter(id, cells);
  paint(map, now);
}

function ring(map, { picked }) {
  if (map.getLayer("point-rings")) map.setFilter("point-rings", ["in", ["id"], ["literal", picked]]);
}

/** Attributions are shown as HTML by MapLibre; this one was typed by somebody. */
function escaped(text) {
  const element = document.createElement("span");
  element.textContent = text ?? "";
  return element.innerHTML;
}

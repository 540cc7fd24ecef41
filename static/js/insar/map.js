// The map itself: MapLibre over the site's own world outline, or over the outside base map that the settings name.
// It follows the state and the state follows it.

import {
  AttributionControl, Map as MapLibreMap, NavigationControl, ScaleControl, setWorkerUrl,
} from "../../vendor/maplibre/maplibre-gl.mjs";
import { keepGraticule } from "./graticule.js";
import { layerOf } from "./offered.js";
import { config, state } from "./state.js";
import { colourOf, onTheme } from "./theme.js";
import { say } from "./wording.js";

const SHARPEST_ZOOM = 19;
const DATA_STARTS_AT = "overlay-start"; // an empty layer: what lies beneath the data goes before it
const container = document.getElementById("insar-map");

/** The map, once its style is loaded. Rejected where the browser has no WebGL. */
export const ready = start();

async function start() {
  setWorkerUrl(new URL(config.worker, location.href).href);
  const map = new MapLibreMap({
    container,
    style: style(),
    ...place(),
    minZoom: 1,
    maxZoom: SHARPEST_ZOOM,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    renderWorldCopies: false,
    attributionControl: false,
    fadeDuration: 0,
    locale: config.locale,
    canvasContextAttributes: { antialias: true },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  map.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-right");
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", say("map"));
  canvas.setAttribute("aria-describedby", "insar-map-keys");
  // One that nobody listens to would be printed, also for tiles that were refused.
  map.on("error", ({ error }) => container.dispatchEvent(new CustomEvent("maptrouble", { detail: error })));
  // Not "load": that waits for the outlines of all countries, and the data need not.
  await new Promise((resolve) => { map.once("style.load", resolve); });
  follow(map);
  keepGraticule(map, document.getElementById("insar-graticule"));
  onTheme(() => repaint(map));
  container.dataset.ready = "yes";
  return map;
}

/** Where layers that belong beneath the data are added: the id of the layer to go before. */
export function belowData(map) {
  return map.getLayer(DATA_STARTS_AT) ? DATA_STARTS_AT : undefined;
}

/** Show the whole of the layer that is chosen. */
export function showWhole(map) {
  const extent = layerOf(state.get())?.extent;
  if (extent) map.fitBounds(extent, { padding: 40, maxZoom: 15, animate: false });
}

function style() {
  const { basemap } = state.get();
  const sources = {
    world: { type: "geojson", data: new URL(config.world, location.href).href, attribution: "Natural Earth" },
  };
  const layers = [
    { id: "sea", type: "background", paint: { "background-color": colourOf("--map-sea") } },
    { id: "land", type: "fill", source: "world", paint: { "fill-color": colourOf("--map-land") } },
    { id: "borders", type: "line", source: "world", paint: { "line-color": colourOf("--map-border"), "line-width": 1 } },
  ];
  if (config.tiles) {
    sources.tiles = { type: "raster", tiles: mirrors(config.tiles), tileSize: 256, attribution: config.attribution };
    layers.push({ id: "tiles", type: "raster", source: "tiles", layout: { visibility: basemap === "tiles" ? "visible" : "none" } });
  }
  layers.push({ id: DATA_STARTS_AT, type: "background", layout: { visibility: "none" } });
  return { version: 8, sources, layers };
}

/** Leaflet's `{s}` stands for one of several hosts. */
export function mirrors(address) {
  return address.includes("{s}") ? ["a", "b", "c"].map((host) => address.replaceAll("{s}", host)) : [address];
}

function repaint(map) {
  map.setPaintProperty("sea", "background-color", colourOf("--map-sea"));
  map.setPaintProperty("land", "fill-color", colourOf("--map-land"));
  map.setPaintProperty("borders", "line-color", colourOf("--map-border"));
}

function place() {
  const { lon, lat, zoom } = state.get();
  if (zoom !== null) return { center: [lon, lat], zoom };
  const extent = layerOf(state.get())?.extent;
  if (extent) return { bounds: extent, fitBoundsOptions: { padding: 40, maxZoom: 15 } };
  return { center: [2.5, 46.5], zoom: 4.5 };
}

function follow(map) {
  const told = () => {
    const { lng: lon, lat } = map.getCenter();
    state.set({ lon, lat, zoom: map.getZoom() }, { replace: true });
  };
  map.on("moveend", told);
  told();
  state.subscribe((now, changed) => {
    if (changed.has("basemap") && config.tiles) {
      map.setLayoutProperty("tiles", "visibility", now.basemap === "tiles" ? "visible" : "none");
    }
    if (!["lon", "lat", "zoom"].some((key) => changed.has(key)) || now.zoom === null) return;
    const at = map.getCenter();
    const isThere = Math.abs(at.lng - now.lon) < 1e-5 && Math.abs(at.lat - now.lat) < 1e-5 && Math.abs(map.getZoom() - now.zoom) < 0.01;
    if (!isThere && !map.isMoving()) map.jumpTo({ center: [now.lon, now.lat], zoom: now.zoom });
  });
}

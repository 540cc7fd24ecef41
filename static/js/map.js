// The site's map: country outlines that the site serves itself, a graticule, a scale, and map tiles if the
// settings name some. Colours come from the style sheet by class, so that they follow light and dark.

import { addGraticule } from "./graticule.js";

const WORLD = [[-85, -180], [85, 180]];

/** What the page says about the map, from its JSON block. */
export function mapConfig() {
  return JSON.parse(document.getElementById("map-config").textContent);
}

/** A Leaflet map in `element`; `world` is the address of the country outlines. */
export function createMap(element, { tiles, attribution, world }) {
  const map = L.map(element, {
    maxBounds: WORLD, maxBoundsViscosity: 1, minZoom: 2, maxZoom: 17, zoomSnap: 0.5, zoomControl: false,
  });
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  L.control.zoom({ position: "topleft" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.createPane("outlines").classList.add("map-outlines");
  map.setView([48, 12], 4);
  if (tiles) L.tileLayer(tiles, { attribution, noWrap: true }).addTo(map);
  else addOutlines(map, world);
  addGraticule(map);
  return map;
}

/** Show `bounds` with some space around it. */
export function showBounds(map, bounds) {
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [36, 36], maxZoom: 13, animate: false });
}

/** The rectangle of `[west, south, east, north]`. */
export function boundsOf([west, south, east, north]) {
  return L.latLngBounds([[south, west], [north, east]]);
}

async function addOutlines(map, world) {
  try {
    const answer = await fetch(world);
    if (!answer.ok) throw new Error(`${answer.status}`);
    L.geoJSON(await answer.json(), {
      pane: "outlines", interactive: false, style: { className: "map-land" }, attribution: "Natural Earth",
    }).addTo(map);
  } catch (error) {
    console.warn("The country outlines could not be loaded:", error.message);
  }
}

/** Write `text` just inside the upper left corner of `bounds`. */
export function nameCorner(map, bounds, text, className = "") {
  const span = document.createElement("span");
  span.textContent = text;
  const icon = L.divIcon({ html: span, className: `map-name ${className}`, iconSize: [0, 0] });
  return L.marker(bounds.getNorthWest(), { icon, interactive: false, keyboard: false }).addTo(map);
}

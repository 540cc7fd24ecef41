// The Mosaic Hub page. The form works by itself; this adds the map, the presets and the live summary.
// The text of the area is the one truth: drawing writes it, and what is typed there is drawn.

import { polygonsOf, readArea, writeWkt } from "./areas.js";
import { boundsOf, createMap, mapConfig, nameCorner, showBounds } from "./map.js";

const TYPING_PAUSE_MS = 600;
const form = document.getElementById("order-form");
const text = document.getElementById("id_area");
const summary = document.getElementById("area-summary");
const zoomButton = document.getElementById("area-zoom");
const clearButton = document.getElementById("area-clear");
const world = document.querySelector("script[data-world]").dataset.world;

for (const element of document.querySelectorAll(".with-script")) element.hidden = false;
document.getElementById("problems")?.focus();

const config = mapConfig();
const map = createMap(document.getElementById("map"), { ...config, world });
const drawn = L.featureGroup().addTo(map);
addArchive(config.extent);
addTools();
showText();
if (drawn.getLayers().length) showBounds(map, drawn.getBounds());
else if (config.extent) showBounds(map, boundsOf(config.extent));

text.addEventListener("input", afterPause(() => {
  showText();
  if (drawn.getLayers().length && !map.getBounds().contains(drawn.getBounds())) showBounds(map, drawn.getBounds());
  askEstimate();
}));
zoomButton.addEventListener("click", () => showBounds(map, drawn.getBounds()));
clearButton.addEventListener("click", () => {
  drawn.clearLayers();
  writeText();
  text.focus();
});
for (const button of document.querySelectorAll("[data-ticks]")) button.addEventListener("click", () => tick(button));
form.addEventListener("submit", () => form.classList.add("sent"));
// Coming back by the browser's Back button shows the page as it was left, sent or not.
window.addEventListener("pageshow", () => form.classList.remove("sent"));

/** Outline where the archive has scenes. */
function addArchive(extent) {
  if (!extent) return;
  L.rectangle(boundsOf(extent), { className: "map-archive", interactive: false, fill: false }).addTo(map);
  nameCorner(map, boundsOf(extent), "Scenes in the archive");
}

function addTools() {
  const shapeOptions = { className: "map-area" };
  const controls = new L.Control.Draw({
    position: "topright",
    draw: {
      polygon: { allowIntersection: false, showArea: false, shapeOptions },
      rectangle: { showArea: false, shapeOptions },
      polyline: false, circle: false, circlemarker: false, marker: false,
    },
    edit: { featureGroup: drawn, poly: { allowIntersection: false } },
  });
  map.addControl(controls);
  map.on(L.Draw.Event.CREATED, ({ layer }) => {
    drawn.clearLayers();
    drawn.addLayer(layer);
    writeText();
  });
  map.on(`${L.Draw.Event.EDITED} ${L.Draw.Event.DELETED}`, writeText);
}

/** Draw what the text says; a text that cannot be read leaves the map empty. */
function showText() {
  const geometry = readArea(text.value);
  drawn.clearLayers();
  for (const rings of geometry ? polygonsOf(geometry) : []) {
    const corners = rings.map((ring) => ring.slice(0, -1).map(([x, y]) => [y, x]));
    drawn.addLayer(L.polygon(corners, { className: "map-area" }));
  }
  describe();
}

/** Write what is drawn as text. */
function writeText() {
  const polygons = drawn.getLayers().map((layer) => layer.toGeoJSON().geometry).flatMap(polygonsOf);
  text.value = polygons.length === 0 ? "" : writeWkt(
    polygons.length === 1
      ? { type: "Polygon", coordinates: polygons[0] }
      : { type: "MultiPolygon", coordinates: polygons },
  );
  describe();
  askEstimate();
}

function describe() {
  const count = drawn.getLayers().length;
  summary.textContent = count ? "✓ Area selected" : text.value.trim() ? "Not shown on the map" : "";
  summary.classList.toggle("chosen", count > 0);
  zoomButton.hidden = count === 0;
  clearButton.hidden = text.value === "";
}

function askEstimate() {
  form.dispatchEvent(new CustomEvent("estimate"));
}

/** Tick the boxes that the button names in its groups, and show them; `*` is all of them. */
function tick(button) {
  const wanted = button.dataset.values.split(" ");
  for (const group of button.dataset.ticks.split(" ")) {
    for (const box of form.querySelectorAll(`input[name="${group}"]`)) {
      box.checked = wanted.includes(box.value) || wanted.includes("*");
    }
    const folded = document.getElementById(group).closest("details");
    if (folded) folded.open = true;
  }
  askEstimate();
}

function afterPause(action) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, TYPING_PAUSE_MS);
  };
}

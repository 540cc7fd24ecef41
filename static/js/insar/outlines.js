// The small map of the pages on access: territories, extents and areas. Where the page has a field for an area and the
// drawing tools are loaded, what is drawn and the field's text are kept together: the text is what is sent.

import { readArea, writeWkt } from "../areas.js";
import { addDrawing } from "../hub_draw.js";
import { createMap, mapConfig, showBounds } from "../map.js";

const element = document.getElementById("map");
const config = mapConfig();
const map = createMap(element, { ...config, world: document.querySelector("script[data-world]").dataset.world });
// Rights can reach around the world, and territories far beyond the data: the map begins where the data are.
const NEAR = new Set(["extent", "asked"]);
const near = L.latLngBounds([]);
const all = L.latLngBounds([]);
for (const { look, geometry } of config.outlines) {
  const outline = L.geoJSON(geometry, { style: { className: `insar-outline of-${look}` }, interactive: false }).addTo(map);
  all.extend(outline.getBounds());
  if (NEAR.has(look)) near.extend(outline.getBounds());
}
const begin = near.isValid() ? near.pad(0.3) : all;
showBounds(map, begin);
// In what was folded away the map had no size.
element.closest("details")?.addEventListener("toggle", () => {
  map.invalidateSize();
  showBounds(map, begin);
});

const field = document.querySelector("textarea[data-area]");
if (field && L.Control.Draw) keepTogether(field, addDrawing(map));

function keepTogether(text, drawn) {
  const summary = document.getElementById("area-summary");
  const show = () => {
    const area = readArea(text.value);
    drawn.show(area);
    summary.textContent = text.value.trim() && !area ? config.unreadable : "";
    return area;
  };
  drawn.onDrawn(() => {
    const area = drawn.geometry();
    text.value = area ? writeWkt(area) : "";
    summary.textContent = "";
    text.closest("details")?.setAttribute("open", "");
  });
  text.addEventListener("change", () => { if (show()) showBounds(map, drawn.bounds()); });
  if (show()) showBounds(map, drawn.bounds());
}

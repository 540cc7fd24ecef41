// The time-series page. The form works by itself; this adds the map, the pixel on it, drawing, and what is live.

import { polygonsOf, readArea, sphereKm2, writeWkt } from "./areas.js";
import { addCode } from "./hub_code.js";
import { addDrawing, kilometres } from "./hub_draw.js";
import { boundsOf, createMap, mapConfig, nameCorner, showBounds } from "./map.js";
import { addSeriesLink } from "./series_link.js";
import { addPlace } from "./series_place.js";

const TYPING_PAUSE_MS = 500;
const DEEPEST_ZOOM = 20;

const form = document.getElementById("series-form");
const world = document.querySelector("script[data-world]").dataset.world;
const config = mapConfig();
const map = createMap(document.getElementById("map"), { ...config, world });
map.setMaxZoom(DEEPEST_ZOOM);

document.getElementById("problems")?.focus();
const extent = config.extent && boundsOf(config.extent);
if (extent) {
  L.rectangle(extent, { className: "map-archive", interactive: false, fill: false }).addTo(map);
  nameCorner(map, extent, form.dataset.archiveTitle);
  showBounds(map, extent);
}
const area = addArea();
const place = addPlace(form, map, extent);
followContents();
addSeriesLink(form);
addCode(form);
area.show();

function contents() {
  return form.elements.contents.value;
}

/** A point is picked for pixels, an area is drawn for statistics: the map offers what is wanted. */
function followContents() {
  const element = document.getElementById("map");
  const follow = () => {
    element.classList.toggle("picks-point", contents() !== "statistics");
    place.setActive(contents() !== "statistics");
    area.setActive(contents() === "statistics");
  };
  for (const radio of form.elements.contents) radio.addEventListener("change", follow);
  follow();
}

/** The drawn area and its text, kept together: the text is what is sent. */
function addArea() {
  const text = form.elements.area;
  const summary = document.getElementById("area-summary");
  const drawing = addDrawing(map);
  let active = true;
  let timer;
  drawing.onDrawn(() => {
    const geometry = drawing.geometry();
    text.value = geometry ? writeWkt(geometry) : "";
    say();
    form.dispatchEvent(new CustomEvent("areachange"));
  });
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      drawing.show(readArea(text.value));
      say();
      show();
      form.dispatchEvent(new CustomEvent("areachange"));
    }, TYPING_PAUSE_MS);
  });
  drawing.show(readArea(text.value));
  say();
  return { show, setActive };

  function setActive(on) {
    active = on;
    drawing.show(on ? readArea(text.value) : null);
  }

  function show() {
    if (active && drawing.geometry()) showBounds(map, drawing.bounds());
  }

  function say() {
    const geometry = readArea(text.value);
    const isThere = geometry && polygonsOf(geometry).length;
    summary.textContent = isThere ? kilometres(sphereKm2(geometry)) : text.value.trim() ? summary.dataset.unreadable : "";
  }
}

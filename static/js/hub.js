// The Mosaic Hub page. The form works by itself; this adds the map, the order panel and everything that is live.

import { areaChoice } from "./hub_area.js";
import { addCalendar } from "./hub_calendar.js";
import { addChoiceButtons } from "./hub_choices.js";
import { addCode } from "./hub_code.js";
import { addDrawing } from "./hub_draw.js";
import { addLink } from "./hub_link.js";
import { addPanel } from "./hub_panel.js";
import { periodTitle } from "./hub_period.js";
import { boundsOf, createMap, mapConfig, nameCorner, showBounds } from "./map.js";

const form = document.getElementById("order-form");
const world = document.querySelector("script[data-world]").dataset.world;

document.getElementById("problems")?.focus();

const config = mapConfig();
const map = createMap(document.getElementById("map"), { ...config, world });
addArchive(config.extent);
const drawing = addDrawing(map);
const area = areaChoice(form, { map, drawing });
for (const kind of ["dekad", "day"]) addCalendar(form, kind);
addChoiceButtons(form);
const panel = addPanel(form, { isReady: () => area.isChosen() && periodTitle(form) !== "" });
addLink(form);
addCode(form);
const update = follow();
// By then htmx, which asks the server, listens.
document.addEventListener("DOMContentLoaded", () => {
  update();
  panel.openByItself();
});
if (area.isChosen()) area.show();
else if (config.extent) showBounds(map, boundsOf(config.extent));
addLook("forecast", "attachForecast");
addLook("preview", "attachPreview");

/** Outline where the archive has scenes. */
function addArchive(extent) {
  if (!extent) return;
  L.rectangle(boundsOf(extent), { className: "map-archive", interactive: false, fill: false }).addTo(map);
  nameCorner(map, boundsOf(extent), form.dataset.archiveTitle);
}

/** Have the title of the period, the button and the forecast follow the choices; gives what brings them up to date. */
function follow() {
  let looked = "";
  const title = document.getElementById("period-title");
  const update = () => {
    title.textContent = periodTitle(form);
    panel.refresh();
    const wanted = area.isChosen() && title.textContent ? whatIsSeen() : "";
    if (wanted && wanted !== looked) form.dispatchEvent(new CustomEvent("forecast"));
    looked = wanted;
  };
  const later = afterPause(update, 300);
  form.addEventListener("change", () => {
    title.textContent = periodTitle(form);
    panel.refresh();
    later();
  });
  form.addEventListener("areachange", later);
  return update;
}

/** Everything that decides which observations there are. */
function whatIsSeen() {
  const data = new FormData(form);
  const kind = data.get("kind");
  const options = [...data].filter(([name]) => name.startsWith("option-")).flat();
  return JSON.stringify([data.get("area"), kind, data.get(kind), data.get("method"), data.get("mask"), ...options]);
}

/** Give the map to the script that an element of the page names, if the page has that element. */
async function addLook(id, attach) {
  const element = document.getElementById(id);
  if (!element?.dataset.script) return;
  const script = await import(element.dataset.script);
  script[attach](map, element);
}

function afterPause(action, pause) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, pause);
  };
}

// The legend: what the colours mean, as a bar with numbers and in words.

import { PRECISION_MM_YR, gradient, hasBand, rangeOf } from "./colours.js";
import { POINTS_FROM_ZOOM, isRecoloured } from "./layers.js";
import { layerOf, releaseOf, senseOf } from "./offered.js";
import { state } from "./state.js";
import { day, number } from "./texts.js";
import { made, say } from "./wording.js";

const element = (id) => document.getElementById(id);

/** Keep the legend in step with the state and with what `map` shows. */
export function keepLegend(map) {
  const redraw = () => draw(state.get(), map);
  state.subscribe(redraw);
  map?.on("zoomend", redraw);
  redraw();
}

function draw(now, map) {
  const layer = layerOf(now);
  element("insar-legend").hidden = !layer || releaseOf(now).right === "exists";
  if (!layer) return;
  const end = rangeOf(now.range, layer);
  const sense = senseOf(layer.direction);
  element("insar-legend-title").textContent = say(`title-${sense}`);
  element("insar-legend-bar").style.background = gradient(now.scale, end);
  element("insar-legend-ticks").replaceChildren(...ticks(end));
  element("insar-legend-low").textContent = say(`low-${sense}`);
  element("insar-legend-high").textContent = say(`high-${sense}`);
  const band = element("insar-legend-band");
  band.hidden = !hasBand(end);
  band.style.width = `${(100 * PRECISION_MM_YR) / end}%`;
  element("insar-legend-still").hidden = !hasBand(end);
  element("insar-legend-all-still").hidden = hasBand(end);
  element("insar-legend-unsure").hidden = !now.grey;
  element("insar-rainbow-warning").hidden = now.scale !== "rainbow";
  const notes = notesOf(now, layer, map);
  element("insar-legend-notes").replaceChildren(...notes.map((note) => made("li", "", note)));
}

function ticks(end) {
  return [-end, -end / 2, 0, end / 2, end].map((value) => {
    const tick = made("span", "", `${value > 0 ? "+" : ""}${number(value, Number.isInteger(value) ? 0 : 1)}`);
    tick.style.left = `${((value + end) / (2 * end)) * 100}%`;
    return tick;
  });
}

function notesOf(now, layer, map) {
  const notes = [];
  const dates = now.window ?? [layer.first_date, layer.last_date];
  if (dates[0] && dates[1]) {
    notes.push(say(now.window ? "dates-window" : "dates-all", { first: day(dates[0]), last: day(dates[1]) }));
  }
  if (now.reference !== null) notes.push(say("referenced"));
  if (isRecoloured(now) && map && map.getZoom() < POINTS_FROM_ZOOM) notes.push(say("window-needs-zoom"));
  return notes;
}

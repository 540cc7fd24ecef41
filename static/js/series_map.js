// The map of a series: its pixels, green once they are computed, or its area.

import { createMap } from "./map.js";
import { valueOf } from "./series_plot.js";

const DEEPEST_ZOOM = 20;

/** The map in `page`; `show(state, step, pixel)` colours the pixels; `onPixel(number)` hears clicks on them. */
export function addSeriesMap(page, config, { world, onPixel }) {
  const map = createMap(page.querySelector("#map"), { ...config, world });
  map.setMaxZoom(DEEPEST_ZOOM);
  const values = page.querySelector("#map-values");
  const pixels = config.pixels.map((ring, number) => {
    const outline = L.polygon(ring.map(([x, y]) => [y, x]), { className: "map-pixel" }).addTo(map);
    outline.on("mouseover", () => tell(number));
    outline.on("mouseout", () => { values.hidden = true; });
    outline.on("click", () => onPixel(number));
    return outline;
  });
  let step = null;
  let chosenPixel = 0;
  if (pixels.length) showPixels();
  else map.fitBounds(L.geoJSON(config.area, { style: { className: "map-area" }, interactive: false }).addTo(map).getBounds(), { padding: [20, 20], maxZoom: 16, animate: false });
  return { show };

  function showPixels() {
    const bounds = L.featureGroup(pixels).getBounds();
    const { x } = map.getSize();
    map.fitBounds(bounds.pad(x < 500 ? 0.8 : 1), { maxZoom: DEEPEST_ZOOM, animate: false });
  }

  function show(isMade, newStep, pixel) {
    step = newStep;
    chosenPixel = pixel;
    pixels.forEach((outline, number) => {
      const path = outline.getElement();
      path.classList.toggle("is-done", isMade);
      path.classList.toggle("is-chosen", number === chosenPixel);
      // The chosen one last, so that its border is seen whole.
      if (number === chosenPixel) outline.bringToFront();
    });
  }

  /** Write the values of a pixel at the step that is shown. */
  function tell(number) {
    const pixel = step?.pixels?.[number];
    if (!pixel) return;
    const said = config.lines
      .filter(({ group }) => group !== "quality")
      .map((line) => [line, valueOf(line, pixel)])
      .filter(([, value]) => value !== null);
    const lang = document.documentElement.lang;
    const text = said.map(([line, value]) => `${line.group === "bands" ? line.name : line.name.toUpperCase()} ${new Intl.NumberFormat(lang, { maximumFractionDigits: line.decimals }).format(value)}`);
    values.textContent = `${step.title ?? step.sensed_at?.slice(0, 10)}: ${text.join(" · ") || "–"}`;
    values.hidden = false;
  }
}

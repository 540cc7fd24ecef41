// What can be laid over or under the data: outlines of the parts, the areas of one's rights, pictures from elsewhere.

import { ask } from "./asking.js";
import { belowData, mirrors } from "./map.js";
import { releaseOf } from "./offered.js";
import { config, state } from "./state.js";
import { colourOf, onTheme } from "./theme.js";

const OUTLINES = "blocks";
const RIGHTS = "rights";
const NOTHING = { type: "FeatureCollection", features: [] };
let turn = 0;

/** Keep the overlays of `map` and their switches in step with the state. */
export function keepOverlays(map) {
  for (const name of [OUTLINES, RIGHTS]) map.addSource(name, { type: "geojson", data: NOTHING });
  for (const { key, url, attribution } of config.overlays) {
    map.addSource(`over-${key}`, { type: "raster", tiles: mirrors(url), tileSize: 256, attribution });
    const layout = { visibility: "none" };
    map.addLayer({ id: `over-${key}`, type: "raster", source: `over-${key}`, layout, paint: { "raster-opacity": 0.7 } }, belowData(map));
  }
  map.addLayer({ id: `${RIGHTS}-full`, type: "fill", source: RIGHTS, filter: ["==", ["get", "right"], "full"] }, belowData(map));
  map.addLayer({ id: `${RIGHTS}-line`, type: "line", source: RIGHTS }, belowData(map));
  map.addLayer({ id: OUTLINES, type: "line", source: OUTLINES }, belowData(map));
  const colour = () => {
    const area = colourOf("--map-area");
    map.setPaintProperty(`${RIGHTS}-full`, "fill-color", area);
    map.setPaintProperty(`${RIGHTS}-full`, "fill-opacity", 0.1);
    map.setPaintProperty(`${RIGHTS}-line`, "line-color", area);
    map.setPaintProperty(`${RIGHTS}-line`, "line-width", 1.5);
    map.setPaintProperty(OUTLINES, "line-color", colourOf("--map-archive"));
    map.setPaintProperty(OUTLINES, "line-width", 1.5);
    map.setPaintProperty(OUTLINES, "line-dasharray", [3, 2]);
  };
  colour();
  onTheme(colour);
  for (const box of document.getElementsByName("overlay")) {
    box.addEventListener("change", () => {
      const others = state.get().overlays.filter((name) => name !== box.value);
      state.set({ overlays: box.checked ? [...others, box.value] : others });
    });
  }
  state.subscribe((now, changed) => {
    if (["overlays", "release", "direction"].some((key) => changed.has(key))) show(map, now);
  });
  show(map, state.get());
}

async function show(map, now) {
  turn += 1;
  const mine = turn;
  for (const box of document.getElementsByName("overlay")) box.checked = now.overlays.includes(box.value);
  for (const { key } of config.overlays) {
    map.setLayoutProperty(`over-${key}`, "visibility", now.overlays.includes(key) ? "visible" : "none");
  }
  const release = releaseOf(now);
  // Who only knows of a release sees where it lies, and nothing of what is in it.
  const wants = { [OUTLINES]: now.overlays.includes(OUTLINES) || release?.right === "exists", [RIGHTS]: now.overlays.includes(RIGHTS) };
  const known = release && (wants[OUTLINES] || wants[RIGHTS])
    ? await ask(`releases/${encodeURIComponent(release.key)}/`).catch(() => null) : null;
  if (mine !== turn) return;
  const { parts = [], areas = {} } = known ?? {};
  map.getSource(OUTLINES).setData(wants[OUTLINES] ? collection(parts.filter(({ direction }) => direction === now.direction).map(({ identity, outline }) => [outline, { identity }])) : NOTHING);
  map.getSource(RIGHTS).setData(wants[RIGHTS] ? collection(Object.entries(areas).map(([right, area]) => [area, { right }])) : NOTHING);
}

function collection(shapes) {
  const features = shapes.filter(([geometry]) => geometry).map(([geometry, properties]) => ({ type: "Feature", geometry, properties }));
  return { type: "FeatureCollection", features };
}

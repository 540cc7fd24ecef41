// A place along a line, marked on the map while it is looked at in the profile.

import { ready } from "./map.js";
import { colourOf } from "./theme.js";

const SOURCE = "motion-here";
const EMPTY = { type: "FeatureCollection", features: [] };
const EARTH_M = 6_371_007;

/** `show(line, metres)` marks the place that many metres along a LineString; `hide()` takes the mark away. */
export function addPlace() {
  let map = null;
  ready.then((made) => { map = made; }, () => {});
  return { show, hide };

  function show(line, metres) {
    if (!map || line?.type !== "LineString") return;
    if (!map.getSource(SOURCE)) {
      map.addSource(SOURCE, { type: "geojson", data: EMPTY });
      map.addLayer({ id: SOURCE, type: "circle", source: SOURCE, paint: { "circle-radius": 7, "circle-stroke-width": 3 } });
    }
    map.setPaintProperty(SOURCE, "circle-color", colourOf("--motion-shape-halo"));
    map.setPaintProperty(SOURCE, "circle-stroke-color", colourOf("--motion-shape"));
    map.getSource(SOURCE).setData({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: placeAt(line.coordinates, metres) } });
  }

  function hide() {
    map?.getSource(SOURCE)?.setData(EMPTY);
  }
}

/** The place `metres` along the corners; the last corner beyond the end. */
export function placeAt(corners, metres) {
  let left = metres;
  for (let index = 1; index < corners.length; index += 1) {
    const [from, to] = [corners[index - 1], corners[index]];
    const step = metresBetween(from, to);
    if (left <= step && step > 0) return from.map((value, axis) => value + ((to[axis] - value) * left) / step);
    left -= step;
  }
  return corners.at(-1);
}

function metresBetween([x1, y1], [x2, y2]) {
  const radians = Math.PI / 180;
  const half = Math.sin(((y2 - y1) * radians) / 2) ** 2 + Math.cos(y1 * radians) * Math.cos(y2 * radians) * Math.sin(((x2 - x1) * radians) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(half));
}

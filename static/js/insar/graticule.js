// Lines of longitude and latitude at round degrees, so that a place can be found on a map without tiles.

import { colourOf, onTheme } from "./theme.js";

const STEPS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45];
const LINES_ACROSS = 6;
// Where the buttons, the scale and the credits stand, no label does.
const [TOP_PX, LEFT_PX, RIGHT_PX, BOTTOM_PX] = [96, 60, 330, 40];

/** Keep a graticule on `map`, its labels in `labels`. */
export function keepGraticule(map, labels) {
  map.addSource("graticule", { type: "geojson", data: collection([]) });
  map.addLayer({
    id: "graticule", type: "line", source: "graticule",
    paint: { "line-color": colourOf("--map-line"), "line-opacity": 0.45, "line-dasharray": [1, 4] },
  }, "overlay-start");
  const redraw = () => {
    const bounds = map.getBounds();
    const step = STEPS.find((size) => (bounds.getEast() - bounds.getWest()) / size <= LINES_ACROSS + 2) ?? STEPS.at(-1);
    const xs = multiples(bounds.getWest(), bounds.getEast(), step);
    const ys = multiples(Math.max(bounds.getSouth(), -85), Math.min(bounds.getNorth(), 85), step);
    map.getSource("graticule").setData(collection([
      ...xs.map((x) => [[x, -85], [x, 85]]), ...ys.map((y) => [[-180, y], [180, y]]),
    ]));
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const { lng, lat } = map.getCenter();
    labels.replaceChildren(
      ...xs.map((x) => [map.project([x, lat]).x, x]).filter(([at]) => at > LEFT_PX && at < width - RIGHT_PX)
        .map(([at, x]) => label("x", at, degrees(x, step, "E", "W"))),
      ...ys.map((y) => [map.project([lng, y]).y, y]).filter(([at]) => at > TOP_PX && at < height - BOTTOM_PX)
        .map(([at, y]) => label("y", at, degrees(y, step, "N", "S"))),
    );
  };
  map.on("moveend", redraw);
  map.on("movestart", () => labels.replaceChildren());
  map.on("resize", redraw);
  onTheme(() => map.setPaintProperty("graticule", "line-color", colourOf("--map-line")));
  redraw();
}

function collection(lines) {
  const features = lines.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } }));
  return { type: "FeatureCollection", features };
}

function multiples(from, to, step) {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: Math.min(count, 40) }, (_, index) => (first + index) * step);
}

function label(axis, at, text) {
  const element = document.createElement("span");
  element.className = `insar-degree of-${axis}`;
  element.textContent = text;
  element.style[axis === "x" ? "left" : "top"] = `${at}px`;
  return element;
}

function degrees(value, step, positive, negative) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const side = Math.abs(value) < 1e-9 ? "" : value > 0 ? positive : negative;
  return `${Math.abs(value).toFixed(digits)}° ${side}`;
}

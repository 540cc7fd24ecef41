// Lines of longitude and latitude at round degrees, so that a place can be found on a map without tiles.

const STEPS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45];
const LINES_ACROSS = 5;
// Where the zoom buttons, the scale and the credits stand, no label does.
const [TOP_CORNER_PX, LEFT_CORNER_PX, RIGHT_CORNER_PX, BOTTOM_CORNER_PX] = [100, 110, 210, 50];

/** Keep a graticule with labels on `map`. */
export function addGraticule(map) {
  map.createPane("graticule").classList.add("map-graticule");
  const lines = L.layerGroup().addTo(map);
  const redraw = () => {
    lines.clearLayers();
    const bounds = map.getBounds();
    const step = stepFor(bounds.getEast() - bounds.getWest());
    for (const x of multiples(bounds.getWest(), bounds.getEast(), step)) {
      lines.addLayer(line([[-85, x], [85, x]]));
      const at = map.latLngToContainerPoint([bounds.getSouth(), x]).x;
      if (at > LEFT_CORNER_PX && at < map.getSize().x - RIGHT_CORNER_PX) {
        lines.addLayer(label([bounds.getSouth(), x], degrees(x, step, "E", "W"), "map-label-x"));
      }
    }
    for (const y of multiples(bounds.getSouth(), bounds.getNorth(), step)) {
      lines.addLayer(line([[y, -180], [y, 180]]));
      const at = map.latLngToContainerPoint([y, bounds.getWest()]).y;
      if (at > TOP_CORNER_PX && at < map.getSize().y - BOTTOM_CORNER_PX) {
        lines.addLayer(label([y, bounds.getWest()], degrees(y, step, "N", "S"), "map-label-y"));
      }
    }
  };
  map.on("moveend resize", redraw);
  redraw();
}

function stepFor(width) {
  return STEPS.find((step) => width / step <= LINES_ACROSS + 2) ?? STEPS.at(-1);
}

function multiples(from, to, step) {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

function line(points) {
  return L.polyline(points, { pane: "graticule", interactive: false, className: "map-line", weight: 1 });
}

function label(place, text, className) {
  const icon = L.divIcon({ html: `<span>${text}</span>`, className: `map-label ${className}`, iconSize: [0, 0] });
  return L.marker(place, { icon, interactive: false, keyboard: false, pane: "graticule" });
}

function degrees(value, step, positive, negative) {
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const side = Math.abs(value) < 1e-9 ? "" : value > 0 ? positive : negative;
  return `${Math.abs(value).toFixed(digits)}° ${side}`;
}

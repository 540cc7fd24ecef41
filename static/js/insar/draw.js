// Drawing a polygon or a line on the map by clicks, and showing the one that is chosen.

import { ready } from "./map.js";
import { boxOf, readLine, readPolygon } from "./shape_text.js";
import { state } from "./state.js";
import { colourOf, onTheme } from "./theme.js";
import { counted } from "./texts.js";

const MOST_CORNERS = 100;
const SAME_PLACE_PX = 5;
const FEWEST = { polygon: 3, line: 2 };
const KINDS = { polygon: "Polygon", line: "LineString" };
const SOURCE = "motion-shape";
const EMPTY = { type: "FeatureCollection", features: [] };

/** Follow the tools "polygon" and "line", their buttons and forms in `panel`. */
export function addDrawing(panel) {
  let corners = [];
  let pointer = null;
  let map = null;
  const tool = () => (state.get().tool in FEWEST ? state.get().tool : null);

  ready.then((made) => { map = made; begin(); }, () => {});
  state.subscribe((now, changed) => {
    if (changed.has("tool")) start();
    if (changed.has("shape")) show();
    // The data's layers are made anew then, and would cover the drawing.
    if (changed.has("release") || changed.has("direction")) setTimeout(raise, 0);
  });
  followButtons();
  followForms();

  function begin() {
    map.addSource(SOURCE, { type: "geojson", data: EMPTY });
    for (const layer of layers()) map.addLayer(layer);
    onTheme(paint);
    paint();
    map.on("click", ({ lngLat, point }) => { if (tool()) addCorner(lngLat, point); });
    map.on("mousemove", ({ lngLat }) => { if (tool() && corners.length) { pointer = [lngLat.lng, lngLat.lat]; show(); } });
    map.on("dblclick", (event) => { if (tool()) { event.preventDefault(); finish(); } });
    document.addEventListener("keydown", (event) => { if (tool()) onKey(event); });
    start();
  }

  function raise() {
    for (const { id } of layers()) if (map?.getLayer(id)) map.moveLayer(id);
  }

  function start() {
    corners = [];
    pointer = null;
    map?.doubleClickZoom[tool() ? "disable" : "enable"]();
    map?.getCanvas().classList.toggle("is-drawing", Boolean(tool()));
    for (const button of panel.querySelectorAll("[data-draw]")) button.setAttribute("aria-pressed", button.dataset.draw === tool());
    show();
  }

  function addCorner({ lng, lat }, point) {
    const last = corners.at(-1);
    // A double click is two clicks first.
    if (last && Math.hypot(last.point.x - point.x, last.point.y - point.y) < SAME_PLACE_PX) return;
    if (corners.length < MOST_CORNERS) corners.push({ place: [round(lng), round(lat)], point });
    show();
  }

  function finish() {
    const kind = tool();
    if (corners.length < FEWEST[kind]) return;
    state.set({ shape: shapeOf(kind, corners.map(({ place }) => place)), tool: "pick" });
  }

  function onKey(event) {
    if (event.target.closest("input, select, textarea, button, dialog")) {
      if (event.key === "Escape") state.set({ tool: "pick" });
      return;
    }
    const acts = { Enter: finish, Escape: () => state.set({ tool: "pick" }), Backspace: () => { corners.pop(); show(); } };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  function show() {
    const kind = tool();
    for (const line of panel.querySelectorAll("[data-drawing]")) {
      line.hidden = line.dataset.drawing !== kind;
      if (!line.hidden) line.textContent = counted("drawing", corners.length);
    }
    const { shape } = state.get();
    for (const button of panel.querySelectorAll("[data-clear-shape]")) button.hidden = !shape;
    map?.getSource(SOURCE)?.setData(kind ? sketch(kind) : whole(shape));
  }

  function sketch(kind) {
    const places = corners.map(({ place }) => place);
    const open = pointer && places.length ? [...places, pointer] : places;
    const lines = open.length > 1 ? [feature({ type: "LineString", coordinates: kind === "polygon" && open.length > 2 ? [...open, open[0]] : open })] : [];
    return { type: "FeatureCollection", features: [...lines, ...places.map((coordinates) => feature({ type: "Point", coordinates }))] };
  }

  function paint() {
    const [line, halo] = [colourOf("--motion-shape"), colourOf("--motion-shape-halo")];
    map.setPaintProperty("motion-shape-halo", "line-color", halo);
    map.setPaintProperty("motion-shape-line", "line-color", line);
    map.setPaintProperty("motion-shape-corners", "circle-color", line);
    map.setPaintProperty("motion-shape-corners", "circle-stroke-color", halo);
  }

  function followButtons() {
    panel.addEventListener("click", ({ target }) => {
      const draw = target.closest("[data-draw]");
      if (draw) {
        state.set({ tool: tool() === draw.dataset.draw ? "pick" : draw.dataset.draw });
        map?.getCanvas().focus();
      }
      const take = target.closest("[data-take-view]");
      if (take && map) state.set({ shape: fromView(take.dataset.takeView, map.getBounds()), tool: "pick" });
      if (target.closest("[data-clear-shape]")) state.set({ shape: null, tool: "pick" });
    });
  }

  function followForms() {
    for (const form of panel.querySelectorAll("[data-shape-form]")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const field = form.querySelector("textarea");
        const shape = (form.dataset.shapeForm === "polygon" ? readPolygon : readLine)(field.value);
        form.querySelector("[data-problem]").hidden = Boolean(shape);
        field.setAttribute("aria-invalid", !shape);
        if (!shape) return;
        state.set({ shape, tool: "pick" });
        map?.fitBounds(boundsOf(shape), { padding: 60, maxZoom: 17, animate: false });
      });
    }
  }
}

/** A polygon is not filled: the colours in it are the data's. */
function layers() {
  const isCorner = ["==", ["geometry-type"], "Point"];
  return [
    { id: "motion-shape-halo", type: "line", source: SOURCE, filter: ["!", isCorner], layout: { "line-join": "round" }, paint: { "line-width": 5, "line-opacity": 0.8 } },
    { id: "motion-shape-line", type: "line", source: SOURCE, filter: ["!", isCorner], layout: { "line-join": "round" }, paint: { "line-width": 2 } },
    { id: "motion-shape-corners", type: "circle", source: SOURCE, filter: isCorner, paint: { "circle-radius": 4, "circle-stroke-width": 2 } },
  ];
}

function shapeOf(kind, places) {
  return { type: KINDS[kind], coordinates: kind === "polygon" ? [[...places, places[0]]] : places };
}

function whole(shape) {
  if (!shape) return EMPTY;
  const ring = shape.type === "Polygon" ? shape.coordinates[0].slice(0, -1) : shape.coordinates;
  return { type: "FeatureCollection", features: [feature(shape), ...ring.map((coordinates) => feature({ type: "Point", coordinates }))] };
}

function feature(geometry) {
  return { type: "Feature", properties: {}, geometry };
}

/** The middle of the view as a polygon; a line across it from west to east. */
function fromView(kind, bounds) {
  const [[west, south], [east, north]] = bounds.toArray();
  const [x, y] = [(east - west) * 0.05, (north - south) * 0.05];
  const edges = [west + x, south + y, east - x, north - y].map(round);
  if (kind === "polygon") return boxOf(...edges);
  const middle = round((south + north) / 2);
  return { type: "LineString", coordinates: [[edges[0], middle], [edges[2], middle]] };
}

function boundsOf(shape) {
  const places = shape.type === "Polygon" ? shape.coordinates[0] : shape.coordinates;
  const [lons, lats] = [places.map(([lon]) => lon), places.map(([, lat]) => lat)];
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

function round(degrees) {
  return Number(degrees.toFixed(6));
}

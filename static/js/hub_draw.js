// Drawing on the map: a rectangle or a polygon, changed and deleted with the tools at the map's upper right.

import { polygonsOf, sphereKm2 } from "./areas.js";

/** The map's drawing tools: `show(geometry)`, `geometry()`, `bounds()`, `onDrawn(action)`. */
export function addDrawing(map) {
  const drawn = L.featureGroup().addTo(map);
  const readout = document.getElementById("map-readout");
  const texts = JSON.parse(document.getElementById("drawing-texts").textContent);
  merge(L.drawLocal, texts);
  const shapeOptions = { className: "map-area" };
  map.addControl(new L.Control.Draw({
    position: "topright",
    draw: {
      polygon: { allowIntersection: false, showArea: false, shapeOptions },
      rectangle: { showArea: false, shapeOptions },
      polyline: false, circle: false, circlemarker: false, marker: false,
    },
    edit: { featureGroup: drawn, poly: { allowIntersection: false } },
  }));
  watchMouse(map, readout);

  return {
    show(geometry) {
      drawn.clearLayers();
      for (const rings of geometry ? polygonsOf(geometry) : []) {
        const corners = rings.map((ring) => ring.slice(0, -1).map(([x, y]) => [y, x]));
        drawn.addLayer(L.polygon(corners, { className: "map-area" }));
      }
    },
    /** What is drawn as GeoJSON; null when nothing is. */
    geometry() {
      const polygons = drawn.getLayers().map((layer) => layer.toGeoJSON().geometry).flatMap(polygonsOf);
      if (!polygons.length) return null;
      return polygons.length === 1
        ? { type: "Polygon", coordinates: polygons[0] }
        : { type: "MultiPolygon", coordinates: polygons };
    },
    bounds: () => drawn.getBounds(),
    onDrawn(action) {
      map.on(L.Draw.Event.CREATED, ({ layer }) => {
        drawn.clearLayers();
        drawn.addLayer(layer);
        action();
      });
      map.on(`${L.Draw.Event.EDITED} ${L.Draw.Event.DELETED}`, action);
    },
  };
}

/** While something is being drawn, show beside the mouse's work how large it is. */
function watchMouse(map, readout) {
  let tool = null;
  map.on(L.Draw.Event.DRAWSTART, ({ layerType }) => { tool = layerType; });
  map.on(L.Draw.Event.DRAWSTOP, () => {
    tool = null;
    readout.hidden = true;
  });
  const corners = [];
  map.on(L.Draw.Event.DRAWSTART, () => { corners.length = 0; });
  map.on(L.Draw.Event.DRAWVERTEX, ({ layers }) => {
    corners.splice(0, Infinity, ...layers.getLayers().map((marker) => marker.getLatLng()));
  });
  map.on("mousedown", ({ latlng }) => { if (tool === "rectangle") corners.splice(0, Infinity, latlng); });
  map.on("mousemove", ({ latlng }) => {
    const ring = tool && ringOf(tool, corners, latlng);
    readout.hidden = !ring;
    if (ring) readout.textContent = kilometres(sphereKm2({ type: "Polygon", coordinates: [ring] }));
  });
}

function ringOf(tool, corners, latlng) {
  if (tool === "rectangle" && corners.length === 1) {
    const [{ lng: x1, lat: y1 }] = corners;
    const { lng: x2, lat: y2 } = latlng;
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]];
  }
  if (tool !== "polygon" || corners.length < 2) return null;
  const ring = [...corners, latlng].map(({ lng, lat }) => [lng, lat]);
  return [...ring, ring[0]];
}

/** Square kilometres in the page's language. */
export function kilometres(km2) {
  const digits = km2 < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(km2)} km²`;
}

function merge(target, source) {
  for (const [key, value] of Object.entries(source)) {
    if (typeof value === "object") merge(target[key] ??= {}, value);
    else target[key] = value;
  }
}

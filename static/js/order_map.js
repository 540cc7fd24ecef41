// The order page's map: the ordered area and the rectangles that are delivered.

import { createMap, mapConfig, nameCorner, showBounds } from "./map.js";

const world = document.querySelector("script[data-world]").dataset.world;
const config = mapConfig();
const map = createMap(document.getElementById("map"), { ...config, world });

const shown = L.featureGroup().addTo(map);
for (const { name, coordinates } of config.footprints) {
  const layer = L.geoJSON({ type: "Polygon", coordinates }, { style: { className: "map-footprint" }, interactive: false });
  shown.addLayer(layer);
  if (config.footprints.length > 1) nameCorner(map, layer.getBounds(), name, "of-product");
}
shown.addLayer(L.geoJSON(config.area, { style: { className: "map-area" }, interactive: false }));
showBounds(map, shown.getBounds());

// The order page's map: the ordered area, and the rectangles that are delivered in the colours of their states.

import { createMap, mapConfig, nameCorner, showBounds } from "./map.js";

const LOOKS = {
  held: "map-waiting", accepted: "map-waiting", running: "map-running", successful: "map-successful",
  failed: "map-failed", dismissed: "map-over", expired: "map-over",
};

const world = document.querySelector("script[data-world]").dataset.world;
const config = mapConfig();
const map = createMap(document.getElementById("map"), { ...config, world });

const shown = L.featureGroup().addTo(map);
const products = new Map();
for (const { id, name, status, coordinates } of config.footprints) {
  const layer = L.geoJSON({ type: "Polygon", coordinates }, { style: { className: `map-footprint ${LOOKS[status]}` } });
  shown.addLayer(layer);
  layer.on("click", () => document.getElementById(`product-${id}`)?.scrollIntoView({ behavior: "smooth" }));
  products.set(`${id}`, { layer, status });
  if (config.footprints.length > 1) nameCorner(map, layer.getBounds(), name, "of-product");
}
shown.addLayer(L.geoJSON(config.area, { style: { className: "map-area" }, interactive: false }));
showBounds(map, shown.getBounds());
showStates();
document.addEventListener("htmx:afterSettle", showStates);

/** Colour every product by the state that the page tells of it now, and name the colours that occur. */
function showStates() {
  for (const { dataset } of document.querySelectorAll("[data-product]")) {
    const product = products.get(dataset.product);
    if (!product || product.status === dataset.state) continue;
    product.layer.eachLayer((path) => {
      path.getElement().classList.remove(LOOKS[product.status]);
      path.getElement().classList.add(LOOKS[dataset.state]);
    });
    product.status = dataset.state;
  }
  const states = new Set([...products.values()].map(({ status }) => status));
  const key = document.getElementById("map-key");
  key.hidden = false;
  for (const item of key.children) item.hidden = !item.dataset.state.split(" ").some((state) => states.has(state));
}

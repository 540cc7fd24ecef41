// One pixel: picked on the map, from its middle by the keyboard, or by coordinates; its values in a table.

import { written } from "./viewer_legend.js";

const HALF_METRES_PER_DEGREE = 111_320 * 2;

/** Has pixels of `map` picked and shows the values of each; `told(status)` hears of every answer. */
export class Pixels {
  constructor(map, config, { told, onPick }) {
    Object.assign(this, { map, config, told, onPick, asked: 0 });
    map.createPane("pixel").classList.add("map-pixel");
    this.marks = L.layerGroup().addTo(map);
    this.result = document.getElementById("values-panel");
    this.form = document.getElementById("place-form");
    map.on("click", ({ latlng }) => this.pick(latlng.wrap()));
    // The cross in the middle is for those who move the map by keys.
    map.getContainer().addEventListener("pointerdown", ({ currentTarget }) => currentTarget.classList.remove("by-keyboard"));
    map.getContainer().addEventListener("keyup", ({ currentTarget }) => currentTarget.classList.add("by-keyboard"));
    map.getContainer().addEventListener("blur", ({ currentTarget }) => currentTarget.classList.remove("by-keyboard"));
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== map.getContainer()) return;
      event.preventDefault();
      this.pick(map.getCenter().wrap());
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.fromForm();
    });
    for (const radio of document.getElementsByName("tool")) radio.addEventListener("change", () => this.turn());
    this.turn();
  }

  get tool() {
    return document.querySelector("input[name=tool]:checked").value;
  }

  turn() {
    const isValues = this.tool === "values";
    document.getElementById("values-tool").hidden = !isValues;
    document.getElementById("why-panel").hidden = isValues;
    if (this.last) this.pick(this.last);
    else this.onPick(null);
  }

  fromForm() {
    const [lon, lat] = ["lon", "lat"].map((name) => number(this.form.elements[name].value));
    const isGood = Math.abs(lon) <= 180 && Math.abs(lat) <= 85;
    document.getElementById("place-problem").hidden = isGood;
    for (const name of ["lon", "lat"]) this.form.elements[name].setAttribute("aria-invalid", String(!isGood));
    if (!isGood) return;
    const place = L.latLng(lat, lon);
    if (!this.map.getBounds().contains(place)) this.map.panTo(place, { animate: false });
    this.pick(place);
  }

  /** Take the pixel at `place`. */
  pick(place) {
    this.last = place;
    const { lng: lon, lat } = place;
    this.form.elements.lon.value = lon.toFixed(6);
    this.form.elements.lat.value = lat.toFixed(6);
    document.getElementById("place-problem").hidden = true;
    for (const name of ["lon", "lat"]) this.form.elements[name].removeAttribute("aria-invalid");
    const product = this.config.products.find(({ bounds: [west, south, east, north] }) => west <= lon && lon <= east && south <= lat && lat <= north);
    this.onPick(place);
    const detail = { lon, lat, tool: this.tool, product: product?.id ?? null };
    document.dispatchEvent(new CustomEvent("pixelpick", { detail }));
    this.marks.clearLayers();
    if (this.tool === "values") this.read(lon, lat);
  }

  async read(lon, lat) {
    this.asked += 1;
    const asked = this.asked;
    const address = `${this.config.pixel}?${new URLSearchParams({ lon: lon.toFixed(8), lat: lat.toFixed(8) })}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (asked !== this.asked) return; // Another one was picked meanwhile.
    if (!this.told(answer?.status ?? 0) || answer.status === 204) return this.say("text-pixel-failed");
    const { products } = await answer.json();
    if (asked !== this.asked || this.tool !== "values") return;
    if (!products.length) return this.say("text-no-pixel");
    this.result.replaceChildren(...products.map((product) => this.card(product)));
    for (const product of products) this.outline(product);
    this.result.scrollIntoView({ block: "nearest" });
  }

  say(name) {
    this.result.replaceChildren(document.getElementById(name).content.cloneNode(true));
  }

  card(product) {
    const card = document.getElementById("text-pixel").content.cloneNode(true);
    const put = (name, value) => { card.querySelector(`[data-field=${name}]`).textContent = value; };
    const drop = (name) => card.querySelectorAll(`[data-row=${name}]`).forEach((element) => element.remove());
    put("name", product.name);
    put("centre", `${product.lon.toFixed(6)}°, ${product.lat.toFixed(6)}°`);
    put("place", `${product.row}, ${product.column}`);
    if (product.epsg === 4326) drop("metres");
    else put("metres", `${written(product.x, 12)}, ${written(product.y, 12)} (EPSG:${product.epsg})`);
    if (product.date) put("date", product.date_text);
    else drop("date");
    if (product.granule) put("granule", product.granule);
    else drop("granule");
    card.querySelector("tbody").append(...product.values.map((value) => row(value, product.granule)));
    return card;
  }

  /** A square around the pixel, by its corners. */
  outline({ outline, lon, lat }) {
    const resolution = this.config.resolution;
    const [x, y] = [resolution / (HALF_METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)), resolution / HALF_METRES_PER_DEGREE];
    const corners = outline ?? [[lon - x, lat - y], [lon + x, lat - y], [lon + x, lat + y], [lon - x, lat + y]];
    const places = corners.map(([east, north]) => [north, east]);
    for (const className of ["viewer-pixel-halo", "viewer-pixel"]) {
      L.polygon(places, { pane: "pixel", className, interactive: false }).addTo(this.marks);
    }
  }
}

function number(text) {
  const trimmed = text.trim().replace(",", ".");
  return trimmed === "" ? NaN : Number(trimmed);
}

function row({ name, title, stored, text: words, value }, granule) {
  const element = document.createElement("tr");
  element.dataset.raster = name;
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = title;
  element.append(head);
  // The scene stands above the table already.
  const shown = words && words !== granule ? words : written(value, 6);
  for (const content of [shown, stored ?? ""]) {
    const cell = document.createElement("td");
    cell.className = "number";
    cell.textContent = content;
    element.append(cell);
  }
  return element;
}

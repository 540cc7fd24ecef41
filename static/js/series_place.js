// The place of a time series: two fields, a click on the map, and the outline of the pixels that hold it.

const PAUSE_MS = 300;
const PIXEL_ZOOM = 18;
const TYPED_ZOOM = 14;
const DIGITS = 6;

/** Keep the fields of the place and the map of `form` together; the outlines come from the server. */
export function addPlace(form, map, extent) {
  const byId = (id) => document.getElementById(id);
  const { lon, lat, epsg } = form.elements;
  const said = byId("place-said");
  const refusal = byId("place-refusal");
  const buttons = { centre: byId("select-centre"), show: byId("show-place") };
  const drawn = L.featureGroup().addTo(map);
  let active = true;
  let asked = 0;
  let known = null;
  let timer;
  let isFirst = true;
  const wasFilled = Boolean(lon.value.trim() && lat.value.trim());

  map.on("click", ({ latlng }) => {
    if (active) put(latlng.wrap());
  });
  for (const field of [lon, lat]) {
    field.addEventListener("input", () => {
      epsg.value = ""; // the zone belonged to the place before
      clearTimeout(timer);
      timer = setTimeout(() => outline({ follow: true }), PAUSE_MS);
    });
  }
  for (const name of ["resolution", "pixels", "crs"]) {
    for (const radio of form.elements[name]) radio.addEventListener("change", () => outline());
  }
  byId("map-centre").addEventListener("click", () => put(map.getCenter().wrap()));
  buttons.centre.addEventListener("click", () => {
    if (!known) return;
    write(known.lat, known.lon);
    said.textContent = said.dataset.snapped;
    outline({ quietly: true });
  });
  buttons.show.addEventListener("click", () => show());
  return { show, setActive };

  function setActive(on) {
    active = on;
    if (on) outline();
    else drawn.clearLayers();
  }

  function put({ lat: latitude, lng: longitude }) {
    epsg.value = "";
    write(latitude, longitude);
    outline();
  }

  function write(latitude, longitude) {
    lat.value = latitude.toFixed(DIGITS);
    lon.value = longitude.toFixed(DIGITS);
    for (const field of [lat, lon]) {
      field.removeAttribute("aria-invalid");
      byId(`${field.id}_error`)?.remove();
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Show where the place is: its pixels large enough to be seen, when they are known. */
  function show() {
    if (!active || !drawn.getLayers().length) return;
    map.fitBounds(drawn.getBounds(), { maxZoom: PIXEL_ZOOM, animate: false });
  }

  /** Draw the pixels that hold the place; `follow`: move the map there if it is out of sight. */
  async function outline({ follow = false, quietly = false } = {}) {
    const number = ++asked;
    if (!lon.value.trim() || !lat.value.trim()) return forget();
    const answer = await ask();
    if (number !== asked || !active) return;
    refusal.hidden = !answer?.problems?.length;
    refusal.textContent = answer?.problems?.map(({ message }) => message).join(" ") ?? "";
    if (!answer?.outlines) return forget();
    known = answer;
    const rings = answer.outlines.map((ring) => ring.map(([x, y]) => [y, x]));
    drawn.clearLayers();
    for (const ring of rings) drawn.addLayer(L.polygon(ring, { className: "map-pixel", interactive: false }));
    const point = [answer.lat, answer.lon];
    drawn.addLayer(L.circleMarker(point, { className: "map-point", radius: 7, interactive: false }));
    for (const button of Object.values(buttons)) button.disabled = false;
    if (!quietly) said.textContent = extent && !extent.contains(point) ? said.dataset.outside : "";
    if (follow && !map.getBounds().contains(point)) map.setView(point, Math.max(map.getZoom(), TYPED_ZOOM), { animate: false });
    if (isFirst && wasFilled) map.setView(point, TYPED_ZOOM, { animate: false });
    isFirst = false;
  }

  function forget() {
    known = null;
    drawn.clearLayers();
    said.textContent = "";
    for (const button of Object.values(buttons)) button.disabled = true;
  }

  async function ask() {
    const data = new FormData(form);
    const query = new URLSearchParams(["lon", "lat", "resolution", "crs", "pixels"].map((name) => [name, data.get(name) ?? ""]));
    try {
      return await (await fetch(`${form.dataset.place}?${query}`)).json();
    } catch {
      return null;
    }
  }
}

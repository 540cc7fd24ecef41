// The preview on the map: one picture, or two with a border between them that can be moved. Colours and opacity.

const LOOKS = { true_colour: "truecolour", false_colour: "falsecolour" };
const SHOWN_STATUSES = [403, 422, 429];

/** Show what `element` (the preview's card) holds as ready on `map`, and have its switches work. */
export function attachPreview(map, element) {
  const result = element.querySelector("#preview-result");
  if (!result) return; // Nobody is signed in.
  map.createPane("preview").classList.add("map-preview");
  map.createPane("preview-border").classList.add("map-preview-border");
  const shown = L.layerGroup().addTo(map);
  const news = element.querySelector("#preview-news");
  const form = element.closest("form");
  let pictures = [];

  // A refusal is an answer too.
  result.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (SHOWN_STATUSES.includes(detail.xhr.status)) Object.assign(detail, { shouldSwap: true, isError: false });
  });
  result.addEventListener("htmx:afterSwap", show);
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    element.addEventListener(name, ({ target }) => {
      // While a preview is waited for the next question may get through.
      if (name === "htmx:responseError" || !result.contains(target)) sayFailed();
    });
  }
  result.addEventListener("input", ({ target }) => {
    if (target.id === "preview-border") divide(pictures, Number(target.value) / 100);
    if (target.id === "preview-opacity") for (const { overlay } of pictures) overlay.setOpacity(Number(target.value) / 100);
  });
  result.addEventListener("click", ({ target }) => {
    if (!target.closest("#preview-remove")) return;
    clear();
    result.replaceChildren();
    element.querySelector("#preview-button").focus();
  });
  // What is chosen here does not change the order.
  for (const name of ["change", "input"]) {
    element.addEventListener(name, (event) => {
      event.stopPropagation();
      if (event.target.name === "look") for (const picture of pictures) picture.overlay.setUrl(address(picture.side, look()));
      if (event.target.name?.startsWith("right_")) markStale();
    });
  }
  for (const name of ["change", "areachange"]) form?.addEventListener(name, markStale);

  function show() {
    clear();
    news.textContent = [...result.querySelectorAll(".preview-wait, .preview-side")].map(wordsOf).join(". ");
    pictures = [...result.querySelectorAll("[data-side]")].map((side) => addPicture(shown, side, look()));
    if (pictures.length === 2) addBorder(shown, pictures, result.querySelector("#preview-border"));
    map.getContainer().classList.toggle("has-preview", pictures.length > 0);
    if (pictures.length && !map.getBounds().intersects(pictures[0].bounds)) map.fitBounds(pictures[0].bounds);
  }

  function sayFailed() {
    clear();
    result.replaceChildren(element.querySelector("#preview-failed").content.cloneNode(true));
  }

  function clear() {
    shown.clearLayers();
    pictures = [];
    map.getContainer().classList.remove("has-preview");
  }

  function look() {
    return element.querySelector("input[name=look]:checked").value;
  }

  function markStale() {
    const note = result.querySelector("#preview-stale");
    if (note) note.hidden = false;
  }
}

function wordsOf({ textContent }) {
  return textContent.replace(/\s+/g, " ").trim();
}

/** The picture of a side in the colours of `look`, or in those there are. */
function address(side, look) {
  return side.dataset[LOOKS[look]] ?? Object.values(LOOKS).map((name) => side.dataset[name]).find(Boolean);
}

function addPicture(shown, side, look) {
  const [west, south, east, north] = side.dataset.bounds.split(",").map(Number);
  const bounds = L.latLngBounds([[south, west], [north, east]]);
  const overlay = L.imageOverlay(address(side, look), bounds, {
    pane: "preview", className: "preview-picture", alt: side.dataset.label,
  }).addTo(shown);
  const isRight = side.dataset.side === "right";
  addName(shown, isRight ? bounds.getNorthEast() : bounds.getNorthWest(), side.dataset.label, isRight ? "right" : "left");
  return { side, bounds, overlay, isRight };
}

function addName(shown, place, text, hand) {
  const span = document.createElement("span");
  span.textContent = text;
  const icon = L.divIcon({ html: span, className: `preview-name ${hand}`, iconSize: [0, 0] });
  L.marker(place, { icon, interactive: false, keyboard: false, pane: "preview-border" }).addTo(shown);
}

/** A line that parts the pictures; its handle is dragged by mouse and finger, `range` moved by the keyboard too. */
function addBorder(shown, pictures, range) {
  const line = L.polyline([], { pane: "preview-border", className: "preview-line", interactive: false }).addTo(shown);
  const icon = L.divIcon({ html: "↔", className: "preview-handle", iconSize: [32, 32] });
  const middle = pictures[0].bounds.getCenter();
  const handle = L.marker(middle, { icon, draggable: true, keyboard: false, pane: "preview-border" }).addTo(shown);
  // The range says and does the same for those who do not see the map.
  handle.getElement()?.setAttribute("aria-hidden", "true");
  for (const picture of pictures) Object.assign(picture, { line, handle });
  handle.on("drag", () => {
    const [west, east] = reach(pictures);
    const share = Math.min(1, Math.max(0, (handle.getLatLng().lng - west) / (east - west)));
    range.value = Math.round(100 * share);
    divide(pictures, share);
  });
  divide(pictures, Number(range.value) / 100);
}

/** Show the left picture on that share of the width, the right one on the rest. */
function divide(pictures, share) {
  if (pictures.length !== 2) return;
  const [west, east] = reach(pictures);
  const longitude = west + share * (east - west);
  for (const { overlay, bounds, isRight } of pictures) {
    const cut = Math.min(1, Math.max(0, (longitude - bounds.getWest()) / (bounds.getEast() - bounds.getWest())));
    // Longitudes are evenly spaced on the web map, so a share of the width is one of the picture.
    overlay.getElement().style.clipPath = isRight ? `inset(0 0 0 ${100 * cut}%)` : `inset(0 ${100 * (1 - cut)}% 0 0)`;
  }
  const { line, handle, bounds } = pictures[0];
  line.setLatLngs([[bounds.getSouth(), longitude], [bounds.getNorth(), longitude]]);
  handle.setLatLng([bounds.getCenter().lat, longitude]);
}

/** West and east of both pictures together. */
function reach(pictures) {
  return [Math.min(...pictures.map(({ bounds }) => bounds.getWest())), Math.max(...pictures.map(({ bounds }) => bounds.getEast()))];
}

// The forecast of observations on the map: a picture of counts, or of where there are enough, with its legend.

/** Show on `map` what `element` (the forecast's place on the page) holds, as soon as it holds something. */
export function attachForecast(map, element) {
  map.createPane("forecast").classList.add("map-forecast");
  let overlay = null;
  // What was shown stays shown when the choices change and another forecast comes.
  let wanted = "";

  element.addEventListener("htmx:load", begin);
  element.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-show]");
    if (button) show(button.dataset.show);
  });
  begin();
  // A page that opens with an area says so before htmx listens.
  if (document.readyState === "complete") askOnce();
  else addEventListener("load", askOnce, { once: true });

  function askOnce() {
    const form = element.closest("form");
    const asked = element.classList.contains("htmx-request") || element.querySelector(".forecast-result");
    if (!asked && form?.elements.area?.value.trim()) form.dispatchEvent(new CustomEvent("forecast"));
  }

  function begin() {
    const holder = element.querySelector("[data-forecast-layer]");
    if (holder?.hidden) holder.hidden = false;
    show(wanted);
  }

  function show(what) {
    wanted = what;
    overlay?.remove();
    overlay = null;
    map.getContainer().classList.remove("map-forecast-shown");
    const holder = element.querySelector("[data-forecast-layer]");
    if (!holder) return;
    for (const button of holder.querySelectorAll("button[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset.show === what));
    }
    for (const legend of holder.querySelectorAll("[data-legend]")) legend.hidden = legend.dataset.legend !== what;
    holder.querySelector("[data-when-lost]").hidden = true;
    if (what) overlay = addPicture(holder, what);
    if (overlay) map.getContainer().classList.add("map-forecast-shown");
  }

  function addPicture(holder, what) {
    const [west, south, east, north] = holder.dataset.bounds.split(",").map(Number);
    const picture = L.imageOverlay(`${holder.dataset.forecastLayer}?show=${what}`, [[south, west], [north, east]], {
      pane: "forecast", className: "forecast-picture", alt: holder.dataset.label,
    });
    picture.on("error", () => {
      picture.remove();
      map.getContainer().classList.remove("map-forecast-shown");
      holder.querySelector("[data-when-lost]").hidden = false;
    });
    return picture.addTo(map);
  }
}

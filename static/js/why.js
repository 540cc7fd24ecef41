// Why this pixel: asks for the place that is clicked on the map or written, and ties the answer's plot to its table.

import { draw } from "./chart.js";

const REFUSALS = [409, 410, 422, 429];
// Drawn in this order: what matters lies on top.
const LOOKS = {
  rejected: { colour: "--danger", dash: [4, 4], width: 1 },
  not_chosen: { colour: "--ink-soft", width: 1.5 },
  chosen: { colour: "--accent", width: 4 },
};
const PICKED = { colour: "--focus", dash: [10, 3], width: 4 };

const section = document.getElementById("why");
if (section) listen(section);

/** Have clicks on `map` ask while the tool is chosen, and outline the pixel that is explained. */
export function attachWhy(map) {
  if (!section) return;
  map.createPane("why").classList.add("map-why");
  const shown = L.layerGroup().addTo(map);
  document.addEventListener("pixelpick", ({ detail }) => {
    if (detail.tool && detail.tool !== "why") return;
    ask(detail);
  });
  section.addEventListener("whyshown", () => outline(map, shown));
  outline(map, shown);
}

function ask({ lon, lat, product }) {
  const form = section.querySelector(".why-place");
  form.elements.lon.value = lon.toFixed(6);
  form.elements.lat.value = lat.toFixed(6);
  form.elements.product.value = product ?? "";
  form.requestSubmit();
}

function outline(map, shown) {
  shown.clearLayers();
  const corners = JSON.parse(section.querySelector("[data-outline]")?.dataset.outline ?? "[]");
  if (!corners.length) return;
  L.polygon(corners.map(([lon, lat]) => [lat, lon]), { pane: "why", className: "why-outline", interactive: false }).addTo(shown);
}

function listen(element) {
  const result = element.querySelector("#why-result");
  // A refusal is an answer too.
  element.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (REFUSALS.includes(detail.xhr.status)) Object.assign(detail, { shouldSwap: true, isError: false });
  });
  element.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target === result) show(element, result);
  });
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    element.addEventListener(name, ({ target }) => {
      // While an answer is waited for the next question may get through.
      if (name === "htmx:sendError" && result.contains(target)) return;
      result.replaceChildren(element.querySelector("#why-failed").content.cloneNode(true));
      show(element, result);
    });
  }
  show(element, result);
}

function show(element, result) {
  element.querySelector("#why-news").textContent = wordsOf(result.querySelector(".why-headline, .why-wait, .why-problem"));
  const answer = result.querySelector(".why-answer");
  if (answer?.querySelector("#why-spectra")) tie(answer);
  element.dispatchEvent(new CustomEvent("whyshown"));
}

function wordsOf(element) {
  return element ? element.textContent.replace(/\s+/g, " ").trim() : "";
}

/** Draw the spectra; a line that is clicked marks its row, a row that is clicked its line. */
function tie(answer) {
  const { bands, wavelengths, lines } = JSON.parse(answer.querySelector("#why-spectra").textContent);
  const element = answer.querySelector("#why-chart");
  const withRejected = answer.querySelector("#why-rejected");
  let picked = null;
  let drawn = [];

  const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 3 });
  const whole = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0, useGrouping: false });
  const chart = draw(element, {
    legend: false,
    height: 260,
    x: { values: wavelengths, label: element.dataset.wavelength, format: (value) => whole.format(value) },
    y: { label: element.dataset.reflectance, format: (value) => numbers.format(value) },
    lines: looks(),
    onPick: (_, line) => {
      if (line < 0) return;
      pick(drawn[line].number);
      rowOf(picked)?.scrollIntoView({ block: "nearest" });
    },
  });
  element.dataset.bands = bands.join(" ");

  for (const row of answer.querySelectorAll(".why-row")) {
    addButton(row);
    row.addEventListener("click", ({ target }) => {
      if (!target.closest("a, summary, details")) pick(Number(row.dataset.candidate));
    });
  }
  if (withRejected) {
    answer.querySelector(".why-switch").hidden = false;
    withRejected.addEventListener("change", redraw);
  }
  redraw();

  /** Mark one, or, when it is marked already, none. */
  function pick(number) {
    picked = number === picked ? null : number;
    for (const row of answer.querySelectorAll(".why-row")) {
      const isPicked = Number(row.dataset.candidate) === picked;
      row.classList.toggle("picked", isPicked);
      row.querySelector(".why-pick").setAttribute("aria-pressed", isPicked);
    }
    redraw();
  }

  function redraw() {
    chart.set({ lines: looks() });
    answer.querySelector(".why-key-rejected")?.toggleAttribute("hidden", !withRejected.checked);
    answer.querySelector(".why-key-picked").hidden = picked === null;
    answer.querySelector(".why-picked-name").textContent = lines.find(({ number }) => number === picked)?.label ?? "";
  }

  function looks() {
    const order = Object.keys(LOOKS);
    drawn = lines.filter(({ number, verdict }) => verdict !== "rejected" || withRejected?.checked || number === picked);
    drawn.sort((one, other) => rank(one) - rank(other));
    return drawn.map((line) => ({ ...line, ...(line.number === picked ? PICKED : LOOKS[line.verdict]) }));

    function rank({ number, verdict }) {
      return number === picked ? order.length : order.indexOf(verdict);
    }
  }

  function rowOf(number) {
    return answer.querySelector(`.why-row[data-candidate="${number}"]`);
  }
}

/** The row's date becomes a button, so that a line is marked from the keyboard too. */
function addButton(row) {
  const day = row.querySelector(".why-day");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button why-pick";
  button.setAttribute("aria-pressed", "false");
  button.append(...day.childNodes);
  day.append(button);
}

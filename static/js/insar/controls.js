// How it is shown and what is left out: scale, range, opacity, size, greying, filters, base map.

import { rangeOf } from "./colours.js";
import { layerOf } from "./offered.js";
import { state } from "./state.js";
import { number } from "./texts.js";
import { say } from "./wording.js";

const element = (id) => document.getElementById(id);

/** Keep the controls in step with the state, both ways. */
export function keepControls() {
  for (const form of document.querySelectorAll(".insar-form")) form.addEventListener("submit", (event) => event.preventDefault());
  on("insar-scale", "change", ({ value }) => ({ scale: value }));
  on("insar-range", "change", ({ value }) => ({ range: value === "auto" ? "auto" : Number(value) }));
  on("insar-opacity", "input", ({ value }) => ({ opacity: Number(value) }));
  on("insar-size", "input", ({ value }) => ({ size: Number(value) }));
  on("insar-grey", "change", ({ checked }) => ({ grey: checked }));
  on("insar-coherence", "input", ({ value }) => filtered({ coherence: Number(value) }));
  on("insar-significant", "change", ({ checked }) => filtered({ significant: checked }));
  for (const id of ["insar-velocity-low", "insar-velocity-high"]) element(id).addEventListener("change", limitVelocity);
  element("insar-filters-clear").addEventListener("click", () => {
    state.set({ filters: { coherence: 0, velocity: null, significant: false } });
    show(state.get());
  });
  for (const radio of document.getElementsByName("basemap")) {
    radio.addEventListener("change", () => state.set({ basemap: radio.value }));
  }
  show(state.get());
  state.subscribe(show);
}

function on(id, kind, change) {
  element(id).addEventListener(kind, ({ currentTarget }) => state.set(change(currentTarget)));
}

function filtered(part) {
  return { filters: { ...state.get().filters, ...part } };
}

function limitVelocity() {
  const [low, high] = ["insar-velocity-low", "insar-velocity-high"].map((id) => read(element(id).value));
  const isGood = !Number.isNaN(low) && !Number.isNaN(high) && (low === null || high === null || low <= high);
  element("insar-velocity-problem").hidden = isGood;
  for (const id of ["insar-velocity-low", "insar-velocity-high"]) element(id).setAttribute("aria-invalid", `${!isGood}`);
  if (isGood) state.set(filtered({ velocity: low === null && high === null ? null : [low, high] }));
}

/** A number as people type it, null where nothing is typed, NaN where it is none. */
function read(text) {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  if (plain === "") return null;
  const value = Number(plain);
  return Math.abs(value) <= 1000 ? value : NaN;
}

function show(now) {
  element("insar-scale").value = now.scale;
  element("insar-range").value = `${now.range}`;
  element("insar-range").options[0].textContent = say("range-auto", { range: number(rangeOf("auto", layerOf(now)), 0) });
  element("insar-opacity").value = now.opacity;
  element("insar-opacity-value").textContent = `${number(now.opacity, 0)} %`;
  element("insar-size").value = now.size;
  element("insar-size-value").textContent = `× ${number(now.size, 1)}`;
  element("insar-grey").checked = now.grey;
  element("insar-coherence").value = now.filters.coherence;
  element("insar-coherence-value").textContent = number(now.filters.coherence, 2);
  element("insar-significant").checked = now.filters.significant;
  [["insar-velocity-low", 0], ["insar-velocity-high", 1]].forEach(([id, index]) => {
    if (document.activeElement === element(id) || element(id).getAttribute("aria-invalid") === "true") return;
    const value = now.filters.velocity?.[index];
    element(id).value = value == null ? "" : `${value}`;
  });
  for (const radio of document.getElementsByName("basemap")) radio.checked = radio.value === now.basemap;
}

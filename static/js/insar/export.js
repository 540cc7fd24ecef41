// Points as a file: those of the view or of the drawn polygon.

import { ask, fetchOf, pathOf } from "./asking.js";
import { ready } from "./map.js";
import { byId, isFull, releaseOf, save, showTrouble } from "./parts.js";
import { boxOf } from "./shape_text.js";
import { state } from "./state.js";
import { counted, number, text } from "./texts.js";

const PAUSE_MS = 600;
const MEGABYTE = 1e6;

/** `setShown(on)`: whether the tab is looked at; only then points are counted. */
export function addExport() {
  const form = byId("export-form");
  let map = null;
  let isShown = false;
  let counting = new AbortController();
  let running = null;
  let timer;
  ready.then((made) => {
    map = made;
    map.on("moveend", later);
  }, () => {});
  state.subscribe((now, changed) => {
    if (["release", "direction", "shape"].some((key) => changed.has(key))) later();
  });
  for (const radio of form.elements.where) radio.addEventListener("change", later);
  form.addEventListener("submit", (event) => { event.preventDefault(); download(); });
  byId("export-stop").addEventListener("click", () => running?.abort());
  return { setShown };

  function setShown(on) {
    isShown = on;
    if (on) later();
  }

  function later() {
    const offered = isFull();
    form.hidden = !offered;
    byId("export-refused").hidden = offered || !releaseOf();
    clearTimeout(timer);
    counting.abort();
    if (isShown && offered) timer = setTimeout(count, PAUSE_MS);
  }

  /** The polygon that is asked for; null where none is drawn. */
  function polygon() {
    if (form.elements.where.value === "polygon") return state.get().shape?.type === "Polygon" ? state.get().shape : null;
    if (!map) return null;
    const [[west, south], [east, north]] = map.getBounds().toArray();
    return boxOf(Math.max(-180, west), Math.max(-85, south), Math.min(180, east), Math.min(85, north));
  }

  async function count() {
    const line = byId("export-count");
    const where = polygon();
    if (!where) {
      line.textContent = text("export-no-polygon");
      return;
    }
    counting = new AbortController();
    line.textContent = text("export-counting");
    const { release, direction } = state.get();
    try {
      const { points } = await ask(pathOf(release, direction, "aggregate/"), { body: { polygon: where, series: false }, signal: counting.signal });
      line.textContent = points?.count ? counted("export-points", points.count) : text("export-none");
    } catch (error) {
      if (error.name !== "AbortError") line.textContent = error.message;
    }
  }

  async function download() {
    const where = polygon();
    showTrouble(byId("export-trouble"), where ? "" : text("export-no-polygon"));
    if (!where || running) return;
    running = new AbortController();
    show(true);
    try {
      const response = await fetchOf(addressOf(where), { body: bodyOf(where), signal: running.signal });
      const parts = await read(response);
      const content = new Blob(parts, { type: response.headers.get("Content-Type") });
      const name = nameOf(response) ?? `points.${form.elements.format.value}`;
      save(content, name);
      byId("export-busy").textContent = text("export-done", { name, megabytes: number(content.size / MEGABYTE, 1) });
    } catch (error) {
      byId("export-busy").textContent = "";
      if (error.name !== "AbortError") showTrouble(byId("export-trouble"), error.message || text("failed"));
    }
    running = null;
    show(false);
  }

  function addressOf(where) {
    const { release, direction } = state.get();
    const query = new URLSearchParams();
    if (form.elements.where.value === "view") {
      const [[west, south], , [east, north]] = where.coordinates[0];
      query.set("bbox", [west, south, east, north].map((value) => value.toFixed(6)));
    }
    if (form.elements.series.checked) query.set("series", "1");
    return pathOf(release, direction, `export.${form.elements.format.value}?${query}`);
  }

  function bodyOf(where) {
    return form.elements.where.value === "polygon" ? { polygon: where } : undefined;
  }

  /** The bytes as they come, told of meanwhile. */
  async function read(response) {
    const [parts, reader] = [[], response.body.getReader()];
    let bytes = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      parts.push(piece.value);
      bytes += piece.value.length;
      byId("export-busy").textContent = text("export-running", { megabytes: number(bytes / MEGABYTE, 1) });
    }
    return parts;
  }

  function show(isRunning) {
    form.querySelector("[type=submit]").setAttribute("aria-disabled", isRunning);
    byId("export-stop").hidden = !isRunning;
  }
}

function nameOf(response) {
  return /filename="?([\w.-]+)"?/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? null;
}

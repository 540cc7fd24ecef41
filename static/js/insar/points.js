// The picked points: what each is and does, in words, numbers and a plot.

import { ask, pathOf } from "./asking.js";
import { showCompass } from "./compass.js";
import { addMotionPlot, LOOKS, signOf } from "./motion_plot.js";
import { ready } from "./map.js";
import { byId, element, isFull, releaseOf, save, showFacts, showRows, showTrouble, showWords } from "./parts.js";
import { curvesOfReleases } from "./releases_here.js";
import { writeSeries } from "./series_csv.js";
import { state } from "./state.js";
import { counted, day, number, text, withError } from "./texts.js";

const RELOADS = ["release", "direction", "picked", "reference", "referenceDate"];
const BESIDE_DEGREES = 2e-5;
const CLOSE_ZOOM = 16;

/** Follow the picked points; `onShown()` is called when there are some. */
export function addPoints({ onShown }) {
  const parts = { chart: byId("motion-chart"), residual: byId("residual-chart"), readout: byId("plot-readout"), legend: byId("plot-legend") };
  const plot = addMotionPlot(parts, { onWindow: (window) => state.set({ window }) });
  const choices = { model: byId("plot-model"), residuals: byId("plot-residuals"), replicas: byId("plot-replicas"), differences: byId("plot-differences"), releases: byId("plot-releases") };
  let points = []; // {id, point, series}, in the order they were picked
  let active = null; // the id of the one that is told of in full
  let asked = new AbortController();
  let drawing = 0;

  state.subscribe((now, changed) => {
    if (leavesLayer(changed)) {
      state.set({ picked: [], reference: null }, { replace: true });
      return;
    }
    if (RELOADS.some((key) => changed.has(key))) load();
    else if (changed.has("window")) showWindow();
  });
  for (const choice of [choices.model, choices.differences]) choice.addEventListener("change", load);
  for (const choice of [choices.residuals, choices.replicas, choices.releases]) choice.addEventListener("change", showPlot);
  followButtons();
  byId("series-details").addEventListener("toggle", showSeriesTable);
  load();

  /** Loads what the state names; what comes late of an earlier question is dropped. */
  async function load() {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const now = state.get();
    showTrouble(byId("points-trouble"), "");
    if (!now.picked.length || !now.release) {
      points = [];
      render();
      return;
    }
    onShown();
    byId("motion-points").setAttribute("aria-busy", "true");
    try {
      const found = await Promise.all(now.picked.map((id) => loadPoint(now, id, signal)));
      take(now, found);
    } catch (error) {
      if (error.name === "AbortError") return;
      points = [];
      render();
      byId("points-empty").hidden = true;
      showTrouble(byId("points-trouble"), error.message, load);
    }
    if (!signal.aborted) byId("motion-points").removeAttribute("aria-busy");
  }

  /** Points that are gone leave the state, too: the address is not to name what nobody may see. */
  function take(now, found) {
    const gone = found.filter(({ isGone }) => isGone).map(({ id }) => id);
    const hasLostReference = found.some(({ hasNoReference }) => hasNoReference);
    points = found.filter(({ isGone }) => !isGone);
    if (gone.length || hasLostReference) {
      state.set({
        picked: now.picked.filter((id) => !gone.includes(id)), ...(hasLostReference ? { reference: null } : {}),
      }, { replace: true });
      // Setting the state has emptied the notice.
      const told = [...(gone.length ? [counted("points-gone", gone.length)] : []), ...(hasLostReference ? [text("reference-gone")] : [])];
      showTrouble(byId("points-trouble"), told.join(" "));
      if (points.length) return;
    }
    if (!points.some(({ id }) => id === active)) active = points.at(-1)?.id ?? null;
    render();
  }

  async function loadPoint(now, id, signal) {
    const path = pathOf(now.release, now.direction, `points/${id}/`);
    const [point, series] = await Promise.allSettled([ask(path, { signal }), ask(`${path}series/?${questionOf(now, id)}`, { signal })]);
    if (point.status === "rejected") {
      if (point.reason.isGone) return { id, isGone: true };
      throw point.reason;
    }
    if (series.status === "fulfilled") return { id, point: point.value, series: series.value };
    if (!series.reason.isGone && series.reason.status !== 409) throw series.reason;
    return { id, point: point.value, series: null, hasNoReference: now.reference !== null };
  }

  function questionOf(now, id) {
    const query = new URLSearchParams({ model: choices.model.value });
    const reference = isDifferences(now) && id !== now.picked[0] ? now.picked[0] : now.reference;
    if (reference !== null && reference !== id) query.set("reference", reference);
    if (now.referenceDate) query.set("reference_date", now.referenceDate);
    return query;
  }

  function isDifferences(now) {
    return choices.differences.checked && now.picked.length > 1;
  }

  // --- What is shown ---

  function render() {
    const one = points.find(({ id }) => id === active);
    const isCoarse = releaseOf()?.right === "overview";
    byId("points-empty").hidden = Boolean(points.length) || isCoarse || !isFull();
    byId("points-coarse").hidden = Boolean(points.length) || !isCoarse;
    for (const id of ["point-card", "plot-part", "point-more"]) byId(id).hidden = !one;
    showReference();
    showList();
    if (!one) {
      plot.clear();
      return;
    }
    showCard(one);
    showMore(one);
    showPlot();
    showWindow();
  }

  function showList() {
    const list = byId("picked-list");
    list.hidden = points.length < 2;
    list.replaceChildren(...points.map(({ id, point, series }, index) => {
      const row = document.createElement("li");
      const show = element("button", "", "motion-pick");
      show.type = "button";
      show.setAttribute("aria-pressed", id === active);
      show.setAttribute("aria-label", text("show-point", { pid: point.pid }));
      show.append(signOf("dot", LOOKS[index]), element("code", point.pid), element("span", series ? text("mm-year", { value: withError(series.velocity, stdOf(series)) }) : "", "soft"));
      show.addEventListener("click", () => { active = id; render(); });
      const remove = element("button", "×", "motion-remove");
      remove.type = "button";
      remove.setAttribute("aria-label", text("remove", { pid: point.pid }));
      remove.addEventListener("click", () => state.set({ picked: state.get().picked.filter((other) => other !== id) }));
      row.append(show, remove);
      return row;
    }));
  }

  function showCard({ id, point, series }) {
    const { direction, reference } = state.get();
    byId("point-title").textContent = text("point", { pid: point.pid });
    byId("point-card").querySelector("[data-field=origin]").textContent = originOf(direction, point.part);
    showWords(byId("point-words"), id === reference ? [text("reference-here")] : series?.words ?? point.words);
    byId("use-reference").hidden = id === reference;
    byId("point-csv").hidden = !series;
    showPointFacts(series);
  }

  function showPointFacts(series, windowed = null) {
    const rows = series ? factsOf(series) : [];
    if (windowed) rows.splice(2, 0, windowed);
    showFacts(byId("point-facts"), rows);
  }

  function showMore({ point }) {
    byId("compass-part").hidden = !point.compass;
    if (point.compass) showCompass(byId("compass"), byId("compass-words"), point.compass);
    showRows(byId("attribute-rows"), point.attributes.map((each) => [each.title, attributeText(each)]), [1]);
    showRows(byId("precision-rows"), point.precisions.map((each) => [each.quantity, each.value, each.source]), [1]);
    showSeriesTable();
  }

  async function showPlot() {
    const turn = ++drawing;
    const now = state.get();
    const drawn = points.filter(({ series }) => series?.dates.length);
    byId("plot-differences-line").hidden = points.length < 2;
    byId("plot-releases-line").hidden = points.length !== 1;
    const one = points.length === 1 ? points[0] : null;
    if (!drawn.length) {
      plot.clear();
      byId("plot-words").textContent = points.length ? text("no-series") : "";
      byId("plot-body").hidden = true;
      return;
    }
    byId("plot-body").hidden = false;
    const isRelative = isDifferences(now);
    const curves = drawn.filter((_, index) => !(isRelative && index === 0)).map(({ id, point, series }) => ({
      label: point.pid, look: points.findIndex((other) => other.id === id), series,
    }));
    const others = choices.releases.checked && one ? await curvesOfReleases(one, asked.signal) : null;
    if (turn !== drawing) return; // drawn anew meanwhile
    plot.show([...curves, ...(others ?? [])], { residuals: choices.residuals.checked, replicas: choices.replicas.checked, window: now.window });
    byId("plot-words").textContent = plotWords(curves, isRelative, others);
  }

  function plotWords(curves, isRelative, others) {
    if (isRelative) return text("plot-differences", { pid: points[0].point.pid });
    if (others) return text(others.length ? "release-shifted" : "release-none");
    if (curves.length > 1) return text("plot-many", { count: curves.length });
    const { displacement, fit } = curves[0].series;
    const values = displacement.filter((value) => value !== null);
    if (!fit.some((value) => value !== null)) return text("no-fit");
    return text("plot-one", { count: values.length, low: number(Math.min(...values)), high: number(Math.max(...values)) });
  }

  function showSeriesTable() {
    const series = points.find(({ id }) => id === active)?.series;
    if (!series || !byId("series-details").open) return;
    showRows(byId("series-rows"), series.dates.map((date, index) => [
      day(date), number(series.displacement[index]), number(series.fit?.[index]), number(series.residuals?.[index]),
    ]), [1, 2, 3]);
  }

  /** The velocity of the window of dates: of the point alone, as the service reckons it for the map. */
  async function showWindow() {
    const { window, release, direction, reference } = state.get();
    plot.showWindow(window);
    byId("window-clear").hidden = !window;
    const one = points.find(({ id }) => id === active);
    if (!one?.series) return;
    showPointFacts(one.series);
    if (!window) return;
    const { lon, lat } = one.point;
    const bbox = [lon - BESIDE_DEGREES, lat - BESIDE_DEGREES, lon + BESIDE_DEGREES, lat + BESIDE_DEGREES];
    const body = { bbox, first: window[0], last: window[1], reference: reference === null ? null : { id: reference } };
    try {
      const { ids, velocity, std } = await ask(pathOf(release, direction, "velocities/"), { body, signal: asked.signal });
      const at = ids.map(String).indexOf(String(one.id));
      if (at < 0 || active !== one.id || state.get().window !== window) return;
      const value = text("mm-year", { value: withError(velocity[at], std[at]) });
      showPointFacts(one.series, [text("window-velocity", { first: day(window[0]), last: day(window[1]) }), value]);
    } catch (error) {
      if (error.name !== "AbortError") showTrouble(byId("points-trouble"), error.message, showWindow);
    }
  }

  async function showReference() {
    const { reference, release, direction, referenceDate } = state.get();
    const since = byId("since-line");
    since.hidden = !referenceDate;
    if (referenceDate) since.querySelector("[data-field]").textContent = text("since", { day: day(referenceDate) });
    const line = byId("reference-line");
    line.hidden = reference === null;
    if (reference === null) return;
    const known = points.find(({ id }) => id === reference)?.point;
    const place = line.querySelector("[data-field]");
    place.textContent = text("reference-point", { pid: known?.pid ?? "…" });
    if (known) return;
    const found = await ask(pathOf(release, direction, `points/${reference}/`)).catch(() => null);
    if (state.get().reference !== reference) return;
    if (found) place.textContent = text("reference-point", { pid: found.pid });
    else if (!points.length) state.set({ reference: null }, { replace: true });
  }

  function followButtons() {
    const current = () => points.find(({ id }) => id === active);
    byId("use-reference").addEventListener("click", () => state.set({ reference: active }));
    byId("reference-clear").addEventListener("click", () => state.set({ reference: null }));
    byId("window-clear").addEventListener("click", () => state.set({ window: null }));
    byId("point-zoom").addEventListener("click", async () => {
      const { lon, lat } = current().point;
      const map = await ready;
      map.jumpTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), CLOSE_ZOOM) });
    });
    byId("point-csv").addEventListener("click", () => {
      const { point, series } = current();
      const { direction } = state.get();
      const name = `${state.get().release}_${direction}_${point.pid}.csv`.replace(/[^\w.-]/g, "-");
      save(new Blob([writeSeries(releaseOf(), direction, point, series)], { type: "text/csv" }), name);
    });
    byId("since-clear").addEventListener("click", () => state.set({ referenceDate: null }));
  }
}

/** Another layer has other points; a link or a step back that names some brings them along. */
function leavesLayer(changed) {
  const isOther = changed.has("release") || changed.has("direction");
  const { picked, reference } = state.get();
  return isOther && !changed.has("picked") && !changed.has("reference") && (picked.length > 0 || reference !== null);
}

function stdOf(series, of = "velocity") {
  return series[`${of}_std_correlated`] ?? series[`${of}_std`];
}

function factsOf(series) {
  const corrected = series.velocity_std_correlated;
  const year = (value, std) => (value === null || value === undefined ? null : text("mm-year", { value: withError(value, std) }));
  return [
    [text("velocity"), year(series.velocity, stdOf(series))],
    [text("velocity-std"), corrected === null || corrected === undefined ? null : `${text("mm-year", { value: `± ${number(series.velocity_std, 2)}` })}; ${text("velocity-correlated")} ± ${number(corrected, 2)}`, text("velocity-correlated-why")],
    [text("acceleration"), series.acceleration === null || series.acceleration === undefined ? null : text("mm-year2", { value: withError(series.acceleration, series.acceleration_std, 2) })],
    [text("seasonality"), series.seasonality === null || series.seasonality === undefined ? null : text("mm", { value: withError(series.seasonality, stdOf(series, "seasonality")) })],
    [text("rmse"), series.rmse === null || series.rmse === undefined ? null : text("mm", { value: number(series.rmse) })],
  ];
}

function originOf(direction, part) {
  const { track, facility, identity, dates, first_date: first, last_date: last } = part ?? {};
  const count = Array.isArray(dates) ? dates.length : dates;
  return [
    text(`direction-${direction}`), track ? text("track", { track }) : "", facility, identity,
    count && first ? text("image-dates", { count: number(count, 0), first: day(first), last: day(last) }) : "",
  ].filter(Boolean).join(" · ");
}

function attributeText({ text: written, value, unit }) {
  return written ?? `${value ?? "–"}${unit ? ` ${unit}` : ""}`;
}


// The plot of one or several series of displacements: dots, fitted curve, its band, residuals beneath.

import { SHAPES, draw } from "../chart.js";
import { day, number, secondsOf, text, timeTicks } from "./texts.js";
import { addWindow } from "./window_handles.js";

// Between two phases that a radar cannot tell apart; C band, as Sentinel-1 has it.
export const HALF_WAVELENGTH_MM = 55.4658 / 2;
export const LOOKS = Object.keys(SHAPES).map((shape, index) => ({ shape, colour: `--motion-${index + 1}` }));
const FIT_COLOUR = "--ink";
const FIT = { colour: FIT_COLOUR };
const DOT_PX = 4;
const [USUAL_PX, LARGE_PX, RESIDUAL_PX] = [230, 420, 150];
const THROUGH_DOTS = 0.45; // so that the curves among them are seen
export const AXIS_PX = 32;
const TICK_PX = 62;

/** `curves`: [{label, look: number in LOOKS, series: the service's answer, shift: mm added to it}], the first the one
 * that is told of in full. `show(curves, {residuals, replicas, window})` draws; `onWindow([first, last])` hears drags. */
export function addMotionPlot({ chart, residual, readout, legend }, { onWindow }) {
  const handles = addWindow({ onChange: onWindow });
  let shown = null;
  return { show, showWindow, clear };

  function show(curves, { residuals, replicas, window }) {
    const dates = datesOf(curves);
    shown = { curves, dates, seconds: dates.map(secondsOf) };
    const { lines, bands } = curves.length === 1 ? linesOfOne(curves[0], dates, replicas) : linesOfMany(curves, dates, replicas);
    const x = { values: shown.seconds, label: text("axis-time"), time: true, size: AXIS_PX, format: day, ticks: (low, high) => timeTicks(low, high, chart.clientWidth / TICK_PX) };
    handles.show(curves[0].series.dates, window);
    draw(chart, {
      x, lines, bands, height: () => heightIn(chart), legend: false, padding: [10, 14, null, null],
      y: { label: text("axis-displacement"), format: (value) => number(value, Number.isInteger(value) ? 0 : 1) },
      hooks: { ...handles.hooks, setCursor: [({ cursor }) => tell(cursor.idx)] },
    });
    showResiduals(residuals, x);
    showLegend(curves, replicas);
    tell(null);
  }

  function showWindow(window) {
    if (shown) handles.show(shown.curves[0].series.dates, window);
  }

  function clear() {
    shown = null;
    for (const element of [chart, residual]) element.chart?.destroy();
    legend.replaceChildren();
    readout.textContent = "";
  }

  function showResiduals(wanted, x) {
    residual.hidden = !wanted;
    if (!wanted) {
      residual.chart?.destroy();
      return;
    }
    const lines = shown.curves.map((curve) => ({
      label: curve.label, ...LOOKS[curve.look], points: true, size: DOT_PX, values: aligned(curve, "residuals", shown.dates, 0),
    }));
    draw(residual, {
      x, lines, height: RESIDUAL_PX, legend: false, padding: [6, 14, null, null],
      y: { label: text("axis-residual"), format: (value) => number(value, Number.isInteger(value) ? 0 : 1) },
    });
  }

  function showLegend(curves, replicas) {
    const rows = curves.length === 1
      ? [["dot", LOOKS[curves[0].look], text("line-measured")], ["line", FIT, text("line-fit")], ["band", FIT, text("line-band")]]
      : curves.map(({ look, label }) => ["dot", LOOKS[look], label]);
    if (replicas) rows.push(["hollow", LOOKS[curves[0].look], `${text("line-replica-up")}, ${text("line-replica-down")}`]);
    legend.replaceChildren(...rows.map(([kind, look, label]) => legendRow(kind, look, label)));
  }

  function tell(index) {
    readout.textContent = index == null || !shown ? "" : toldOf(shown, index);
  }
}

/** A row of a legend: a sign in its colour, and what it stands for. */
export function legendRow(kind, look, label) {
  const row = document.createElement("li");
  row.append(signOf(kind, look), Object.assign(document.createElement("span"), { textContent: label }));
  return row;
}

/** The sign of a line as SVG: a dot of its shape, a line, or a band. */
export function signOf(kind, { colour, shape }) {
  const ns = "http://www.w3.org/2000/svg";
  const sign = document.createElementNS(ns, "svg");
  const put = (name, values) => {
    const part = sign.appendChild(document.createElementNS(ns, name));
    for (const [key, value] of Object.entries(values)) part.setAttribute(key, value);
  };
  sign.setAttribute("viewBox", "-8 -8 16 16");
  sign.setAttribute("aria-hidden", "true");
  sign.setAttribute("class", `motion-sign is-${kind} in${colour}`);
  const corners = SHAPES[shape] ?? [];
  if (kind === "line") put("path", { d: "M-8 0H8" });
  else if (kind === "band") put("rect", { x: -8, y: -5, width: 16, height: 10 });
  else if (!corners.length) put("circle", { r: 5 });
  else put("path", { d: `M${corners.map(([x, y]) => `${x * 5} ${y * 5}`).join("L")}Z` });
  return sign;
}

export function heightIn(element) {
  return element.closest("dialog") ? LARGE_PX : USUAL_PX;
}

function linesOfOne(curve, dates, replicas) {
  const { colour, shape } = LOOKS[curve.look];
  const of = (name) => aligned(curve, name, dates);
  const thin = { colour: FIT_COLOUR, dots: false, bridged: true, width: 0.5 };
  const lines = [
    { label: text("line-band"), values: of("high"), ...thin },
    { label: text("line-band"), values: of("low"), ...thin },
    { label: text("line-measured"), colour, shape, points: true, size: DOT_PX, values: of("displacement") },
    ...(replicas ? replicasOf(curve, dates) : []),
    // Over the dots, else these hide it.
    { label: text("line-fit"), colour: FIT_COLOUR, dots: false, bridged: true, width: 2, values: of("fit") },
  ];
  return { lines, bands: [{ from: 0, to: 1, colour: FIT_COLOUR }] };
}

function linesOfMany(curves, dates, replicas) {
  const dots = curves.map((curve) => ({
    label: curve.label, ...LOOKS[curve.look], points: true, size: DOT_PX, opacity: THROUGH_DOTS, values: aligned(curve, "displacement", dates),
  }));
  const fits = curves.map((curve) => ({
    label: `${curve.label}, ${text("line-fit")}`, colour: LOOKS[curve.look].colour, dots: false, bridged: true, width: 2, values: aligned(curve, "fit", dates),
  }));
  return { lines: [...dots, ...(replicas ? replicasOf(curves[0], dates) : []), ...fits], bands: [] };
}

function replicasOf(curve, dates) {
  return [["line-replica-up", HALF_WAVELENGTH_MM], ["line-replica-down", -HALF_WAVELENGTH_MM]].map(([name, shift]) => ({
    label: text(name), ...LOOKS[curve.look], points: true, hollow: true, size: DOT_PX, values: aligned(curve, "displacement", dates, (curve.shift ?? 0) + shift),
  }));
}

function datesOf(curves) {
  return curves.length === 1 ? curves[0].series.dates : [...new Set(curves.flatMap(({ series }) => series.dates))].sort();
}

/** The values of a curve on `dates`, null where it has none. */
function aligned({ series, shift = 0 }, name, dates, by = shift) {
  const values = series[name] ?? [];
  const moved = (value) => (value === null || value === undefined ? null : value + by);
  if (dates === series.dates) return values.length ? values.map(moved) : dates.map(() => null);
  const at = new Map(series.dates.map((date, index) => [date, index]));
  return dates.map((date) => moved(values[at.get(date)]));
}

function toldOf({ curves, dates }, index) {
  const values = { day: day(dates[index]) };
  if (curves.length > 1) {
    const parts = curves.map((curve) => [curve.label, aligned(curve, "displacement", dates)[index]]).filter(([, value]) => value !== null);
    return `${values.day}: ${parts.map(([label, value]) => `${label} ${number(value)} mm`).join("; ")}`;
  }
  const { displacement, fit, low, high } = curves[0].series;
  const value = number(displacement[index]);
  if (fit?.[index] == null) return text("readout", { ...values, value });
  return text("readout-fit", { ...values, value, fit: number(fit[index]), low: number(low[index]), high: number(high[index]) });
}


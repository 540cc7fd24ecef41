// Velocities along a line, in every direction that the release was measured in.

import { draw } from "../chart.js";
import { ask, pathOf } from "./asking.js";
import { addPlace } from "./highlight.js";
import { AXIS_PX, LOOKS, heightIn, legendRow } from "./motion_plot.js";
import { byId, releaseOf, showRows, showTrouble } from "./parts.js";
import { state } from "./state.js";
import { axisLength, counted, length, number, text } from "./texts.js";

const ASKS = ["shape", "release", "reference"];
const THROUGH_DOTS = 0.4;

/** Follow the drawn line; `onShown()` is called when there is one. */
export function addProfile({ onShown }) {
  const place = addPlace();
  let asked = new AbortController();
  let shown = []; // [{direction, profile}]
  state.subscribe((now, changed) => {
    if (ASKS.some((key) => changed.has(key)) || (changed.has("direction") && now.reference !== null)) load();
  });
  byId("profile-width").addEventListener("change", load);
  byId("profile-details").addEventListener("toggle", showTable);
  byId("profile-chart").addEventListener("mouseleave", () => place.hide());
  load();

  async function load() {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const now = state.get();
    showTrouble(byId("profile-trouble"), "");
    byId("profile-card").hidden = true;
    byId("profile-busy").hidden = true;
    place.hide();
    if (now.shape?.type !== "LineString" || !now.release) return;
    onShown();
    byId("profile-busy").hidden = false;
    try {
      shown = await Promise.all(directionsOf(now).map(async (direction) => ({ direction, profile: await askOne(now, direction, signal) })));
      show();
    } catch (error) {
      if (error.name !== "AbortError") showTrouble(byId("profile-trouble"), error.message, load);
    }
    if (!signal.aborted) byId("profile-busy").hidden = true;
  }

  function askOne({ shape, release, reference }, direction, signal) {
    const body = { line: shape, width_m: Number(byId("profile-width").value), reference: reference === null ? null : { id: reference } };
    return ask(pathOf(release, direction, "profile/"), { body, signal });
  }

  function show() {
    const total = shown.reduce((sum, { profile }) => sum + countOf(profile), 0);
    const cells = shown.flatMap(({ profile }) => profile.cells ?? []);
    const listed = shown.reduce((sum, { profile }) => sum + profile.points.length, 0);
    byId("profile-card").hidden = false;
    byId("profile-plot-body").hidden = !total && !cells.length;
    byId("profile-words").textContent = !total && !cells.length ? text("nothing-here") : [
      counted("profile-words", total, { length: length(shown[0].profile.length_m) }),
      listed < total ? text("profile-thinned", { shown: number(listed, 0) }) : "",
      cells.length ? text("profile-cells", { size: number(cells[0].size_m, 0) }) : "",
    ].filter(Boolean).join(" ");
    if (total || cells.length) showPlot();
    showTable();
  }

  function showPlot() {
    const chart = byId("profile-chart");
    const layers = shown.map(({ direction, profile }, index) => layerOf(direction, profile, LOOKS[index % LOOKS.length]));
    // The whole line, also where there is nothing along it.
    const known = layers.flatMap(({ series }) => series.flatMap(({ at }) => [...at.keys()]));
    const distances = [...new Set([0, ...known, shown[0].profile.length_m])].sort((one, other) => one - other);
    const lines = layers.flatMap(({ series }) => series.map(({ at, ...look }) => ({ ...look, values: distances.map((distance) => at.get(distance) ?? null) })));
    const bands = layers.map(({ colour }, index) => ({ from: 4 * index, to: 4 * index + 1, colour }));
    draw(chart, {
      x: { values: distances, label: text("axis-distance"), size: AXIS_PX, format: axisLength }, lines, bands,
      y: { label: text("axis-velocity"), format: (value) => number(value, Number.isInteger(value) ? 0 : 1) },
      height: () => heightIn(chart), legend: false, padding: [10, 20, null, null],
      hooks: { setCursor: [({ cursor }) => tell(lines, distances, cursor.idx)] },
      onPick: (index) => pick(distances[index]),
    });
    byId("profile-legend").replaceChildren(...layers.flatMap(({ look, direction, hasPoints }) => [
      legendRow("dot", look, text(hasPoints ? "profile-points" : "profile-cell", { direction })), legendRow("line", look, text("profile-mean", { direction })),
    ]));
  }

  /** What is under the mouse, in words and on the map. */
  function tell(lines, distances, index) {
    const nearest = index == null ? undefined : lines.filter(({ points }) => points).map(({ values }) => values[index]).find((value) => value !== null);
    byId("profile-readout").textContent = nearest === undefined ? "" : text("profile-readout", { distance: length(distances[index]), value: number(nearest) });
    if (index == null) place.hide();
    else place.show(state.get().shape, distances[index]);
  }

  function pick(distance) {
    const { direction } = state.get();
    const points = shown.find((one) => one.direction === direction)?.profile.points ?? [];
    const point = points.find(({ distance_m: at }) => at === distance);
    if (point) state.set({ picked: [point.id] });
  }

  function showTable() {
    if (!byId("profile-details").open) return;
    const rows = shown.flatMap(({ direction, profile }) => profile.bins.map((bin) => [
      text(`direction-${direction}`), text("range", { low: length(bin.from_m), high: length(bin.to_m) }), number(bin.count, 0), `${number(bin.mean)} ± ${number(spreadOf(bin))}`,
    ]));
    showRows(byId("profile-rows"), rows, [1, 2, 3]);
  }
}

/** Both lines of sight, or both components, where the release has them. A reference is a point of one layer only. */
function directionsOf({ direction, reference }) {
  if (reference !== null) return [direction];
  const others = releaseOf()?.layers.map((layer) => layer.direction) ?? [];
  return [direction, ...others.filter((other) => other !== direction)];
}

function countOf({ count, points }) {
  return count ?? points.length;
}

function spreadOf({ spread, std }) {
  return spread ?? std;
}

/** Band, mean and dots of one direction: values by distance. */
function layerOf(direction, { points, bins, cells = [] }, look) {
  const name = text(`direction-${direction}`);
  const middle = ({ from_m: from, to_m: to }) => (from + to) / 2;
  const ofBins = (value) => new Map(bins.map((bin) => [middle(bin), value(bin)]));
  const dots = [...points.map((point) => [point.distance_m, point.velocity]), ...cells.map((cell) => [cell.distance_m, cell.mean])];
  const thin = { label: text("line-spread"), colour: look.colour, dots: false, bridged: true, width: 0.5 };
  const series = [
    { ...thin, at: ofBins((bin) => bin.mean + spreadOf(bin)) },
    { ...thin, at: ofBins((bin) => bin.mean - spreadOf(bin)) },
    { label: text("profile-points", { direction: name }), ...look, points: true, size: 4, opacity: THROUGH_DOTS, at: new Map(dots) },
    { label: text("profile-mean", { direction: name }), colour: look.colour, dots: false, bridged: true, width: 2, at: ofBins((bin) => bin.mean) },
  ];
  return { series, look, colour: look.colour, direction: name, hasPoints: points.length > 0 };
}

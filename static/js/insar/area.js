// What the points of a polygon do together, or its cells where no more may be seen.

import { draw } from "../chart.js";
import { ask, pathOf } from "./asking.js";
import { AXIS_PX, LOOKS, heightIn, legendRow } from "./motion_plot.js";
import { byId, showFacts, showRows, showTrouble, showWords } from "./parts.js";
import { state } from "./state.js";
import { day, number, secondsOf, text, timeTicks, withError } from "./texts.js";

const ASKS = ["shape", "release", "direction", "reference"];
const NAMED_PARTS = 2;
const TICK_PX = 62;

/** Follow the drawn polygon; `onShown()` is called when there is one. */
export function addArea({ onShown }) {
  let asked = new AbortController();
  let shown = null;
  state.subscribe((now, changed) => { if (ASKS.some((key) => changed.has(key))) load(); });
  byId("area-series-details").addEventListener("toggle", showTable);
  load();

  async function load() {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const { shape, release, direction, reference } = state.get();
    showTrouble(byId("area-trouble"), "");
    byId("area-card").hidden = true;
    byId("area-busy").hidden = true;
    if (shape?.type !== "Polygon" || !release) return;
    onShown();
    byId("area-busy").hidden = false;
    try {
      const body = { polygon: shape, series: true, reference: reference === null ? null : { id: reference } };
      shown = await ask(pathOf(release, direction, "aggregate/"), { body, signal });
      show();
    } catch (error) {
      if (error.name !== "AbortError") showTrouble(byId("area-trouble"), error.message, load);
    }
    if (!signal.aborted) byId("area-busy").hidden = true;
  }

  function show() {
    const { points, cells, words } = shown;
    const isEmpty = !points?.count && !cells;
    byId("area-card").hidden = false;
    showWords(byId("area-words"), isEmpty && !words?.length ? [text("nothing-here")] : words);
    showFacts(byId("area-facts"), points?.count ? factsOf(points) : []);
    byId("area-cells").hidden = !cells;
    if (cells) {
      byId("area-cells-words").textContent = text("cells-words", { size: number(cells.size_m, 0) });
      showFacts(byId("area-cells-facts"), cellFacts(cells));
    }
    const series = points?.series ?? [];
    byId("area-plot-part").hidden = !series.length;
    if (series.length) showPlot(series);
    showTable();
  }

  function showPlot(series) {
    const chart = byId("area-chart");
    const dates = [...new Set(series.flatMap((each) => each.dates))].sort();
    const lines = series.flatMap((each, index) => linesOf(each, LOOKS[index % LOOKS.length], dates));
    draw(chart, {
      x: { values: dates.map(secondsOf), label: text("axis-time"), time: true, size: AXIS_PX, format: day, ticks: (low, high) => timeTicks(low, high, chart.clientWidth / TICK_PX) },
      y: { label: text("axis-displacement"), format: (value) => number(value, Number.isInteger(value) ? 0 : 1) },
      lines, bands: series.map((_, index) => ({ from: 3 * index, to: 3 * index + 1, colour: LOOKS[index % LOOKS.length].colour })),
      height: () => heightIn(chart), legend: false, padding: [10, 14, null, null],
      hooks: { setCursor: [({ cursor }) => tell(series, dates, cursor.idx)] },
    });
    byId("area-legend").replaceChildren(...series.map((each, index) => legendRow("line", LOOKS[index % LOOKS.length], nameOf(each))));
  }

  function tell(series, dates, index) {
    const values = index == null ? [] : series.map((each) => [nameOf(each), each.mean[each.dates.indexOf(dates[index])]]);
    const known = values.filter(([, value]) => value !== null && value !== undefined);
    byId("area-readout").textContent = known.length ? `${day(dates[index])}: ${known.map(([name, value]) => `${name} ${number(value)} mm`).join("; ")}` : "";
  }

  function showTable() {
    if (!byId("area-series-details").open || !shown?.points?.series) return;
    const rows = shown.points.series.flatMap((each) => each.dates.map((date, index) => [nameOf(each), day(date), number(each.mean[index]), number(each.spread[index])]));
    showRows(byId("area-series-rows"), rows, [2, 3]);
  }
}

function linesOf({ dates, mean, spread }, { colour }, all) {
  const at = new Map(dates.map((date, index) => [date, index]));
  const of = (value) => all.map((date) => { const index = at.get(date); return index === undefined || mean[index] === null ? null : value(index); });
  const thin = { colour, dots: false, bridged: true, width: 0.5 };
  return [
    { label: text("line-spread"), values: of((index) => mean[index] + spread[index]), ...thin },
    { label: text("line-spread"), values: of((index) => mean[index] - spread[index]), ...thin },
    { label: text("line-mean"), colour, dots: false, bridged: true, width: 1.5, values: of((index) => mean[index]) },
  ];
}

/** A series by the parts that it rests on. */
function nameOf({ parts }) {
  const more = parts.length - NAMED_PARTS;
  return parts.slice(0, NAMED_PARTS).join(", ") + (more > 0 ? ` + ${more}` : "");
}

function factsOf({ count, mean, spread, median, p05, p95, low, high, std, coherence }) {
  const year = (value) => text("mm-year", { value });
  const isKnown = mean !== null;
  return [
    [text("count"), number(count, 0)],
    [text("mean-velocity"), isKnown ? year(withError(mean, std)) : null],
    [text("median-velocity"), isKnown ? year(number(median)) : null],
    [text("spread"), isKnown ? year(number(spread)) : null],
    [text("percentiles"), isKnown ? year(text("range", { low: number(p05), high: number(p95) })) : null],
    [text("extremes"), isKnown ? year(text("range", { low: number(low), high: number(high) })) : null],
    [text("coherence"), coherence === null || coherence === undefined ? null : number(coherence, 2)],
  ];
}

function cellFacts({ cells, points, mean, low, high }) {
  const year = (value) => text("mm-year", { value });
  return [
    [text("cells"), number(cells, 0)],
    [text("cell-points"), number(points, 0)],
    [text("mean-velocity"), year(number(mean))],
    [text("extremes"), year(text("range", { low: number(low), high: number(high) }))],
  ];
}

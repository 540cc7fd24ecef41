// Plots, by uPlot (a page that draws any includes templates/_chart.html). What is plotted stands in a table or in
// words beside it as well: a canvas says nothing to those who do not see it.

const HEIGHT_PX = 240;
const drawn = new Map();

/**
 * Draw into `element`, again whenever its width or the page's colours change; what was drawn there before goes.
 *
 * `x`: {values, label, time (seconds UTC, else plain numbers), ticks: optional [[value, text], ...], format: value => text}
 * `lines`: [{label, values (null: a gap), colour (CSS colour or --variable), points: only dots, hollow: dots
 *   without filling, dots: false for a line without them, bars: columns, dash, scale: "y" | "y2", width}]
 * `bands`: [{from, to, colour}], the space between the lines number `from` (the upper) and `to` filled faintly
 * `y`, `y2`: {label, range: [low, high], format: value => text}
 * `onPick(index, line)`: a click on the plot, with the numbers of the nearest x and of the line nearest there (-1: none).
 * `legend`: false for none. `padding`: [top, right, bottom, left] in pixels, null for the usual.
 * Returns {set({x, lines}), destroy(), data(), highlight(index)}; `element.chart` is the same.
 */
export function draw(element, options) {
  drawn.get(element)?.destroy();
  const chart = new Chart(element, options);
  drawn.set(element, chart);
  element.chart = chart;
  return chart;
}

/** A CSS colour as a canvas takes it; `--name` is looked up in the style sheets, for light or dark as they are now. */
export function colourOf(element, colour) {
  if (!colour.startsWith("--")) return colour;
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  probe.style.color = `var(${colour})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** `rgb(r, g, b)` so thin that lines are seen through it. */
function faint(colour) {
  return colour.startsWith("rgb(") ? colour.replace("rgb(", "rgba(").replace(")", ", 0.16)") : colour;
}

class Chart {
  constructor(element, options) {
    this.element = element;
    this.options = options;
    this.resized = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.resized.observe(element);
    this.recoloured = () => this.render();
    document.addEventListener("themechange", this.recoloured);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.recoloured);
    this.render();
  }

  set(changes) {
    this.options = { ...this.options, ...changes };
    this.render();
  }

  /** What is plotted: [x values, values of the first line, ...]. */
  data() {
    return [this.options.x.values, ...this.options.lines.map(({ values }) => values)];
  }

  /** Show the values of the x number `index`, as if the mouse were there; without a number none. */
  highlight(index) {
    if (!this.plot) return;
    const left = index === undefined ? -10 : this.plot.valToPos(this.options.x.values[index], "x");
    this.plot.setCursor({ left, top: 0 });
  }

  destroy() {
    this.resized.disconnect();
    document.removeEventListener("themechange", this.recoloured);
    this.dark.removeEventListener("change", this.recoloured);
    this.plot?.destroy();
    drawn.delete(this.element);
  }

  size() {
    return { width: Math.max(200, this.element.clientWidth), height: this.options.height ?? HEIGHT_PX };
  }

  render() {
    this.plot?.destroy();
    const { x, lines, onPick } = this.options;
    this.plot = new uPlot({
      ...this.size(),
      scales: { x: { time: Boolean(x.time) }, ...this.scales() },
      axes: this.axes(),
      series: [this.xSeries(), ...lines.map((line) => this.series(line))],
      bands: this.bands(),
      ...(this.options.padding ? { padding: this.options.padding } : {}),
      legend: { show: this.options.legend !== false, live: true },
      cursor: { points: { size: 7 } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    }, this.data(), this.element);
    if (onPick) this.plot.over.addEventListener("click", () => this.plot.cursor.idx != null && onPick(this.plot.cursor.idx, this.nearestLine()));
  }

  /** The number of the line that is nearest to the mouse; -1 where none has a value there. */
  nearestLine() {
    const { idx, top } = this.plot.cursor;
    const away = this.options.lines.map(({ values, scale = "y" }) =>
      values[idx] == null ? Infinity : Math.abs(this.plot.valToPos(values[idx], scale) - top));
    const least = Math.min(...away);
    return Number.isFinite(least) ? away.lastIndexOf(least) : -1;
  }

  scales() {
    const scales = {};
    for (const name of ["y", "y2"]) if (this.options[name]?.range) scales[name] = { range: this.options[name].range };
    return scales;
  }

  axes() {
    const { x, y = {}, y2 } = this.options;
    const look = {
      stroke: colourOf(this.element, "--ink-soft"), font: "12px system-ui, sans-serif",
      grid: { stroke: colourOf(this.element, "--line"), width: 1 }, ticks: { stroke: colourOf(this.element, "--line-strong"), width: 1 },
    };
    const values = (format) => (format ? { values: (_, ticks) => ticks.map((tick) => (tick == null ? "" : format(tick))) } : {});
    const ticks = x.ticks && { splits: () => x.ticks.map(([value]) => value), values: () => x.ticks.map(([, text]) => text) };
    const axes = [{ ...look, ...(ticks ?? values(x.format)) }, { ...look, label: y.label, size: 58, ...values(y.format) }];
    if (y2) axes.push({ ...look, label: y2.label, side: 1, scale: "y2", size: 58, grid: { show: false }, ...values(y2.format) });
    return axes;
  }

  bands() {
    // uPlot counts the lines from 1: 0 is x.
    return (this.options.bands ?? []).map(({ from, to, colour }) => ({
      series: [from + 1, to + 1], fill: faint(colourOf(this.element, colour)),
    }));
  }

  xSeries() {
    const { label, format } = this.options.x;
    return { label, ...(format ? { value: (_, value) => (value == null ? "–" : format(value)) } : {}) };
  }

  series({ label, colour, points, hollow, dots = true, bars, dash, scale = "y", width = 2 }) {
    const stroke = colourOf(this.element, colour);
    const format = this.options[scale]?.format;
    return {
      label, scale, stroke, dash, width: points ? 0 : width,
      ...(bars ? { paths: uPlot.paths.bars({ size: [0.9, 100] }), fill: stroke } : {}),
      ...(points ? { paths: () => null } : {}),
      points: { show: !bars && dots, size: points ? 8 : 6, fill: hollow ? colourOf(this.element, "--surface") : stroke, stroke, width: hollow ? 1.5 : 1 },
      value: (_, value) => (value == null ? "–" : (format ? format(value) : `${value}`)),
    };
  }
}

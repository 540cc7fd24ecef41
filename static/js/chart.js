// Plots, by uPlot (a page that draws any includes templates/_chart.html). What is plotted stands in a table or in
// words beside it as well: a canvas says nothing to those who do not see it.

const HEIGHT_PX = 240;
// A uPlot path that is clipped like its own points.
const CLIPPED = 3;
const drawn = new Map();

/**
 * Draw into `element`, again whenever its width or the page's colours change; what was drawn there before goes.
 *
 * `x`: {values, label, time (seconds UTC, else plain numbers), format: value => text, ticks: optional
 *   [[value, text], ...] or (low, high) => such, size: of the axis in pixels}
 * `lines`: [{label, values (null: a gap), colour (CSS colour or --variable), points: only dots, hollow: dots
 *   without filling, dots: false for a line without them, size: of a dot in pixels, shape: its name in SHAPES,
 *   opacity: of the dots, bars: columns, bridged: gaps are drawn over, dash, scale: "y" | "y2", width}]
 * `bands`: [{from, to, colour}], the space between the lines number `from` (the upper) and `to` filled faintly
 * `y`, `y2`: {label, range: [low, high], format: value => text}
 * `onPick(index, line)`: a click on the plot, with the numbers of the nearest x and of the line nearest there (-1: none).
 * `height`: in pixels, or a function that tells it. `legend`: false for none. `padding`: [top, right, bottom, left] in pixels, null for the usual.
 * `hooks`: uPlot's, {name: [plot => ...]}, for what is drawn over the plot or follows the mouse.
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

/** Corners of dots that are told apart by more than their colour, in a square from -1 to 1; none is a circle. */
export const SHAPES = {
  circle: [],
  square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  triangle: [[0, -1.1], [1, 0.8], [-1, 0.8]],
  diamond: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]],
  "triangle-down": [[0, 1.1], [1, -0.8], [-1, -0.8]],
  cross: [[-0.35, -1], [0.35, -1], [0.35, -0.35], [1, -0.35], [1, 0.35], [0.35, 0.35], [0.35, 1], [-0.35, 1], [-0.35, 0.35], [-1, 0.35], [-1, -0.35], [-0.35, -0.35]],
  bar: [[-1.2, -0.45], [1.2, -0.45], [1.2, 0.45], [-1.2, 0.45]],
  post: [[-0.45, -1.2], [0.45, -1.2], [0.45, 1.2], [-0.45, 1.2]],
};

/** What draws the dots of a line as `shape`, as uPlot's `points.paths` wants it. */
function dotsOf(shape, scale) {
  return (plot, line, first, last, chosen) => {
    const fill = new Path2D();
    const [x, y] = [plot.data[0], plot.data[line]];
    const radius = (plot.series[line].points.size / 2) * devicePixelRatio;
    const indices = chosen ?? Array.from({ length: last - first + 1 }, (_, index) => first + index);
    for (const index of indices) {
      if (y[index] != null) addDot(fill, SHAPES[shape], plot.valToPos(x[index], "x", true), plot.valToPos(y[index], scale, true), radius);
    }
    const clip = new Path2D();
    const { left, top, width, height } = plot.bbox;
    clip.rect(left - radius, top - radius, width + 2 * radius, height + 2 * radius);
    return { fill, stroke: fill, clip, flags: CLIPPED };
  };
}

function addDot(path, corners, x, y, radius) {
  if (!corners.length) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([right, down], number) => path[number ? "lineTo" : "moveTo"](x + right * radius, y + down * radius));
  path.closePath();
}

/** `rgb(r, g, b)` so thin that lines are seen through it. */
function faint(colour, opacity = 0.16) {
  return colour.startsWith("rgb(") ? colour.replace("rgb(", "rgba(").replace(")", `, ${opacity})`) : colour;
}

function heightOf(height = HEIGHT_PX) {
  return typeof height === "function" ? height() : height;
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
    return { width: Math.max(200, this.element.clientWidth), height: heightOf(this.options.height) };
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
      hooks: this.options.hooks ?? {},
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
    const named = (low, high) => (typeof x.ticks === "function" ? x.ticks(low, high) : x.ticks);
    const ticks = x.ticks && {
      splits: (_, __, low, high) => named(low, high).map(([value]) => value),
      values: ({ scales }) => named(scales.x.min, scales.x.max).map(([, text]) => text),
    };
    const axes = [{ ...look, ...(x.size ? { size: x.size } : {}), ...(ticks ?? values(x.format)) }, { ...look, label: y.label, size: 58, ...values(y.format) }];
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

  series({ label, colour, points, hollow, dots = true, size, shape, opacity, bars, bridged, dash, scale = "y", width = 2 }) {
    const stroke = colourOf(this.element, colour);
    const dot = opacity ? faint(stroke, opacity) : stroke;
    const format = this.options[scale]?.format;
    return {
      label, scale, stroke, dash, width: points ? 0 : width,
      ...(bars ? { paths: uPlot.paths.bars({ size: [0.9, 100] }), fill: stroke } : {}),
      ...(points ? { paths: () => null } : {}),
      ...(bridged ? { spanGaps: true } : {}),
      points: {
        show: !bars && dots, size: size ?? (points ? 8 : 6), fill: hollow ? colourOf(this.element, "--surface") : dot,
        stroke: dot, width: hollow ? 1.5 : 1, ...(shape ? { paths: dotsOf(shape, scale) } : {}),
      },
      value: (_, value) => (value == null ? "–" : (format ? format(value) : `${value}`)),
    };
  }
}

// Legends and histograms: what the colours mean, and how often each value occurs.

import { draw } from "./chart.js";

const CHANNEL_COLOURS = ["--look-red", "--look-green", "--look-blue"];
const HISTOGRAM_PX = 130;
// "en" alone would mean the dates of one country.
export const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

/** The text that the page holds for scripts under `name`. */
export function text(name) {
  return document.getElementById(name).content.textContent.trim();
}

/** A number as people write it in the page's language. */
export function written(value, digits = 4) {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: digits }).format(value);
}

/** A value of `look` in words: with its unit, or a date where it counts days. */
export function told(look, stored, firstDay) {
  if (look.key === "observation_date") return dayAfter(firstDay, stored);
  const value = written(look.kind === "index" ? stored : stored * look.scale);
  return look.unit ? `${value} ${look.unit}` : value;
}

function dayAfter(firstDay, days) {
  const day = new Date(`${firstDay}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + Math.round(days));
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(day);
}

/**
 * Fill `element` with the legend of `look`. `legend`: what the service answers; `ranges`: low and high per channel.
 * Returns it as data: {kind, entries: [{colour, title}], stops: [colour], ends: [text, text], channels: [{colour, title}]}.
 */
export function showLegend(element, { look, legend, ranges, bands, firstDay, many }) {
  const data = legendData({ look, legend, ranges, bands, firstDay, many });
  element.replaceChildren(...(data ? drawn(data) : []));
  return data;
}

function legendData({ look, legend, ranges, bands, firstDay, many }) {
  if (look.kind === "composite") {
    return { kind: "composite", channels: look.titles.map((title, number) => ({ title, colour: CHANNEL_COLOURS[number] })), bands };
  }
  if (!legend) return null;
  if (legend.kind === "classes") {
    const entries = legend.entries.filter(({ share }) => many || share === undefined || share === null || share > 0);
    return { kind: "classes", entries: entries.map(({ title, colour, share }) => ({ title, colour, share: many ? null : share })) };
  }
  const ends = (ranges?.[0] ?? [legend.low, legend.high]).map((value) => told(look, value, firstDay));
  return { kind: "ramp", stops: legend.stops.map(([, colour]) => colour), ends };
}

function drawn(data) {
  if (data.kind === "ramp") return [ramp(data.stops), ends(data.ends)];
  const list = document.createElement("ul");
  list.className = `plain legend-${data.kind}`;
  for (const { title, colour, share } of data.entries ?? data.channels) {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = "legend-swatch";
    swatch.style.background = colour.startsWith("--") ? `var(${colour})` : colour;
    const name = document.createElement("span");
    name.textContent = title;
    item.append(swatch, name);
    if (share !== undefined && share !== null) item.append(percent(share));
    list.append(item);
  }
  return [list];
}

function percent(share) {
  const element = document.createElement("span");
  element.className = "soft number";
  const formatter = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });
  element.textContent = formatter.format(share);
  return element;
}

function ramp(stops) {
  const element = document.createElement("div");
  element.className = "legend-ramp";
  element.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return element;
}

function ends([low, high]) {
  const element = document.createElement("div");
  element.className = "legend-ends";
  for (const end of [low, high]) {
    const span = document.createElement("span");
    span.textContent = end;
    element.append(span);
  }
  return element;
}

/** Histograms of `channels`, one below the other, and their numbers in the table; without channels the words for none. */
export class Histograms {
  constructor({ plots, head, rows }) {
    Object.assign(this, { plots, head, rows });
  }

  clear() {
    for (const plot of this.plots.querySelectorAll(".chart")) plot.chart?.destroy();
    this.plots.replaceChildren();
    this.rows.replaceChildren();
    this.head.replaceChildren();
  }

  show(look, channels, firstDay) {
    this.clear();
    const known = channels.filter(({ count }) => count > 0);
    if (!known.length) {
      const note = document.createElement("p");
      note.className = "soft small";
      note.textContent = text("text-nothing-to-count");
      this.plots.append(note);
      return;
    }
    channels.forEach((channel, number) => channel.count && this.draw(look, channel, number, channels.length, firstDay));
    const names = known.map((channel) => title(look, channel, channels.indexOf(channel)));
    this.head.append(cell("td", ""), ...names.map((name) => cell("th", name, "col")));
    for (const [name, valueOf, format] of this.numbers(look, firstDay)) {
      const row = document.createElement("tr");
      row.append(cell("th", text(name), "row"), ...known.map((channel) => cell("td", format(valueOf(channel)))));
      this.rows.append(row);
    }
  }

  numbers(look, firstDay) {
    const format = (value) => told(look, value, firstDay);
    return [
      ["text-count", ({ count }) => count, (count) => written(count, 9)],
      ["text-low", ({ low }) => low, format],
      ["text-middle", ({ percentiles }) => percentiles["50"], format],
      ["text-mean", ({ mean }) => mean, format],
      ["text-high", ({ high }) => high, format],
    ];
  }

  draw(look, channel, number, channels, firstDay) {
    const element = document.createElement("div");
    element.className = "chart";
    element.dataset.channel = channel.name;
    this.plots.append(element);
    const { edges, counts } = channel.histogram;
    const name = title(look, channel, number);
    draw(element, {
      height: HISTOGRAM_PX,
      x: {
        label: name, format: (value) => told(look, value, firstDay),
        values: counts.map((_, bin) => (edges[bin] + edges[bin + 1]) / 2),
      },
      lines: [{ label: text("text-count"), values: counts, colour: channels === 3 ? CHANNEL_COLOURS[number] : "--accent", bars: true }],
      y: { format: (value) => new Intl.NumberFormat(language, { notation: "compact" }).format(value) },
    });
  }
}

function title(look, channel, number) {
  return look.titles?.[number] ?? look.title ?? channel.title;
}

function cell(tag, content, scope) {
  const element = document.createElement(tag);
  element.textContent = content;
  if (scope) element.scope = scope;
  if (tag === "td" && content) element.className = "number";
  return element;
}

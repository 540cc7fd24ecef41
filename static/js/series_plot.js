// The plot of a series: which lines, of which pixels, and how observations and statistics look.

import { draw } from "./chart.js";

const TICK_PX = 96;
const HEIGHT_PX = 300;
const QUALITY_COLOUR = "--accent";
const USUAL = { bands: ["B02", "B03", "B04", "B08"], indices: ["ndvi"], quality: ["valid_obs"] };
const FIGURES = [["p05", "5 %"], ["p25", "25 %"], ["median", ""], ["p75", "75 %"], ["p95", "95 %"]];

/** The plot in `page`; `show(steps, pixel)` draws it anew, `onStep(number)` hears clicks, `onLine(name)` the chosen statistics. */
export function addPlot(page, config, { onStep, onLine }) {
  const element = page.querySelector("#series-chart");
  const empty = page.querySelector("#plot-empty");
  const choices = page.querySelector("#series-lines");
  const which = page.querySelector("#plot-pixels");
  const byName = new Map(config.lines.map((line) => [line.name, line]));
  const words = page.dataset;
  let steps = [];
  let pixel = 0;
  let chart = null;
  chooseUsual();
  showGroup();
  page.addEventListener("change", ({ target }) => {
    if (target.name === "group") showGroup();
    if (target.closest("#series-lines") && isStatistics()) onLine(target.value);
    if (target.name === "group" || target.closest("#series-lines") || target === which) render();
  });
  return { show, highlight, chosenLine };

  function show(newSteps, newPixel) {
    steps = newSteps;
    pixel = newPixel;
    render();
  }

  function highlight(number) {
    const index = steps.findIndex((step) => step.number === number);
    chart?.highlight(index < 0 ? undefined : index);
  }

  function chosenLine(name) {
    const input = [...choices.querySelectorAll("input")].find((one) => one.value === name);
    if (!input) return;
    input.checked = true;
    page.querySelector(`[name=group][value=${byName.get(name).group}]`).checked = true;
    showGroup();
    render();
  }

  function isStatistics() {
    return config.contents === "statistics";
  }

  function group() {
    return page.querySelector("[name=group]:checked").value;
  }

  function chooseUsual() {
    for (const [name, usual] of Object.entries(USUAL)) {
      const inputs = [...choices.querySelectorAll(`[data-group=${name}] input`)];
      const wanted = inputs.filter(({ value }) => usual.includes(value));
      const chosen = wanted.length ? wanted : inputs.slice(0, 1);
      for (const input of isStatistics() ? chosen.slice(-1) : chosen) input.checked = true;
    }
  }

  function showGroup() {
    for (const label of choices.children) label.hidden = label.dataset.group !== group();
  }

  function chosen() {
    const inputs = [...choices.querySelectorAll(`[data-group=${group()}] input:checked`)];
    return inputs.map(({ value }) => byName.get(value));
  }

  function render() {
    const { shown, lines, bands } = plotted();
    const isEmpty = !lines.some(({ values }) => values.some((value) => value !== null));
    empty.hidden = !isEmpty;
    element.hidden = isEmpty;
    if (isEmpty) {
      chart?.destroy();
      chart = null;
      return;
    }
    chart = draw(element, {
      x: {
        values: steps.map(secondsOf), label: words.axisTime, time: true, ticks: ticks(), format: dayOf,
      },
      lines, bands, height: HEIGHT_PX, padding: [null, 36, null, null], y: { label: axisTitle(shown), format: axisFormat(shown) },
      onPick: (index) => onStep(steps[index].number),
    });
  }

  function plotted() {
    const shown = chosen();
    if (isStatistics()) return { shown, ...percentiles(shown[0]) };
    if (config.contents === "observations") return { shown, lines: shown.flatMap(dots) };
    return { shown, lines: shown.flatMap(lineOf) };
  }

  /** A line of the chosen pixel, of the mean of all, or of all and their mean. */
  function lineOf(line) {
    const mode = which?.value ?? "one";
    const colour = colourOf(line);
    const label = titleOf(line);
    const points = Boolean(line.flags.length);
    if (mode === "one") return [{ label, colour, points, values: valuesOf(line, pixel) }];
    const count = Math.max(0, ...steps.map((step) => step.pixels?.length ?? 0));
    const all = Array.from({ length: count }, (_, number) => valuesOf(line, number));
    const mean = { label: `${label}, ${words.mean}`, colour, values: steps.map((_, index) => meanOf(all.map((values) => values[index]))) };
    if (mode === "mean") return [mean];
    const thin = all.map((values, number) => ({ label: `${label}, ${words.pixel} ${number + 1}`, colour, values, width: 0.75, dash: [3, 3] }));
    return [...thin, { ...mean, width: 3 }];
  }

  /** Observations: filled dots for those that count, hollow ones for the others. */
  function dots(line) {
    const values = valuesOf(line, pixel);
    const part = (counts) => values.map((value, index) => (isCounted(steps[index]) === counts ? value : null));
    const title = titleOf(line);
    // Those that count over the others: two scenes of one overpass hold the same values.
    return [
      { label: `${title}, ${words.rejected}`, colour: colourOf(line), points: true, hollow: true, values: part(false) },
      { label: `${title}, ${words.counts}`, colour: colourOf(line), points: true, values: part(true) },
    ];
  }

  function isCounted(step) {
    return Boolean(step.pixels?.[pixel]?.counts ?? step.counts);
  }

  function percentiles(line) {
    const colour = colourOf(line);
    const lines = FIGURES.map(([key, text]) => ({
      label: text || words.median, colour, values: steps.map((step) => step.bands?.[line.name]?.[key] ?? null),
      ...(key === "median" ? {} : { width: 0.75, dash: [4, 4], dots: false }),
    }));
    return { lines, bands: [{ from: 3, to: 1, colour }] };
  }

  function valuesOf(line, number) {
    return steps.map((step) => valueOf(line, step.pixels?.[number]));
  }

  function axisTitle(shown) {
    if (group() === "bands") return words.axisReflectance;
    if (group() === "indices") return words.axisIndex;
    return shown[0]?.unit ? `${shown[0].title} (${shown[0].unit})` : shown[0]?.title;
  }

  function axisFormat(shown) {
    const own = group() === "quality" ? shown[0]?.decimals ?? 2 : 3;
    const isMean = which && which.value !== "one";
    const decimals = own === 0 && isMean ? 1 : own;
    // Of whole numbers nothing between two of them is named.
    return (value) => (decimals === 0 && !Number.isInteger(value) ? "" : numberText(value, decimals));
  }

  /** Those of the steps that have room are named below the plot. */
  function ticks() {
    const [first, last] = [secondsOf(steps[0]), secondsOf(steps.at(-1))];
    const away = ((last - first) * TICK_PX) / Math.max(TICK_PX, element.parentElement.clientWidth - 2 * TICK_PX);
    let named = -Infinity;
    const shown = steps.filter((step) => {
      const isNear = secondsOf(step) - named < away;
      if (!isNear) named = secondsOf(step);
      return !isNear;
    });
    return shown.map((step) => [secondsOf(step), shortTitle(step)]);
  }

  function shortTitle(step) {
    if (config.contents === "observations") return dayOf(secondsOf(step));
    const [first, last] = [step.first_day, step.last_day].map((day) => new Date(`${day}T00:00Z`));
    const days = (last - first) / 86_400_000;
    if (days > 300) return step.first_day.slice(0, 4);
    if (days > 60) return step.title;
    return days < 27 ? dayOf(first / 1000) : format(first, { month: "short", year: "numeric" });
  }
}

/** The value of a line at a pixel of a step; an index from its two bands; null where there is none. */
export function valueOf(line, pixel) {
  const values = pixel?.values ?? {};
  if (line.group !== "indices") return values[line.name] ?? null;
  if (pixel?.indices && line.name in pixel.indices) return pixel.indices[line.name];
  const [first, second] = line.bands.map((band) => values[band] ?? null);
  if (first === null || second === null || !(first + second > 0)) return null;
  return (first - second) / (first + second);
}

function colourOf(line) {
  return line.group === "quality" ? QUALITY_COLOUR : `--line-${line.name}`;
}

function titleOf(line) {
  return line.group === "bands" ? line.name : line.title;
}

function meanOf(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

function numberText(value, decimals) {
  return new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: decimals }).format(value);
}

function secondsOf(step) {
  return Date.parse(step.first_day ? `${step.first_day}T00:00Z` : step.sensed_at) / 1000;
}

function dayOf(seconds) {
  return format(new Date(seconds * 1000), { day: "numeric", month: "short", year: "numeric" });
}

function format(date, options) {
  const { lang } = document.documentElement;
  return new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { ...options, timeZone: "UTC" }).format(date);
}

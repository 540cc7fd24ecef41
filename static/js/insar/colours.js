// How a velocity becomes a colour: on the map, as expressions of MapLibre, and in the legend, as a gradient.

import { CRAMERI } from "../../vendor/crameri/scales.js";
import { colourOf } from "./theme.js";

/** What the method can tell from standstill, either way, mm/yr (insar.md: the German service, and EGMS). */
export const PRECISION_MM_YR = 2;
const RANGES = [2, 5, 10, 20, 50];
const USUAL_RANGE = 20;
// The scale of many InSAR services. It is no scale for colour-blind eyes, and the page says so.
const RAINBOW = ["#a50021", "#d7191c", "#f4602c", "#fd9d3c", "#fed662", "#8fd06b", "#35b779", "#29b5b5", "#2b83ba", "#2356a5", "#2c2a86"];
const STEPS = 10;
const FAINTEST = 0.24;
const ENDS_LEFT_OUT = 2; // vik ends in a black that no longer says red or blue
export const SCALES = { vik: CRAMERI.vik.slice(ENDS_LEFT_OUT, -ENDS_LEFT_OUT), roma: CRAMERI.roma, rainbow: RAINBOW };

/** The end of the scale, mm/yr: the one that is chosen, or that which holds the layer's usual velocities. */
export function rangeOf(range, layer) {
  if (range !== "auto") return range;
  const [low, high] = layer?.velocity_range ?? [null, null];
  if (low === null || high === null) return USUAL_RANGE;
  const widest = Math.max(Math.abs(low), Math.abs(high));
  return RANGES.find((end) => end > PRECISION_MM_YR && end >= widest * 0.95) ?? RANGES.at(-1);
}

/** Whether the band within precision has a colour of its own: on the finest scale nothing else would be left. */
export function hasBand(end) {
  return end > PRECISION_MM_YR;
}

/** [velocity, colour] along the scale, without the band within precision. */
export function stops(scale, end) {
  const from = hasBand(end) ? PRECISION_MM_YR : 0;
  const half = Array.from({ length: STEPS + 1 }, (_, step) => [from + ((end - from) * step) / STEPS, step / STEPS]);
  // Beside the band the scale begins with a colour that can be told from the paper, not with its pale middle.
  const faintest = hasBand(end) ? FAINTEST : 0;
  const at = (share, side) => mixed(SCALES[scale], 0.5 + (side * (faintest + (1 - faintest) * share)) / 2);
  return [
    ...half.map(([value, share]) => [-value, at(share, -1)]).reverse(), ...half.map(([value, share]) => [value, at(share, 1)]),
  ].filter(([value], index, all) => !index || value > all[index - 1][0]);
}

/** The colour at a share of a list of colours. */
function mixed(colours, share) {
  const at = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const index = Math.min(Math.floor(at), colours.length - 2);
  const [one, other] = [colours[index], colours[index + 1]].map((colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16)));
  const parts = one.map((part, channel) => Math.round(part + (other[channel] - part) * (at - index)));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** The expression that colours by velocity. `std`: that of the uncertainty, to grey out what is not significant. */
export function colourBy(value, { scale, end, std = null }) {
  const scaled = ["interpolate", ["linear"], value, ...stops(scale, end).flat()];
  const banded = hasBand(end) ? ["case", ["<=", ["abs", value], PRECISION_MM_YR], colourOf("--insar-still"), scaled] : scaled;
  const greyed = std ? ["case", ["<", ["abs", value], ["*", 2, ["to-number", std, 0]]], colourOf("--insar-unsure"), banded] : banded;
  return ["case", ["==", ["typeof", value], "number"], greyed, colourOf("--insar-unknown")];
}

/** The legend's bar from `-end` to `end`. */
export function gradient(scale, end) {
  const share = (value) => `${(((value + end) / (2 * end)) * 100).toFixed(2)}%`;
  const side = (isThere) => stops(scale, end).filter(([value]) => isThere(value)).map(([value, colour]) => `${colour} ${share(value)}`);
  const [low, high] = [-PRECISION_MM_YR, PRECISION_MM_YR].map(share);
  const band = hasBand(end) ? [`var(--insar-still) ${low}`, `var(--insar-still) ${high}`] : [];
  return `linear-gradient(90deg, ${[...side((value) => value < 0), ...band, ...side((value) => value >= 0)].join(", ")})`;
}

// The numbers of a cell that was clicked, beside the map.

import { askAddress } from "./standing.js";
import { releaseOf } from "./offered.js";
import { state } from "./state.js";
import { number } from "./texts.js";
import { say, sayCount } from "./wording.js";

const card = document.getElementById("insar-cell");

/** Show the cell `feature` of the map's tiles; null: none. */
export function showCell(feature) {
  card.hidden = !feature;
  if (!feature) return;
  const { size, n, v, m, sd, lo, hi, p05, p95, c, s } = feature.properties;
  const between = (low, high) => say("between", { low: number(low), high: number(high) });
  const values = {
    size: `${number(size, 0)} m`, count: sayCount("cell-points", n), median: velocity(v), mean: velocity(m), spread: velocity(sd),
    extremes: between(lo, hi), most: between(p05, p95), coherence: number(c, 2), std: velocity(s),
  };
  for (const [name, text] of Object.entries(values)) card.querySelector(`[data-field=${name}]`).textContent = text;
  card.querySelector("[data-row=coherence]").hidden = typeof c !== "number";
  const release = releaseOf(state.get());
  const ask = card.querySelector("a");
  ask.closest("p").hidden = release.right === "full";
  ask.href = askAddress(release);
}

function velocity(value) {
  return `${number(value)} ${say("unit")}`;
}

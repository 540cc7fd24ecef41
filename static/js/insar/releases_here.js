// The same place in other releases of the same family: has its motion changed from one window of years to the next?

import { ask, pathOf } from "./asking.js";
import { LOOKS } from "./motion_plot.js";
import { config, state } from "./state.js";
import { number, secondsOf, text } from "./texts.js";

const NEAR_M = 20;
const DEGREE_M = 111_195;
const MOST_NEAR = 200;

/** Curves of the nearest points within 20 m, one of each other release that this person may see fully there. */
export async function curvesOfReleases({ point, series }, signal) {
  const { release, direction } = state.get();
  const here = config.releases.find(({ key }) => key === release);
  const others = config.releases.filter((other) => other.key !== release && other.right === "full"
    && other.collection === here.collection && other.level === here.level
    && other.layers.some((layer) => layer.direction === direction));
  const found = await Promise.all(others.slice(0, LOOKS.length - 1).map((other) => curveOf(other, direction, point, series, signal).catch(() => null)));
  return found.filter(Boolean).map((curve, index) => ({ ...curve, look: index + 1 }));
}

async function curveOf(release, direction, point, series, signal) {
  const east = NEAR_M / (DEGREE_M * Math.cos((point.lat * Math.PI) / 180));
  const north = NEAR_M / DEGREE_M;
  const bbox = [point.lon - east, point.lat - north, point.lon + east, point.lat + north].map((value) => value.toFixed(7));
  const { features } = await ask(pathOf(release.key, direction, `points/?bbox=${bbox}&limit=${MOST_NEAR}`), { signal });
  const near = features.map((feature) => ({ feature, metres: metresBetween(feature.geometry.coordinates, [point.lon, point.lat]) }))
    .filter(({ metres }) => metres <= NEAR_M).sort((one, other) => one.metres - other.metres)[0];
  if (!near) return null;
  const id = near.feature.id ?? near.feature.properties.id;
  const theirs = await ask(pathOf(release.key, direction, `points/${id}/series/?model=linear%2Bseason`), { signal });
  return { label: text("release-of", { title: release.title, distance: number(near.metres, 0) }), series: theirs, shift: shiftOf(series, theirs) };
}

/** What is added to `theirs` so that the means of both agree over the time that they share; 0 where they share none. */
function shiftOf(ours, theirs) {
  const [first, last] = [Math.max(start(ours), start(theirs)), Math.min(end(ours), end(theirs))];
  const mean = ({ dates, displacement }) => {
    const values = displacement.filter((value, index) => value !== null && secondsOf(dates[index]) >= first && secondsOf(dates[index]) <= last);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const shift = mean(ours) - mean(theirs);
  return Number.isFinite(shift) ? shift : 0;
}

const start = ({ dates }) => secondsOf(dates[0]);
const end = ({ dates }) => secondsOf(dates.at(-1));

function metresBetween([x1, y1], [x2, y2]) {
  const narrower = Math.cos((((y1 + y2) / 2) * Math.PI) / 180);
  return Math.hypot((x1 - x2) * narrower, y1 - y2) * DEGREE_M;
}

// Which releases and layers this person has been told of, and which are like which.

import { firstOf } from "./address.js";
import { config } from "./state.js";

export const LEVELS = ["L2a", "L2b", "L3", "other"];
export const DIRECTIONS = ["ascending", "descending", "east", "up", "los"];
const byKey = new Map(config.releases.map((release) => [release.key, release]));

/** The release that is chosen; undefined where there is none. */
export function releaseOf({ release }) {
  return byKey.get(release);
}

/** Its layer that is chosen. */
export function layerOf({ release, direction }) {
  return byKey.get(release)?.layers.find((layer) => layer.direction === direction);
}

export function collections() {
  return [...new Set(config.releases.map(({ collection }) => collection))];
}

/** The releases of a collection at a level. */
export function releasesOf(collection, level) {
  return config.releases.filter((release) => release.collection === collection && release.level === level);
}

/** The release of another collection or level that is most like `now`: the same years, else the newest that may be seen. */
export function mostLike(now, candidates) {
  return candidates.find(({ first_year, last_year }) => first_year === now?.first_year && last_year === now?.last_year)
    ?? candidates.find(({ right }) => right !== "exists") ?? candidates[0];
}

/** What choosing `release` changes in the state; the direction stays where that can be had. */
export function choosing(release, direction) {
  const offered = release.layers.map((layer) => layer.direction);
  return {
    release: release.key, direction: offered.includes(direction) ? direction : firstOf(offered),
    picked: [], reference: null,
  };
}

/** "los" for the lines of sight; "east" and "up" for themselves: what a positive velocity means depends on it. */
export function senseOf(direction) {
  return ["east", "up"].includes(direction) ? direction : "los";
}

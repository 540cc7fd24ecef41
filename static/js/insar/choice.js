// The switches: collection, level, release, direction. What this person has not been told of is not offered; what a
// release lacks is there, but cannot be chosen.

import { DIRECTIONS, LEVELS, choosing, collections, layerOf, mostLike, releaseOf, releasesOf } from "./offered.js";
import { config, state } from "./state.js";
import { made, say } from "./wording.js";

const form = document.getElementById("insar-choice");

/** Build the switches and keep them in step with the state. */
export function keepChoice() {
  if (!config.releases.length) return;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => choose(target));
  draw(state.get());
  state.subscribe((now, changed) => { if (changed.has("release") || changed.has("direction")) draw(now); });
}

function choose({ name, value }) {
  const now = state.get();
  const release = releaseOf(now);
  const wanted = {
    collection: () => mostLike(release, LEVELS.flatMap((level) => releasesOf(value, level)).sort((one) => (one.level === release.level ? -1 : 1))),
    level: () => mostLike(release, releasesOf(release.collection, value)),
    release: () => config.releases.find(({ key }) => key === value),
    direction: () => release,
  }[name]?.();
  if (wanted) state.set(choosing(wanted, name === "direction" ? value : now.direction));
}

function draw(now) {
  const release = releaseOf(now);
  const layer = layerOf(now);
  const focused = form.contains(document.activeElement) ? document.activeElement.id : "";
  const all = collections();
  fill("collection", all.map((name) => ({ value: name, title: name })), release.collection);
  document.getElementById("insar-collections").hidden = all.length < 2;
  const levels = LEVELS.filter((level) => level !== "other" || releasesOf(release.collection, level).length);
  fill("level", levels.map((level) => ({
    value: level, title: say(`level-${level}`), hint: say(`level-${level}-hint`), isMissing: !releasesOf(release.collection, level).length,
  })), release.level);
  const versions = releasesOf(release.collection, release.level);
  fill("release", versions.map((one) => ({ value: one.key, title: titleOf(one, versions), hint: one.title })), release.key);
  const offered = release.layers.map(({ direction }) => direction);
  const usual = offered.some((one) => ["east", "up"].includes(one)) ? ["east", "up"] : ["ascending", "descending"];
  const directions = DIRECTIONS.filter((one) => offered.includes(one) || (release.level !== "other" && usual.includes(one)));
  fill("direction", directions.map((one) => ({
    value: one, title: say(`direction-${one}`), hint: say(`direction-${one}-hint`), isMissing: !offered.includes(one),
  })), layer?.direction);
  if (focused) document.getElementById(focused)?.focus();
  document.getElementById("insar-layer-name").textContent = layer ? `${release.title} · ${say(`direction-${layer.direction}`)}` : release.title;
}

/** Years where they tell the releases apart; the whole title where there are none. */
function titleOf({ title, first_year: first, last_year: last, version }, versions) {
  if (!first) return title;
  const years = last && last !== first ? `${first}–${last}` : `${first}`;
  const isAlone = versions.filter((one) => one.first_year === first && one.last_year === last).length === 1;
  return isAlone ? years : say("release-version", { years, version });
}

function fill(name, choices, chosen) {
  const place = document.getElementById(`insar-${name}s`).querySelector(".insar-switch");
  place.replaceChildren(...choices.map(({ value, title, hint = "", isMissing = false }, index) => {
    const input = made("input", "visually-hidden");
    Object.assign(input, { type: "radio", name, value, id: `insar-${name}-${index}`, checked: value === chosen, disabled: isMissing });
    const label = made("label");
    label.title = isMissing ? say("not-offered") : hint;
    label.append(input, title);
    return label;
  }));
}

// What this person may see of the chosen release, said where it is less than all.

import { releaseOf } from "./offered.js";
import { config, state } from "./state.js";
import { number } from "./texts.js";
import { say } from "./wording.js";

/** Where access to `release` is asked for. */
export function askAddress(release) {
  return config.ask.replace("/key/", `/${encodeURIComponent(release.key)}/`);
}

export function releaseAddress(release) {
  return config.page.replace("/key/", `/${encodeURIComponent(release.key)}/`);
}

/** Keep the notice in step with the state. */
export function keepStanding() {
  const draw = (now) => {
    const release = releaseOf(now);
    const card = document.getElementById("insar-standing");
    card.hidden = !release || release.right === "full";
    // Where there is nothing to look at, there is nothing to choose about its looks.
    document.querySelector(".insar-data-part").hidden = release?.right === "exists";
    document.getElementById("insar-about").hidden = !release;
    if (!release) return;
    document.getElementById("insar-about").href = releaseAddress(release);
    card.querySelector("p").textContent = say(`standing-${release.right === "exists" ? "exists" : "overview"}`, {
      size: number(release.overview_cell_m, 0), least: number(release.least_points, 0),
    });
    card.querySelector("a").href = askAddress(release);
  };
  state.subscribe((now, changed) => { if (changed.has("release")) draw(now); });
  draw(state.get());
}

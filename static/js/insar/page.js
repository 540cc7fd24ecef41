// The map page of ground motion: what its parts do stands in their files; here they are put together.

import { keepChoice } from "./choice.js";
import { keepControls } from "./controls.js";
import { keepList } from "./in_view.js";
import { clearData, keepData } from "./layers.js";
import { keepLegend } from "./legend.js";
import { ready, showWhole } from "./map.js";
import { keepOverlays } from "./overlays.js";
import { keepDates, keepOwnVelocities } from "./own_velocities.js";
import { keepPicking } from "./picking.js";
import { keepStanding } from "./standing.js";
import { config, state } from "./state.js";
import { loadTiles } from "./tile_loading.js";
import { say } from "./wording.js";

const element = (id) => document.getElementById(id);

const asked = new URLSearchParams(location.search).get("release");

keepCopying();
if (config.releases.length) {
  keepChoice();
  keepControls();
  keepDates();
  keepStanding();
}
// Nothing waits for this: the page is loaded before the map is.
ready.then(config.releases.length ? keepMap : () => {}).catch(showNoMap);

function keepMap(map) {
  keepTrouble(map);
  keepOverlays(map);
  keepData(map);
  keepLegend(map);
  keepList(map);
  keepOwnVelocities(map);
  keepPicking(map);
  keepBusy(map);
  element("insar-whole").addEventListener("click", () => showWhole(map));
}

/** Without WebGL there is no map; what is in the releases can still be had. */
function showNoMap(problem) {
  console.warn("The map cannot be drawn:", problem.message);
  document.documentElement.classList.add("no-map");
  element("insar-no-map").hidden = false;
}

function keepBusy(map) {
  const busy = element("insar-busy");
  map.on("dataloading", () => { busy.hidden = false; });
  map.on("idle", () => { busy.hidden = true; });
}

function tell(name) {
  element("insar-trouble").hidden = false;
  element("insar-trouble").textContent = say(name);
}

function keepTrouble(map) {
  if (asked && asked !== state.get().release) tell("link-elsewhere");
  loadTiles((status) => {
    if (status === 404) {
      // Access has ended since the page was opened: what is still here goes too.
      clearData(map);
      state.set({ picked: [] }, { replace: true });
    }
    tell({ 404: "trouble-gone", 429: "trouble-many" }[status] ?? "trouble-silent");
  });
  element("insar-map").addEventListener("maptrouble", ({ detail }) => {
    if (!detail?.status) tell("trouble-silent");
  });
  state.subscribe((now, changed) => { if (changed.has("release") || changed.has("direction")) element("insar-trouble").hidden = true; });
}

function keepCopying() {
  const button = element("insar-copy");
  button.hidden = !navigator.clipboard; // only in secure contexts
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(state.address());
    button.querySelector("span").textContent = say("copied");
  });
}

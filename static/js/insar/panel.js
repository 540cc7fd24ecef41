// The panel beside the map: points, an area, a profile, an export. What is asked stands in the page's state.

import { addArea } from "./area.js";
import { addDrawing } from "./draw.js";
import { addExport } from "./export.js";
import { byId, followAsking, followEnlarging } from "./parts.js";
import { addPoints } from "./points.js";
import { addProfile } from "./profile.js";
import { state } from "./state.js";

const DRAWS = { area: "polygon", profile: "line" };

const panel = byId("motion-panel");
const tabs = [...panel.querySelectorAll("[role=tab]")];
const exported = addExport();
followTabs();
followEnlarging();
followAsking(panel);
addDrawing(panel);
addArea({ onShown: () => choose("area") });
addProfile({ onShown: () => choose("profile") });
addPoints({ onShown: () => choose("points") });

function choose(name) {
  for (const tab of tabs) {
    const isChosen = tab.id === `motion-tab-${name}`;
    tab.setAttribute("aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
  exported.setShown(name === "export");
}

function followTabs() {
  const nameOf = (tab) => tab.id.replace("motion-tab-", "");
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => {
      choose(nameOf(tab));
      // Who turns away from a drawing means to pick again.
      if (Object.values(DRAWS).includes(state.get().tool) && DRAWS[nameOf(tab)] !== state.get().tool) state.set({ tool: "pick" });
    });
    tab.addEventListener("keydown", ({ key }) => {
      const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[key];
      if (to === undefined) return;
      const next = tabs[(to + tabs.length) % tabs.length];
      choose(nameOf(next));
      next.focus();
    });
  }
  state.subscribe((now, changed) => {
    const name = Object.keys(DRAWS).find((each) => DRAWS[each] === now.tool);
    if (changed.has("tool") && name) choose(name);
  });
}

// Setting many fields of the form at once: tick buttons, presets, and links that carry changes.

import { choosePeriod } from "./hub_period.js";

/** Have the buttons that carry choices set them. */
export function addChoiceButtons(form) {
  document.addEventListener("click", (event) => {
    const ticks = event.target.closest("[data-ticks]");
    if (ticks) tick(form, ticks);
    const carrier = event.target.closest("[data-choices], [data-changes]");
    if (carrier) {
      event.preventDefault();
      choose(form, JSON.parse(carrier.dataset.choices ?? carrier.dataset.changes));
    }
    const period = event.target.closest("[data-period-kind]");
    if (period) {
      event.preventDefault();
      choosePeriod(form, period.dataset.periodKind, period.dataset.periodStart);
    }
  });
}

/** Set the fields that `choices` names to their value; of boxes those are ticked that are in the list. */
export function choose(form, choices) {
  for (const [name, value] of Object.entries(choices)) {
    const values = [value].flat();
    const boxes = form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`);
    for (const box of boxes) box.checked = values.includes(box.value);
    if (!boxes.length && form.elements[name]) form.elements[name].value = values[0] ?? "";
  }
  if ("area" in choices) form.elements.area.dispatchEvent(new Event("areawritten"));
  changed(form);
}

/** Tick the boxes that the button names in its groups, and show them; `*` is all of them. */
function tick(form, button) {
  const wanted = button.dataset.values.split(" ");
  for (const group of button.dataset.ticks.split(" ")) {
    for (const box of form.querySelectorAll(`input[name="${group}"]`)) {
      box.checked = wanted.includes(box.value) || wanted.includes("*");
    }
    const folded = document.getElementById(group).closest("details");
    if (folded) folded.open = true;
  }
  changed(form);
}

function changed(form) {
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

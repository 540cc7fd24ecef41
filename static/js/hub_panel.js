// The order panel: four steps in a dialogue. Without this script they stand one below the other in the form.

const STEPS = ["format", "bands", "order", "confirm"];

/** Make the panel of `form` a dialogue. `isReady()` says whether it can be opened. */
export function addPanel(form, { isReady }) {
  const panel = document.getElementById("order-panel");
  const prepare = document.getElementById("prepare");
  const hint = document.getElementById("prepare-hint");
  const estimate = document.getElementById("estimate");
  const generate = document.getElementById("generate");
  let step = STEPS[0];
  let furthest = 0;
  let wasOpened = false;

  panel.removeAttribute("open"); // close() would move the focus
  refresh();
  prepare.addEventListener("click", () => open(STEPS[0]));
  panel.addEventListener("click", ({ target }) => {
    if (target === panel) return; // the backdrop: a slip of the hand must not close what was filled in
    if (target.closest("[data-cancel]")) panel.close();
    if (target.closest("[data-next]")) next();
    if (target.closest("[data-back]")) go(STEPS[STEPS.indexOf(step) - 1]);
    const wanted = target.closest("[data-go]")?.dataset.go;
    if (wanted) goTo(wanted);
  });
  panel.addEventListener("close", () => {
    document.querySelector("[data-estimate-place=bar]").append(estimate);
    // Folding the page's open panel at the start tells of a closing, too: nobody left anything then.
    if (wasOpened) prepare.focus();
  });
  form.addEventListener("submit", onSubmit);
  panel.addEventListener("keydown", (event) => {
    const row = event.key === "Enter" && event.target.matches("input") && event.target.closest(".preset-row");
    if (!row) return;
    event.preventDefault();
    row.querySelector("button").click();
  });
  form.addEventListener("change", () => sayWhatIsMissing(false));
  form.elements.name.addEventListener("input", () => sayWhatIsMissing(false));
  // Coming back by the browser's Back button shows the page as it was left, sent or not.
  window.addEventListener("pageshow", () => form.classList.remove("sent"));
  return { refresh, openByItself };

  function refresh() {
    prepare.disabled = !isReady();
    hint.hidden = !prepare.disabled;
  }

  function open(first) {
    wasOpened = true;
    if (!panel.open) panel.showModal();
    go(first);
  }

  /** After a refusal the panel opens where something has to change; after signing in, at its end. */
  function openByItself() {
    const refused = panel.dataset.refused.split(" ").filter(Boolean);
    const first = refused[0] ?? panel.dataset.openStep;
    if (refused.length) furthest = STEPS.length - 1;
    if (!first || !isReady() || document.getElementById("id_area_error")) return;
    furthest = STEPS.length - 1;
    open(first);
    const section = sectionOf(first);
    (section.querySelector("[aria-invalid=true]") ?? headOf(first)).focus();
  }

  function go(wanted) {
    if (!STEPS.includes(wanted)) return;
    step = wanted;
    const index = STEPS.indexOf(step);
    furthest = Math.max(furthest, index);
    for (const section of panel.querySelectorAll(".panel-step")) section.hidden = section.dataset.step !== step;
    for (const button of panel.querySelectorAll(".panel-steps [data-go]")) {
      const its = STEPS.indexOf(button.dataset.go);
      button.disabled = its > furthest;
      button.classList.toggle("done", its < index);
      if (its === index) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
    panel.querySelector("[data-back]").hidden = index === 0;
    panel.querySelector("[data-next]").hidden = index === STEPS.length - 1;
    generate.hidden = index !== STEPS.length - 1;
    const place = panel.querySelector("[data-estimate-place]");
    (step === "confirm" ? place : document.querySelector("[data-estimate-place=bar]")).append(estimate);
    if (index >= STEPS.indexOf("order")) form.dispatchEvent(new CustomEvent("review"));
    panel.querySelector(".panel-body").scrollTop = 0;
    headOf(step).focus();
  }

  /** By the list of steps: back to any, forward only past what is complete. */
  function goTo(wanted) {
    if (STEPS.indexOf(wanted) > STEPS.indexOf(step) && !isComplete()) return;
    go(wanted);
  }

  function next() {
    if (isComplete()) go(STEPS[STEPS.indexOf(step) + 1]);
  }

  /** Whether the step may be left forwards; says at the field what is missing. */
  function isComplete() {
    const missing = sayWhatIsMissing(true);
    missing?.focus();
    return !missing;
  }

  function sayWhatIsMissing(strictly) {
    const nothing = !form.querySelector("[name=bands]:checked, [name=layers]:checked");
    const unnamed = !form.elements.name.value.trim();
    const tell = (id, isMissing) => {
      const note = document.getElementById(id);
      note.hidden = !(isMissing && (strictly || !note.hidden));
    };
    if (!strictly || step === "bands") tell("nothing-chosen", nothing);
    if (!strictly || step === "order") tell("name-missing", unnamed);
    if (strictly && step === "bands" && nothing) return form.querySelector("[name=bands]");
    if (strictly && step === "order" && unnamed) return form.elements.name;
    return null;
  }

  /** The form is sent by Generate alone; Enter in a field goes on to the next step. */
  function onSubmit(event) {
    const button = event.submitter;
    if (button?.hasAttribute("formaction")) return;
    if (panel.open && step === "confirm" && button === generate) {
      form.classList.add("sent");
      return;
    }
    event.preventDefault();
    if (panel.open) next();
    else if (isReady()) open(STEPS[0]);
  }

  function sectionOf(name) {
    return panel.querySelector(`.panel-step[data-step="${name}"]`);
  }

  function headOf(name) {
    return document.getElementById(`step-${name}`);
  }
}

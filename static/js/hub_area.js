// The area, given in five ways, kept once: the text of the area is the one truth. Drawing, a file, a country or a
// continent write it, and whatever is written there is drawn.

import { readArea, sphereKm2, writeWkt } from "./areas.js";
import { kilometres } from "./hub_draw.js";
import { showBounds } from "./map.js";

const TYPING_PAUSE_MS = 600;

/** Keep the area of `form`, the map and the facts about it together. */
export function areaChoice(form, { map, drawing }) {
  const byId = (id) => document.getElementById(id);
  const text = form.elements.area;
  const facts = byId("area-facts");
  const summary = byId("area-summary");
  const notes = byId("area-notes");
  const refusal = byId("area-refusal");
  const busy = byId("area-busy");
  let asked = 0;

  drawing.onDrawn(() => {
    const geometry = drawing.geometry();
    forgetNames();
    write(geometry ? writeWkt(geometry) : "");
  });
  text.addEventListener("input", afterPause(() => {
    forgetNames();
    accept();
    if (isChosen() && !map.getBounds().contains(drawing.bounds())) show();
  }));
  text.addEventListener("areawritten", () => {
    forgetNames();
    tell([]);
    accept();
    show();
  });
  text.addEventListener("change", (event) => event.stopPropagation()); // said by "areachange", once
  byId("area-zoom").addEventListener("click", show);
  byId("area-clear").addEventListener("click", () => {
    forgetNames();
    write("");
    form.querySelector("[name=way]:checked").focus();
  });
  addUpload();
  for (const select of form.querySelectorAll("[data-regions]")) select.addEventListener("change", () => region(select));
  showText();
  if (text.value.trim()) describe();

  return { isChosen, show };

  function isChosen() {
    return text.value.trim() !== "" && drawing.geometry() !== null;
  }

  function show() {
    if (isChosen()) showBounds(map, drawing.bounds());
  }

  function write(value) {
    text.value = value;
    tell([]);
    accept();
  }

  /** The text has changed: draw it, describe it, and tell the rest of the page. */
  function accept() {
    form.querySelector("#id_area_error")?.remove();
    text.removeAttribute("aria-invalid");
    refuse("");
    showText();
    describe();
    form.dispatchEvent(new CustomEvent("areachange"));
    form.dispatchEvent(new CustomEvent("estimate"));
  }

  function showText() {
    drawing.show(readArea(text.value));
    const chosen = isChosen();
    for (const part of form.querySelectorAll("#area [data-when]")) part.hidden = (part.dataset.when === "chosen") !== chosen;
    byId("area").classList.toggle("is-chosen", chosen);
    byId("area-zoom").hidden = !chosen;
    byId("area-clear").hidden = text.value === "";
    facts.hidden = !chosen;
    say(chosen ? "" : text.value.trim() ? summary.dataset.unreadable : "", chosen);
  }

  /** Say how large the area is at once by the sphere, then what the server knows of it. */
  async function describe() {
    const geometry = drawing.geometry();
    const number = ++asked;
    if (!geometry) return;
    const limit = facts.querySelector("[data-fact=limit_km2]");
    fact("area_km2", sphereKm2(geometry));
    fact("limit_km2", Number(limit.dataset.value));
    fact("tiles", null);
    if (!facts.dataset.facts) return;
    const answer = await post(facts.dataset.facts, { area: text.value });
    if (number !== asked || !answer?.facts) return;
    const known = answer.facts;
    fact("area_km2", known.area_km2);
    fact("tiles", Math.max(1, known.tiles.length));
    fact("limit_km2", known.limit_km2);
    facts.classList.toggle("too-large", known.fits === false);
    say(known.summary, true);
  }

  /** Say `sentence` about the area; that there is one is read out, for the heading shows it already. */
  function say(sentence, chosen) {
    const heard = document.createElement("span");
    heard.className = "visually-hidden";
    heard.textContent = chosen ? `${summary.dataset.chosen}. ` : "";
    summary.replaceChildren(heard, sentence);
  }

  function fact(name, value) {
    const place = facts.querySelector(`[data-fact="${name}"]`);
    place.textContent = value === null ? "…" : place.dataset.unit ? kilometres(value) : value;
  }

  function addUpload() {
    const drop = byId("area-drop");
    const input = form.elements.area_file;
    if (!drop.dataset.upload) return;
    input.addEventListener("change", (event) => {
      event.stopPropagation();
      if (input.files.length) upload(input.files[0]);
    });
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
    for (const end of ["dragleave", "drop"]) drop.addEventListener(end, () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) upload(event.dataTransfer.files[0]);
    });
    // A file dropped beside the field would else replace the page.
    for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
  }

  async function upload(file) {
    forgetNames();
    await take(() => post(byId("area-drop").dataset.upload, { file }));
    form.elements.area_file.value = ""; // what is sent is the text
  }

  async function region(select) {
    for (const other of form.querySelectorAll("[data-regions]")) if (other !== select) other.value = "";
    if (!select.value) return;
    const url = select.dataset.regions.replace("CODE", encodeURIComponent(select.value));
    await take(() => ask(url, {}));
  }

  /** Take the area that `answering` brings; a refusal stands at the field and leaves the area as it was. */
  async function take(answering) {
    const number = ++asked;
    refuse("");
    busy.hidden = false;
    const answer = await answering();
    if (number !== asked) return;
    busy.hidden = true;
    if (!answer?.wkt) {
      refuse(answer?.errors?.map((error) => error.message).join(" ") || answer?.detail || refusal.dataset.unreachable);
      return;
    }
    text.value = answer.wkt;
    tell(answer.notes ?? []);
    accept();
    show();
  }

  function tell(sentences) {
    notes.replaceChildren(...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
    notes.hidden = !sentences.length;
  }

  function refuse(sentence) {
    refusal.textContent = sentence;
    refusal.hidden = !sentence;
  }

  function forgetNames() {
    for (const select of form.querySelectorAll("[data-regions]")) select.value = "";
  }

  function post(url, fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return ask(url, { method: "POST", body, headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value } });
  }
}

/** The JSON that `url` answers, a refusal's too; null when there is none. */
async function ask(url, options) {
  try {
    const answer = await fetch(url, options);
    return await answer.json();
  } catch {
    return null;
  }
}

function afterPause(action) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, TYPING_PAUSE_MS);
  };
}

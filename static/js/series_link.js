// The choices of the time-series page in its address, so that a link opens the form as it is filled.

const LONGEST_AREA = 1500;
const PAUSE_MS = 200;
const LISTS = ["bands", "layers"];
const ALWAYS = ["contents", "kind", "lon", "lat", "start", "end"];

/** Keep the address of the page in step with `form`, and copy it on demand. */
export function addSeriesLink(form) {
  const defaults = JSON.parse(document.getElementById("form-defaults").textContent);
  const note = document.getElementById("link-note");
  const button = document.getElementById("copy-link");
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(write, PAUSE_MS);
  };
  for (const event of ["change", "areachange"]) form.addEventListener(event, later);
  button.hidden = !navigator.clipboard; // only in secure contexts
  button.addEventListener("click", async () => {
    write();
    await navigator.clipboard.writeText(location.href);
    button.querySelector("span").textContent = button.dataset.done;
  });

  function write() {
    history.replaceState(history.state, "", `${location.pathname}?${query()}`);
  }

  function query() {
    const data = new FormData(form);
    const found = new URLSearchParams();
    const isArea = data.get("contents") === "statistics";
    for (const [name, value] of data) {
      if (name === "csrfmiddlewaretoken" || name === "area" || LISTS.includes(name)) continue;
      if (isArea && ["lon", "lat", "pixels", "epsg"].includes(name)) continue;
      if (value !== (defaults[name] ?? "") || (ALWAYS.includes(name) && value)) found.set(name, value);
    }
    const area = isArea ? data.get("area").trim() : "";
    const fits = area.length <= LONGEST_AREA;
    if (area && fits) found.set("area", area);
    note.hidden = fits;
    note.textContent = fits ? "" : note.dataset.withoutArea;
    for (const name of LISTS) {
      const chosen = data.getAll(name);
      if (isSame(chosen, defaults[name])) continue;
      for (const value of chosen.length ? chosen : [""]) found.append(name, value);
    }
    return found;
  }
}

function isSame(some, others) {
  return some.length === others.length && some.every((value) => others.includes(value));
}

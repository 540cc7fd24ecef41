// The page's state in its address, so that a link opens the form as it is filled.

const LONGEST_AREA = 1500;
const PAUSE_MS = 200;
const PLAIN = ["resolution", "crs", "format", "method", "mask", "name"];

/** Keep the address of the page in step with `form`, and copy it on demand. */
export function addLink(form) {
  const defaults = JSON.parse(document.getElementById("form-defaults").textContent);
  const note = document.getElementById("link-note");
  const button = document.getElementById("copy-link");
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(history.state, "", address()), PAUSE_MS);
  };
  for (const event of ["change", "areachange"]) form.addEventListener(event, later);
  button.hidden = !navigator.clipboard; // only in secure contexts
  button.addEventListener("click", async () => {
    history.replaceState(history.state, "", address());
    await navigator.clipboard.writeText(location.href);
    button.querySelector("span").textContent = button.dataset.done;
  });

  function address() {
    const data = new FormData(form);
    const query = new URLSearchParams();
    const kind = data.get("kind");
    query.set("kind", kind);
    query.set(kind, data.get(kind) ?? "");
    putArea(query, data);
    for (const name of [...PLAIN, ...Object.keys(defaults).filter((key) => key.startsWith("option-"))]) {
      const value = data.get(name) ?? "";
      if (value !== (defaults[name] ?? "")) query.set(name, value);
    }
    for (const name of ["bands", "layers"]) {
      const chosen = data.getAll(name);
      if (sameAs(chosen, defaults[name])) continue;
      for (const value of chosen.length ? chosen : [""]) query.append(name, value);
    }
    return `${location.pathname}?${query}`;
  }

  /** A country by its code, any other area as text; one that is too long is left out, and a note says so. */
  function putArea(query, data) {
    const area = data.get("area").trim();
    const region = data.get("area_region") || data.get("area_continent");
    const fits = area.length <= LONGEST_AREA;
    if (region) query.set(data.get("area_region") ? "area_region" : "area_continent", region);
    else if (area && fits) query.set("area", area);
    note.hidden = Boolean(region) || fits;
    note.textContent = note.hidden ? "" : note.dataset.withoutArea;
    const way = data.get("way");
    if (way && way !== "draw") query.set("way", way);
  }
}

function sameAs(some, others) {
  return some.length === others.length && some.every((value) => others.includes(value));
}

// Colours of the style sheets, as the map can take them: light-dark() and variables are resolved by the browser.

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

/** `rgb(…)` of the variable `name`, in the colours that are shown now. */
export function colourOf(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

export function isDark() {
  return getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** Call `redraw` whenever light becomes dark or dark light. */
export function onTheme(redraw) {
  document.addEventListener("themechange", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

// The chosen period as text, read from the form's own labels.

const language = document.documentElement.lang;

/** What the chosen period is called, "August 2018"; empty when none is chosen. */
export function periodTitle(form) {
  const kind = form.elements.kind.value;
  const field = form.elements[kind];
  if (!field?.value) return "";
  if (kind === "day") return dayTitle(field.value, { day: "numeric", month: "long", year: "numeric" });
  if (kind === "dekad") return field.selectedOptions[0].textContent;
  const chosen = [...(field.length ? field : [field])].find((radio) => radio.checked);
  return chosen?.getAttribute("aria-label") ?? "";
}

/** The day `YYYY-MM-DD` in the page's language. */
export function dayTitle(day, options) {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { ...options, timeZone: "UTC" }).format(new Date(`${day}T00:00Z`));
}

/** Choose the period of `kind` that starts on `start`, as a person would. */
export function choosePeriod(form, kind, start) {
  form.elements.kind.value = kind;
  const field = form.elements[kind];
  if (!field) return;
  field.value = start;
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

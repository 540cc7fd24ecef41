// What the scripts of the panel say, from the page's <template id="insar-panel-texts">, and numbers and dates as the
// page's language writes them.

const words = new Map([...document.getElementById("insar-panel-texts").content.querySelectorAll("[data-text]")].map(
  (element) => [element.dataset.text, element.textContent]));
const { lang } = document.documentElement;
const locale = lang === "en" ? "en-GB" : lang;
const plurals = new Intl.PluralRules(lang);

/** The text `name`, its {places} filled. */
export function text(name, values = {}) {
  return (words.get(name) ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** The text `name` for so many; {count} in it is `count`. */
export function counted(name, count, values = {}) {
  const form = `${name}.${plurals.select(count)}`;
  return text(words.has(form) ? form : `${name}.other`, { count: number(count, 0), ...values });
}

/** A number for a reader; a dash for none. */
export function number(value, decimals = 1, options = {}) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const rounded = Number(value.toFixed(decimals)) + 0; // no "-0"
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(lang, { ...digits, ...options }).format(rounded).replace("-", "−");
}

/** `−6.2 ± 1.1`, or the value alone where nothing is known of its uncertainty. */
export function withError(value, std, decimals = 1) {
  return std === null || std === undefined ? number(value, decimals) : `${number(value, decimals)} ± ${number(std, decimals)}`;
}

/** A date from YYYY-MM-DD or seconds. */
export function day(value, options = { day: "numeric", month: "short", year: "numeric" }) {
  const date = typeof value === "number" ? new Date(value * 1000) : new Date(`${value}T00:00Z`);
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(date);
}

export function secondsOf(isoDay) {
  return Date.parse(`${isoDay}T00:00Z`) / 1000;
}

export function isoOf(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** Metres or kilometres. */
export function length(metres) {
  return metres >= 1000 ? `${number(metres / 1000, metres >= 10_000 ? 1 : 2)} km` : `${number(metres, 0)} m`;
}

/** The same for an axis, without decimals that say nothing. */
export function axisLength(metres) {
  if (metres < 1000) return length(metres);
  return `${number(metres / 1000, metres % 1000 ? (metres % 100 ? 2 : 1) : 0)} km`;
}

/** Ticks of a time axis: years, or quarters or months where fewer are in view; as many as fit. */
export function timeTicks(low, high, most = 6) {
  const [first, last] = [new Date(low * 1000), new Date(high * 1000)];
  const months = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
  const step = [1, 3, 6, 12, 24, 60, 120].find((size) => months / size <= most) ?? 240;
  const format = step >= 12 ? { year: "numeric" } : { month: "short", year: "2-digit" };
  const ticks = [];
  for (let month = Math.floor(first.getUTCMonth() / step) * step; ticks.length < 50; month += step) {
    const seconds = Date.UTC(first.getUTCFullYear(), month, 1) / 1000;
    if (seconds > high) break;
    if (seconds >= low) ticks.push([seconds, day(seconds, format)]);
  }
  return ticks.length ? ticks : [[low, day(low)]];
}

// What the map's scripts say, from the page's <template id="insar-map-texts">.

const words = new Map([...document.getElementById("insar-map-texts").content.querySelectorAll("[data-text]")].map(
  (element) => [element.dataset.text, element.textContent.trim()]));
const plurals = new Intl.PluralRules(document.documentElement.lang);

/** The text `name`, its {places} filled. */
export function say(name, values = {}) {
  return (words.get(name) ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** The text for so many, which stand in it as {count}. */
export function sayCount(name, count, values = {}) {
  const form = `${name}.${plurals.select(count)}`;
  return say(words.has(form) ? form : `${name}.other`, { count: new Intl.NumberFormat(document.documentElement.lang).format(count), ...values });
}

/** A new element with text in it. */
export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

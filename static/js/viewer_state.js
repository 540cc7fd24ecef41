// What the viewer shows, as one object, and the same in the page's address, so that a link opens the same view.

export const ANY_BANDS = "bands";
const STRETCHES = ["2-98", "5-95", "all", "hand"];
const PAUSE_MS = 200;

/** The state that the address asks for; what it asks for wrongly is left at its default. */
export function readState(config) {
  const query = new URLSearchParams(location.search);
  const looks = new Map(config.looks.map((look) => [look.key, look]));
  const look = looks.get(query.get("look")) ?? config.looks[0];
  const names = query.get("bands")?.split(",") ?? [];
  const state = {
    look: look.key,
    bands: looks.get(ANY_BANDS)?.show ?? [],
    stretch: oneOf(STRETCHES, query.get("stretch")),
    of: oneOf(["product", "view"], query.get("of")),
    ranges: null,
    gamma: within(query.get("gamma"), 0.4, 2.5, 1),
    colours: /^[A-Za-z_]{1,20}$/.test(query.get("colours") ?? "") ? query.get("colours") : "",
    opacity: within(query.get("opacity"), 0, 100, 100),
    swipe: query.has("swipe"),
    border: within(query.get("swipe"), 0, 100, 50),
    rightOrder: config.others.some(({ id }) => `${id}` === query.get("right")) ? query.get("right") : "",
    rightLook: looks.has(query.get("rightlook")) && query.get("rightlook") !== ANY_BANDS ? query.get("rightlook") : "",
    place: place(query.get("at")),
    pixel: pair(query.get("pixel")),
    tool: oneOf(["values", "why"], query.get("tool")),
  };
  const bands = new Set(Object.keys(config.titles));
  if (names.length === 3 && names.every((name) => bands.has(name))) state.bands = names;
  const channels = look.kind === "composite" ? 3 : 1;
  state.ranges = ranges(query.get("range"), channels);
  if (state.stretch === "hand" && !state.ranges) state.stretch = STRETCHES[0];
  return state;
}

/** Keep the address of the page in step with what `describe()` gives: a state; call the returned after each change. */
export function keepAddress(describe) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(history.state, "", addressOf(describe())), PAUSE_MS);
  };
}

/** The page's address with `state` in it. */
export function addressOf(state) {
  const query = new URLSearchParams({ look: state.look });
  if (state.look === ANY_BANDS) query.set("bands", state.bands.join(","));
  if (state.stretch !== STRETCHES[0]) query.set("stretch", state.stretch);
  if (state.of !== "product") query.set("of", state.of);
  if (state.ranges) query.set("range", state.ranges.map(([low, high]) => `${short(low)},${short(high)}`).join(";"));
  if (state.gamma !== 1) query.set("gamma", state.gamma);
  if (state.colours) query.set("colours", state.colours);
  if (state.opacity !== 100) query.set("opacity", state.opacity);
  if (state.swipe) {
    query.set("swipe", state.border);
    if (state.rightOrder) query.set("right", state.rightOrder);
    if (state.rightLook) query.set("rightlook", state.rightLook);
  }
  if (state.tool !== "values") query.set("tool", state.tool);
  if (state.pixel) query.set("pixel", state.pixel.map((value) => value.toFixed(6)).join(","));
  if (state.place) query.set("at", `${state.place.lat.toFixed(5)},${state.place.lon.toFixed(5)},${state.place.zoom}`);
  // These are clear to read as they are.
  return `${location.pathname}?${`${query}`.replace(/%2C/g, ",").replace(/%3B/g, ";")}`;
}

function oneOf(choices, value) {
  return choices.includes(value) ? value : choices[0];
}

function within(text, low, high, otherwise) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : otherwise;
}

function ranges(text, channels) {
  const found = (text ?? "").split(";").map((range) => range.split(",").map(Number));
  const good = found.length === channels && found.every((range) => range.length === 2 && isRange(range));
  return text && good ? found : null;
}

/** Whether that is a low and a higher number, neither beyond all sense. */
export function isRange([low, high]) {
  return Number.isFinite(low) && Number.isFinite(high) && low < high && Math.abs(low) <= 1e6 && Math.abs(high) <= 1e6;
}

function pair(text) {
  const [lon, lat] = (text ?? "").split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

function place(text) {
  const [lat, lon, zoom] = (text ?? "").split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 2 && zoom <= 20 ? { lat, lon, zoom } : null;
}

/** A number with no more digits than it needs. */
export function short(value) {
  return `${Number(value.toPrecision(6))}`;
}

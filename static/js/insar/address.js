// The state of the map page as the query of its address, and back. What an address asks for wrongly is left at its
// default: a link comes from anybody.

export const SCALES = ["vik", "roma", "rainbow"];
export const RANGES = [2, 5, 10, 20, 50];
export const TOOLS = ["pick", "polygon", "line", "reference"];
export const MOST_PICKED = 8;
const MOST_CORNERS = 100;
const DIRECTIONS = ["ascending", "descending", "east", "up", "los"];
const RIGHTS = ["exists", "overview", "full"];
const LEVELS_BY_USE = ["other", "L2a", "L3", "L2b"];
const LARGEST_ID = Number.MAX_SAFE_INTEGER;

/** The state that the query `text` asks for. */
export function readAddress(text, config) {
  const query = new URLSearchParams(text);
  const { release, direction } = layerOf(query, config.releases);
  const [lat, lon, zoom] = numbers(query.get("at"), 3);
  const isPlace = Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 1 && zoom <= 19;
  return {
    release,
    direction,
    lon: isPlace ? lon : null,
    lat: isPlace ? lat : null,
    zoom: isPlace ? zoom : null,
    scale: oneOf(SCALES, query.get("scale")),
    range: RANGES.includes(Number(query.get("range"))) ? Number(query.get("range")) : "auto",
    opacity: within(query.get("opacity"), 10, 100, 90),
    size: within(query.get("size"), 0.5, 3, 1),
    filters: {
      coherence: within(query.get("coherence"), 0, 1, 0),
      velocity: span(query.get("velocity")),
      significant: query.get("significant") === "1",
    },
    grey: query.get("grey") === "1",
    basemap: config.tiles && query.get("base") !== "outline" ? "tiles" : "outline",
    overlays: (query.get("over") ?? "").split(",").filter((name) => /^[a-z0-9-]{1,30}$/.test(name)).slice(0, 12),
    window: days(query.get("window")),
    reference: identity(query.get("reference")),
    referenceDate: day(query.get("since")),
    picked: (query.get("points") ?? "").split(",").map(identity).filter((id) => id !== null).slice(0, MOST_PICKED),
    shape: readShape(query.get("shape")),
    tool: oneOf(TOOLS, query.get("tool")),
  };
}

/** The query that `readAddress` takes back; what is at its default is left out. */
export function describe(state, config) {
  const query = new URLSearchParams();
  const put = (name, value, isUsual = false) => { if (!isUsual) query.set(name, value); };
  if (state.release) {
    put("release", state.release);
    put("direction", state.direction);
  }
  if (state.zoom !== null) put("at", `${short(state.lat, 5)},${short(state.lon, 5)},${short(state.zoom, 2)}`);
  put("scale", state.scale, state.scale === SCALES[0]);
  put("range", state.range, state.range === "auto");
  put("opacity", state.opacity, state.opacity === 90);
  put("size", state.size, state.size === 1);
  const { coherence, velocity, significant } = state.filters;
  put("coherence", coherence, coherence === 0);
  put("velocity", velocity?.map((value) => value ?? "").join(","), !velocity);
  put("significant", 1, !significant);
  put("grey", 1, !state.grey);
  put("base", "outline", state.basemap !== "outline" || !config.tiles);
  put("over", state.overlays.join(","), !state.overlays.length);
  put("window", state.window?.join(","), !state.window);
  put("reference", state.reference, state.reference === null);
  put("since", state.referenceDate, !state.referenceDate);
  put("points", state.picked.join(","), !state.picked.length);
  const shape = writeShape(state.shape);
  put("shape", shape, !shape);
  put("tool", state.tool, state.tool === TOOLS[0]);
  // These are clear to read as they are.
  return `${query}`.replace(/%2C/g, ",").replace(/%3B/g, ";").replace(/%7E/g, "~");
}

/** The layer that is asked for; else the one that shows most, a calibrated one before others. */
function layerOf(query, releases) {
  const asked = releases.find(({ key }) => key === query.get("release"));
  const worth = ({ right, level }) => 10 * RIGHTS.indexOf(right) + LEVELS_BY_USE.indexOf(level);
  const release = asked ?? releases.reduce((best, one) => (!best || worth(one) > worth(best) ? one : best), null);
  if (!release) return { release: null, direction: null };
  const offered = release.layers.map(({ direction }) => direction);
  const wanted = query.get("direction");
  return { release: release.key, direction: offered.includes(wanted) ? wanted : firstOf(offered) };
}

export function firstOf(offered) {
  return DIRECTIONS.find((direction) => offered.includes(direction)) ?? offered[0] ?? null;
}

function oneOf(choices, value) {
  return choices.includes(value) ? value : choices[0];
}

function within(text, low, high, otherwise) {
  const [value] = numbers(text, 1);
  return value >= low && value <= high ? value : otherwise;
}

function numbers(text, count) {
  const parts = (text ?? "").split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  return parts.length === count ? parts : Array(count).fill(NaN);
}

/** `[low, high]`, either null where it is open. */
function span(text) {
  if (!text) return null;
  const parts = text.split(",");
  if (parts.length !== 2) return null;
  const [low, high] = parts.map((part) => (part.trim() === "" ? null : Number(part)));
  const isGood = [low, high].every((value) => value === null || Math.abs(value) <= 1000);
  if (!isGood || (low === null && high === null)) return null;
  return low !== null && high !== null && low > high ? null : [low, high];
}

function day(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(Date.parse(text)) ? text : null;
}

function days(text) {
  const [first, last] = (text ?? "").split(",").map(day);
  return first && last && first < last ? [first, last] : null;
}

function identity(text) {
  const id = /^\d{1,16}$/.test(text ?? "") ? Number(text) : null;
  return id !== null && id <= LARGEST_ID ? id : null;
}

/** `p~lon,lat;lon,lat…` is a polygon without holes, `l~…` a line. */
function readShape(text) {
  const [kind, rest] = (text ?? "").split("~");
  if (!["p", "l"].includes(kind) || !rest) return null;
  const corners = rest.split(";").map((pair) => numbers(pair, 2));
  const isGood = corners.every(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 85);
  if (!isGood || corners.length > MOST_CORNERS) return null;
  if (kind === "l") return corners.length >= 2 ? { type: "LineString", coordinates: corners } : null;
  return corners.length >= 3 ? { type: "Polygon", coordinates: [[...corners, corners[0]]] } : null;
}

/** Larger shapes stay out of the address: it would be cut off somewhere on its way. */
function writeShape(shape) {
  const corners = shape?.type === "LineString" ? shape.coordinates : shape?.coordinates[0].slice(0, -1);
  if (!corners || corners.length > MOST_CORNERS) return "";
  const places = corners.map((place) => place.map((value) => short(value, 5)).join(",")).join(";");
  return `${shape.type === "LineString" ? "l" : "p"}~${places}`;
}

function short(value, digits) {
  return Number(value.toFixed(digits));
}

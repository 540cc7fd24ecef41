// Areas as text and as GeoJSON. The server is the judge of what is pasted; this only mirrors what it can read.

const AREAL = new Set(["Polygon", "MultiPolygon"]);

/** The GeoJSON Polygon or MultiPolygon in `text` (WKT or GeoJSON), or null when it cannot be read. */
export function readArea(text) {
  const trimmed = text.trim();
  if (!trimmed) return null;
  try {
    return trimmed.startsWith("{") ? fromGeoJson(JSON.parse(trimmed)) : fromWkt(trimmed);
  } catch {
    return null;
  }
}

/** `geometry` as WKT, with about a metre's precision. */
export function writeWkt(geometry) {
  const body = nested(geometry.coordinates);
  return `${geometry.type === "Polygon" ? "POLYGON" : "MULTIPOLYGON"}${body}`;
}

/** The polygons of `geometry`: arrays of rings. */
export function polygonsOf(geometry) {
  return geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
}

function nested(value) {
  if (typeof value[0] === "number") return `${round(value[0])} ${round(value[1])}`;
  return `(${value.map(nested).join(", ")})`;
}

function round(number) {
  return String(Math.round(number * 1e5) / 1e5);
}

function fromGeoJson(value) {
  if (value.type === "FeatureCollection") {
    const geometries = value.features.map((feature) => fromGeoJson(feature));
    if (geometries.includes(null) || !geometries.length) return null;
    return geometries.length === 1
      ? geometries[0]
      : { type: "MultiPolygon", coordinates: geometries.flatMap(polygonsOf) };
  }
  const geometry = value.type === "Feature" ? value.geometry : value;
  return AREAL.has(geometry?.type) && sound(geometry) ? geometry : null;
}

function fromWkt(text) {
  const found = /^(?:SRID\s*=\s*4326\s*;)?\s*(MULTIPOLYGON|POLYGON)\s*(\(.*\))$/is.exec(text);
  if (!found) return null;
  const body = found[2]
    .replace(/[^()\d.,eE+\-\s]/g, "?")
    .replace(/([-+\d.eE]+)\s+([-+\d.eE]+)/g, "[$1,$2]")
    .replaceAll("(", "[")
    .replaceAll(")", "]");
  const type = found[1].toUpperCase() === "POLYGON" ? "Polygon" : "MultiPolygon";
  const geometry = { type, coordinates: JSON.parse(body) };
  return sound(geometry) ? geometry : null;
}

/** Whether every ring is closed and made of places on Earth, so that the map can show it. */
function sound(geometry) {
  return polygonsOf(geometry).every((rings) => rings.length > 0 && rings.every(closed));
}

function closed(ring) {
  const last = ring.at(-1);
  return ring.length >= 4 && ring.every(onEarth) && ring[0][0] === last[0] && ring[0][1] === last[1];
}

function onEarth([longitude, latitude]) {
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
}

const EARTH_RADIUS_KM = 6371.007; // of the sphere with the surface of the ellipsoid

/** Square kilometres of `geometry` on the sphere; within half a percent of the ellipsoid's. */
export function sphereKm2(geometry) {
  return polygonsOf(geometry)
    .flatMap((rings) => rings.map((ring, index) => (index === 0 ? 1 : -1) * ringKm2(ring)))
    .reduce((sum, part) => sum + part, 0);
}

/** Area between a ring and the equator, edge by edge, as a cylinder that keeps areas has it. */
function ringKm2(ring) {
  const radians = Math.PI / 180;
  let sum = 0;
  for (let index = 0; index < ring.length; index++) {
    const [x1, y1] = ring[index];
    const [x2, y2] = ring[(index + 1) % ring.length];
    sum += (x2 - x1) * radians * (Math.sin(y1 * radians) + Math.sin(y2 * radians));
  }
  return Math.abs(sum / 2) * EARTH_RADIUS_KM ** 2;
}

// Polygons and lines as text: GeoJSON, WKT, or four numbers.

import { polygonsOf, readArea } from "../areas.js";

const MOST_CORNERS = 100;

/** The polygon without holes in `text`, or null. */
export function readPolygon(text) {
  const box = fourNumbers(text);
  if (box) {
    const [west, south, east, north] = box;
    return west < east && south < north ? boxOf(west, south, east, north) : null;
  }
  const area = readArea(text);
  const polygons = area ? polygonsOf(area) : [];
  const isPlain = polygons.length === 1 && polygons[0].length === 1 && polygons[0][0].length <= MOST_CORNERS + 1;
  return isPlain ? { type: "Polygon", coordinates: [polygons[0][0].map(([lon, lat]) => [lon, lat])] } : null;
}

/** The line in `text`, or null. */
export function readLine(text) {
  const ends = fourNumbers(text);
  const corners = ends ? [ends.slice(0, 2), ends.slice(2)] : fromJson(text) ?? fromWkt(text);
  const isGood = corners && corners.length >= 2 && corners.length <= MOST_CORNERS && corners.every(isPlace);
  return isGood ? { type: "LineString", coordinates: corners.map(([lon, lat]) => [lon, lat]) } : null;
}

export function boxOf(west, south, east, north) {
  return { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] };
}

function fourNumbers(text) {
  const parts = text.trim().split(/[\s,;]+/);
  const values = parts.map(Number);
  return parts.length === 4 && values.every(Number.isFinite) && isPlace(values.slice(0, 2)) && isPlace(values.slice(2)) ? values : null;
}

function fromJson(text) {
  try {
    const value = JSON.parse(text);
    const geometry = value.type === "Feature" ? value.geometry : value;
    return geometry?.type === "LineString" ? geometry.coordinates : null;
  } catch {
    return null;
  }
}

function fromWkt(text) {
  const found = /^\s*(?:SRID\s*=\s*4326\s*;)?\s*LINESTRING\s*\(([^()]*)\)\s*$/i.exec(text);
  return found ? found[1].split(",").map((pair) => pair.trim().split(/\s+/).map(Number)) : null;
}

function isPlace(place) {
  const [lon, lat] = Array.isArray(place) ? place : [];
  return Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lon) <= 180 && Math.abs(lat) <= 85;
}

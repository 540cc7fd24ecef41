// How the satellite looked at a point: where it flew, where it looked, and how steeply.

import { number, text } from "./texts.js";

const NS = "http://www.w3.org/2000/svg";
// Sentinel-1, and nearly every other radar satellite, looks to the right of its flight.
const RIGHT = 90;

/** `azimuth`: from the point towards the satellite; `incidence`: from the vertical; degrees. */
export function directionsOf({ azimuth, incidence }) {
  return { look: (azimuth + 180) % 360, heading: (azimuth + 180 - RIGHT + 360) % 360, incidence };
}

/** Draw both pictures into `element`; their words into `words`. */
export function showCompass(element, words, compass) {
  const { look, heading, incidence } = directionsOf(compass);
  const rounded = { look: number(look, 0), heading: number(heading, 0), incidence: number(incidence, 1) };
  element.replaceChildren(fromAbove(heading, look, rounded), fromTheSide(incidence, rounded));
  words.textContent = text("compass-words", rounded);
}

function fromAbove(heading, look, rounded) {
  const picture = pictureOf(text("compass-label", rounded), "-108 -80 216 152");
  put(picture, "circle", { r: 52, class: "ring" });
  for (let degrees = 0; degrees < 360; degrees += 30) {
    put(picture, "path", { d: degrees % 90 ? "M0 -52V-48" : "M0 -52V-45", class: "tick", transform: `rotate(${degrees})` });
  }
  put(picture, "path", { d: "M0 -62l5 9h-10z", class: "north" });
  write(picture, text("north"), 0, -65, "north-name");
  put(picture, "path", { d: "M0 40V-40M-6 -30L0 -41L6 -30", class: "flies", transform: `rotate(${heading})` });
  put(picture, "path", { d: "M0 0V-34M-5 -26L0 -35L5 -26", class: "looks", transform: `rotate(${look})` });
  // At its tail: the heads of most satellites' arrows are where the north is named.
  name(picture, text("flies"), heading + 180, "flies-name");
  name(picture, text("looks"), look, "looks-name");
  return picture;
}

/** A word outside of the ring, in the direction of an arrow's head or tail. */
function name(picture, word, degrees, kind) {
  const radians = (degrees * Math.PI) / 180;
  const [x, y] = [Math.sin(radians) * 58, -Math.cos(radians) * 62 + 4];
  const anchor = Math.abs(Math.sin(radians)) < 0.3 ? "middle" : x > 0 ? "start" : "end";
  write(picture, word, x, y, kind, anchor);
}

function fromTheSide(incidence, rounded) {
  const picture = pictureOf(text("incidence-label", rounded), "-90 -80 180 152");
  const radians = (Math.min(85, Math.max(0, incidence)) * Math.PI) / 180;
  const [x, y] = [Math.sin(radians) * 84, 46 - Math.cos(radians) * 84];
  put(picture, "path", { d: "M-60 46H68", class: "ring" });
  put(picture, "path", { d: "M-20 46V-50", class: "upright" });
  put(picture, "path", { d: `M${-20 + Math.sin(radians) * 34} ${46 - Math.cos(radians) * 34}A34 34 0 0 0 -20 12`, class: "angle" });
  put(picture, "path", { d: `M${x - 20} ${y}L-20 46`, class: "looks" });
  put(picture, "rect", { x: -5, y: -3, width: 10, height: 6, class: "satellite", transform: `translate(${x - 20} ${y}) rotate(${incidence})` });
  put(picture, "path", { d: "M-15 0H-5M5 0H15", class: "wings", transform: `translate(${x - 20} ${y}) rotate(${incidence})` });
  put(picture, "circle", { cx: -20, cy: 46, r: 3.5, class: "north" });
  write(picture, `${rounded.incidence}°`, -20 + Math.sin(radians / 2) * 48, 46 - Math.cos(radians / 2) * 44, "angle-name");
  return picture;
}

function pictureOf(label, box) {
  const picture = document.createElementNS(NS, "svg");
  picture.setAttribute("viewBox", box);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  return picture;
}

function put(picture, kind, values) {
  const part = picture.appendChild(document.createElementNS(NS, kind));
  for (const [key, value] of Object.entries(values)) part.setAttribute(key, value);
  return part;
}

function write(picture, word, x, y, kind, anchor = "middle") {
  put(picture, "text", { x, y, class: kind, "text-anchor": anchor }).textContent = word;
}

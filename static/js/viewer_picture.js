// The view as a PNG: what the map shows, and below it a strip with name, scale, legend and the licence's notice.

import { colourOf } from "./chart.js";

const PAD = 12;
const LINE = 20;
const FONT = "13px system-ui, sans-serif";
const BOLD = "600 15px system-ui, sans-serif";
const SWATCH = 12;
const RAMP_WIDTH = 180;
const METRES = [1, 2, 5];

/**
 * A canvas of the map as it is now. `sides`: [{pane, opacity, from, to}] by share of the width;
 * `words`: {name, period, copyright}; `legends`: [{title, legend}] of the sides.
 */
export function draw(map, { sides, words, legends }) {
  const element = map.getContainer();
  const { width, height } = element.getBoundingClientRect();
  const colour = (name) => colourOf(element, name);
  const lines = layOut(legends, width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width);
  canvas.height = Math.round(height) + 2 * PAD + LINE * (2 + lines);
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour("--map-sea");
  pen.fillRect(0, 0, canvas.width, Math.round(height));
  drawOutlines(pen, map);
  for (const side of sides) drawTiles(pen, element, side);
  drawBorder(pen, sides, width, height, colour);
  drawStrip(pen, map, { top: Math.round(height), words, legends, colour, width: canvas.width });
  return canvas;
}

/** Save `canvas` as the file `name`; resolves when it was handed to the browser. */
export async function save(canvas, name) {
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read it only a moment later.
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000);
}

/** The country outlines below the tiles, where the map has them. */
function drawOutlines(pen, map) {
  const origin = map.layerPointToContainerPoint([0, 0]);
  pen.save();
  pen.translate(origin.x, origin.y);
  for (const path of map.getPane("outlines").querySelectorAll("path")) {
    const { fill, stroke, strokeWidth } = getComputedStyle(path);
    const shape = new Path2D(path.getAttribute("d"));
    pen.fillStyle = fill;
    pen.fill(shape, "evenodd");
    pen.strokeStyle = stroke;
    pen.lineWidth = parseFloat(strokeWidth);
    pen.stroke(shape);
  }
  pen.restore();
}

function drawTiles(pen, element, { pane, opacity, from, to }) {
  const frame = element.getBoundingClientRect();
  pen.save();
  pen.beginPath();
  pen.rect(from * frame.width, 0, (to - from) * frame.width, frame.height);
  pen.clip();
  pen.globalAlpha = opacity;
  pen.imageSmoothingEnabled = false;
  for (const tile of pane.querySelectorAll("img.leaflet-tile-loaded")) {
    const box = tile.getBoundingClientRect();
    const [left, top] = [Math.round(box.left - frame.left), Math.round(box.top - frame.top)];
    pen.drawImage(tile, left, top, Math.round(box.right - frame.left) - left, Math.round(box.bottom - frame.top) - top);
  }
  pen.restore();
}

function drawBorder(pen, sides, width, height, colour) {
  if (sides.length < 2) return;
  pen.fillStyle = colour("--surface");
  pen.fillRect(Math.round(sides[1].from * width) - 1, 0, 2, height);
}

function drawStrip(pen, map, { top, words, legends, colour, width }) {
  const bottom = pen.canvas.height;
  pen.fillStyle = colour("--surface");
  pen.fillRect(0, top, width, bottom - top);
  pen.textBaseline = "middle";
  drawScale(pen, map, { top: top + PAD, colour, width });
  pen.fillStyle = colour("--ink");
  pen.font = BOLD;
  pen.fillText(words.name, PAD, top + PAD + LINE / 2, width - 200);
  const named = Math.min(pen.measureText(words.name).width, width - 200);
  pen.font = FONT;
  pen.fillStyle = colour("--ink-soft");
  if (named < width - 340) pen.fillText(words.period, PAD + named + PAD, top + PAD + LINE / 2, width - named - 180);
  drawLegends(pen, legends, { top: top + PAD + LINE, colour, width });
  pen.fillStyle = colour("--ink-soft");
  pen.font = FONT;
  pen.fillText(words.copyright, PAD, bottom - PAD - LINE / 2, width - 2 * PAD);
}

/** A bar of a round length at the strip's right. */
function drawScale(pen, map, { top, colour, width }) {
  const middle = map.getSize().y / 2;
  const metresPerPixel = map.distance(map.containerPointToLatLng([0, middle]), map.containerPointToLatLng([100, middle])) / 100;
  const metres = roundBelow(metresPerPixel * 120);
  const length = metres / metresPerPixel;
  const [right, y] = [width - PAD, top + LINE / 2 + 4];
  pen.strokeStyle = colour("--ink");
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(right - length, y - 5);
  pen.lineTo(right - length, y);
  pen.lineTo(right, y);
  pen.lineTo(right, y - 5);
  pen.stroke();
  pen.fillStyle = colour("--ink");
  pen.font = FONT;
  const label = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  pen.textAlign = "right";
  pen.fillText(label, right - length - 6, y - 3);
  pen.textAlign = "left";
}

function roundBelow(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  return Math.max(...METRES.filter((step) => step * power <= metres)) * power;
}

/** Where each piece of the legends goes: calls `put({line, x, piece})`; returns how many lines they take. */
function layOut(legends, width, put = () => {}) {
  const pen = document.createElement("canvas").getContext("2d");
  let [line, x] = [0, PAD];
  for (const { title, legend } of legends) {
    if (line || x > PAD) [line, x] = [line + 1, PAD];
    for (const piece of [{ text: title, isTitle: true }, ...pieces(legend)]) {
      pen.font = piece.isTitle ? `600 ${FONT}` : FONT;
      const size = (piece.colour ? SWATCH + 5 : 0) + (piece.stops ? RAMP_WIDTH + 8 : 0) + pen.measureText(piece.text ?? "").width;
      if (x > PAD && x + size > width - PAD) [line, x] = [line + 1, PAD];
      put({ line, x, piece });
      x += size + (piece.isTight ? 8 : 14);
    }
  }
  return line + 1;
}

function pieces(legend) {
  if (!legend) return [];
  if (legend.kind === "ramp") {
    return [{ text: legend.ends[0], isTight: true }, { stops: legend.stops, text: legend.ends[1] }];
  }
  return (legend.entries ?? legend.channels).map(({ title, colour }) => ({ text: title, colour }));
}

function drawLegends(pen, legends, { top, colour, width }) {
  layOut(legends, width, ({ line, x, piece }) => {
    const y = top + line * LINE + LINE / 2;
    let left = x;
    if (piece.colour) {
      pen.fillStyle = piece.colour.startsWith("--") ? colour(piece.colour) : piece.colour;
      pen.fillRect(left, y - SWATCH / 2, SWATCH, SWATCH);
      left += SWATCH + 5;
    }
    if (piece.stops) {
      const gradient = pen.createLinearGradient(left, 0, left + RAMP_WIDTH, 0);
      piece.stops.forEach((stop, number) => gradient.addColorStop(number / (piece.stops.length - 1), stop));
      pen.fillStyle = gradient;
      pen.fillRect(left, y - SWATCH / 2, RAMP_WIDTH, SWATCH);
      left += RAMP_WIDTH + 8;
    }
    pen.font = piece.isTitle ? `600 ${FONT}` : FONT;
    pen.fillStyle = colour("--ink");
    pen.fillText(piece.text ?? "", left, y);
  });
}

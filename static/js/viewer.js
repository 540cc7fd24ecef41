// The viewer: a finished mosaic on the map, in the colours that are chosen beside it.

import { createMap, mapConfig } from "./map.js";
import { Border, Side, Trouble } from "./viewer_layers.js";
import { Histograms, language, showLegend } from "./viewer_legend.js";
import { Numbers, rangesOf } from "./viewer_numbers.js";
import { draw, save } from "./viewer_picture.js";
import { Pixels } from "./viewer_pixel.js";
import { Ranges } from "./viewer_ranges.js";
import { ANY_BANDS, addressOf, keepAddress, readState, short } from "./viewer_state.js";

const config = mapConfig();
const element = (id) => document.getElementById(id);
const viewer = element("viewer");
const world = document.querySelector("script[data-world]").dataset.world;
const looks = new Map(config.looks.map((look) => [look.key, look]));
const state = readState(config);
const legends = { left: null, right: null };
let turn = 0;
let isAsking = false;

const map = createMap(element("map"), { ...config, world });
map.options.zoomSnap = 1; // Between whole steps the browser would blend the pixels.
map.setMaxZoom(20);
L.geoJSON(config.area, { style: { className: "map-area viewer-area" }, interactive: false }).addTo(map);
goToPlace();

const sides = { left: new Side(map, "left"), right: new Side(map, "right") };
const border = new Border(map, sides.left, sides.right, { range: element("border"), handle: element("swipe-handle") });
const trouble = new Trouble(element("trouble"), {
  isByLink: Boolean(config.asks),
  onGone: () => Object.values(sides).forEach((side) => side.clear()),
  onAgain: () => { Object.values(sides).forEach((side) => side.redraw()); show(); },
});
const numbers = new Numbers((status) => trouble.told(status));
const histograms = new Histograms({ plots: element("histograms"), head: element("histogram-head"), rows: element("histogram-rows") });
const ranges = new Ranges(element("ranges"), element("range-problem"), (given) => {
  Object.assign(state, { ranges: given, stretch: "hand" });
  element("stretch").value = "hand";
  show();
});
const remember = keepAddress(described);
fillControls();
const pixels = new Pixels(map, config, { told: (status) => trouble.told(status), onPick: picked });
listen();
show();
await attachWhy();
if (state.pixel) pixels.pick(L.latLng(state.pixel[1], state.pixel[0]));

// --- What is shown ---------------------------------------------------------------------------------

/** The look that is chosen, with the bands it shows and their titles. */
function chosen(key = state.look) {
  const look = looks.get(key);
  const names = key === ANY_BANDS ? state.bands : look.show;
  const titles = look.kind === "composite" ? names.map((name) => config.titles[name]) : undefined;
  return { ...look, show: names, titles };
}

/** Bring map, legend, histogram and address in step with the state. */
async function show() {
  turn += 1;
  const mine = turn;
  const look = chosen();
  arrange(look);
  isAsking = true;
  busy();
  if (look.kind !== "classes" && (!state.ranges || state.ranges.length !== look.show.length)) {
    const channels = await numbers.of(config.products, look.show, state.of === "view" ? map.getBounds() : null);
    if (mine !== turn) return;
    state.ranges = channels && rangesOf(channels, state.stretch);
  }
  if (look.kind === "classes") state.ranges = null;
  ranges.show(look, state.ranges);
  if (!trouble.isOver) sides.left.show(config.products, askedFor(look, state.ranges), watching());
  await Promise.all([showRight(look, mine), legend(look, mine, "left", config.products, state.ranges), count(look, mine)]);
  if (mine !== turn) return;
  isAsking = false;
  busy();
  remember();
}

/** The query by which tiles and legends are asked for. */
function askedFor(look, given) {
  const query = new URLSearchParams({ show: look.show.join(",") });
  if (given) query.set("range", given.map(([low, high]) => `${short(low)},${short(high)}`).join(";"));
  if (look.kind !== "classes" && state.gamma !== 1) query.set("gamma", state.gamma);
  if (["ramp", "index"].includes(look.kind) && state.colours) query.set("colours", state.colours);
  return `${query}`.replace(/%2C/g, ",").replace(/%3B/g, ";");
}

function watching() {
  return { onTrouble: (address) => trouble.look(address), onBusy: busy };
}

function busy() {
  const isWaiting = isAsking || Object.values(sides).some((side) => side.isBusy);
  element("busy").hidden = trouble.isOver || !isWaiting;
}

async function legend(look, mine, side, products, given) {
  const place = element(side === "left" ? "legend" : "right-legend");
  let answered = null;
  if (look.kind !== "composite") {
    const address = `${products[0].legend}?${askedFor(look, given)}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (trouble.told(answer?.status ?? 0) && answer.status !== 204) answered = await answer.json();
    if (mine !== turn) return;
  }
  const data = showLegend(place, { look, legend: answered, ranges: given, firstDay: config.firstDay, many: products.length > 1 });
  legends[side] = { title: look.title, legend: data };
}

async function count(look, mine) {
  const isShown = element("histogram-part").open && look.kind !== "classes";
  if (!isShown) return histograms.clear();
  const bounds = element("histogram-of").value === "view" ? map.getBounds() : null;
  const channels = await numbers.of(config.products, look.show, bounds);
  if (mine === turn && channels) histograms.show(look, channels, config.firstDay);
}

// --- The other side --------------------------------------------------------------------------------

async function showRight(left, mine) {
  const other = config.others.find(({ id }) => `${id}` === state.rightOrder);
  const look = state.rightLook ? chosen(state.rightLook) : left;
  const lacks = Boolean(other) && !needed(look).every((name) => other.rasters.includes(name));
  element("right-lacks").hidden = !lacks;
  border.show(state.swipe);
  nameSides(left, look, other);
  if (!state.swipe || lacks || trouble.isOver) {
    sides.right.clear();
    legends.right = null;
    element("right-legend").replaceChildren();
    return;
  }
  const products = other?.products ?? config.products;
  // The same look is stretched alike, so that what differs is the ground and not the contrast.
  let given = look.key === left.key ? state.ranges : null;
  if (!given && look.kind !== "classes") {
    const channels = await numbers.of(products, look.show);
    if (mine !== turn) return;
    given = channels && rangesOf(channels, "2-98");
  }
  sides.right.show(products, askedFor(look, given), watching());
  border.place();
  await legend(look, mine, "right", products, given);
}

function needed(look) {
  return look.kind === "index" ? config.indices[look.key] : look.show;
}

function nameSides(left, right, other) {
  const names = {
    left: other && left.key === right.key ? `${viewer.dataset.name}, ${viewer.dataset.when}` : left.title,
    right: other ? other.title + (left.key === right.key ? "" : `: ${right.title}`) : right.title,
  };
  for (const [side, name] of Object.entries(names)) {
    element(`${side}-name`).textContent = name;
    element(`${side}-name`).hidden = !state.swipe;
  }
}

// --- Controls --------------------------------------------------------------------------------------

function fillControls() {
  element("look").value = state.look;
  state.bands.forEach((name, number) => { element(`band-${number}`).value = name; });
  element("stretch").value = state.stretch;
  element("stretch-of").value = state.of;
  element("gamma").value = state.gamma;
  element("colours").value = state.colours;
  if (element("colours").selectedIndex < 0) element("colours").value = state.colours = ""; // one that there is not
  element("opacity").value = state.opacity;
  element("swipe").checked = state.swipe;
  element("swipe-part").open = state.swipe;
  element("border").value = state.border;
  if (element("right-order")) element("right-order").value = state.rightOrder;
  element("right-look").value = state.rightLook;
  for (const radio of document.getElementsByName("tool")) radio.checked = radio.value === state.tool;
  fade();
}

/** Show those controls that mean something for `look`. */
function arrange(look) {
  element("own-bands").hidden = look.key !== ANY_BANDS;
  element("stretch-part").hidden = look.kind === "classes";
  element("histogram-part").hidden = look.kind === "classes";
  element("colours-line").hidden = look.kind === "composite";
  element("stretch-again").hidden = state.of !== "view" || state.stretch === "hand";
  element("swipe-choices").hidden = !state.swipe;
  element("gamma-value").textContent = new Intl.NumberFormat(language).format(state.gamma);
}

function fade() {
  const opacity = state.opacity / 100;
  for (const { pane } of Object.values(sides)) pane.style.opacity = opacity;
}

function listen() {
  for (const form of document.querySelectorAll(".viewer-form")) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", ({ target }) => changed(target));
  }
  element("opacity").addEventListener("input", ({ target }) => {
    state.opacity = Number(target.value);
    fade();
    remember();
  });
  element("border").addEventListener("input", ({ target }) => {
    state.border = Number(target.value);
    remember();
  });
  element("stretch-again").addEventListener("click", () => {
    state.ranges = null;
    show();
  });
  element("histogram-part").addEventListener("toggle", () => count(chosen(), turn));
  map.on("moveend", () => {
    // What the browser still holds of a tile it shows without asking: so ask whether the link is still good.
    if (config.asks) trouble.look(config.asks);
    if (element("histogram-part").open && element("histogram-of").value === "view") count(chosen(), turn);
    remember();
  });
  element("save-picture").addEventListener("click", savePicture);
  element("copy-view").hidden = !navigator.clipboard; // only in secure contexts
  element("copy-view").addEventListener("click", async ({ currentTarget }) => {
    await navigator.clipboard.writeText(new URL(addressOf(described()), location.href).href);
    currentTarget.querySelector("span").textContent = element("text-copied").content.textContent;
  });
}

function changed(target) {
  switch (target.id) {
    case "look":
      Object.assign(state, { look: target.value, ranges: null });
      if (state.stretch === "hand") setStretch("2-98");
      break;
    case "band-0": case "band-1": case "band-2":
      state.bands = [0, 1, 2].map((number) => element(`band-${number}`).value);
      state.ranges = null;
      if (state.stretch === "hand") setStretch("2-98");
      break;
    case "stretch":
      state.stretch = target.value;
      if (target.value !== "hand") state.ranges = null;
      break;
    case "stretch-of":
      state.of = target.value;
      if (state.stretch !== "hand") state.ranges = null;
      break;
    case "gamma": state.gamma = Number(target.value); break;
    case "colours": state.colours = target.value; break;
    case "swipe":
      state.swipe = target.checked;
      if (state.swipe && !state.rightOrder && !state.rightLook) compareWithSomething();
      break;
    case "right-order": state.rightOrder = target.value; break;
    case "right-look": state.rightLook = target.value; break;
    case "histogram-of": count(chosen(), turn); return;
    default: return;
  }
  show();
}

/** The newest other mosaic; without one another look of this. */
function compareWithSomething() {
  if (config.others.length) state.rightOrder = element("right-order").value = `${config.others[0].id}`;
  else state.rightLook = element("right-look").value = config.looks.find(({ key }) => key !== state.look && key !== ANY_BANDS)?.key ?? "";
}

function setStretch(name) {
  state.stretch = name;
  element("stretch").value = name;
}

// --- Place, pixel, picture -------------------------------------------------------------------------

function goToPlace() {
  const [west, south, east, north] = [Math.min, Math.min, Math.max, Math.max].map((of, number) => of(...config.products.map(({ bounds }) => bounds[number])));
  const whole = L.latLngBounds([[south, west], [north, east]]);
  const wanted = config.products.find(({ id }) => `${id}` === new URLSearchParams(location.search).get("product"));
  const only = wanted && L.latLngBounds([[wanted.bounds[1], wanted.bounds[0]], [wanted.bounds[3], wanted.bounds[2]]]);
  if (state.place) map.setView([state.place.lat, state.place.lon], state.place.zoom, { animate: false });
  else map.fitBounds(only ?? whole, { padding: [16, 16], animate: false });
}

function described() {
  const { lat, lng: lon } = map.getCenter();
  return { ...state, place: { lat, lon, zoom: map.getZoom() } };
}

function picked(place) {
  state.tool = document.querySelector("input[name=tool]:checked").value;
  if (place) {
    state.pixel = [place.lng, place.lat];
    element("place-help").hidden = true;
    const link = element("series-here");
    if (link) {
      const address = new URL(link.href);
      address.searchParams.set("lon", place.lng.toFixed(6));
      address.searchParams.set("lat", place.lat.toFixed(6));
      link.href = address;
      element("series-line").hidden = false;
    }
  }
  remember();
}

async function attachWhy() {
  const why = element("why");
  if (why?.dataset.script) (await import(why.dataset.script)).attachWhy(map);
}

async function savePicture() {
  const { share } = border;
  const shown = state.swipe ? [["left", 0, share], ["right", share, 1]] : [["left", 0, 1]];
  const canvas = draw(map, {
    sides: shown.map(([side, from, to]) => ({ pane: sides[side].pane, opacity: state.opacity / 100, from, to })),
    words: { name: viewer.dataset.name, period: viewer.dataset.period, copyright: viewer.dataset.copyright },
    legends: shown.map(([side]) => legends[side]).filter(Boolean),
  });
  await save(canvas, `${config.file}-${state.look}.png`);
}

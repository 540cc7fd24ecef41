// The window of dates in a plot: shaded, with a handle at either end that is dragged or moved by the arrow keys.

import { colourOf } from "../chart.js";
import { day, isoOf, secondsOf, text } from "./texts.js";

const KEYS_PAUSE_MS = 400;
const SHORTEST_SECONDS = 60 * 86_400;

/** `hooks` belong into the plot; `show(dates, window)` tells what is chosen; `onChange([first, last])` hears of another. */
export function addWindow({ onChange }) {
  const handles = ["first", "last"].map((name, end) => handleOf(name, end));
  let plot = null;
  let dates = [];
  let ends = [];
  let isChosen = false;
  let timer;
  const hooks = {
    ready: [(made) => { plot = made; plot.over.append(...handles); place(); }],
    setScale: [place],
    setSize: [place],
    drawClear: [shade],
  };
  return { hooks, show };

  function show(isoDates, window) {
    dates = isoDates.map(secondsOf);
    isChosen = Boolean(window);
    ends = window ? window.map(secondsOf) : [dates[0], dates.at(-1)];
    place();
    plot?.redraw(false);
  }

  function place() {
    if (!plot || !dates.length) return;
    const { min, max } = plot.scales.x;
    handles.forEach((handle, end) => {
      handle.hidden = ends[end] < min || ends[end] > max;
      handle.style.left = `${plot.valToPos(ends[end], "x")}px`;
      handle.classList.toggle("is-chosen", isChosen);
      handle.setAttribute("aria-valuemin", 0);
      handle.setAttribute("aria-valuemax", dates.length - 1);
      handle.setAttribute("aria-valuenow", nearest(ends[end]));
      handle.setAttribute("aria-valuetext", day(ends[end]));
    });
  }

  function shade(made) {
    if (!isChosen) return;
    const { ctx, bbox } = made;
    const [left, right] = ends.map((seconds) => {
      const x = made.valToPos(seconds, "x", true);
      return Math.min(bbox.left + bbox.width, Math.max(bbox.left, x));
    });
    ctx.save();
    ctx.fillStyle = colourOf(made.root, "--accent-soft");
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.restore();
  }

  function nearest(seconds) {
    let found = 0;
    dates.forEach((date, index) => { if (Math.abs(date - seconds) < Math.abs(dates[found] - seconds)) found = index; });
    return found;
  }

  /** Put an end on the date number `index`, as far as the other end leaves room. */
  function move(end, index) {
    const wanted = dates[Math.min(dates.length - 1, Math.max(0, index))];
    const isRoom = end === 0 ? ends[1] - wanted >= SHORTEST_SECONDS : wanted - ends[0] >= SHORTEST_SECONDS;
    if (!isRoom || wanted === ends[end]) return;
    ends[end] = wanted;
    isChosen = true;
    place();
    plot.redraw(false);
  }

  function tell() {
    clearTimeout(timer);
    if (isChosen) onChange(ends.map(isoOf));
  }

  function handleOf(name, end) {
    const handle = document.createElement("div");
    handle.className = `motion-handle is-${name}`;
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", text(`handle-${name}`));
    // The plot itself would take a drag for its own zoom.
    for (const event of ["mousedown", "mouseup", "dblclick", "click"]) handle.addEventListener(event, (happened) => happened.stopPropagation());
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const left = event.clientX - plot.over.getBoundingClientRect().left;
      move(end, nearest(plot.posToVal(left, "x")));
    });
    handle.addEventListener("pointerup", tell);
    handle.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
      if (!(event.key in steps)) return;
      event.preventDefault();
      move(end, nearest(ends[end]) + steps[event.key]);
      clearTimeout(timer);
      timer = setTimeout(tell, KEYS_PAUSE_MS);
    });
    return handle;
  }
}

// What the map page of ground motion shows: one object that all its scripts share, and the same in the page's
// address, so that a link opens the same view and back and forward work.
//
//   import { state } from "./state.js";
//   state.get()                          the object; never changed in place
//   state.set({ picked: [17] })          changes it and tells everybody; { replace: true }: no step for "back"
//   state.subscribe((now, changed) => …) called after each change with the Set of the keys that changed;
//                                        returns what ends it

import { describe, readAddress } from "./address.js";

// Moving about or drawing at a slider is no step that "back" should undo.
const CONTINUOUS = new Set(["lon", "lat", "zoom", "opacity", "size", "filters", "tool"]);
const PAUSE_MS = 250; // browsers refuse more than some hundred changes of the address in half a minute

export const config = JSON.parse(document.getElementById("insar-config").textContent);

const listeners = new Set();
let current = Object.freeze(readAddress(location.search, config));
let timer;

export function get() {
  return current;
}

export function set(patch, { replace = false } = {}) {
  const changed = new Set(Object.keys(patch).filter((key) => !same(current[key], patch[key])));
  if (!changed.size) return;
  const isStep = !replace && [...changed].some((key) => !CONTINUOUS.has(key));
  // What waits to be written belongs to the view before this step.
  if (isStep) write(false);
  current = Object.freeze({ ...current, ...patch });
  if (isStep) write(true);
  else wait();
  tell(changed);
}

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The address of the view as it stands, whole, for a link. */
export function address() {
  return new URL(`${location.pathname}?${describe(current, config)}`, location.href).href;
}

export const state = { get, set, subscribe, address };

function tell(changed) {
  for (const listener of [...listeners]) listener(current, changed);
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => write(false), PAUSE_MS);
}

function write(isStep) {
  clearTimeout(timer);
  const wanted = `${location.pathname}?${describe(current, config)}`;
  if (wanted === location.pathname + location.search) return;
  if (isStep) history.pushState(null, "", wanted);
  else history.replaceState(history.state, "", wanted);
}

addEventListener("popstate", () => {
  clearTimeout(timer);
  const before = current;
  // What a click does is no part of what is looked at.
  current = Object.freeze({ ...readAddress(location.search, config), tool: before.tool });
  const changed = new Set(Object.keys(current).filter((key) => !same(before[key], current[key])));
  if (changed.size) tell(changed);
});

function same(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

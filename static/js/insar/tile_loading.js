// Fetches the map tiles of ground motion, so that the page hears when they are refused: the map library keeps a 404 to
// itself, and would go on showing what it holds after access has ended.

import { addProtocol } from "../../vendor/maplibre/maplibre-gl.mjs";

const SCHEME = "motion";
const EMPTY = 204;

/** The address template under which the map asks for tiles below `folder`. */
export function tileAddress(folder) {
  return `${SCHEME}:/${folder}{z}/{x}/{y}.mvt`;
}

/** Load tiles from now on; `onRefused(status)` is called for each that is refused. */
export function loadTiles(onRefused) {
  addProtocol(SCHEME, async ({ url }, { signal }) => {
    const response = await fetch(url.slice(SCHEME.length + 2), { signal, credentials: "same-origin" });
    if (response.status === EMPTY) return { data: new ArrayBuffer(0) };
    if (response.ok) return { data: await response.arrayBuffer() };
    onRefused(response.status);
    throw Object.assign(new Error(`${response.status}`), { status: response.status });
  });
}

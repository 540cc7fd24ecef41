// The products as map tiles, in two panes that share a border; and what is said when the tiles stay away.

const EDGE = 0.02; // of the size: a rectangle of UTM bulges beyond the corners it was drawn with
const ASK_AGAIN_MS = 500;

/** One side of the map: some products in one look. */
export class Side {
  constructor(map, name) {
    this.map = map;
    this.pane = map.createPane(`look-${name}`);
    this.pane.classList.add("map-look");
    this.name = `look-${name}`;
    this.layers = [];
    this.key = "";
  }

  /** Show `products` as the query `asked` says; the same again is no work. */
  show(products, asked, { onTrouble, onBusy }) {
    const ids = products.map(({ id }) => id).join();
    if (this.ids === ids && this.asked === asked) return;
    if (this.ids !== ids) {
      this.clear();
      this.layers = products.map((product) => this.layer(product, asked, onTrouble, onBusy));
    } else {
      products.forEach((product, number) => this.layers[number].setUrl(`${product.tiles}?${asked}`));
    }
    Object.assign(this, { ids, asked });
  }

  layer({ tiles, bounds }, asked, onTrouble, onBusy) {
    const layer = L.tileLayer(`${tiles}?${asked}`, {
      pane: this.name, bounds: widened(bounds), minZoom: 2, maxZoom: 20, noWrap: true, className: "viewer-tile",
    });
    layer.on("tileerror", ({ tile }) => onTrouble(tile.src));
    layer.on("loading load", onBusy);
    return layer.addTo(this.map);
  }

  get isBusy() {
    return this.layers.some((layer) => layer.isLoading());
  }

  redraw() {
    for (const layer of this.layers) layer.redraw();
  }

  clear() {
    for (const layer of this.layers) layer.remove();
    Object.assign(this, { layers: [], ids: undefined, asked: undefined });
  }
}

function widened([west, south, east, north]) {
  const [x, y] = [(east - west) * EDGE, (north - south) * EDGE];
  return L.latLngBounds([[south - y, west - x], [north + y, east + x]]);
}

/** Parts two sides by a border at a share of the map's width, which `range` and `handle` move. */
export class Border {
  constructor(map, left, right, { range, handle }) {
    Object.assign(this, { map, left, right, range, handle });
    map.on("move zoom viewreset resize zoomend moveend", () => this.place());
    range.addEventListener("input", () => this.place());
    handle.addEventListener("pointerdown", (event) => this.drag(event));
  }

  get isShown() {
    return !this.handle.hidden;
  }

  get share() {
    return Number(this.range.value) / 100;
  }

  show(shown) {
    this.handle.hidden = !shown;
    this.place();
  }

  place() {
    if (!this.isShown) {
      this.left.pane.style.clipPath = "";
      return;
    }
    const size = this.map.getSize();
    const x = this.share * size.x;
    this.handle.style.left = `${x}px`;
    // A pane has no size of its own, so it is cut in the pixels of its coordinates.
    const corner = (px, py) => {
      const point = this.map.containerPointToLayerPoint([px, py]);
      return `${point.x}px ${point.y}px`;
    };
    const box = (from, to) => `polygon(${[corner(from, 0), corner(to, 0), corner(to, size.y), corner(from, size.y)].join(", ")})`;
    this.left.pane.style.clipPath = box(0, x);
    this.right.pane.style.clipPath = box(x, size.x);
  }

  drag(event) {
    event.preventDefault();
    this.handle.setPointerCapture(event.pointerId);
    const move = ({ clientX }) => {
      const { left, width } = this.map.getContainer().getBoundingClientRect();
      this.range.value = Math.round((100 * (clientX - left)) / width);
      this.range.dispatchEvent(new Event("input", { bubbles: true }));
    };
    this.handle.addEventListener("pointermove", move);
    const drop = () => this.handle.removeEventListener("pointermove", move);
    this.handle.addEventListener("pointerup", drop, { once: true });
    this.handle.addEventListener("lostpointercapture", drop, { once: true });
  }
}

/** Says why tiles stay away: the link has ended, the order is gone, or the service is silent. */
export class Trouble {
  constructor(element, { isByLink, onGone, onAgain }) {
    Object.assign(this, { element, isByLink, onGone, isOver: false, asking: false });
    element.addEventListener("click", ({ target }) => {
      if (!target.closest("[data-again]")) return;
      element.hidden = true;
      onAgain();
    });
  }

  /** A tile at `address` did not come: find out why. */
  async look(address) {
    if (this.isOver || this.asking) return;
    this.asking = true;
    const status = await fetch(address, { cache: "no-store" }).then((answer) => answer.status, () => 0);
    this.told(status);
    setTimeout(() => { this.asking = false; }, ASK_AGAIN_MS);
  }

  /** An answer came with this status; 0 where none came. Returns whether it is a good one. */
  told(status) {
    if (status >= 200 && status < 400) return true;
    if (status === 410 && this.isByLink) this.end("trouble-ended");
    else if ([401, 403, 404, 410].includes(status)) this.end("trouble-gone");
    else if (status === 0 || status === 429 || status >= 500) this.say("trouble-silent");
    return false;
  }

  end(name) {
    this.isOver = true;
    this.say(name);
    this.onGone();
  }

  say(name) {
    this.element.replaceChildren(document.getElementById(name).content.cloneNode(true));
    this.element.hidden = false;
  }
}

// Statistics of what is shown, over one product or many, and the stretch that follows from them.

const PERCENTILES = { "2-98": ["2", "98"], "5-95": ["5", "95"] };

/** Fetches statistics and keeps them; `told(status)` hears of every answer. */
export class Numbers {
  constructor(told) {
    this.told = told;
    this.kept = new Map();
  }

  /**
   * Channels with {name, title, count, low, high, mean, percentiles, histogram} of `products` together in the look
   * `show`, all of them or within `bounds` (Leaflet's); null where they cannot be had.
   */
  async of(products, show, bounds = null) {
    const box = bounds && [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const seen = products.filter((product) => !box || overlaps(product.bounds, box));
    const answers = await Promise.all(seen.map((product) => this.ask(product, show, box)));
    const good = answers.filter(Boolean);
    if (!good.length) return answers.length ? null : [];
    return good[0].channels.map((_, number) => together(good.map(({ channels }) => channels[number])));
  }

  async ask(product, show, box) {
    const query = new URLSearchParams({ show: show.join(",") });
    if (box) query.set("bounds", box.map((value) => value.toFixed(6)).join(","));
    const address = `${product.statistics}?${query}`;
    // Of a whole product they never change.
    if (!box && this.kept.has(address)) return this.kept.get(address);
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!this.told(answer?.status ?? 0) || answer.status === 204) return null;
    const statistics = await answer.json();
    if (!box) this.kept.set(address, statistics);
    return statistics;
  }
}

/** Low and high per channel for a stretch: "2-98", "5-95" or "all"; null where nothing has data. */
export function rangesOf(channels, stretch) {
  const known = channels.filter(({ count }) => count > 0);
  if (!known.length) return null;
  const names = PERCENTILES[stretch];
  return channels.map((channel) => {
    const { low, high, percentiles } = channel.count ? channel : known[0];
    const [from, to] = (names ? [percentiles[names[0]], percentiles[names[1]]] : [low, high]).map(rounded);
    // Where all is alike the smallest step keeps the two apart.
    return from < to ? [from, to] : [from, from + (Math.abs(from) <= 1 ? 0.01 : 1)];
  });
}

/** Whole numbers as they are, others with as many digits as people can read. */
function rounded(value) {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

function overlaps([west, south, east, north], [left, bottom, right, top]) {
  return west < right && left < east && south < top && bottom < north;
}

/** One channel of several products as if they were one. */
function together(parts) {
  const known = parts.filter(({ count }) => count > 0);
  if (known.length < 2) return known[0] ?? parts[0];
  const total = (of) => known.reduce((sum, part) => sum + of(part), 0);
  const ends = known.map(({ histogram: { edges } }) => [edges[0], edges.at(-1)]);
  const [from, to] = [Math.min(...ends.map(([first]) => first)), Math.max(...ends.map(([, last]) => last))];
  const bins = known[0].histogram.counts.length;
  const edges = Array.from({ length: bins + 1 }, (_, number) => from + ((to - from) * number) / bins);
  const cumulated = edges.map((edge) => total((part) => countBelow(part, edge)));
  const count = total((part) => part.count);
  const [low, high] = [Math.min(...known.map((part) => part.low)), Math.max(...known.map((part) => part.high))];
  const percentiles = {};
  for (const name of Object.keys(known[0].percentiles)) percentiles[name] = valueAt(known, (count * name) / 100, low, high);
  return {
    ...known[0], count, low, high, percentiles,
    mean: total((part) => part.mean * part.count) / count,
    histogram: { edges, counts: edges.slice(1).map((_, number) => Math.round(cumulated[number + 1] - cumulated[number])), below: 0, above: 0 },
  };
}

/** How many pixels of a channel lie below `value`, evenly spread within each bin and in the tails beyond them. */
function countBelow({ low, high, histogram: { edges, counts, below, above } }, value) {
  let sum = 0;
  const parts = [[low, edges[0], below], ...counts.map((one, bin) => [edges[bin], edges[bin + 1], one]), [edges.at(-1), high, above]];
  for (const [from, to, many] of parts) {
    if (value >= to) sum += many;
    else return value > from ? sum + (many * (value - from)) / (to - from) : sum;
  }
  return sum;
}

/** The value below which `wanted` pixels of all parts lie. */
function valueAt(parts, wanted, low, high) {
  let [from, to] = [low, high];
  for (let step = 0; step < 40; step += 1) {
    const middle = (from + to) / 2;
    if (parts.reduce((sum, part) => sum + countBelow(part, middle), 0) < wanted) from = middle;
    else to = middle;
  }
  return to;
}

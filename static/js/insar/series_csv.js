// One point's series as a CSV file, with what the plot shows and what has to be said of it.

import { text } from "./texts.js";

const COLUMNS = ["displacement", "fit", "low", "high", "residuals"];

export function writeSeries(release, direction, point, series) {
  const { reference } = series;
  const head = [
    text("csv-title", { pid: point.pid, title: release.title, direction: text(`direction-${direction}`) }),
    `longitude ${point.lon}, latitude ${point.lat}`,
    `model ${series.model}, velocity ${series.velocity} mm/yr, std ${series.velocity_std} mm/yr, std corrected for correlation ${series.velocity_std_correlated} mm/yr`,
    ...(reference ? [`reference ${JSON.stringify(reference)}`] : []),
    release.attribution, release.licence, text("csv-not-risk"),
  ].filter(Boolean).map((line) => `# ${line.replace(/[\r\n]+/g, " ")}`);
  const rows = series.dates.map((date, index) => [date, ...COLUMNS.map((name) => series[name]?.[index] ?? "")].join(","));
  return `${[...head, "date,displacement_mm,fitted_mm,low_mm,high_mm,residual_mm", ...rows].join("\r\n")}\r\n`;
}

// What is left out: by coherence, by velocity, by significance. The same rule as an expression for the map and as a
// function for lists and counts.

/** How many std a velocity has to differ from zero to be called significant. */
export const SIGNIFICANT_STDS = 2;

/** The expression that is true for what stays. A point without coherence has nothing to be filtered by. */
export function expressionOf({ coherence = 0, velocity = null, significant = false }, value = ["get", "v"], std = ["get", "s"]) {
  const known = ["==", ["typeof", value], "number"];
  const rules = [];
  if (coherence > 0) rules.push(["any", ["!", ["has", "c"]], [">=", ["to-number", ["get", "c"], 1], coherence]]);
  if (velocity?.[0] != null) rules.push(["case", known, [">=", value, velocity[0]], false]);
  if (velocity?.[1] != null) rules.push(["case", known, ["<=", value, velocity[1]], false]);
  if (significant) rules.push(["case", known, [">=", ["abs", value], ["*", SIGNIFICANT_STDS, ["to-number", std, 0]]], false]);
  return rules.length ? ["all", ...rules] : ["literal", true];
}

/** Whether something is filtered at all. */
export function isFiltering({ coherence, velocity, significant }) {
  return coherence > 0 || Boolean(velocity) || significant;
}

/** Whether what has this velocity, std and coherence stays. */
export function passes({ velocity: value, std, coherence: found }, { coherence, velocity, significant }) {
  if (coherence > 0 && typeof found === "number" && found < coherence) return false;
  const isKnown = typeof value === "number";
  if (velocity?.[0] != null && !(isKnown && value >= velocity[0])) return false;
  if (velocity?.[1] != null && !(isKnown && value <= velocity[1])) return false;
  return !significant || (isKnown && Math.abs(value) >= SIGNIFICANT_STDS * (std ?? 0));
}

// The darkest and the brightest value of every channel, as numbers that can be changed by hand.

import { isRange, short } from "./viewer_state.js";
import { text } from "./viewer_legend.js";

/** Rows of low and high in `element`; `onChange(ranges)` when good ones were given by hand, in stored numbers. */
export class Ranges {
  constructor(element, problem, onChange) {
    Object.assign(this, { element, problem, onChange, channels: [], scale: 1 });
    element.addEventListener("change", (event) => {
      event.stopPropagation();
      this.read();
    });
  }

  show(look, ranges) {
    const names = look.titles ?? [look.title];
    this.problem.hidden = true;
    this.scale = look.kind === "index" ? 1 : look.scale;
    if (names.join("\n") !== this.names) {
      for (const row of this.element.querySelectorAll(".viewer-range")) row.remove();
      this.rows = names.map((name, number) => this.row(name, number, names.length > 1));
      this.names = names.join("\n");
    }
    this.rows.forEach((inputs, number) => inputs.forEach((input, end) => {
      input.value = ranges ? short(ranges[number][end] * this.scale) : "";
      input.removeAttribute("aria-invalid");
    }));
  }

  row(name, number, isNamed) {
    const row = document.createElement("div");
    row.className = "viewer-range";
    if (isNamed) {
      const title = document.createElement("span");
      title.className = "viewer-range-name";
      title.textContent = name;
      row.append(title);
    }
    const inputs = ["low", "high"].map((end) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "number", step: "any", id: `range-${end}-${number}`, name: `${end}_${number}` });
      label.textContent = text(`text-${end}`);
      if (isNamed) label.append(hidden(`: ${name}`));
      label.append(input);
      row.append(label);
      return input;
    });
    this.element.append(row);
    return inputs;
  }

  read() {
    const found = this.rows.map((inputs) => inputs.map(({ value }) => (value === "" ? NaN : Number(value) / this.scale)));
    found.forEach((range, number) => {
      for (const input of this.rows[number]) input.setAttribute("aria-invalid", String(!isRange(range)));
    });
    this.problem.hidden = found.every(isRange);
    if (this.problem.hidden) this.onChange(found);
  }
}

function hidden(content) {
  const span = document.createElement("span");
  span.className = "visually-hidden";
  span.textContent = content;
  return span;
}

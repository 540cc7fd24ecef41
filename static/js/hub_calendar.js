// The calendars of the ten days and of the day: a month at a time, a grid for the keyboard, in place of the plain field.
// The plain field stays what is sent; the calendar only sets it.

import { dayTitle } from "./hub_period.js";

const DAY_MS = 86_400_000;

/** Put a calendar in the place of the form's field `kind`, "day" or "dekad". */
export function addCalendar(form, kind) {
  const field = form.elements[kind];
  const place = field.closest(".period-of");
  const calendar = document.getElementById("calendar-template").content.firstElementChild.cloneNode(true);
  const { min, max } = form.elements.day;
  const state = { month: monthOf(field.value || max), focused: field.value || max };
  const monthSelect = calendar.querySelector("[data-part=month]");
  const yearSelect = calendar.querySelector("[data-part=year]");
  const body = calendar.querySelector("tbody");
  place.querySelector(".native").hidden = true;
  place.prepend(calendar);
  fillSelects();
  fillWeekdays(calendar.querySelector("thead tr"));
  draw();

  calendar.addEventListener("change", (event) => {
    event.stopPropagation(); // which month is looked at is no choice of the form
    show(`${yearSelect.value}-${monthSelect.value}`);
  });
  calendar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-months]");
    if (button) show(monthAfter(state.month, Number(button.dataset.months)));
    const cell = event.target.closest("[data-day]");
    if (cell) choose(cell.dataset.day);
  });
  calendar.addEventListener("keydown", (event) => {
    if (event.target.closest("[data-day]")) onKey(event);
  });
  form.addEventListener("change", () => {
    if (field.value && !isShown(field.value)) state.month = monthOf(field.value);
    if (field.value && startOf(state.focused) !== field.value) state.focused = field.value;
    draw();
  });

  function show(month) {
    state.month = clamp(month, monthOf(min), monthOf(max));
    state.focused = clamp(`${state.month}-01`, min, max);
    draw();
  }

  function choose(day) {
    const start = startOf(day);
    if (!isOffered(start)) return;
    state.focused = day;
    field.value = start;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    body.querySelector("[tabindex='0']")?.focus();
  }

  function onKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
    const months = { PageUp: -1, PageDown: 1 };
    const { key } = event;
    if (key === "Enter" || key === " ") choose(event.target.dataset.day);
    else if (key in steps) focus(dayAfter(state.focused, steps[key]));
    else if (key in months) focus(`${monthAfter(state.month, months[key])}-01`);
    else if (key === "Home") focus(`${state.month}-01`);
    else if (key === "End") focus(dayAfter(`${monthAfter(state.month, 1)}-01`, -1));
    else return;
    event.preventDefault();
  }

  function focus(day) {
    state.focused = clamp(day, min, max);
    state.month = monthOf(state.focused);
    draw();
    body.querySelector("[tabindex='0']")?.focus();
  }

  /** The first day of the period in which `day` lies. */
  function startOf(day) {
    if (kind === "day") return day;
    const number = Number(day.slice(8));
    return `${day.slice(0, 8)}${number <= 10 ? "01" : number <= 20 ? "11" : "21"}`;
  }

  function isOffered(start) {
    if (kind === "day") return start >= min && start <= max && hasScenes(start);
    const option = optionOf(start);
    return Boolean(option) && !option.disabled;
  }

  /** Whether the archive has scenes of a day; it has a letter for each from `min` on, or does not say. */
  function hasScenes(day) {
    const { days } = form.elements.day.dataset;
    return !days || days[(Date.parse(day) - Date.parse(min)) / DAY_MS] === "1";
  }

  function optionOf(start) {
    return [...field.options].find((option) => option.value === start);
  }

  function isShown(day) {
    return monthOf(day) === state.month;
  }

  function fillSelects() {
    for (let month = 1; month <= 12; month++) {
      const value = String(month).padStart(2, "0");
      monthSelect.add(new Option(dayTitle(`2024-${value}-01`, { month: "long" }), value));
    }
    for (let year = Number(max.slice(0, 4)); year >= Number(min.slice(0, 4)); year--) yearSelect.add(new Option(year));
  }

  function fillWeekdays(row) {
    for (let day = 1; day <= 7; day++) {
      const head = document.createElement("th");
      head.scope = "col";
      head.textContent = dayTitle(`2024-01-0${day}`, { weekday: "narrow" }); // a Monday first
      head.setAttribute("aria-label", dayTitle(`2024-01-0${day}`, { weekday: "long" }));
      row.append(head);
    }
  }

  function draw() {
    [yearSelect.value, monthSelect.value] = state.month.split("-");
    for (const option of monthSelect.options) {
      const month = `${yearSelect.value}-${option.value}`;
      option.disabled = month < monthOf(min) || month > monthOf(max);
    }
    for (const button of calendar.querySelectorAll("[data-months]")) {
      const month = monthAfter(state.month, Number(button.dataset.months));
      button.disabled = month < monthOf(min) || month > monthOf(max);
    }
    body.replaceChildren(...weeks(state.month).map((week) => {
      const row = document.createElement("tr");
      row.append(...week.map((day) => cellOf(day)));
      return row;
    }));
    if (!body.querySelector("[tabindex='0']")) body.querySelector("[data-day]").tabIndex = 0;
  }

  function cellOf(day) {
    const cell = document.createElement("td");
    cell.setAttribute("role", "gridcell");
    if (!day) return cell;
    const start = startOf(day);
    const chosen = start === field.value;
    cell.dataset.day = day;
    cell.textContent = Number(day.slice(8));
    cell.tabIndex = day === state.focused ? 0 : -1;
    cell.setAttribute("aria-selected", String(chosen));
    const said = dayTitle(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    cell.setAttribute("aria-label", kind === "day" ? said : `${said}, ${optionOf(start)?.label ?? ""}`);
    if (!isOffered(start)) cell.setAttribute("aria-disabled", "true");
    const isEdge = day === start || startOf(dayAfter(day, 1)) !== start;
    if (chosen) cell.className = isEdge ? "edge" : "between";
    return cell;
  }
}

function monthOf(day) {
  return day.slice(0, 7);
}

function monthAfter(month, count) {
  const [year, number] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

function dayAfter(day, count) {
  return new Date(Date.parse(`${day}T00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);
}

/** The days of `month` in weeks from Monday, with null before the first and after the last. */
function weeks(month) {
  const first = `${month}-01`;
  const before = (new Date(`${first}T00:00Z`).getUTCDay() + 6) % 7;
  const days = Array(before).fill(null);
  for (let day = first; monthOf(day) === month; day = dayAfter(day, 1)) days.push(day);
  while (days.length % 7) days.push(null);
  return Array.from({ length: days.length / 7 }, (_, week) => days.slice(7 * week, 7 * week + 7));
}

function clamp(value, smallest, largest) {
  return value < smallest ? smallest : value > largest ? largest : value;
}

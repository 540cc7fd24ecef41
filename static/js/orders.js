// The user area and the order page: live status, announcements, and the questions before something is lost.
// Without a websocket the page polls; without this script its buttons still work.

const GATHER_MS = 400;

// Looked up anew each time: going back in the browser replaces parts of the page.
const byId = (id) => document.getElementById(id);

for (const element of document.querySelectorAll(".with-script")) element.hidden = false;
document.documentElement.classList.add("scripted");

// --- Live status ----------------------------------------------------------------------------------

let focused = "";
let refreshing = 0;
const known = new Map();
noteStatuses();

document.addEventListener("htmx:wsOpen", refreshAll); // what happened while there was no socket
document.addEventListener("htmx:wsBeforeMessage", (event) => {
  const order = /\bid="order-(\d+)"/.exec(event.detail.message)?.[1];
  const row = byId(`order-${order}`);
  if (!row) event.preventDefault();
  if (byId("live")?.dataset.order === order) refreshSoon();
  focused = row?.contains(document.activeElement) ? document.activeElement.id : "";
});
document.addEventListener("htmx:wsAfterMessage", () => {
  if (focused) byId(focused)?.focus({ preventScroll: true });
  noteStatuses();
});
document.addEventListener("htmx:afterSettle", noteStatuses);

function refreshAll() {
  for (const element of document.querySelectorAll("[data-refresh]")) htmx.trigger(element, "refresh");
}

/** Fetch the order's panel once for all messages of a moment, the last one included. */
function refreshSoon() {
  refreshing ||= setTimeout(() => {
    refreshing = 0;
    refreshAll();
  }, GATHER_MS);
}

/** Say aloud which orders changed their status; percents are not worth a word. */
function noteStatuses() {
  const changed = [];
  for (const { dataset } of document.querySelectorAll("[data-status]")) {
    if (known.has(dataset.order) && known.get(dataset.order) !== dataset.status) changed.push(dataset.news);
    known.set(dataset.order, dataset.status);
  }
  if (changed.length) say(changed.join(". "));
}

function say(words) {
  byId("news").textContent = words;
}

// --- The table ------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "orders") say(byId("shown")?.textContent.trim() ?? "");
});

// --- Buttons --------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button) {
    event.preventDefault();
    ask(button);
  }
  const copy = event.target.closest("[data-copy-field]");
  if (copy) copyField(byId(copy.dataset.copyField));
});

// The table may have changed since the page was sent: what follows leads back to it as it is.
document.addEventListener("submit", (event) => {
  if (event.target.id === "order-actions") event.target.elements.query.value = location.search;
});

/** Ask before `button` sends its form. The button may be replaced meanwhile, so only its address is kept. */
function ask(button) {
  const { formAction } = button;
  const dialog = byId(button.dataset.confirm);
  dialog.querySelector("[data-name]").textContent = button.dataset.name;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    const actions = byId("order-actions");
    actions.action = formAction;
    actions.elements.sure.value = "yes";
    actions.requestSubmit();
  }, { once: true });
  dialog.showModal();
}

async function copyField(field) {
  field.select();
  if (!navigator.clipboard) return; // only in secure contexts; what is selected can be copied by hand
  await navigator.clipboard.writeText(field.value);
  say(byId("news").dataset.copied);
}

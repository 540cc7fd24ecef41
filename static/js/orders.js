// The user area and the order page: live status, announcements, the question before an order is dismissed.
// Without a websocket the page polls; without this script its buttons still work.

const GATHER_MS = 400;
const live = document.getElementById("live");
const news = document.getElementById("news");
const dialog = document.getElementById("confirm");
const actions = document.getElementById("order-actions");

for (const element of document.querySelectorAll(".with-script")) element.hidden = false;

// --- Live status ----------------------------------------------------------------------------------

let focused = "";
let refreshing = 0;
const known = new Map();
noteStatuses();

document.addEventListener("htmx:wsOpen", refreshAll); // what happened while there was no socket
document.addEventListener("htmx:wsBeforeMessage", (event) => {
  const order = /\bid="order-(\d+)"/.exec(event.detail.message)?.[1];
  const row = document.getElementById(`order-${order}`);
  if (!row) event.preventDefault();
  if (live?.dataset.order === order) refreshSoon();
  focused = row?.contains(document.activeElement) ? document.activeElement.id : "";
});
document.addEventListener("htmx:wsAfterMessage", () => {
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
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
  if (changed.length) news.textContent = changed.join(". ");
}

// --- Buttons --------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button) {
    event.preventDefault();
    ask(button);
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) copyText(copy);
});

/** Ask before `button` sends its form. The button may be replaced meanwhile, so only its address is kept. */
function ask(button) {
  const { formAction } = button;
  dialog.querySelector("[data-name]").textContent = button.dataset.confirm;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "dismiss") return;
    actions.action = formAction;
    actions.submit();
  }, { once: true });
  dialog.showModal();
}

async function copyText(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  news.textContent = "Copied.";
}

// The order as code, in a dialogue of its own.

/** Show the choices of `form` as code when its button is pressed. */
export function addCode(form) {
  const dialog = document.getElementById("code-dialog");
  const button = document.getElementById("as-code");
  const place = document.getElementById("code");
  button.setAttribute("aria-haspopup", "dialog");
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    dialog.showModal();
    document.getElementById("code-title").focus();
    await fill();
  });
  dialog.addEventListener("click", async ({ target }) => {
    if (target.closest("[data-close]")) dialog.close();
    const copy = target.closest("[data-copy-code]");
    if (!copy) return;
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copyCode).textContent);
    copy.querySelector("span").textContent = copy.dataset.done;
  });

  async function fill() {
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(button.formAction, {
        method: "POST", body: new FormData(form), headers: { "HX-Request": "true" },
      });
      place.innerHTML = await answer.text();
      if (!navigator.clipboard) for (const copy of place.querySelectorAll("[data-copy-code]")) copy.hidden = true;
    } catch {
      place.textContent = place.dataset.failed;
    }
    place.removeAttribute("aria-busy");
  }
}

/* The panel's buttons: each calls the control API and then shows the page anew. */
"use strict";

(() => {
  const panel = document.getElementById("panel");
  const said = document.getElementById("said");
  const call = async (method, path, body) => {
    const answer = await fetch(`/_sandbox/${path}`, {
      method,
      headers: { Authorization: `Bearer ${panel.dataset.key}`, "Content-Type": "application/json" },
      body: JSON.stringify(body ?? {}),
    });
    const content = await answer.json();
    if (answer.ok) window.location.reload();
    else said.textContent = content.error.message;
  };
  for (const button of panel.querySelectorAll("[data-post]")) {
    button.addEventListener("click", () => call("POST", button.dataset.post));
  }
  for (const button of panel.querySelectorAll("[data-delete]")) {
    button.addEventListener("click", () => call("DELETE", button.dataset.delete));
  }
  document.getElementById("fault").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    call("POST", "faults", {
      operation: fields.operation.value, kind: fields.kind.value,
      times: Number(fields.times.value), delay_s: Number(fields.delay_s.value),
    });
  });
})();

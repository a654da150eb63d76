/* Copies a test card's number, and fills it in where there is a field for it. */
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const field = document.getElementById("number");
    if (field) {
      field.value = button.dataset.copy;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      /* No clipboard here; where there is a field, it is filled in. */
    }
    document.getElementById("copied").textContent = button.dataset.copied;
  });
}

// A button that places or pays is busy until the next page comes: no timer, so no second press gets through.
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  const button = form.querySelector("button[type=submit]");
  if (button) button.setAttribute("aria-busy", "true");
});
// Back from the next page the browser may show this one as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    const button = form.querySelector("button[type=submit]");
    if (button) button.removeAttribute("aria-busy");
  }
});

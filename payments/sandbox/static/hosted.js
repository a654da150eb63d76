/* The payment page: formats the fields and keeps one click from paying twice. */
"use strict";

(() => {
  const form = document.getElementById("pay");
  const submit = document.getElementById("submit");
  const fields = window.cardFields(form, () => {});
  let sending = false;
  form.addEventListener("submit", (event) => {
    const email = form.elements.email;
    const blank = email && email.value.trim() === "";
    fields.say("email", blank ? form.dataset.blank : null);
    if (sending || !fields.filled(form.dataset.blank) || blank) {
      event.preventDefault();
      if (blank) email.focus();
      return;
    }
    sending = true;
    submit.setAttribute("aria-disabled", "true");
    submit.textContent = form.dataset.processing;
  });
  /* Coming back by the back button must not find a dead button. */
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
  const wrong = form.querySelector('[aria-invalid="true"]');
  if (wrong) wrong.focus();
})();

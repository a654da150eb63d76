/* The payment page: formats the fields and keeps one click from paying twice. */
"use strict";

(() => {
  const form = document.getElementById("pay");
  const submit = document.getElementById("submit");
  const fields = form.elements.number ? window.cardFields(form, () => {}) : { say: () => {}, filled: () => true };
  const chosen = () => form.elements.method.value || "card";
  let sending = false;
  form.addEventListener("submit", (event) => {
    const email = form.elements.email;
    const blank = email && email.value.trim() === "";
    const name = chosen() === "konbini" ? form.elements.name : null;
    const nameless = name && name.value.trim() === "";
    fields.say("email", blank ? form.dataset.blank : null);
    fields.say("name", nameless ? form.dataset.blank : null);
    const cardless = chosen() === "card" && !fields.filled(form.dataset.blank);
    if (sending || cardless || blank || nameless) {
      event.preventDefault();
      if (nameless) name.focus();
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

// Notices a card number typed into one of our own fields, clears it before it is sent and says where it belongs.
// A courtesy to the shopper: the server refuses such a request on its own (security/guard.py).
"use strict";
(function () {
  const alert = document.getElementById("card-guard");
  const run = /[0-9０-９](?:[\s.\/_·・,\-\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\u30fc\ufeff\uff0d]{0,3}[0-9０-９]){11,18}/gu;
  const kinds = new Set(["text", "search", "email", "tel", "url", "password", "number", ""]);

  function holdsText(field) {
    if (!(field instanceof HTMLElement) || field.disabled || field.readOnly) return false;
    return field.tagName === "TEXTAREA" || (field.tagName === "INPUT" && kinds.has(field.getAttribute("type") || ""));
  }

  function passesLuhn(number) {
    let sum = 0;
    for (let place = 0; place < number.length; place += 1) {
      let digit = Number(number[number.length - 1 - place]);
      if (place % 2) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
      sum += digit;
    }
    return sum % 10 === 0;
  }

  // Numbers that a shopper may well type are left alone: telephone numbers (+81…) and the 13 digits of a bar code.
  function isCard(text, shortest) {
    const number = text.normalize("NFKC").replace(/[^0-9]/g, "");
    if (number.length < shortest || /^(\d)\1*$/.test(number) || /^4[59]\d{11}$/.test(number)) return false;
    return (/^[2-6]/.test(number) || (/^[89]/.test(number) && number.length >= 16)) && passesLuhn(number);
  }

  function holdsCard(text, shortest) {
    return (text.match(run) || []).some((found) => isCard(found, shortest));
  }

  function clear(field) {
    field.value = "";
    alert.textContent = alert.dataset.text;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  function check(event) {
    const field = event.target;
    if (!holdsText(field)) return;
    // Half a number that happens to fit the check digit is no card yet: while typing we wait for fourteen digits.
    if (holdsCard(field.value, event.type === "input" ? 14 : 12)) clear(field);
    // A few digits are the rest of the number, typed on: the message stays until something else comes.
    else if (field.value && !/^[0-9\s-]{1,5}$/.test(field.value.normalize("NFKC")) && alert.textContent) {
      alert.textContent = "";
      field.removeAttribute("aria-invalid");
    }
  }

  function checkPaste(event) {
    const text = event.clipboardData ? event.clipboardData.getData("text") : "";
    if (holdsText(event.target) && holdsCard(text, 12)) {
      event.preventDefault();
      clear(event.target);
    }
  }

  function checkSubmit(event) {
    const held = Array.from(event.target.elements).filter((field) => holdsText(field) && holdsCard(field.value, 12));
    if (!held.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held.forEach(clear);
  }

  document.addEventListener("input", check, true);
  document.addEventListener("change", check, true);
  document.addEventListener("paste", checkPaste, true);
  document.addEventListener("submit", checkSubmit, true);
})();

/* Formats the three card fields while one types, shows the brand, and says what is missing. The page stays usable
   without it: the server checks everything again. */
"use strict";

window.cardFields = (form, changed) => {
  const inputs = { number: form.elements.number, expiry: form.elements.expiry, cvc: form.elements.cvc };
  const brandMark = document.getElementById("brand");
  const brands = [
    { name: "amex", starts: /^3[47]/, lengths: [15], groups: [4, 6, 5], cvc: 4 },
    { name: "diners", starts: /^3(0[0-5]|[689])/, lengths: [14, 16], groups: [4, 4, 4, 4], cvc: 3 },
    { name: "jcb", starts: /^35(2[89]|[3-8])/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3 },
    { name: "discover", starts: /^(6011|64[4-9]|65)/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3 },
    { name: "unionpay", starts: /^(62|81)/, lengths: [16, 17, 18, 19], groups: [4, 4, 4, 4, 3], cvc: 3 },
    { name: "mastercard", starts: /^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3 },
    { name: "visa", starts: /^4/, lengths: [13, 16, 19], groups: [4, 4, 4, 4, 3], cvc: 3 },
  ];
  const unknown = { name: "", lengths: [16], groups: [4, 4, 4, 4, 3], cvc: 3 };
  const digits = (text) => text.normalize("NFKC").replace(/\D/g, "");
  const brandOf = (number) => brands.find((brand) => brand.starts.test(number)) ?? unknown;

  const luhn = (number) => {
    let sum = 0;
    [...number].reverse().forEach((digit, index) => {
      const value = Number(digit) * (1 + (index % 2));
      sum += value > 9 ? value - 9 : value;
    });
    return sum % 10 === 0;
  };

  const grouped = (number, groups) => {
    const parts = [];
    let at = 0;
    for (const size of groups) {
      if (at >= number.length) break;
      parts.push(number.slice(at, at + size));
      at += size;
    }
    return parts.join(" ");
  };

  /* Keeps the caret behind the same digit, so that one can correct in the middle. */
  const rewrite = (input, text) => {
    if (input.value === text) return;
    const before = digits(input.value.slice(0, input.selectionStart)).length;
    input.value = text;
    let at = 0;
    for (let seen = 0; at < text.length && seen < before; at += 1) if (/\d/.test(text[at])) seen += 1;
    input.setSelectionRange(at, at);
  };

  const formats = {
    number: () => {
      const number = digits(inputs.number.value);
      const brand = brandOf(number);
      rewrite(inputs.number, grouped(number.slice(0, Math.max(...brand.lengths)), brand.groups));
      inputs.cvc.maxLength = brand.cvc;
      if (brandMark) {
        brandMark.textContent = brand.name;
        brandMark.hidden = brand.name === "";
      }
    },
    expiry: (event) => {
      let text = digits(inputs.expiry.value).slice(0, 6);
      if (/^[2-9]/.test(text)) text = `0${text}`;
      const deleting = event?.inputType?.startsWith("delete");
      const year = text.length > 4 && text.slice(2, 4) === "20" ? text.slice(2, 6) : text.slice(2, 4);
      rewrite(inputs.expiry, text.length > 2 || (text.length === 2 && !deleting) ? `${text.slice(0, 2)} / ${year}` : text);
    },
    cvc: () => rewrite(inputs.cvc, digits(inputs.cvc.value).slice(0, 4)),
  };

  const valid = {
    number: () => {
      const number = digits(inputs.number.value);
      return brandOf(number).lengths.includes(number.length) && luhn(number);
    },
    expiry: () => {
      const text = digits(inputs.expiry.value);
      const month = Number(text.slice(0, 2));
      const year = Number(text.slice(2)) + (text.length === 4 ? 2000 : 0);
      const now = new Date();
      const past = year < now.getFullYear() || (year === now.getFullYear() && month < now.getMonth() + 1);
      return (text.length === 4 || text.length === 6) && month >= 1 && month <= 12 && !past;
    },
    cvc: () => digits(inputs.cvc.value).length === brandOf(digits(inputs.number.value)).cvc,
  };

  const say = (name, message) => {
    const input = form.elements[name];
    const line = document.getElementById(`${name}-error`);
    if (!input || !line) return;
    line.textContent = message ?? "";
    line.hidden = !message;
    if (message) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };

  const state = () => ({
    empty: Object.values(inputs).every((input) => input.value === ""),
    complete: Object.values(valid).every((check) => check()),
  });

  for (const [name, input] of Object.entries(inputs)) {
    input.addEventListener("input", (event) => {
      formats[name](event);
      say(name, null);
      changed(state());
    });
  }

  return {
    state,
    say,
    values: () => ({ number: inputs.number.value, expiry: inputs.expiry.value, cvc: inputs.cvc.value }),
    clear: () => {
      for (const [name, input] of Object.entries(inputs)) {
        input.value = "";
        say(name, null);
      }
      formats.number();
      changed(state());
    },
    /* Marks what is empty and puts the cursor there; true when nothing is. */
    filled: (message) => {
      const empty = Object.keys(inputs).filter((name) => inputs[name].value === "");
      for (const name of empty) say(name, message);
      if (empty.length) inputs[empty[0]].focus();
      return empty.length === 0;
    },
  };
};

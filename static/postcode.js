// Fills an address form from its postcode. Fails silently: the form works by hand, and without script.
//
// It asks when the code has changed and never otherwise, and fills empty fields only. What it put there itself and
// nobody touched since counts as empty, so that a corrected code corrects the address. The words come from the
// page (data-postcode-… on the field), the places from /postcode/<code>.json.
"use strict";

(() => {
  const FIELDS = ["prefecture", "city", "street", "building"];
  // As shop/address/postcode.py reads a code: full width, any hyphen, 〒, spaces seen and unseen.
  const BETWEEN = "[\\s\\u200b‐‑‒–—―−ー~_.・-]*";
  const CODE = new RegExp(`^${BETWEEN}〒?${BETWEEN}([0-9]{3})${BETWEEN}([0-9]{4})${BETWEEN}$`);

  const codeOf = (typed) => {
    const match = CODE.exec(typed.normalize("NFKC"));
    return match ? match[1] + match[2] : "";
  };

  const announce = (text) => {
    const region = document.querySelector("[data-live-region], [aria-live='polite']");
    if (region && text) region.textContent = text;
  };

  const start = (input) => {
    const form = input.form;
    const ours = new Map();
    let asked = codeOf(input.value);
    let list = null;

    const fill = (values) => {
      for (const name of FIELDS) {
        const field = form.elements.namedItem(name);
        if (!field || !(name in values)) continue;
        if (field.value !== "" && field.value !== ours.get(name)) continue;
        if (field.value === values[name]) continue;
        field.value = values[name];
        ours.set(name, field.value);
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    };

    const removeList = () => {
      list?.remove();
      list = null;
    };

    const offer = (places) => {
      list = document.createElement("div");
      list.className = "field postcode-places";
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.id = label.htmlFor = `${input.id}-places`;
      label.className = "field__label";
      label.textContent = input.dataset.postcodeChoose;
      select.append(new Option("—", ""), ...places.map((place, i) => new Option(place.label, String(i))));
      select.addEventListener("change", () => {
        if (select.value === "") return;
        fill(places[Number(select.value)]);
        announce(input.dataset.postcodeFilled);
      });
      list.append(label, select);
      (input.closest("[data-field], .field") ?? input).after(list);
    };

    const show = (places) => {
      if (places.length === 0) {
        announce(input.dataset.postcodeUnknown);
      } else if (places.length === 1) {
        fill(places[0]);
        announce(input.dataset.postcodeFilled);
      } else {
        const shared = (name) => places.every((place) => place[name] === places[0][name]);
        fill(Object.fromEntries(FIELDS.map((name) => [name, shared(name) ? places[0][name] : ""])));
        offer(places);
        announce(input.dataset.postcodeSeveral);
      }
    };

    const look = async () => {
      const code = codeOf(input.value);
      if (code === asked) return;
      asked = code;
      removeList();
      if (!code) return;
      try {
        const answer = await fetch(`/postcode/${code}.json`, { credentials: "omit" });
        if (!answer.ok) return;
        const { places } = await answer.json();
        // A slow answer to an earlier code must not fill the form of a later one.
        if (code === asked) show(places);
      } catch {
        // No network, no answer of ours: the person goes on typing.
      }
    };

    // An input method fires while it composes; the digits are final when it ends.
    input.addEventListener("input", (event) => event.isComposing || look());
    input.addEventListener("compositionend", look);
    input.addEventListener("change", look);

    // The button is for pages without script; disabled, so that Enter in a field doesn't press it.
    const button = form.querySelector("button[name='lookup']");
    if (button) button.hidden = button.disabled = true;
  };

  document.querySelectorAll("input[data-postcode]").forEach((input) => input.form && start(input));
})();

/* The frame with the card fields on the shop's page. What is typed leaves it in one way only: to its own origin. */
"use strict";

(() => {
  const form = document.getElementById("card");
  const problem = document.getElementById("problem");
  let setup = {};

  const tellHeight = () => channel.emit("resize", { height: document.documentElement.offsetHeight });
  const say = (message) => {
    problem.textContent = message ?? "";
    problem.hidden = !message;
  };
  const chosen = () => form.elements.method.value || "card";
  const state = () => {
    if (chosen() === "card") return { ...fields.state(), type: "card" };
    const named = form.elements.name.value.trim() !== "";
    return { empty: !named, complete: chosen() !== "konbini" || named, type: chosen() };
  };
  const changed = () => {
    say(null);
    channel.emit("change", state());
  };
  const fields = window.cardFields(form, changed);

  /* The ways to pay that the session offers; a single one needs no choice. */
  const offer = async () => {
    const { session } = await window.sandboxCall("/elements/session", {
      client_secret: setup.clientSecret, key: setup.key, locale: form.dataset.lang,
    });
    const types = session?.paymentMethodTypes ?? ["card"];
    for (const label of form.querySelectorAll("[data-method]")) label.hidden = !types.includes(label.dataset.method);
    document.getElementById("methods").hidden = types.length < 2;
    form.querySelector(`[name="method"][value="${types[0]}"]`).checked = true;
    changed();
  };
  for (const input of form.querySelectorAll('[name="method"], #name')) {
    input.addEventListener("input", () => {
      fields.say("name", null);
      changed();
    });
  }
  const filled = () => {
    if (chosen() === "card") return fields.filled(form.dataset.blank);
    const named = chosen() !== "konbini" || form.elements.name.value.trim() !== "";
    fields.say("name", named ? null : form.dataset.blank);
    if (!named) form.elements.name.focus();
    return named;
  };

  /* The colours and the corner that a shop may choose; Stripe's names, our custom properties. */
  const looks = {
    colorPrimary: "--primary", colorBackground: "--surface", colorText: "--ink", colorDanger: "--danger",
    colorTextSecondary: "--soft", borderRadius: "--radius", fontFamily: "--font",
  };
  const dress = (appearance) => {
    for (const [name, property] of Object.entries(looks)) {
      const value = appearance?.variables?.[name];
      if (typeof value === "string") document.documentElement.style.setProperty(property, value);
    }
    const scheme = { night: "dark", stripe: "light", flat: "light" }[appearance?.theme];
    if (scheme) document.documentElement.style.colorScheme = scheme;
  };

  const channel = window.sandboxChannel({
    setup: async (given) => {
      setup = given;
      dress(given.appearance);
      await offer();
      tellHeight();
      return true;
    },
    dress: ({ appearance }) => dress(appearance),
    focus: () => form.elements.number.focus(),
    blur: () => document.activeElement?.blur(),
    clear: () => fields.clear(),
    validate: filled,
    confirm: async ({ email, paymentMethod, save }) => {
      say(null);
      if (!paymentMethod && !filled()) return { error: { message: form.dataset.blank, code: null } };
      const typed = paymentMethod ? { method: paymentMethod } : {
        method: chosen(), name: form.elements.name.value, phone: form.elements.phone.value, save,
        ...(chosen() === "card" ? fields.values() : {}),
      };
      const answer = await window.sandboxCall("/elements/confirm", {
        client_secret: setup.clientSecret, key: setup.key, locale: form.dataset.lang, email, ...typed,
      });
      if (answer.error && ["number", "expiry", "cvc"].includes(answer.error.field)) {
        fields.say(answer.error.field, answer.error.message);
        form.elements[answer.error.field].focus();
      } else if (answer.error) say(answer.error.message);
      return answer;
    },
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("focusin", () => channel.emit("focus", {}));
  form.addEventListener("focusout", () => channel.emit("blur", {}));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") channel.emit("escape", {});
  });
  new ResizeObserver(tellHeight).observe(document.documentElement);
})();

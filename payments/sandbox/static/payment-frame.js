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
  const fields = window.cardFields(form, (state) => {
    say(null);
    channel.emit("change", state);
  });

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
    setup: (given) => {
      setup = given;
      dress(given.appearance);
      tellHeight();
      return true;
    },
    dress: ({ appearance }) => dress(appearance),
    focus: () => form.elements.number.focus(),
    blur: () => document.activeElement?.blur(),
    clear: () => fields.clear(),
    validate: () => fields.filled(form.dataset.blank),
    confirm: async ({ email }) => {
      say(null);
      if (!fields.filled(form.dataset.blank)) return { error: { message: form.dataset.blank, code: null } };
      const answer = await window.sandboxCall("/elements/confirm", {
        client_secret: setup.clientSecret, key: setup.key, locale: form.dataset.lang, email, ...fields.values(),
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

// The payment step of the token type. The card is typed into the provider's frame; this page never sees it.
// It asks for nothing but: mount the fields, keep the goods, confirm, and say what came of it.
"use strict";
(() => {
  const box = document.getElementById("pay");
  if (!box) return;
  const button = document.getElementById("pay-button");
  const message = document.getElementById("pay-message");
  const entry = document.getElementById("card-entry");
  const fields = document.getElementById("card-fields");
  const token = document.querySelector("#pay-form input[name=csrf_token]").value;
  const label = button.textContent;
  const kept = document.getElementById("saved-cards");
  let actions = null;

  const payOnProvidersPage = () => document.getElementById("other-page").submit();

  const say = (text) => {
    message.textContent = text;
    message.hidden = !text;
  };

  const setBusy = (busy) => {
    button.disabled = busy;
    button.setAttribute("aria-busy", String(busy));
    button.textContent = busy ? box.dataset.textBusy : label;
  };

  // A card that the provider keeps for who is signed in, or "" for one that is typed. Nothing of it goes to our server.
  const chosen = () => kept.querySelector("input:checked")?.value ?? "";

  const choice = (value, text, checked) => {
    const line = document.createElement("label");
    const input = document.createElement("input");
    const words = document.createElement("span");
    line.className = "choice";
    words.className = "choice__body";
    Object.assign(input, { type: "radio", name: "kept", value, checked });
    words.textContent = text;
    line.append(input, words);
    kept.append(line);
  };

  const offer = (cards) => {
    if (!cards?.length) return;
    const brands = JSON.parse(kept.dataset.brands);
    cards.forEach(({ id, card }, place) => {
      const until = `${String(card.expMonth).padStart(2, "0")}/${card.expYear}`;
      choice(id, `${brands[card.brand] ?? card.brand} •••• ${card.last4} (${kept.dataset.textExpiry} ${until})`, place === 0);
    });
    choice("", kept.dataset.textNew, false);
    kept.hidden = false;
    const show = () => {
      entry.hidden = chosen() !== "";
    };
    show();
    kept.addEventListener("change", show);
  };

  const post = async (url) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  // What the provider says in the browser is only a reason to ask; the answer that counts is the server's.
  // `words` are for a payment that is still open when this press tried nothing: a mistake in the fields, say.
  const settle = async (words) => {
    let known;
    try {
      known = await post(box.dataset.check);
    } catch {
      known = { reached: false };
    }
    if (!known.reached) return say(box.dataset.textUnknown);
    if (known.state !== "placed") return location.assign(box.dataset.return);
    if (known.attempt !== box.dataset.attempt) return location.assign(box.dataset.again);
    const texts = {
      funds: box.dataset.textFunds,
      authentication: box.dataset.textAuthentication,
      entry: box.dataset.textEntry,
      issuer: box.dataset.textIssuer,
    };
    say(words || texts[known.decline] || box.dataset.textIssuer);
  };

  const pay = async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    say("");
    setBusy(true);
    try {
      const held = await post(box.dataset.keep);
      if (held.state !== "placed") return location.assign(box.dataset.return);
      if (held.closed) return location.assign(box.dataset.again);
      if (!held.kept) return await settle(box.dataset.textOver);
      const card = chosen();
      const result = await actions.confirm({ redirect: "always", ...(card && { paymentMethod: card }) });
      if (result.type === "error") {
        await settle(result.error.code === "paymentFailed" ? "" : result.error.message);
      } else {
        location.assign(box.dataset.return);
      }
    } catch {
      await settle(box.dataset.textUnknown);
    } finally {
      setBusy(false);
    }
  };

  const start = async () => {
    if (typeof window.Stripe !== "function") return payOnProvidersPage();
    const stripe = window.Stripe(box.dataset.key, { locale: box.dataset.locale });
    const checkout = stripe.initCheckoutElementsSdk({ clientSecret: box.dataset.secret });
    const element = checkout.createPaymentElement();
    element.on("ready", () => {
      fields.setAttribute("aria-busy", "false");
      const loading = document.getElementById("card-loading");
      if (loading) loading.remove();
    });
    const loaded = await checkout.loadActions();
    if (loaded.type !== "success") return payOnProvidersPage();
    actions = loaded.actions;
    element.mount("#card-fields");
    offer(actions.getSession().savedPaymentMethods);
    button.disabled = false;
    document.getElementById("pay-form").addEventListener("submit", pay);
  };

  start().catch(payOnProvidersPage);
})();

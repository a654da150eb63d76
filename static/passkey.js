// Passkeys: shows the forms that need them, asks the device, and sends its answer as an ordinary form.
// A form: data-passkey="get|create", data-options (the address of the options), a hidden field "answer".
"use strict";
(function () {
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential || !forms.length) return;
  let waiting = null;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const words = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function parsed(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const list of [options.excludeCredentials, options.allowCredentials]) {
      for (const one of list || []) one.id = bytes(one.id);
    }
    return options;
  }

  function written(credential) {
    const { response } = credential;
    const answer = { clientDataJSON: words(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) answer[name] = words(response[name]);
    }
    if (response.getTransports) answer.transports = response.getTransports();
    return JSON.stringify({
      id: credential.id,
      rawId: words(credential.rawId),
      type: credential.type,
      response: answer,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  }

  async function options(form) {
    const token = form.querySelector("[name=csrf_token]").value;
    const answer = await fetch(form.dataset.options, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      redirect: "error",
    });
    if (!answer.ok) throw new Error("no options");
    return parsed(await answer.json());
  }

  // A device holds one request at a time: a new one ends the one that waits in the list of suggestions.
  async function ask(form, mediation) {
    if (waiting) waiting.abort();
    const control = new AbortController();
    waiting = control;
    const publicKey = await options(form);
    const request = { publicKey, signal: control.signal, ...(mediation ? { mediation } : {}) };
    const credential = await navigator.credentials[form.dataset.passkey](request);
    form.querySelector("[name=answer]").value = written(credential);
    form.submit();
  }

  async function pressed(event) {
    const form = event.target;
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const said = form.querySelector("[data-passkey-said]");
    said.textContent = "";
    try {
      await ask(form);
    } catch {
      said.textContent = said.dataset.text;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", pressed);
  }

  // Where the browser can, it suggests passkeys in the field of the name, from the moment that one goes there.
  const name = document.querySelector("input[autocomplete~=webauthn]");
  const get = document.querySelector("form[data-passkey=get]");
  const can = PublicKeyCredential.isConditionalMediationAvailable;
  if (name && get && can) {
    name.addEventListener(
      "focus",
      async () => {
        if (await can.call(PublicKeyCredential)) ask(get, "conditional").catch(() => {});
      },
      { once: true },
    );
  }
})();

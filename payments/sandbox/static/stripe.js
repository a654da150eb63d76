/* The browser script, with the names that a page uses of Stripe's own (npm package @stripe/stripe-js): Stripe(key),
   initCheckoutElementsSdk, createPaymentElement, loadActions, confirm. It holds no card field and sees no card number:
   the fields are in a frame of the sandbox's origin. It talks to its frames over message ports, never to the network,
   sets looks through the style object only, and so works under a policy without connect-src and without inline style. */
"use strict";

(() => {
  const base = new URL(document.currentScript.src).origin;

  const notHere = (what) => {
    throw new Error(`${what} is not in this sandbox.`);
  };

  const styled = (element, looks) => {
    for (const [name, value] of Object.entries(looks)) element.style[name] = value;
    return element;
  };

  const emitter = () => {
    const handlers = new Map();
    const of = (event) => handlers.get(event) ?? [];
    return {
      on: (event, handler) => handlers.set(event, [...of(event), handler]),
      off: (event, handler) => handlers.set(event, handler ? of(event).filter((h) => h !== handler) : []),
      emit: (event, value) => of(event).forEach((handler) => handler(value)),
    };
  };

  /* One frame of the sandbox and its port. Calls wait until the frame has answered the first message. */
  const openFrame = (path, title, onEvent) => {
    const frame = document.createElement("iframe");
    const channel = new MessageChannel();
    const waiting = new Map();
    let lastId = 0;
    let connected;
    const ready = new Promise((resolve) => {
      connected = resolve;
    });
    channel.port1.onmessage = ({ data }) => {
      if (data.reply !== undefined) {
        waiting.get(data.reply)?.(data.value);
        waiting.delete(data.reply);
      } else if (data.event === "connected") connected();
      else onEvent(data.event, data.value);
    };
    frame.addEventListener("load", () => {
      frame.contentWindow.postMessage({ type: "sandbox-connect" }, base, [channel.port2]);
    }, { once: true });
    frame.title = title;
    frame.src = base + path;
    const call = async (method, args) => {
      await ready;
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        channel.port1.postMessage({ id, method, args });
      });
    };
    return { frame, call, ready };
  };

  /* Shows the 3-D Secure page over the shop's page; resolves with its state, or "closed" when the shopper closes it. */
  const runChallenge = (url, ja, instructions = false) => new Promise((resolve) => {
    const dialog = styled(document.createElement("dialog"), {
      width: "min(480px, calc(100vw - 24px))", height: "min(680px, calc(100vh - 24px))", padding: "0", border: "0",
      borderRadius: "14px", overflow: "hidden", boxShadow: "0 24px 80px rgba(10, 14, 40, .45)",
    });
    const frame = styled(document.createElement("iframe"), { width: "100%", height: "100%", border: "0", display: "block" });
    const close = styled(document.createElement("button"), {
      position: "absolute", zIndex: "1", top: "8px", right: "8px", width: "44px", height: "44px", border: "0", borderRadius: "22px",
      background: "rgba(120, 126, 150, .16)", color: "inherit", fontSize: "22px", lineHeight: "44px", padding: "0", cursor: "pointer",
    });
    const title = instructions ? (ja ? "お支払いのご案内" : "How to pay") : ja ? "本人認証" : "Verification";
    const end = (state) => {
      window.removeEventListener("message", hear);
      dialog.close();
      dialog.remove();
      resolve(state);
    };
    const hear = (event) => {
      const ours = event.origin === base && event.source === frame.contentWindow;
      if (ours && event.data?.type === "sandbox-challenge") end(event.data.state);
    };
    dialog.setAttribute("aria-label", title);
    frame.title = title;
    frame.src = url;
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", ja ? "閉じる" : "Close");
    close.addEventListener("click", () => end("closed"));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      end("closed");
    });
    window.addEventListener("message", hear);
    /* The button comes first, so that it has the focus and Escape works before one enters the frame. */
    dialog.append(close, frame);
    document.body.append(dialog);
    dialog.showModal();
  });

  const paymentElement = (connection, onState) => {
    const events = emitter();
    const ja = connection.locale.startsWith("ja");
    let state = { empty: true, complete: false };
    const opened = openFrame(`/elements/payment?locale=${encodeURIComponent(connection.locale)}`,
      ja ? "カード情報の入力欄" : "Card details", (event, value) => {
        if (event === "resize") opened.frame.style.height = `${Math.ceil(value.height)}px`;
        else if (event === "change") {
          state = value;
          onState(state);
          const { type, ...rest } = state;
          events.emit("change", { elementType: "payment", collapsed: false, value: { type: type ?? "card" }, ...rest });
        } else events.emit(event, { elementType: "payment" });
      });
    styled(opened.frame, { width: "100%", border: "0", display: "block", height: "250px", colorScheme: "inherit" });
    opened.frame.allow = "";
    opened.ready.then(async () => {
      await opened.call("setup", { clientSecret: await connection.clientSecret, key: connection.key, appearance: connection.appearance });
      events.emit("ready", { elementType: "payment" });
    });
    const element = {
      mount: (target) => {
        const node = typeof target === "string" ? document.querySelector(target) : target;
        if (!node) throw new Error("The place to mount the Payment Element is not on the page.");
        node.replaceChildren(opened.frame);
      },
      unmount: () => opened.frame.remove(),
      destroy: () => opened.frame.remove(),
      focus: () => void opened.call("focus"),
      blur: () => void opened.call("blur"),
      clear: () => void opened.call("clear"),
      collapse: () => element,
      update: () => element,
      on: (event, handler) => (events.on(event, handler), element),
      off: (event, handler) => (events.off(event, handler), element),
      once: (event, handler) => {
        const first = (value) => {
          events.off(event, first);
          handler(value);
        };
        events.on(event, first);
        return element;
      },
    };
    return { element, frame: opened, state: () => state };
  };

  const initCheckoutElementsSdk = (key, locale, options) => {
    if (!options?.clientSecret) throw new Error("initCheckoutElementsSdk needs a clientSecret.");
    const connection = {
      key, locale, clientSecret: Promise.resolve(options.clientSecret),
      appearance: options.elementsOptions?.appearance,
    };
    const events = emitter();
    const controller = openFrame("/elements/controller", "Payment provider", () => {});
    styled(controller.frame, { display: "none" });
    controller.frame.setAttribute("aria-hidden", "true");
    document.body.append(controller.frame);
    let payment = null;
    let session = null;
    let email = options.defaultValues?.email ?? null;
    let confirming = null;

    const shown = () => {
      const { returnUrl: _, paymentMethodTypes: __, ...rest } = session;
      const known = session.email ?? email;
      const canConfirm = session.status.type === "open" && known !== null && (payment?.state().complete ?? false) && !confirming;
      return { ...rest, email: known, canConfirm };
    };
    const changed = () => {
      if (session) events.emit("change", shown());
    };
    const refresh = async () => {
      const answer = await controller.call("session", { clientSecret: await connection.clientSecret, key, locale });
      if (answer.session) session = answer.session;
      return answer;
    };
    const failed = (message, declineCode) => ({
      type: "error",
      error: { message, code: "paymentFailed", paymentFailed: { declineCode: declineCode ?? null } },
    });
    const success = () => ({ type: "success", session: shown() });

    const pay = async (args) => {
      if (!payment) return { type: "error", error: { message: "Mount a Payment Element first.", code: null } };
      const answer = await payment.frame.call("confirm", {
        email: args.email ?? session.email ?? email, paymentMethod: args.paymentMethod, save: args.savePaymentMethod === true,
      });
      if (answer.error) {
        await refresh();
        if (answer.error.code === "paymentFailed") return failed(answer.error.message, answer.error.declineCode);
        return { type: "error", error: { message: answer.error.message, code: null } };
      }
      if (answer.challenge) {
        const ja = locale.startsWith("ja");
        const state = await runChallenge(answer.challenge, ja);
        await refresh();
        if (session.status.type !== "complete") {
          const open = ja ? "本人認証が完了していません。請求は発生していません。" : "The verification was not completed. You have not been charged.";
          const last = state === "closed" ? null : session.lastPaymentError;
          return failed(last?.message ?? open, last?.declineCode);
        }
      } else session = answer.session;
      if (answer.instructions) await runChallenge(answer.instructions, locale.startsWith("ja"), true);
      return success();
    };

    const confirm = async (args = {}) => {
      confirming ??= pay(args);
      changed();
      const result = await confirming.finally(() => {
        confirming = null;
      });
      if (result.type === "success") result.session = shown();
      changed();
      if (result.type === "success" && args.redirect !== "if_required") {
        const next = args.returnUrl ?? session.returnUrl;
        window.location.assign(next.replaceAll("{CHECKOUT_SESSION_ID}", session.id));
      }
      return result;
    };

    const actions = {
      confirm,
      getSession: shown,
      updateEmail: async (value) => {
        if (value !== null && !/^[^@\s]+@[^@\s]+$/.test(value)) {
          return { type: "error", error: { message: "The e-mail address is not complete.", code: "invalidEmail" } };
        }
        email = value;
        changed();
        return success();
      },
      runServerUpdate: async (update) => {
        await update();
        await refresh();
        changed();
        return success();
      },
      validateElements: async () => {
        if (!payment) return { type: "error", error: { code: "no_elements", message: "There is no element.", validation_errors: [] } };
        if (await payment.frame.call("validate")) return success();
        const message = "Some card details are missing.";
        return { type: "error", error: { code: "validation_error", message, validation_errors: [{ message, element: "payment" }] } };
      },
    };
    for (const name of ["applyPromotionCode", "removePromotionCode", "updateShippingAddress", "updateBillingAddress",
      "updatePhoneNumber", "updateIndividualName", "updateBusinessName", "updateLineItemQuantity", "updateTaxIdInfo",
      "updateShippingOption", "addOptionalLineItem", "removeOptionalLineItem"]) {
      actions[name] = async () => ({ type: "error", error: { message: `${name} is not in this sandbox.`, code: null } });
    }

    return {
      on: (event, handler) => events.on(event, handler),
      loadActions: async () => {
        const answer = await refresh();
        if (answer.error) return { type: "error", error: { message: answer.error.message, code: null } };
        if (session.status.type === "expired") {
          return { type: "error", error: { message: "This Checkout Session has expired.", code: null } };
        }
        changed();
        return { type: "success", actions };
      },
      createPaymentElement: () => {
        if (payment) throw new Error("There is a Payment Element already; use getPaymentElement.");
        payment = paymentElement(connection, changed);
        return payment.element;
      },
      getPaymentElement: () => payment?.element ?? null,
      changeAppearance: (appearance) => void payment?.frame.call("dress", { appearance }),
      loadFonts: () => {},
    };
  };

  window.Stripe = (key, options) => {
    if (typeof key !== "string" || !key.startsWith("pk_")) throw new Error("Stripe() needs a publishable key (pk_…).");
    const wanted = options?.locale ?? "auto";
    const locale = wanted === "auto" ? navigator.language || "ja" : wanted;
    const stripe = { initCheckoutElementsSdk: (given) => initCheckoutElementsSdk(key, locale, given) };
    for (const name of ["elements", "confirmPayment", "confirmSetup", "createConfirmationToken", "createPaymentMethod",
      "handleNextAction", "retrievePaymentIntent", "createEmbeddedCheckoutPage", "initCheckoutFormSdk"]) {
      stripe[name] = () => notHere(`stripe.${name}`);
    }
    return stripe;
  };
  window.Stripe.version = "sandbox";
})();

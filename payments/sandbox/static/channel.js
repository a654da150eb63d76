/* The frame's side of the channel to the shop's page. The page's first message hands over a port; it is taken only
   from the window that holds this frame, and only when that window's origin is one that the sandbox was started with. */
"use strict";

window.sandboxChannel = (handlers) => {
  const allowed = JSON.parse(document.getElementById("card").dataset.origins);
  let port = null;
  window.addEventListener("message", (event) => {
    const fits = event.source === window.parent && allowed.includes(event.origin);
    if (!fits || port !== null || event.data?.type !== "sandbox-connect" || event.ports.length !== 1) return;
    port = event.ports[0];
    port.onmessage = async ({ data }) => {
      if (!Object.hasOwn(handlers, data.method)) return;
      port.postMessage({ reply: data.id, value: await handlers[data.method](data.args ?? {}) });
    };
    port.postMessage({ event: "connected", value: {} });
  });
  return { emit: (event, value) => port?.postMessage({ event, value }) };
};

/* Calls the sandbox from its own frame. A network failure is an answer too: nothing is known to be charged. */
window.sandboxCall = async (path, body) => {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer.json();
  } catch {
    return { error: { message: "The payment provider cannot be reached. Try again.", code: null } };
  }
};

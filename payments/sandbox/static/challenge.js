/* Tells the page that holds this frame that the authentication has ended, or that Escape was pressed. Only the
   permitted origins can hold it; the message holds nothing but the state. */
"use strict";

(() => {
  const place = document.querySelector("[data-origins]");
  if (window.parent === window) return;
  const tell = (state) => {
    for (const origin of JSON.parse(place.dataset.origins)) {
      /* Only one of the origins is the parent's; asking first keeps the others from complaining. */
      const parents = window.location.ancestorOrigins;
      if (!parents || parents[0] === origin) window.parent.postMessage({ type: "sandbox-challenge", state }, origin);
    }
  };
  if (place.dataset.state) tell(place.dataset.state);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tell("closed");
  });
})();

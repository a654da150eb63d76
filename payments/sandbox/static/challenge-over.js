/* Tells the page that holds this frame that the authentication has ended. Only the permitted origins can hold it;
   the message holds nothing but the state. */
"use strict";

(() => {
  const over = document.getElementById("over");
  if (window.parent === window) return;
  for (const origin of JSON.parse(over.dataset.origins)) {
    window.parent.postMessage({ type: "sandbox-challenge", state: over.dataset.state }, origin);
  }
})();

// The staff's pages: what was refused takes the focus.
"use strict";
(function () {
  const refusal = document.querySelector("[data-focus]");
  if (refusal) refusal.focus();
})();

/* Shows the panel anew when something has happened, but never under the hands of somebody who is doing something. Keys:
   1 to 4 open the pages, r loads the page again. Everything works without this. */
"use strict";

(() => {
  const main = document.getElementById("content");
  const busy = () => document.querySelector("details[open]") !== null
    || ["INPUT", "SELECT", "BUTTON", "SUMMARY"].includes(document.activeElement?.tagName) || document.hidden;
  const anew = () => window.location.replace(window.location.href.replace(/[?&]note=[^&]*/, ""));
  window.setInterval(async () => {
    if (busy()) return;
    try {
      const health = await (await fetch("/_sandbox/health")).json();
      if (health.pulse !== main.dataset.pulse && !busy()) anew();
    } catch {
      /* The sandbox is gone or restarting; the page stays as it is. */
    }
  }, 2000);
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = document.querySelectorAll("nav a");
    if (/^[1-5]$/.test(event.key)) links[Number(event.key) - 1]?.click();
    else if (event.key === "r") anew();
  });
})();

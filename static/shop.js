// The only script of the shelves: the basket's count, adding without leaving the page, focus on a form's faults.
// Every page works without it.
"use strict";
(function () {
  const badge = document.querySelector("[data-cart-count]");
  const toast = document.getElementById("toast");

  function showCount(count) {
    if (!badge) return;
    badge.hidden = !count;
    badge.textContent = count;
    const unit = document.createElement("span");
    unit.className = "unseen";
    unit.textContent = badge.dataset.unit;
    badge.append(unit);
  }

  function showToast(text, link) {
    const words = document.createElement("p");
    words.textContent = text;
    toast.replaceChildren(words);
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.url;
      anchor.textContent = link.text;
      toast.append(anchor);
    }
  }

  function readCount() {
    fetch(badge.dataset.cartCount, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : { count: 0 }))
      .then((data) => showCount(data.count))
      .catch(() => {});
  }

  function add(event) {
    const form = event.target;
    // card-guard.js may have refused this submit already.
    if (event.defaultPrevented || !form.matches("form[data-add]")) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    })
      .then((answer) => answer.json())
      .then((data) => {
        if ("count" in data) showCount(data.count);
        showToast(data.message || data.error.message, data.link);
      })
      .catch(() => form.submit())
      .finally(() => button.removeAttribute("aria-busy"));
  }

  document.addEventListener("submit", add);
  if (badge) {
    readCount();
    // Back and forward may show a page from before something was added.
    window.addEventListener("pageshow", (event) => event.persisted && readCount());
  }
  const faults = document.querySelector("[data-focus]");
  if (faults) faults.focus();
})();

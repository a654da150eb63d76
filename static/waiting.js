// The waiting line: show the place, go on when it is our turn.
"use strict";
(() => {
  const box = document.getElementById("waiting");
  if (!box) return;
  const place = document.getElementById("place");

  const look = async () => {
    try {
      const answer = await fetch(box.dataset.state, { headers: { Accept: "application/json" } });
      const known = await answer.json();
      if (!known.waiting) return location.replace(box.dataset.pay);
      place.textContent = box.dataset.text.replace("{n}", known.place);
    } catch {
      // No connection just now: look again.
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
})();

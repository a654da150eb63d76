// Back from the provider: ask our server until it knows, every 2 s, later every 10 s; after 2 min offer help.
"use strict";
(() => {
  const box = document.getElementById("checking");
  if (!box) return;
  const token = box.querySelector("input[name=csrf_token]").value;
  const began = Date.now();

  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.check, {
        method: "POST",
        headers: { "X-CSRFToken": token, Accept: "application/json" },
      });
      const known = answer.ok ? await answer.json() : { state: "placed", reached: false };
      if (known.state !== "placed") return location.replace(box.dataset.done);
      if (known.reached && known.decline) return location.replace(box.dataset.again);
    } catch {
      // No connection just now: the next question may get through.
    }
    const waited = Date.now() - began;
    if (waited > 120000) document.getElementById("checking-long").hidden = false;
    setTimeout(ask, waited < 20000 ? 2000 : 10000);
  };
  ask();
})();

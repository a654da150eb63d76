/* The unseen frame that asks for the session, so that the shop's page needs no connection to the sandbox. */
"use strict";

window.sandboxChannel({
  session: ({ clientSecret, key, locale }) =>
    window.sandboxCall("/elements/session", { client_secret: clientSecret, key, locale }),
});

"""The limits as data. What is counted is a *new card attempt*: a session at the provider, in which cards can be tried.

Products stop an address for an hour after five errors, and a store's cards at eighty errors an hour that are four
fifths of all tries; a payment page allows 25 orders of one address in half an hour. Ours are of that order: an
address may be an office or a mobile network, so it may do more than one browser.
"""

from __future__ import annotations

import datetime as dt

from shop.limits import Rule

_HALF_HOUR, _HOUR = dt.timedelta(minutes=30), dt.timedelta(hours=1)

SESSIONS_OF_NETWORK = Rule("card sessions of a network", 20, _HALF_HOUR)
SESSIONS_OF_BROWSER = Rule("card sessions of a browser", 10, _HALF_HOUR)
SESSIONS_OF_CUSTOMER = Rule("card sessions of a customer", 10, _HALF_HOUR)
SESSIONS_OF_ACCOUNT = Rule("card sessions of an account", 10, _HALF_HOUR)

SLOW_SESSIONS_OF_NETWORK = Rule("card sessions of a network, slowed", 4, _HALF_HOUR)
SLOW_SESSIONS_OF_BROWSER = Rule("card sessions of a browser, slowed", 2, _HALF_HOUR)
SLOW_SESSIONS_OF_CUSTOMER = Rule("card sessions of a customer, slowed", 2, _HALF_HOUR)
SLOW_SESSIONS_OF_ACCOUNT = Rule("card sessions of an account, slowed", 2, _HALF_HOUR)

DECLINES_COUNT_FOR = _HOUR
DECLINES_OF_NETWORK = 10
DECLINES_OF_BROWSER = 5
DECLINES_OF_CUSTOMER = 5
DECLINES_OF_ACCOUNT = 5
DECLINES_OF_ORDER = 5
DECLINES_OF_CARD = 4
"""One card, by its keyed hash, whoever tries it."""

SLOW_FROM, SLOW_SHARE = 20, 0.5
"""So many declines of a store in an hour, when they are such a share of all tries: then everyone new is slowed."""
MAIL_FROM, MAIL_SHARE = 30, 0.6
"""Then waiting has not helped: everyone new first opens a link that was sent to their mail address."""
PAUSE_FROM, PAUSE_SHARE = 80, 0.8
PAUSE_ASKED_ONCE_IN = Rule("pause of cards asked for", 1, dt.timedelta(minutes=10))

SLOW_FOR = dt.timedelta(seconds=20)
"""Between the order and its payment page, when everyone new is slowed; then a person presses once more."""
PROVEN_AFTER = dt.timedelta(days=1)
"""Who paid an order before this long ago is not new."""
WAIT_WITHOUT_COUNTERS = dt.timedelta(minutes=10)

LETTER = "pay"
"""The kind of `shop.accounts.models.Letter` whose opened link proves a mail address."""
PROOF_LASTS = _HOUR
"""From the mail on. Its ten minutes of goods begin when the order is placed, which is after it."""
PROOFS_OF_MAILBOX = Rule("proofs of a mailbox", 1, _HALF_HOUR)
"""Of one mailbox of a large host, or of one domain (`shop.card_testing.mailboxes`)."""
LETTERS_TO = Rule("proof letters to", 5, _HOUR)
"""One mailbox or domain, as above: more would lead to no proof, and bots type strangers' addresses."""
LETTERS_FROM_NETWORK = Rule("proof letters from a network", 6, _HOUR)
LETTERS_FROM_BROWSER = Rule("proof letters from a browser", 4, _HOUR)
DECLINES_IN_ATTACK = 2
"""Of one basket, customer, account or order, while a mail address has to be proved."""

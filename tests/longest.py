"""The files that take longest begin first: a long one that began last would be waited for by processors at rest.

`pytest --dist loadfile --no-loadscope-reorder` (Makefile) hands whole files out in this order. A file that takes
more than twenty seconds belongs here, longest first; all others follow in the order of their names.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
FIRST = (
    "evidence/test_no_number_reaches_us.py",
    "evidence/test_watch.py",
    "evidence/test_no_number_on_postgresql.py",
    "scope/test_checks_turn_red.py",
    "shop/test_scope_mutants.py",
    "evidence/test_controls_processes.py",
    "concurrency/test_rush.py",
    "storm/test_storm.py",
    "e2e/test_staff_pages.py",
    "accounts/test_browser.py",
    "e2e/test_stored_xss.py",
    "shop/test_disputes.py",
    "nonsense/test_walk.py",
    "scope/test_missing_evidence.py",
    "adopt/test_adopt_doc.py",
    "shop/test_mail_first.py",
    "shop/test_card_testing.py",
    "evidence/test_walk.py",
    "e2e/test_coming_back.py",
    "e2e/test_other_methods.py",
    "concurrency/test_killed_web.py",
    "concurrency/test_killed_left.py",
    "concurrency/test_killed_worker.py",
    "evidence/test_controls_passthrough.py",
    "storm/test_seeded_bugs.py",
    "storm/test_money_machine.py",
    "concurrency/test_stock_machine.py",
    "e2e/test_accessible.py",
    "e2e/test_every_shopper.py",
    "e2e/test_not_paid_at_once.py",
    "e2e/test_card_life.py",
    "shop/test_storefront_browser.py",
    "staff/test_staff_browser.py",
    "accounts/test_entering.py",
    "accounts/test_changing.py",
    "accounts/test_cards.py",
    "accounts/test_belongings.py",
    "shop/test_audit.py",
    "shop/test_jobs.py",
    "shop/test_shipping.py",
    "payments/test_refunds.py",
    "e2e/test_provider_down.py",
)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort tests by their files. Raises UsageError for a file that is there no more."""
    gone = [name for name in FIRST if not (HERE / name).is_file()]
    if gone:
        raise pytest.UsageError(f"tests/longest.py names what is not there: {', '.join(gone)}")
    place = {HERE / name: at for at, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(FIRST)))

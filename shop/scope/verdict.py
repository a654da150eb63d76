"""What the report may say: a count, and two lines a store. Never more than the evidence holds."""

from __future__ import annotations

from shop.scope.result import Result, Status
from shop.stores import PaymentType, all_stores

DISCLAIMER = (
    "Not a statement of PCI DSS compliance, of SAQ eligibility or of 非保持化; "
    "the acquirer, the payment company or a QSA decides."
)

_FORM = {
    PaymentType.TOKEN: (
        "the provider's frames on our page (非通過型): if every other condition holds, this form suggests SAQ A with "
        "the script criterion, since all elements of the card form come from the provider and our page embeds them"
    ),
    PaymentType.REDIRECT: (
        "the provider's own page (非通過型): if every other condition holds, this form suggests SAQ A, since the card "
        "form is no part of our pages and the script criterion is for embedded forms (PCI SSC FAQ 1588)"
    ),
}
_PASSAGE = {"E1", "E2", "E3"}


def headline(results: list[Result]) -> str:
    """The first sentence: how many automatic checks were green, of how many."""
    automatic = [result for result in results if result.status is not Status.NOT_EXERCISED]
    green = sum(result.status is Status.GREEN for result in automatic)
    return f"{green} of {len(automatic)} automatic checks without finding. {DISCLAIMER}"


def store_lines(results: list[Result]) -> list[str]:
    """Two lines a store: whether a passage was found, and what its form of integration suggests."""
    by_id = {result.id: result for result in results}
    looked = [by_id[check] for check in sorted(_PASSAGE & by_id.keys())]
    lines = []
    for store in all_stores().values():
        lines.append(f"{store.name}: passage of card data found: {_passage(looked)}")
        lines.append(f"{store.name}: {_FORM[store.payment_type]}; {_suggests(looked)}")
    return lines


def _passage(looked: list[Result]) -> str:
    if any(result.status is Status.FINDING for result in looked):
        return "yes"
    if len(looked) < len(_PASSAGE) or any(result.status is not Status.GREEN for result in looked):
        return "not known: evidence is missing"
    return "no"


def _suggests(looked: list[Result]) -> str:
    if any(result.status is Status.FINDING for result in looked):
        return "a finding above speaks against it"
    return (
        "the evidence of this run says nothing against it"
        if _passage(looked) == "no"
        else "not yet supported"
    )

"""An order's moments as the lines of its timeline: when, what, more, and a colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from markupsafe import Markup

from shop.backoffice import words
from shop.backoffice.phrases import phrase
from shop.orders.refunding import RefundReason
from shop.orders.timeline import Moment, Source
from shop.staff.nav import japan_time

Line = tuple[str, str, str, str]
Names = Mapping[str, str]
"""Names of members by id, as far as the reader may see them."""


def told(moments: list[Moment], names: Names, locale: str) -> list[Line]:
    """The lines, newest first."""
    return [_line(moment, names, locale) for moment in reversed(moments)]


def _line(moment: Moment, names: Names, locale: str) -> Line:
    what, more, kind = _TELL[moment.source](moment, names)
    if moment.amount is not None:
        what = f"{what} {moment.amount.format(locale)}"
    return japan_time(moment.at), what, more, kind


def _shopper(moment: Moment, _names: Names) -> tuple[str, str, str]:
    return _("お客さまが注文を確定"), moment.detail, ""


def _order(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.ORDER, moment.what)
    return _("注文: %(state)s", state=text), phrase(moment.detail), kind


def _payment(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.PAYMENT, moment.what)
    return _("支払い: %(state)s", state=text), phrase(moment.detail), kind


def _session(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, _kind = words.word(words.SESSION, moment.what)
    return _("支払い画面: %(state)s", state=text), moment.detail, ""


def _provider(moment: Moment, _names: Names) -> tuple[str, str, str]:
    event_id, _space, state = moment.detail.partition(" ")
    return _("決済会社からの通知: %(state)s", state=phrase(state)), _code(f"{moment.what} {event_id}"), ""


def _code(text: str) -> Markup:
    """Names of the provider, which are of no language."""
    return Markup("<code>{}</code>").format(text)


def _money(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.MONEY, moment.what)
    return str(text), moment.detail, kind


def _staff(moment: Moment, names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.REFUND, moment.detail)
    reason = RefundReason(moment.what).label
    who = names.get(moment.actor.removeprefix("staff:"), moment.actor)
    rates = ", ".join(
        f"{int(part.rate)} %: {part.gross.minor:,} ({part.tax.minor:,})"
        for part in (moment.refund.parts if moment.refund else ())
    )
    what = _("スタッフが返金（%(reason)s、%(state)s）", reason=reason, state=text)
    return what, _("%(who)s。税率ごとの金額（うち消費税） %(rates)s", who=who, rates=rates), kind


def _fulfilment(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.FULFILMENT, moment.what)
    return _("出荷: %(state)s", state=text), phrase(moment.detail), kind


def _parcel(moment: Moment, names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.PARCEL, moment.what)
    who = names.get(moment.actor.removeprefix("staff:"), moment.actor)
    return _("荷物: %(state)s", state=text), f"{who}. {moment.detail}", kind


def _dispute(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.DISPUTE, moment.what)
    dispute_id, _space, cause = moment.detail.partition(" ")
    return _("申し立て: %(state)s", state=text), f"{dispute_id} {phrase(cause)}", kind


def _warning(moment: Moment, _names: Names) -> tuple[str, str, str]:
    return _("不正利用の早期警告"), f"{moment.what} {moment.detail}", "bad"


def _mail(moment: Moment, _names: Names) -> tuple[str, str, str]:
    text, kind = words.word(words.JOB, moment.detail)
    template = moment.what.partition(":")[0]
    return f"{words.MAIL.get(template, template)}: {text}", "", "bad" if kind == "bad" else ""


_TELL: dict[Source, Callable[[Moment, Names], tuple[str, str, str]]] = {
    Source.SHOPPER: _shopper,
    Source.ORDER: _order,
    Source.PAYMENT: _payment,
    Source.SESSION: _session,
    Source.PROVIDER: _provider,
    Source.MONEY: _money,
    Source.STAFF: _staff,
    Source.FULFILMENT: _fulfilment,
    Source.PARCEL: _parcel,
    Source.DISPUTE: _dispute,
    Source.WARNING: _warning,
    Source.MAIL: _mail,
}

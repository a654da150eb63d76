"""What a mail says of a parcel. Opens its number for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.context import Shop
from shop.fulfilment import carriers
from shop.fulfilment.carriers import Carrier
from shop.fulfilment.models import Shipment
from shop.fulfilment.parcels import SHIPPED_MAIL
from shop.jobs.models import Job
from shop.orders.models import Order
from shop.vault import Place, Purpose


@dataclass(frozen=True)
class ParcelWords:
    """A parcel in words; `number` is empty for what the shop brings itself."""

    carrier: str
    number: str
    url: str
    pieces: Mapping[str, int]
    is_short: bool
    """The rest of the order will not follow, and was not charged."""


def parcel_of(shop: Shop, order: Order, job: Job) -> ParcelWords | None:
    """The parcel that a mail's job names; None for every other mail."""
    template, _colon, parcel_id = job.detail.partition(":")
    if template != SHIPPED_MAIL:
        return None
    with shop.db.read() as session:
        parcel = session.get_one(Shipment, (order.store_id, parcel_id))
    carrier = Carrier(parcel.carrier)
    return ParcelWords(
        carrier=str(carriers.label(carrier)),
        number=_number(shop, parcel),
        url=carriers.tracking_url(carrier),
        pieces=parcel.lines,
        is_short=bool(parcel.released),
    )


def _number(shop: Shop, parcel: Shipment) -> str:
    if parcel.tracking is None:
        return ""
    place = Place(parcel.store_id, "shipment", "tracking", parcel.id)
    return shop.vault.open_personal(
        place, parcel.tracking, purpose=Purpose.ORDER_MAIL, request_id=parcel.request_id
    )

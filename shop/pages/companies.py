"""Who stands behind a store, from companies.toml. The pages of text, receipts and mails may import it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Company:
    """What the law and good manners want to be told about a seller."""

    company_ja: str
    company_en: str
    address_ja: str
    address_en: str
    phone: str
    mail: str
    hours_ja: str
    hours_en: str
    founded: str
    business_ja: str
    business_en: str
    registration: str
    """適格請求書発行事業者の登録番号."""


@cache
def company_of(store_id: str) -> Company:
    """The company behind a store; KeyError for a store that the file doesn't have."""
    raw = tomllib.loads(files(__package__).joinpath("companies.toml").read_text("utf-8"))
    return Company(**raw[store_id])

"""Made-up goods of any number, lifelike enough to test a full shop with. For seeding.

The words are in `content/words.toml`: what a thing is called follows from what its picture shows.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from shop.catalog.content_types import OptionContent, ProductContent, VariantContent
from shop.pictures.chance import KINDS, PAPER_SHELVES, Pick, random_recipe

WORDS = Path(__file__).with_name("content") / "words.toml"
SHELVES = {
    "style": tuple(slug for slug in KINDS if slug in PAPER_SHELVES),
    "cocomo": tuple(slug for slug in KINDS if slug not in PAPER_SHELVES),
}
FOODS = frozenset({"sweets", "tea", "coffee"})
Pair = tuple[str, str]


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def generated_product(store_id: str, n: int) -> ProductContent:
    """Product number `n` (from 0) of a made-up catalogue; the same number gives the same product.

    Its slug and SKUs start with `g`, so they never meet those of the files. KeyError on another store.
    """
    shelves = SHELVES[store_id]
    category = shelves[n % len(shelves)]
    recipe = random_recipe(category, n)
    words, pick = _words(), Pick(n ^ 0x5DEECE66D)
    noun = words["noun"][f"{recipe.shape} {recipe.form}".strip()]
    moods = words["mood"] if category in FOODS else words["mood"] + words["craft_mood"]
    mood = moods[pick.below(len(moods))]
    place = words["place"][pick.below(len(words["place"]))]
    text_ja, text_en = _text(words["food" if category in FOODS else "craft"], noun, place, pick)
    price = noun["price"] * (80 + 5 * pick.below(17)) // 1000 * 10
    return ProductContent(
        slug=f"g{n}-{noun['slug']}",
        category=category,
        name_ja=f"{mood['ja']}{noun['ja']}",
        name_en=f"{mood['en']} {noun['en']}",
        text_ja=text_ja,
        text_en=text_en,
        measures_ja=noun["measures_ja"],
        measures_en=noun["measures_en"],
        material_ja=noun["material_ja"],
        material_en=noun["material_en"],
        care_ja=words["care"]["food_ja" if category in FOODS else "craft_ja"],
        care_en=words["care"]["food_en" if category in FOODS else "craft_en"],
        origin_ja=place["ja"],
        origin_en=place["en"],
        tax_rate=8 if category in FOODS else 10,
        weight_g=noun["weight_g"],
        picture=recipe,
        variants=_variants(store_id, n, price, pick),
    )


def _text(sentences: dict[str, Any], noun: Any, place: Any, pick: Pick) -> Pair:
    """Three sentences: where it is from, how it feels, when it is used; a choice of each."""
    chosen = [sentences[part][pick.below(len(sentences[part]))] for part in ("from", "feel", "use")]
    japanese = "".join(sentence["ja"] for sentence in chosen)
    english = " ".join(sentence["en"] for sentence in chosen)
    return (
        japanese.format(noun=noun["ja"], place=place["ja"]),
        english.format(noun=noun["en"].lower(), place=place["en"]),
    )


def _variants(store_id: str, n: int, price: int, pick: Pick) -> tuple[VariantContent, ...]:
    """One to three counts of it; now and then sold out or nearly."""
    prefix = {"style": "ST", "cocomo": "CO"}[store_id]
    variants = []
    for step, count in enumerate((1, 2, 5)[: 1 + pick.below(3)]):
        chance = pick.below(20)
        stock = 0 if chance == 0 else chance if chance < 4 else chance * 7
        option = OptionContent("数", "Count", f"{count}点", "One" if count == 1 else f"Set of {count}")
        variants.append(VariantContent(f"{prefix}-G{n}-{step + 1}", (option,), price * count, stock, None))
    return tuple(variants)

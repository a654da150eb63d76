"""Plausible recipes by number, for catalogues of any size."""

from __future__ import annotations

from dataclasses import dataclass

from shop.pictures.grounds import TABLES
from shop.pictures.recipe import Recipe

GLAZES = ("white", "kohiki", "celadon", "tenmoku", "ame", "ruri", "shino", "oribe", "ash", "black")
DYES = ("indigo", "ai", "kaki", "mustard", "moss", "plum", "natural", "linen", "sumi", "vermilion")
WOODS = ("hinoki", "cherry", "walnut", "oak", "maple")
PASTELS = ("coral", "mint", "sky", "butter", "lilac", "peach", "cream")
BAKED = ("biscuit", "butter", "caramel", "matcha", "sakura", "cocoa")
ON_POTS = ("", "", "tokusa", "speckle", "drip", "stripes", "shinogi", "petals", "cloud", "seigaiha")
ON_CLOTH = ("asanoha", "seigaiha", "shippo", "sashiko", "stripe", "ichimatsu", "flowers", "kasuri", "waves")
ON_GIFTS = ("", "dots", "check", "stripe", "stars", "flowers", "hearts")


@dataclass(frozen=True)
class Kind:
    """One sort of thing and what may vary on it; the empty word is a thing's own default."""

    shape: str
    form: str = ""
    glazes: tuple[str, ...] = ("",)
    accents: tuple[str, ...] = ("",)
    patterns: tuple[str, ...] = ("",)
    extra: str = ""
    count: int = 1


KINDS: dict[str, tuple[Kind, ...]] = {
    "tableware": (
        *(Kind("bowl", form, GLAZES, patterns=ON_POTS) for form in ("rice", "donburi", "matcha", "small")),
        *(Kind("cup", form, GLAZES, patterns=ON_POTS) for form in ("yunomi", "soba", "guinomi", "mug")),
        Kind("plate", "", GLAZES, patterns=("", "rings", "stripes", "petals", "band")),
        Kind("teapot", "back", GLAZES),
        Kind("teapot", "top", GLAZES),
        Kind("vase", "bottle", GLAZES, patterns=("", "cloud", "drip")),
    ),
    "kitchen": (
        Kind("kettle", "", ("iron", "copper", "steel")),
        Kind("pan", "", ("copper", "steel"), ("oak", "hinoki")),
        Kind("tray", "round", WOODS),
        Kind("board", "handle", WOODS),
        Kind("knife", "santoku", WOODS),
        Kind("chopsticks", "", WOODS, DYES, count=2),
        Kind("spoon", "", WOODS, count=2),
    ),
    "cloth": (
        Kind("tenugui", "", ("white", *DYES), patterns=ON_CLOTH),
        Kind("mat", "", DYES, patterns=ON_CLOTH),
        Kind("mat", "coaster", DYES, patterns=("stripe", "check", "")),
    ),
    "bags": (
        Kind("tote", "", DYES, patterns=("", *ON_CLOTH)),
        Kind("pouch", "clasp", DYES, patterns=ON_CLOTH),
        Kind("pouch", "string", DYES, patterns=ON_CLOTH),
        Kind("furoshiki", "", DYES, patterns=ON_CLOTH),
    ),
    "stationery": (
        Kind("washi", "", ("ivory", "natural"), DYES, ON_CLOTH, count=3),
        Kind("notebook", "stitched", DYES, patterns=ON_CLOTH),
        Kind("notebook", "", DYES),
        Kind("letters", "", ("paper",), DYES),
        Kind("pen", "pencil", DYES, DYES, count=5),
    ),
    "lamps": (
        Kind("lamp", "pendant", GLAZES),
        Kind("lamp", "table", ("ivory", "natural", "ash"), WOODS),
        Kind("lamp", "lantern", ("ivory", "sakura", "kohiki")),
        Kind("lamp", "andon", WOODS),
    ),
    "sweets": (
        *(
            Kind("biscuit", form, BAKED, ("cocoa", "berry", "butter"), count=5)
            for form in ("plain", "chips", "jam")
        ),
        Kind("wagashi", "dorayaki", ("caramel", "hojicha"), ("red-bean", "matcha", "butter"), count=3),
        Kind("wagashi", "monaka", BAKED),
        Kind("cake", "castella", ("butter", "caramel")),
        Kind("candy", "wrapped", PASTELS, PASTELS),
    ),
    "tea": (
        Kind("tin", "", (*PASTELS, "leaf"), ("leaf", "coral"), ("", "dots", "asanoha")),
        Kind("pack", "tea", ("kraft", "paper"), ("leaf", "hojicha"), extra="cup"),
        Kind("sachet", "teabag", ("matcha", "hojicha", "rose"), ("leaf", "coral")),
    ),
    "coffee": (
        Kind("pack", "coffee", ("kraft", "indigo", *PASTELS), ("cocoa",), extra="cup"),
        Kind("sachet", "drip", ("kraft", *PASTELS)),
    ),
    "towels": (Kind("towel", "", PASTELS, PASTELS, ("", "dots", "stripe", "check"), count=2),),
    "toys": (
        *(
            Kind("animal", form, ("maple", "oak", "cherry"), PASTELS)
            for form in ("bear", "rabbit", "fox", "bird")
        ),
        *(Kind("car", form, PASTELS, PASTELS) for form in ("car", "train", "boat")),
        *(Kind("plush", form, ("cream", "paper", "ash"), PASTELS) for form in ("bear", "rabbit", "cat")),
        Kind("top", "", PASTELS, PASTELS, count=3),
    ),
    "cards": tuple(
        Kind("card", form, ("paper",), PASTELS) for form in ("cake", "heart", "bouquet", "tree", "star")
    ),
    "gifts": tuple(
        Kind("box", form, PASTELS, ("coral", "leaf", "berry"), ON_GIFTS, extra="ribbon")
        for form in ("flat", "cube")
    ),
}
PAPER_SHELVES = frozenset({"tableware", "kitchen", "cloth", "bags", "stationery", "lamps"})
GROUNDS = tuple(sorted(TABLES))


class Pick:
    """Choices spelt by one number: the same number, the same choices; cheaper than a random generator."""

    def __init__(self, number: int) -> None:
        self._left = (number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 & (1 << 128) - 1
        self._left ^= self._left >> 61

    def below(self, limit: int) -> int:
        self._left, choice = divmod(self._left, limit)
        return choice

    def one(self, words: tuple[str, ...]) -> str:
        return words[self.below(len(words))]


def random_recipe(category_slug: str, seed: int) -> Recipe:
    """A picture that fits the shelf `category_slug`; the same seed, the same picture.

    Raises KeyError on a shelf the kit doesn't know.
    """
    kinds = KINDS[category_slug]
    pick = Pick(seed)
    kind = kinds[pick.below(len(kinds))]
    return Recipe(
        shape=kind.shape,
        form=kind.form,
        glaze=pick.one(kind.glazes),
        accent=pick.one(kind.accents),
        pattern=pick.one(kind.patterns),
        extra=kind.extra,
        ground="" if category_slug in PAPER_SHELVES else pick.one(GROUNDS),
        count=kind.count,
        seed=seed % 1000,
    )

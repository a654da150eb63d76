"""One picture from one recipe. The only file of shop.pictures that knows every shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from shop.pictures import (
    bags,
    boxes,
    cakes,
    candies,
    cards,
    ceramics,
    cloth,
    drinks,
    kitchen,
    lamps,
    paper,
    sweets,
    toys,
    wagashi,
)
from shop.pictures.colours import COLOURS
from shop.pictures.grounds import GROUNDS, cloth_top, paper_sheet, table
from shop.pictures.patterns import PATTERNS
from shop.pictures.recipe import Recipe, RecipeError
from shop.pictures.sheet import Sheet, moved
from shop.pictures.surface import SURFACES

Shape = Callable[[Sheet, Recipe], str]
STANDING: dict[str, Shape] = {
    "animal": toys.animal,
    "biscuit": sweets.biscuit,
    "blocks": toys.blocks,
    "bowl": ceramics.bowl,
    "box": boxes.box,
    "cake": cakes.cake,
    "candy": candies.candy,
    "car": toys.car,
    "cup": ceramics.cup,
    "furoshiki": bags.furoshiki,
    "jar": sweets.jar,
    "kettle": kitchen.kettle,
    "lamp": lamps.lamp,
    "lidded": ceramics.lidded,
    "pack": drinks.pack,
    "pan": kitchen.pan,
    "plate": ceramics.plate,
    "plush": toys.plush,
    "pouch": bags.pouch,
    "sachet": drinks.sachet,
    "teapot": ceramics.teapot,
    "tin": boxes.tin,
    "top": toys.top,
    "tote": bags.tote,
    "towel": cloth.towel,
    "tray": kitchen.tray,
    "vase": ceramics.vase,
    "wagashi": wagashi.wagashi,
}
# Seen from straight above.
LYING: dict[str, Shape] = {
    "board": kitchen.board,
    "card": cards.card,
    "chopsticks": kitchen.chopsticks,
    "knife": kitchen.knife,
    "letters": paper.letters,
    "mat": cloth.mat,
    "notebook": paper.notebook,
    "pen": paper.pen,
    "spoon": kitchen.spoon,
    "tenugui": cloth.tenugui,
    "washi": paper.washi,
}
SHAPES = STANDING | LYING
# How much larger or smaller than drawn, so that a cup fills its picture as a kettle does: by shape, then form.
ZOOM = {
    "bowl": 1.08, "bowl small": 1.25, "bowl katakuchi": 1, "cup": 1.3, "cup guinomi": 1.6, "cup tumbler": 1.2,
    "cup mug": 1.2, "jar": 1.2, "kettle": 0.92, "kettle drip": 0.88, "lamp candle": 0.95, "pan": 0.84,
    "plush": 0.95, "plush rabbit": 0.84, "sachet": 1.25, "sachet drip": 0.9, "tin": 1.05, "vase bud": 1.05,
    "plate": 0.95, "plate small": 1.2, "animal": 0.95, "car": 0.95, "teapot": 0.96,
}  # fmt: skip
ASIDE = {"pan": -38, "kettle drip": 8}  # so far to the side that thing and handle are centred
SIZES = {"4:5": (400, 500), "1:1": (400, 400)}


# The named forms of each shape; the rest have one form only.
FORMS: dict[str, frozenset[str]] = {
    "animal": frozenset(toys.ANIMALS),
    "biscuit": frozenset({"plain", "chips", "jam", "flower", "sesame", "sandwich"}),
    "blocks": frozenset({"rainbow"}),
    "board": frozenset({"handle", "round"}),
    "bowl": frozenset(ceramics.BOWLS),
    "box": frozenset({"flat", "cube", "stack"}),
    "cake": frozenset({"pound", "roll", "castella", "madeleine", "pudding"}),
    "candy": frozenset({"drops", "konpeito", "wrapped", "caramel", "chocolate"}),
    "car": frozenset({"car", "train", "boat"}),
    "card": frozenset(cards.EMBLEMS),
    "cup": frozenset(ceramics.CUPS),
    "furoshiki": frozenset({"bottle"}),
    "kettle": frozenset({"drip"}),
    "knife": frozenset({"santoku", "nakiri", "petty"}),
    "lamp": frozenset(lamps.FORMS),
    "letters": frozenset({"pochi"}),
    "lidded": frozenset({"donabe", "jar"}),
    "mat": frozenset({"napkin", "coaster", "trio"}),
    "notebook": frozenset({"bound", "stitched", "ring"}),
    "pack": frozenset({"coffee", "tea", "sweets"}),
    "pan": frozenset({"skillet"}),
    "pen": frozenset({"brush", "pencil", "fountain"}),
    "plate": frozenset({"small", "oval"}),
    "plush": frozenset({"bear", "rabbit", "cat"}),
    "pouch": frozenset({"zip", "clasp", "string"}),
    "sachet": frozenset({"teabag", "drip"}),
    "spoon": frozenset({"spoon", "spatula", "ladle"}),
    "teapot": frozenset({"side", "back", "top"}),
    "tin": frozenset({"tall", "low"}),
    "tote": frozenset({"wide", "basket"}),
    "tray": frozenset({"round"}),
    "vase": frozenset(ceramics.VASES),
    "wagashi": frozenset(wagashi.WAGASHI),
    "washi": frozenset({"roll"}),
}


def check(recipe: Recipe) -> None:
    """Raises RecipeError when the kit has no such shape, form, colour, pattern or ground."""
    if recipe.shape not in SHAPES:
        raise RecipeError(f"shape: no {recipe.shape!r} in the kit")
    if recipe.form and recipe.form not in FORMS.get(recipe.shape, frozenset()):
        raise RecipeError(f"form: {recipe.shape} has no {recipe.form!r}")
    for key, known in (("glaze", COLOURS), ("accent", COLOURS), ("ground", GROUNDS)):
        value = getattr(recipe, key)
        if value and value not in known:
            raise RecipeError(f"{key}: no {value!r} in the kit")
    if recipe.pattern and recipe.pattern not in PATTERNS and recipe.pattern not in SURFACES:
        raise RecipeError(f"pattern: no {recipe.pattern!r} in the kit")


def place(sheet: Sheet, recipe: Recipe) -> str:
    """The thing alone, round the origin: standing on it, or lying with its middle there."""
    kind = f"{recipe.shape} {recipe.form}"
    aside = ASIDE.get(kind, ASIDE.get(recipe.shape, 0))
    zoom = ZOOM.get(kind, ZOOM.get(recipe.shape, 1))
    return moved(SHAPES[recipe.shape](sheet, recipe), aside, 0, zoom)


@lru_cache(maxsize=2048)
def draw(recipe: Recipe, *, ratio: str, title: str = "") -> str:
    """The picture as a standalone SVG: 4:5 is one thing on paper, 1:1 a cheerful table.

    Pure: the same recipe gives the same bytes. Raises RecipeError on what `check` refuses, KeyError on
    another ratio.
    """
    width, height = SIZES[ratio]
    check(recipe)
    sheet = Sheet(f"{recipe} {ratio}")
    thing = place(sheet, recipe)
    lies = recipe.shape in LYING
    if ratio == "4:5":
        marks = paper_sheet(sheet, recipe.ground, width, height)
        marks += moved(thing, 200, 248, 0.98) if lies else moved(thing, 196, 344, 1.08)
    elif lies:
        marks = cloth_top(sheet, recipe.ground, width, height) + moved(thing, 200, 200, 0.92)
    else:
        marks = table(sheet, recipe.ground, width, height) + moved(thing, 200, 298)
    return sheet.svg(marks, width=width, height=height, title=title)

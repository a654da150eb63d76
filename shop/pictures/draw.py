"""One picture from one recipe. The only file of shop.pictures that knows every shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from shop.pictures import boxes, ceramics
from shop.pictures.colours import COLOURS
from shop.pictures.grounds import GROUNDS, paper, table
from shop.pictures.patterns import PATTERNS
from shop.pictures.recipe import Recipe, RecipeError
from shop.pictures.sheet import Sheet, moved
from shop.pictures.surface import SURFACES

Shape = Callable[[Sheet, Recipe], str]
SHAPES: dict[str, Shape] = {
    "bowl": ceramics.bowl,
    "cup": ceramics.cup,
    "plate": ceramics.plate,
    "teapot": ceramics.teapot,
    "vase": ceramics.vase,
    "lidded": ceramics.lidded,
    "box": boxes.box,
    "tin": boxes.tin,
}
SIZES = {"4:5": (400, 500), "1:1": (400, 400)}


def check(recipe: Recipe) -> None:
    """Raises RecipeError when the kit has no such shape, colour, pattern or ground."""
    if recipe.shape not in SHAPES:
        raise RecipeError(f"shape: no {recipe.shape!r} in the kit")
    for key, known in (("glaze", COLOURS), ("accent", COLOURS), ("ground", GROUNDS)):
        value = getattr(recipe, key)
        if value and value not in known:
            raise RecipeError(f"{key}: no {value!r} in the kit")
    if recipe.pattern and recipe.pattern not in PATTERNS and recipe.pattern not in SURFACES:
        raise RecipeError(f"pattern: no {recipe.pattern!r} in the kit")


@lru_cache(maxsize=2048)
def draw(recipe: Recipe, *, ratio: str, title: str = "") -> str:
    """The picture as a standalone SVG: 4:5 is one thing on paper, 1:1 a cheerful table.

    Pure: the same recipe gives the same bytes. Raises RecipeError on what `check` refuses, KeyError on
    another ratio.
    """
    width, height = SIZES[ratio]
    check(recipe)
    sheet = Sheet(f"{recipe} {ratio}")
    thing = SHAPES[recipe.shape](sheet, recipe)
    if ratio == "4:5":
        marks = paper(sheet, recipe.ground, width, height) + moved(thing, 200, 330, 1.1)
    else:
        marks = table(sheet, recipe.ground, "dots", width, height) + moved(thing, 200, 300)
    return sheet.svg(marks, width=width, height=height, title=title)

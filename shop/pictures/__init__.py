"""The drawing kit: pictures of goods, scenes and marks as SVG, made from short recipes by pure functions.

Imports nothing else of the project; anyone in `shop` may import it.
"""

from shop.pictures.draw import check, draw
from shop.pictures.recipe import Recipe, RecipeError

__all__ = ["Recipe", "RecipeError", "check", "draw"]

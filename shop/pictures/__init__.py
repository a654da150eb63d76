"""The drawing kit: pictures of goods, scenes and marks as SVG, made from short recipes by pure functions.

The drawing files import nothing else of the project; anyone in `shop` may import this package.
"""

from shop.pictures.chance import random_recipe
from shop.pictures.draw import check, draw
from shop.pictures.marks import draw_favicon, draw_logo, draw_mark
from shop.pictures.recipe import Recipe, RecipeError
from shop.pictures.scenes import SCENE_NAMES, draw_hero, draw_scene

__all__ = [
    "SCENE_NAMES",
    "Recipe",
    "RecipeError",
    "check",
    "draw",
    "draw_favicon",
    "draw_hero",
    "draw_logo",
    "draw_mark",
    "draw_scene",
    "random_recipe",
]

"""Still lifes: the small drawings for an empty basket, a lost page and the like, and each store's hero.

They are made of the same things the stores sell, so a page without goods still looks like its store.
"""

from __future__ import annotations

from functools import lru_cache

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.draw import place
from shop.pictures.grounds import paper_sheet, table
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, num, path, rect, use

Placed = tuple[str, float, float, float]  # recipe, x, y, scale

# Back to front; the ground is at y = 196 of 240.
SCENES: dict[str, dict[str, tuple[Placed, ...]]] = {
    "empty-cart": {
        "style": (("tote form=basket glaze=bamboo", 160, 198, 0.6),),
        "cocomo": (
            ("tote glaze=butter pattern=dots accent=coral", 150, 198, 0.58),
            ("animal form=bird accent=leaf", 244, 204, 0.3),
        ),
    },
    "no-hits": {
        "style": (("bowl form=shallow glaze=celadon", 160, 192, 0.56),),
        "cocomo": (("plate glaze=paper pattern=rings accent=sky", 150, 192, 0.56),),
    },
    "lost": {
        "style": (
            ("pen form=fountain glaze=black", 226, 130, 0.4),
            ("letters accent=indigo", 138, 118, 0.56),
        ),
        "cocomo": (("car form=boat glaze=coral accent=sky", 160, 194, 0.62),),
    },
    "error": {
        "style": (("bowl form=matcha glaze=kohiki", 160, 196, 0.72),),
        "cocomo": (("blocks glaze=coral accent=butter", 160, 184, 0.62),),
    },
    "stopped": {
        "style": (("lamp form=andon glaze=walnut", 226, 200, 0.44),),
        "cocomo": (("plush glaze=cream extra=scarf accent=leaf", 232, 202, 0.44),),
    },
    "waiting": {
        "style": tuple(
            (f"cup glaze={glaze}", 70 + 60 * n, 196, 0.34 + 0.04 * n)
            for n, glaze in enumerate(("ash", "celadon", "kohiki", "ruri"))
        ),
        "cocomo": tuple(
            (f"animal form=bird accent={paint}", 66 + 92 * n, 198, 0.3)
            for n, paint in enumerate(("coral", "leaf", "sky"))
        ),
    },
    "thanks": {
        "style": (("furoshiki glaze=indigo pattern=seigaiha", 160, 200, 0.62),),
        "cocomo": (("box glaze=cream pattern=dots accent=coral extra=ribbon", 160, 190, 0.62),),
    },
}
HEROES: dict[str, tuple[Placed, ...]] = {
    "style": (
        ("vase form=round glaze=ash extra=branch", 690, 520, 1.3),
        ("bowl form=donburi glaze=kohiki pattern=speckle", 945, 556, 1.0),
        ("teapot glaze=terracotta", 400, 584, 1.1),
        ("cup form=guinomi glaze=celadon", 740, 622, 0.74),
    ),
    "cocomo": (
        ("pack form=sweets glaze=leaf accent=coral", 410, 540, 1.3),
        ("plush glaze=cream extra=scarf accent=coral", 900, 548, 1.25),
        ("box form=cube glaze=mint accent=coral extra=ribbon", 664, 584, 1.06),
        ("biscuit form=jam accent=berry count=3", 410, 660, 0.9),
    ),
}
BACKS = {"style": "#e9e3d7", "cocomo": "#ffe6d2"}


@lru_cache(maxsize=64)
def draw_scene(name: str, store_id: str, *, title: str = "") -> str:
    """A drawing of 320 x 240 on a soft round ground, for light and dark pages. KeyError on an unknown name."""
    sheet = Sheet(f"{name} {store_id}")
    back = BACKS[store_id]
    marks = ellipse(160, 124, 136, 108, fill=sheet.linear((0, lighter(back, 0.6), 1), (1, back, 1)))
    marks += _standing(sheet, SCENES[name][store_id])
    marks += EXTRAS[name](store_id) if name in EXTRAS else ""
    return sheet.svg(marks, width=320, height=240, title=title)


@lru_cache(maxsize=8)
def draw_hero(store_id: str) -> str:
    """The store's still life, 1200 x 750; things in the lower half, words have room above."""
    sheet = Sheet(f"hero {store_id}")
    if store_id == "style":
        marks = paper_sheet(sheet, "paper", 1200, 750) + _window(sheet)
    else:
        marks = table(sheet, "peach", 1200, 750) + _garland(sheet)
    return sheet.svg(marks + _standing(sheet, HEROES[store_id]), width=1200, height=750, title="")


def _standing(sheet: Sheet, things: tuple[Placed, ...]) -> str:
    return "".join(moved(place(sheet, Recipe.parse(text)), x, y, size) for text, x, y, size in things)


def _window(sheet: Sheet) -> str:
    """Afternoon light through a window, fallen on the wall."""
    panes = "".join(
        f"M{420 + 130 * x} {60 + 132 * y + 28 * x}l112 24v110l-112 -24Z" for x in range(3) for y in range(2)
    )
    return path(panes, fill=LIGHT, opacity=0.75, filter=sheet.blur(5))


def _garland(sheet: Sheet) -> str:
    """Bunting across the wall."""
    tones = ("coral", "butter", "mint", "sky", "lilac", "peach")
    flag = sheet.stamp(path("M-27 0h54l-27 56Z") + path("M0 0h27l-27 56Z", fill=INK, opacity=0.07))
    flags = ""
    for step in range(12):
        x = 40 + step * 102
        sag = 46 + 44 * (1 - ((x % 630 - 305) / 315) ** 2)
        flags += use(flag, x=num(x), y=num(sag), fill=COLOURS[tones[step % 6]])
    return line("M-30 46Q290 136 600 46Q920 136 1230 46", COLOURS["caramel"], 3) + flags


def _lens(_store_id: str) -> str:
    glass = circle(0, 0, 44, fill="#eaf3f3", opacity=0.55) + circle(
        0, 0, 44, fill="none", stroke=COLOURS["walnut"], stroke_width=9
    )
    glint = line("M-28 -12A30 30 0 0 1 -8 -29", LIGHT, 6, opacity=0.9)
    return moved(glass + glint + line("M0 48V112", COLOURS["oak"], 13), 206, 96, 0.86, -40)


def _mended(store_id: str) -> str:
    """金継ぎ on the broken bowl; tumbled blocks need no more than a star of surprise."""
    if store_id == "style":
        crack = "M132 112L144 132L136 150L150 168L146 190M144 132L168 142L190 134M150 168L172 176"
        return line(crack, darker(COLOURS["gold"], 0.25), 4.4) + line(
            crack, lighter(COLOURS["gold"], 0.35), 2.4
        )
    return line("M250 66l10 -14M266 82l16 -6M236 56l2 -16", COLOURS["coral"], 5)


def _plaque(store_id: str) -> str:
    """A wooden plaque on a cord: closed for the moment, said by two bars."""
    wood = COLOURS["hinoki"] if store_id == "style" else COLOURS["maple"]
    tone = COLOURS["indigo"] if store_id == "style" else COLOURS["coral"]
    cord = line("M58 92L116 40L174 92", COLOURS["walnut"], 3) + circle(116, 40, 5, fill=COLOURS["iron"])
    board = rect(48, 96, 136, 82, rx=8, fill=INK, opacity=0.2) + rect(44, 90, 136, 82, rx=8, fill=wood)
    board += line("M54 108H170M54 154H168", darker(wood, 0.25), 1.4, opacity=0.5)
    return cord + board + group(rect(92, 106, 14, 50, rx=4) + rect(118, 106, 14, 50, rx=4), fill=tone)


def _joy(store_id: str) -> str:
    if store_id == "style":
        return ""
    tones = ("coral", "butter", "leaf", "sky", "berry")
    places = (
        (52, 70),
        (84, 36),
        (132, 30),
        (188, 28),
        (236, 42),
        (270, 78),
        (60, 118),
        (262, 122),
        (110, 58),
        (214, 66),
    )
    return "".join(
        rect(
            -5, -3, 10, 6, rx=2, fill=COLOURS[tones[n % 5]], transform=f"translate({x} {y}) rotate({n * 47})"
        )
        for n, (x, y) in enumerate(places)
    )


EXTRAS = {"no-hits": _lens, "error": _mended, "stopped": _plaque, "thanks": _joy}
SCENE_NAMES = tuple(SCENES)

"""Toys: wooden animals, blocks, tops, plush, wooden cars. Warm woods, round edges."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, use
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View

ANIMALS = {
    "bear": (
        (
            "M-120 -84C-130 -132 -96 -156 -60 -150C-20 -160 40 -164 76 -146C80 -172 104 -172 108 -150"
            "C136 -146 146 -122 140 -104C128 -84 116 -86 112 -76V-8Q112 0 104 0H76Q68 0 68 -8V-44"
            "Q20 -34 -34 -46V-8Q-34 0 -42 0H-72Q-80 0 -80 -8V-50Q-112 -54 -120 -84Z"
        ),
        (112, -124),
    ),
    "rabbit": (
        (
            "M-112 -52C-120 -100 -70 -128 -24 -118C10 -114 30 -120 46 -130C30 -170 34 -214 52 -216"
            "C68 -214 72 -176 72 -150C80 -190 98 -206 108 -196C116 -184 104 -156 94 -142C122 -132 128 -104 112 -90"
            "C100 -78 92 -78 90 -66V-8Q90 0 82 0H52Q44 0 44 -8V-26H-36V-8Q-36 0 -44 0H-88Q-112 -10 -112 -52Z"
        ),
        (92, -116),
    ),
    "elephant": (
        (
            "M-128 -92C-130 -150 -70 -170 -10 -164C30 -176 84 -172 104 -140C128 -116 130 -70 128 -40"
            "Q128 -18 142 -20Q150 -18 146 -6Q124 6 108 -12C102 -34 102 -60 92 -76L76 -62V-8Q76 0 68 0H36"
            "Q28 0 28 -8V-44H-36V-8Q-36 0 -44 0H-78Q-86 0 -86 -8V-40Q-126 -46 -128 -92Z"
        ),
        (92, -116),
    ),
    "fox": (
        (
            "M-90 -72C-80 -112 -30 -116 10 -112C26 -118 40 -130 52 -168L76 -140L104 -164C108 -140 112 -126 138 -104"
            "C124 -86 104 -82 88 -80V-8Q88 0 80 0H58Q50 0 50 -8V-46H-24V-8Q-24 0 -32 0H-54Q-62 0 -62 -8V-40"
            "C-100 -30 -150 -60 -152 -110C-130 -96 -104 -96 -90 -72Z"
        ),
        (88, -116),
    ),
    "bird": (
        (
            "M-136 -96C-110 -92 -92 -96 -76 -116C-56 -158 10 -176 54 -152C68 -172 104 -174 116 -146L146 -132L118 -120"
            "C116 -60 70 -16 0 -14C-60 -12 -84 -50 -136 -96Z"
        ),
        (92, -140),
    ),
}


def animal(sheet: Sheet, recipe: Recipe) -> str:
    """A wooden animal cut from a board; `form` bear, rabbit, elephant, fox or bird; `extra=wheels` lets it roll."""
    wood, paint = COLOURS[recipe.glaze or "maple"], COLOURS[recipe.accent or "coral"]
    d, (x, y) = ANIMALS[recipe.form or "bear"]
    grain = line(
        "M-140 -120Q-20 -140 150 -116M-140 -86Q0 -104 150 -82M-140 -54Q0 -70 150 -48M-130 -24Q0 -34 140 -20",
        darker(wood, 0.3),
        1.6,
        opacity=0.4,
    )
    thick = path(d, fill=darker(wood, 0.36), transform="translate(9 -5)")
    marks = thick + path(d, fill=wood) + group(grain, clip_path=sheet.clip(path(d)))
    marks += path(d, fill=sheet.linear((0, LIGHT, 0.4), (0.5, LIGHT, 0), (1, INK, 0.24), x2=0.7, y2=1))
    marks += (
        circle(x, y, 6.5, fill=INK)
        + circle(x - 2, y - 2.4, 2, fill=LIGHT)
        + circle(x - 16, y + 18, 9, fill=paint, opacity=0.45)
    )
    if recipe.form == "bird":
        marks += path("M-50 -104C-20 -140 40 -120 36 -78C10 -52 -30 -66 -50 -104Z", fill=paint)
    else:
        marks += (
            path("M66 -92Q44 -84 40 -64L58 -58Q62 -76 80 -82Z", fill=paint)
            if recipe.extra != "wheels"
            else ""
        )
    if recipe.extra == "wheels" or recipe.form == "bird":
        return ground_shadow(sheet, 116, reach=0.2) + moved(marks, 0, -26) + _wheels(paint)
    return ground_shadow(sheet, 112, reach=0.2) + marks


def _wheels(paint: str) -> str:
    board = rect(-126, -42, 252, 16, rx=8, fill=darker(COLOURS["oak"], 0.1)) + rect(
        -126, -42, 252, 6, rx=3, fill=LIGHT, opacity=0.3
    )
    one = (
        circle(4, -22, 25, fill=darker(paint, 0.4))
        + circle(0, -22, 25, fill=paint)
        + circle(0, -22, 9, fill=COLOURS["maple"])
    )
    one += line("M-16 -34A20 20 0 0 1 -2 -43", LIGHT, 4, opacity=0.5)
    string = line("M126 -34C160 -40 150 -6 176 -12", COLOURS["vermilion"], 3) + circle(
        178, -12, 8, fill=COLOURS["butter"]
    )
    return board + moved(one, -78, 4) + moved(one, 78, 4) + string


def blocks(sheet: Sheet, recipe: Recipe) -> str:
    """A little building: cubes, an arch, a roof; `form=rainbow` is nested arches."""
    tones = [
        COLOURS[name] for name in (recipe.glaze or "coral", recipe.accent or "butter", "mint", "sky", "maple")
    ]
    if recipe.form == "rainbow":
        return _rainbow(sheet, tones)
    view, marks = View(turn=26, tilt=0.5), ""
    soft = sheet.stamp(Block(64, 62, 60, view=view).shadow(sheet, 0.22))
    for x, y, w, h, base, tone in (
        (-78, -30, 66, 66, 0, 4),
        (4, -24, 66, 66, 0, 0),
        (84, -6, 66, 60, 0, 3),
        (-38, -28, 148, 28, 66, 1),
        (-62, -30, 52, 52, 94, 2),
    ):
        block = Block(w, 62, h, base=base, view=view)
        shade = use(soft) if not base else ""
        marks += moved(shade + block.solid(sheet, tones[tone]), x, y)
    roof = path("M-34 0L0 -52L34 0Z", fill=tones[0]) + path(
        "M34 0L0 -52L14 -60L50 -12Z", fill=darker(tones[0], 0.3)
    )
    ball = sheet.radial((0, LIGHT, 0.7), (0.4, LIGHT, 0), (1, INK, 0.34), cx=0.35, cy=0.3, r=0.75)
    loose = ellipse(8, 0, 32, 11, fill=INK, opacity=0.22) + "".join(
        circle(0, -24, 27, fill=fill) for fill in (tones[1], ball)
    )
    return moved(marks + moved(roof, 14, -122), 0, -8) + moved(loose, 42, 30)


def _rainbow(sheet: Sheet, tones: list[str]) -> str:
    marks = ground_shadow(sheet, 140, reach=0.16)
    for step, tone in enumerate(tones):
        radius = 138 - step * 26
        d = f"M{-radius} 0V-20A{radius} {radius} 0 0 1 {radius} -20V0"
        marks += line(
            f"M{-radius + 6} -6V-24A{radius} {radius} 0 0 1 {radius + 6} -24V-6",
            darker(tone, 0.38),
            21,
            cap="butt",
        )
        marks += line(d, tone, 22, cap="butt") + line(
            f"M{-radius - 5} -30A{radius + 5} {radius + 5} 0 0 1 0 {-radius - 25}", LIGHT, 4, opacity=0.4
        )
    return marks


def top(sheet: Sheet, recipe: Recipe) -> str:
    """独楽: `count` painted tops, leaning as they spin."""
    tones = [COLOURS[name] for name in (recipe.glaze or "coral", recipe.accent or "butter", "mint", "sky")]
    marks = ""
    if recipe.count > 1:
        small = sheet.stamp(_one_top(sheet, tones[2], tones[3]))
        places = ((-100, -46, 0.72, 12), (98, -40, 0.76, 16))[: recipe.count - 1]
        marks += "".join(moved(use(small), x, y, size, turn) for x, y, size, turn in places)
    return marks + moved(_one_top(sheet, tones[0], tones[1]), -4, 0, 1.1, -10)


def _one_top(sheet: Sheet, tone: str, ring: str) -> str:
    cone = Turned(((0, 4), (14, 8), (40, 56), (58, 96), (66, 100)), tilt=0.4)
    rings = ((98, tone), (80, ring), (62, COLOURS["paper"]), (44, tone), (24, ring))
    face = "".join(ellipse(0, -66, radius, radius * 0.4, fill=fill) for radius, fill in rings)
    shine = sheet.linear((0, LIGHT, 0.4), (0.5, LIGHT, 0), (1, INK, 0.2), x2=1, y2=1)
    face += ellipse(0, -66, 98, 39, fill=shine)
    round_light = sheet.linear((0, LIGHT, 0.4), (1, INK, 0.3), x2=1, y2=0)
    stem = "M-8 -66L-7 -98Q-12 -112 0 -116Q12 -112 7 -98L8 -66Q0 -62 -8 -66Z"
    grip = path(stem, fill=COLOURS["maple"]) + path(stem, fill=round_light)
    wall = body(sheet, cone, tone, line(cone.ring(44), ring, 9), gloss=0)
    return ground_shadow(sheet, 56) + wall + face + grip


def plush(sheet: Sheet, recipe: Recipe) -> str:
    """A sewn animal sitting: `form` bear, rabbit or cat; `pattern` none, `extra=scarf`."""
    fur, soft = COLOURS[recipe.glaze or "cream"], COLOURS[recipe.accent or "coral"]
    light = sheet.radial((0, LIGHT, 0.55), (0.5, LIGHT, 0), (1, INK, 0.26), cx=0.36, cy=0.3, r=0.8)
    parts = [ellipse(-62, -26, 42, 30), ellipse(62, -22, 42, 30), ellipse(0, -76, 76, 74)]
    ears = {
        "rabbit": [
            ellipse(-30, -262, 19, 58, transform="rotate(-8 -30 -262)"),
            ellipse(34, -258, 19, 58, transform="rotate(14 34 -258)"),
        ],
        "cat": [path("M-66 -196L-58 -252L-18 -226Z"), path("M66 -196L58 -252L18 -226Z")],
    }.get(recipe.form, [circle(-56, -218, 28), circle(56, -218, 28)])
    inner = {
        "rabbit": ellipse(-30, -262, 9, 42, transform="rotate(-8 -30 -262)")
        + ellipse(34, -258, 9, 42, transform="rotate(14 34 -258)"),
        "cat": path("M-58 -206L-54 -238L-30 -222ZM58 -206L54 -238L30 -222Z"),
    }.get(recipe.form, circle(-56, -218, 15) + circle(56, -218, 15))
    head = ellipse(0, -172, 78, 66)
    arms = [
        ellipse(-72, -94, 22, 42, transform="rotate(24 -72 -94)"),
        ellipse(72, -94, 22, 42, transform="rotate(-24 72 -94)"),
    ]
    marks = ground_shadow(sheet, 92, reach=0.26)
    for part in [*ears, *parts, *arms]:
        marks += group(part, fill=fur) + group(part, fill=light)
    marks += group(inner, fill=soft, opacity=0.6) + group(head, fill=fur) + group(head, fill=light)
    if recipe.extra == "scarf":
        marks += path("M-66 -124Q0 -98 66 -124L62 -102Q0 -78 -62 -102Z", fill=soft) + path(
            "M24 -104L54 -112L60 -54L34 -48Z", fill=darker(soft, 0.14)
        )
    muzzle = ellipse(0, -152, 34, 25, fill=lighter(fur, 0.55))
    nose = path("M-11 -166Q0 -172 11 -166Q8 -154 0 -152Q-8 -154 -11 -166Z", fill=COLOURS["cocoa"])
    face = line("M0 -152V-146M0 -146Q-10 -136 -18 -144M0 -146Q10 -136 18 -144", COLOURS["cocoa"], 3)
    eyes = (
        circle(-34, -180, 6.5, fill=INK)
        + circle(34, -180, 6.5, fill=INK)
        + circle(-36, -182, 2, fill=LIGHT)
        + circle(32, -182, 2, fill=LIGHT)
    )
    cheeks = group(circle(-50, -158, 11) + circle(50, -158, 11), fill=soft, opacity=0.35)
    seam = (
        line("M0 -128V-20", darker(fur, 0.3), 1.6, stroke_dasharray="5 5", opacity=0.6)
        if recipe.extra != "scarf"
        else ""
    )
    return marks + cheeks + muzzle + nose + face + eyes + seam


def car(sheet: Sheet, recipe: Recipe) -> str:
    """A wooden vehicle: `form` car, train (engine and wagon) or boat."""
    paint, other = COLOURS[recipe.glaze or "coral"], COLOURS[recipe.accent or "sky"]
    wood = COLOURS["maple"]
    light = sheet.linear((0, LIGHT, 0.4), (0.5, LIGHT, 0), (1, INK, 0.24), x2=0.5, y2=1)
    if recipe.form == "train":
        engine = "M-20 -40V-112H44V-150H110V-40Z"
        chimney = rect(-6, -146, 26, 40, rx=4, fill=other) + rect(
            38, -160, 80, 16, rx=8, fill=darker(other, 0.1)
        )
        parts = path("M-20 -40V-112H44V-150H110V-40Z", fill=paint, transform="translate(8 -6)", opacity=0.55)
        wagon = rect(-148, -96, 104, 56, rx=6, fill=other) + "".join(
            circle(x, -104, 17, fill=wood) for x in (-122, -94, -68)
        )
        wagon = "".join(circle(x, -102, 17, fill=wood) for x in (-122, -94, -68)) + rect(
            -148, -96, 104, 56, rx=6, fill=other
        )
        marks = (
            parts
            + wagon
            + rect(-50, -56, 34, 8, fill=wood)
            + path(engine, fill=paint)
            + path(engine, fill=light)
            + chimney
        )
        marks += rect(62, -134, 34, 36, rx=5, fill=COLOURS["paper"])
        wheels: tuple[int, ...] = (-122, -72, 6, 46, 92)
    elif recipe.form == "boat":
        hull = "M-130 -52H130Q112 0 76 0H-76Q-112 0 -130 -52Z"
        sails = path("M-8 -66V-216L-96 -66Z", fill=COLOURS["paper"]) + path(
            "M10 -66V-180L88 -66Z", fill=other
        )
        return (
            ground_shadow(sheet, 120, reach=0.18)
            + rect(-4, -226, 10, 178, fill=wood)
            + sails
            + path(hull, fill=paint)
            + path(hull, fill=light)
            + rect(-130, -60, 260, 12, rx=6, fill=wood)
        )
    else:
        shell = "M-140 -36V-76Q-138 -92 -118 -94L-84 -98Q-62 -148 -24 -148H34"
        shell += "Q66 -148 88 -98L120 -92Q140 -88 140 -68V-36Z"
        glass = path(
            "M-62 -98Q-46 -132 -22 -132H-4V-98ZM10 -98V-132H32Q52 -130 68 -98Z", fill=lighter(other, 0.5)
        )
        marks = (
            path(shell, fill=darker(paint, 0.36), transform="translate(8 -5)")
            + path(shell, fill=paint)
            + path(shell, fill=light)
            + glass
        )
        wheels = (-82, 82)
    size = 33 if recipe.form != "train" else 23
    for x in wheels:
        marks += (
            circle(x + 3, -size + 2, size, fill=darker(wood, 0.5))
            + circle(x, -size, size, fill=wood)
            + circle(x, -size, size * 0.4, fill=darker(wood, 0.3))
        )
    return ground_shadow(sheet, 132, reach=0.16) + marks

"""The drawing kit: every picture is whole, safe to show, small, quick and the same every time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalog.content import load_store
from shop.catalog.content_made_up import generated_product
from shop.pictures import (
    SCENE_NAMES,
    Recipe,
    RecipeError,
    check,
    draw,
    draw_favicon,
    draw_hero,
    draw_logo,
    draw_mark,
    draw_scene,
    random_recipe,
)
from shop.pictures.chance import KINDS
from shop.pictures.draw import SHAPES
from shop.stores import all_stores
from tests.cost import least_cpu_s

STORES = tuple(all_stores())
RATIOS = {"style": "4:5", "cocomo": "1:1"}
SVG = "{http://www.w3.org/2000/svg}"
SAFE_TAGS = {
    "circle clipPath defs ellipse feGaussianBlur filter g linearGradient path pattern radialGradient rect stop",
    "svg text title use",
}


def all_pictures() -> list[tuple[str, Recipe, str]]:
    return [
        (RATIOS[store_id], recipe, product.name_ja)
        for store_id in STORES
        for product in load_store(store_id).products
        for recipe in {product.picture, *(v.picture for v in product.variants if v.picture)}
    ]


def assert_safe_and_whole(svg: str) -> None:
    """Parses; only harmless elements; no script, style or outside address; every reference leads somewhere."""
    root = ElementTree.fromstring(svg)
    allowed = set(" ".join(SAFE_TAGS).split())
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in allowed
        for name, value in element.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            if name == "href":
                assert value.startswith("#")
            for reference in re.findall(r"#(p[0-9a-f]+-\d+)", value):
                assert reference in ids
    for d in re.findall(r' d="([^"]*)"', svg):
        assert "nan" not in d
        assert "e+" not in d


def test_every_product_and_variant_has_a_safe_picture_under_6_kb() -> None:
    for ratio, recipe, title in all_pictures():
        svg = draw(recipe, ratio=ratio, title=title)
        assert_safe_and_whole(svg)
        assert len(svg.encode()) < 6000, f"{recipe}: {len(svg.encode())} bytes"


def test_no_two_products_of_a_store_look_alike() -> None:
    for store_id in STORES:
        pictures = [product.picture for product in load_store(store_id).products]
        assert len(set(pictures)) == len(pictures)


def test_variants_told_apart_by_picture_are_drawn_differently() -> None:
    for store_id in STORES:
        for product in load_store(store_id).products:
            own = [variant.picture for variant in product.variants if variant.picture]
            drawn = {draw(recipe, ratio=RATIOS[store_id]) for recipe in {product.picture, *own}}
            assert len(drawn) == len({product.picture, *own}), product.slug


def test_every_shape_of_the_kit_is_drawn_by_some_product() -> None:
    assert {recipe.shape for _, recipe, _ in all_pictures()} == set(SHAPES)


def test_same_recipe_gives_same_bytes() -> None:
    recipe = Recipe.parse("washi count=4 glaze=ivory pattern=flowers seed=6")
    assert draw.__wrapped__(recipe, ratio="4:5") == draw.__wrapped__(recipe, ratio="4:5")


def test_seed_changes_the_marks_of_the_hand() -> None:
    first, second = (draw(Recipe.parse(f"bowl pattern=speckle seed={seed}"), ratio="4:5") for seed in (1, 2))
    assert first != second


def test_title_is_escaped() -> None:
    svg = draw(Recipe("bowl"), ratio="4:5", title='"></title><script>alert(1)</script>&')
    assert "<script" not in svg
    assert ElementTree.fromstring(svg).findtext(f"{SVG}title") == '"></title><script>alert(1)</script>&'


def test_ids_of_two_pictures_on_one_page_differ() -> None:
    ids = [
        set(re.findall(r'id="([^"]+)"', draw(Recipe.parse(text), ratio="4:5")))
        for text in ("bowl", "bowl seed=1")
    ]
    assert ids[0].isdisjoint(ids[1])


def test_drawing_takes_about_a_millisecond() -> None:
    pictures = all_pictures()

    def all_of_them() -> None:
        for ratio, recipe, _ in pictures:
            draw.__wrapped__(recipe, ratio=ratio)

    most_s = 0.002 * len(pictures)
    assert least_cpu_s(all_of_them, enough=most_s) < most_s


@pytest.mark.parametrize("store_id", STORES)
def test_scenes_marks_and_heroes_are_safe_and_small(store_id: str) -> None:
    for name in SCENE_NAMES:
        svg = draw_scene(name, store_id, title=name)
        assert_safe_and_whole(svg)
        assert len(svg.encode()) < 8000, name
    hero = draw_hero(store_id)
    assert_safe_and_whole(hero)
    assert len(hero.encode()) < 12_000
    for mark in (draw_mark(store_id), draw_favicon(store_id), draw_logo(store_id, "A <B> & C")):
        assert_safe_and_whole(mark)
        assert len(mark.encode()) < 1500


def test_scenes_of_the_two_stores_differ() -> None:
    for name in SCENE_NAMES:
        assert draw_scene(name, "style") != draw_scene(name, "cocomo")


@pytest.mark.parametrize("category", sorted(KINDS))
def test_chance_recipes_are_drawable_varied_and_repeatable(category: str) -> None:
    recipes = [random_recipe(category, seed) for seed in range(200)]
    for recipe in recipes:
        check(recipe)
        assert Recipe.parse(str(recipe)) == recipe
        assert len(str(recipe)) <= 200
    assert recipes == [random_recipe(category, seed) for seed in range(200)]
    assert len({(recipe.shape, recipe.form, recipe.glaze) for recipe in recipes}) >= 5


def test_every_kind_of_made_up_picture_stays_under_6_kb() -> None:
    for store_id in STORES:
        for n in range(400):
            product = generated_product(store_id, n)
            svg = draw(product.picture, ratio=RATIOS[store_id], title=product.name_ja)
            assert len(svg.encode()) < 6144, str(product.picture)


words = st.from_regex(r"[a-z][a-z0-9-]{0,23}", fullmatch=True)


@given(
    st.builds(
        Recipe,
        shape=words,
        form=st.just("") | words,
        glaze=st.just("") | words,
        pattern=st.just("") | words,
        count=st.integers(1, 9),
        seed=st.integers(0, 2**31 - 1),
    )
)
def test_recipe_survives_being_written_down(recipe: Recipe) -> None:
    assert Recipe.parse(str(recipe)) == recipe


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bowl",
        "bowl glaze",
        "bowl glaze=",
        "bowl glaze=a glaze=b",
        "bowl colour=red",
        'bowl glaze="><x',
        "bowl count=0",
        "bowl count=10",
        "bowl seed=-1",
        "bowl seed=1e3",
        "bowl seed=99999999999",
        "bowl seed=٣",
    ],
)
def test_malformed_recipe_is_refused(text: str) -> None:
    with pytest.raises(RecipeError):
        Recipe.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "spaceship",
        "bowl glaze=nocolour",
        "bowl accent=nocolour",
        "bowl pattern=nopattern",
        "bowl ground=moon",
        "bowl form=square",
    ],
)
def test_recipe_the_kit_cannot_draw_is_refused(text: str) -> None:
    with pytest.raises(RecipeError):
        check(Recipe.parse(text))
    with pytest.raises(RecipeError):
        draw(Recipe.parse(text), ratio="1:1")

"""Every postcode of Japan is found as people type it; what is none gets a clear answer."""

import json
import string
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.address import postcode
from shop.address.postcode import BadPostcode, Place, lookup, lookup_json
from tests.cost import least_cpu_s


@pytest.mark.parametrize(
    "typed",
    [
        "1000001", "100-0001", "100ー0001", "100−0001", "100‐0001", "100 0001", "１０００００１",
        "１００-０００１", "１００－０００１", "〒100-0001", "〒 １００　ー　０００１", " 100-0001\n",
        "\u200b100-0001\ufeff", "〒100―0001",
    ],
)  # fmt: skip
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert postcode.normalise(typed) == "1000001"
    assert lookup(typed) == [Place("東京都", "千代田区", "千代田")]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "151",
        "151-005",
        "100-00011",
        "12345-6789",
        "abc-defg",
        "٣٣٣٣٣٣٣",
        "1000-001",
        "〒",
        "1000001;",
        "9" * 16,
        pytest.param("1" * 10**6, id="a million digits"),
    ],
)
def test_what_is_no_code_gets_an_answer_that_says_what_to_type(typed: str) -> None:
    with pytest.raises(BadPostcode, match="7桁の数字") as refused:
        lookup(typed)
    assert not typed or typed not in str(refused.value)


@given(st.text(alphabet=string.printable + "〒ー－０１２９", max_size=60))
def test_any_text_is_a_code_or_refused(typed: str) -> None:
    try:
        code = postcode.normalise(typed)
    except BadPostcode:
        return
    assert len(code) == 7
    assert code.isascii()
    assert code.isdigit()


def test_a_flood_of_text_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_form: str, _text: str) -> str:
        raise AssertionError("all of it is read")

    monkeypatch.setattr(postcode, "unicodedata", SimpleNamespace(normalize=never))
    with pytest.raises(BadPostcode):
        lookup("１" * 10**6)


def test_an_unknown_code_has_no_places() -> None:
    assert lookup("0000000") == lookup("9999999") == lookup("100-9999") == []


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("060-0000", Place("北海道", "札幌市中央区", "")),  # 以下に掲載がない場合
        ("079-8401", Place("北海道", "旭川市", "秋月1条")),  # full-width digits in the source
        ("602-8368", Place("京都府", "京都市上京区", "北町")),  # a note of four lines
        ("028-5102", Place("岩手県", "岩手郡葛巻町", "葛巻")),  # a list of lots
        (
            "522-0317",
            Place("滋賀県", "犬上郡多賀町", "一円"),
        ),  # the one place really called "and surroundings"
        ("399-8501", Place("長野県", "北安曇郡松川村", "")),  # a village that is one postcode
        ("924-0000", Place("石川県", "白山市", "")),
        ("901-3601", Place("沖縄県", "島尻郡渡名喜村", "")),
        ("100-6001", Place("東京都", "千代田区", "霞が関", "", "霞が関ビル 1階")),  # a floor of a tower
        ("100-6090", Place("東京都", "千代田区", "霞が関", "", "霞が関ビル")),  # floor unknown
        ("100-8111", Place("東京都", "千代田区", "千代田", "1-1", "", "宮内庁")),  # an office
    ],
)
def test_notes_of_the_source_never_become_part_of_an_address(code: str, place: Place) -> None:
    assert lookup(code) == [place]


def test_a_code_of_several_towns_or_prefectures_gives_all() -> None:
    towns = [place.town for place in lookup("989-6712")]
    assert len(towns) == len(set(towns)) == 31
    assert {place.prefecture for place in lookup("498-0000")} == {"愛知県", "三重県"}
    assert [place.town for place in lookup("029-5503")] == ["穴明", "清水ケ野", "間木野", "湯田"]


def test_the_whole_table_is_sorted_and_clean() -> None:
    table = postcode._table()
    assert len(set(table.codes)) > 140_000
    assert all(a <= b for a, b in pairwise(table.codes))
    assert len({prefecture for prefecture, _ in table.city_names}) == 47

    places = [table.place(number) for number in range(len(table.codes))]
    assert len(set(zip(table.codes, places, strict=True))) == len(places)
    for place in places:
        assert place.city
        assert not (place.town and place.office == "" and place.street)
        assert not set(place.town) & set("（）()、〜～「」０１２３４５６７８９\n\t"), place
        assert (
            not place.town.endswith(("掲載がない場合", "場合", "次のビルを除く", "一円"))
            or place.town == "一円"
        )


def test_the_data_say_how_old_they_are() -> None:
    assert [part.isdigit() for part in postcode.data_version().split(".")] == [True] * 3


def test_the_answer_for_the_script_fills_four_fields_and_tells_places_apart() -> None:
    answer = lookup_json("４９８－００００")
    assert json.loads(json.dumps(answer)) == {
        "code": "4980000",
        "places": [
            {"prefecture": "愛知県", "city": "弥富市", "street": "", "building": "", "label": "弥富市"},
            {
                "prefecture": "三重県",
                "city": "桑名郡木曽岬町",
                "street": "",
                "building": "",
                "label": "桑名郡木曽岬町",
            },
        ],
    }
    office = lookup_json("100-8111")["places"]
    assert office == [
        {
            "prefecture": "東京都",
            "city": "千代田区",
            "street": "千代田1-1",
            "building": "宮内庁",
            "label": "千代田区千代田1-1 宮内庁",
        }
    ]


def test_an_unknown_code_is_no_error_for_the_script() -> None:
    assert lookup_json("000-0000") == {"code": "0000000", "places": []}


def test_the_table_stays_small_and_quick() -> None:
    table = postcode._table()
    arrays = (table.codes, table.cities, table.starts)
    held = len(table.text) + sum(len(column) * column.itemsize for column in arrays)
    assert held < 6_000_000

    # Generous: some 5 microseconds measured. A scan of the text would take over a millisecond.
    assert least_cpu_s(lambda: [lookup("9071801") for _ in range(2000)], enough=1.0) < 1.0


def test_importing_does_not_load_the_data() -> None:
    check = "import shop.address.postcode as p; raise SystemExit(p._table.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0

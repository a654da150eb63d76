"""The address form takes what people type, keeps it, and says in plain words what is missing."""

from collections.abc import Iterator

import pytest
from flask import Flask, request
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from shop.address.contact import Contact
from shop.address.forms import AddressForm
from shop.address.postcode import Place
from shop.address.prefectures import PREFECTURES

TYPED = {
    "email": " Hanako@Example.JP ",
    "family_name": "\ufa11山",
    "given_name": "花子",
    "postal_code": "〒１００ー０００１",
    "prefecture": "東京都",
    "city": "千代田区",
    "street": "千代田１ー１",
    "building": "",
    "phone": "０９０−１２３４−５６７８",
}
CONTACT = Contact(
    email="Hanako@example.jp",
    family_name="\ufa11山",
    given_name="花子",
    postal_code="1000001",
    prefecture="東京都",
    city="千代田区",
    street="千代田1-1",
    building="",
    phone="+819012345678",
)


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for tests", WTF_CSRF_ENABLED=False, BABEL_DEFAULT_LOCALE="ja")
    Babel(app, locale_selector=lambda: request.args.get("locale", "ja"))
    with app.test_request_context(method="POST"):
        yield app


def posted(**changes: str) -> AddressForm:
    form = AddressForm(formdata=MultiDict({**TYPED, **changes}))
    form.validate()
    return form


def test_the_form_has_nine_fields_in_japanese_order(app: Flask) -> None:
    assert [field.name for field in AddressForm()] == list(TYPED)


def test_what_people_type_becomes_a_clean_contact(app: Flask) -> None:
    form = posted()
    assert form.errors == {}
    assert form.warnings == {}
    assert form.contact() == CONTACT


def test_typed_data_survive_an_error_elsewhere(app: Flask) -> None:
    form = posted(phone="12")
    assert list(form.errors) == ["phone"]
    assert form.street.data == "千代田1-1"
    assert form.postal_code.data == "〒１００ー０００１"


@pytest.mark.parametrize(
    ("field", "token", "keyboard"),
    [
        ("email", "email", "email"),
        ("family_name", "family-name", None),
        ("given_name", "given-name", None),
        ("postal_code", "postal-code", "numeric"),
        ("prefecture", "address-level1", None),
        ("city", "address-level2", None),
        ("street", "address-line1", None),
        ("building", "address-line2", None),
        ("phone", "tel-national", "tel"),
    ],
)
def test_browsers_know_what_a_field_is_for(app: Flask, field: str, token: str, keyboard: str | None) -> None:
    html = str(AddressForm()[field])
    assert f'autocomplete="{token}"' in html
    assert 'type="number"' not in html
    if keyboard:
        assert f'inputmode="{keyboard}"' in html
    if field != "prefecture":
        assert "maxlength=" in html
    assert ("required" in html) is (field != "building")


@pytest.mark.parametrize("field", [name for name in TYPED if name != "building"])
@pytest.mark.parametrize("empty", ["", " ", "　\t", "\u200b", "\x00"])
def test_a_needed_field_says_what_to_do(app: Flask, field: str, empty: str) -> None:
    form = posted(**{field: empty})
    assert list(form.errors) == [field]
    assert form.errors[field][0].endswith(("ください。", "）。"))


@pytest.mark.parametrize(
    ("field", "longest"),
    [("family_name", 40), ("given_name", 40), ("city", 60), ("street", 100), ("building", 100)],
)
def test_a_text_has_a_longest_length(app: Flask, field: str, longest: int) -> None:
    assert posted(**{field: "あ" * longest}).errors == {}
    assert posted(**{field: "あ" * (longest + 1)}).errors == {
        field: [f"{longest}文字以内で入力してください。"]
    }


@pytest.mark.parametrize("field", ["family_name", "given_name", "city", "street", "building"])
@pytest.mark.parametrize("broken", ["山\ufffd", "山\ue000", "山" + chr(0xD842)])
def test_text_that_no_label_can_show_is_refused(app: Flask, field: str, broken: str) -> None:
    assert list(posted(**{field: broken}).errors) == [field]


def test_no_field_starts_another_line(app: Flask) -> None:
    form = posted(family_name="山田\r\nBcc: x@example.jp", building="1階\n2階\x1b")
    assert form.contact().family_name == "山田 Bcc: x@example.jp"
    assert form.contact().building == "1階 2階"


@pytest.mark.parametrize(
    "changes",
    [{"email": "jiro"}, {"postal_code": "151-005"}, {"phone": "12345"}, {"prefecture": "Tokyo"}],
)
def test_a_malformed_value_gets_one_error_that_does_not_repeat_it(
    app: Flask, changes: dict[str, str]
) -> None:
    form = posted(**changes)
    ((field, value),) = changes.items()
    assert list(form.errors) == [field]
    assert len(form.errors[field]) == 1
    assert value not in form.errors[field][0]


@pytest.mark.parametrize(("field", "longest"), [("email", 254), ("postal_code", 20), ("phone", 30)])
def test_a_number_too_long_gets_one_error(app: Flask, field: str, longest: int) -> None:
    assert posted(**{field: "1" * 200_000}).errors == {field: [f"{longest}文字以内で入力してください。"]}


def test_a_post_without_any_field_is_nine_less_one_errors(app: Flask) -> None:
    form = AddressForm(formdata=MultiDict({"csrf": "x"}))
    assert not form.validate()
    assert list(form.errors) == [name for name in TYPED if name != "building"]


def test_an_unknown_postcode_warns_and_never_blocks(app: Flask) -> None:
    form = posted(postal_code="100-9999")
    assert form.validate()
    assert form.errors == {}
    assert list(form.warnings) == ["postal_code"]
    assert form.contact().postal_code == "1009999"


def test_a_prefecture_that_differs_from_the_postcode_warns_and_never_blocks(app: Flask) -> None:
    form = posted(prefecture="大阪府")
    assert form.validate()
    assert form.errors == {}
    assert list(form.warnings) == ["prefecture"]
    assert form.contact().prefecture == "大阪府"


@pytest.mark.parametrize("prefecture", ["愛知県", "三重県"])
def test_a_postcode_of_two_prefectures_suits_both(app: Flask, prefecture: str) -> None:
    assert posted(postal_code="498-0000", prefecture=prefecture).warnings == {}


def test_the_look_up_button_fills_empty_fields_only(app: Flask) -> None:
    form = AddressForm(formdata=MultiDict({"postal_code": "100-0001", "street": "内幸町2-2"}))
    assert form.look_up() == [Place("東京都", "千代田区", "千代田")]
    assert (form.prefecture.data, form.city.data, form.street.data) == ("東京都", "千代田区", "内幸町2-2")
    assert 'selected value="東京都"' in str(form.prefecture)


def test_the_look_up_button_leaves_a_choice_of_towns_to_the_person(app: Flask) -> None:
    form = AddressForm(formdata=MultiDict({"postal_code": "498-0000"}))
    places = form.look_up()
    assert len(places) == 2
    assert not form.city.data
    form.fill_empty(places[1])
    assert (form.prefecture.data, form.city.data) == ("三重県", "桑名郡木曽岬町")


@pytest.mark.parametrize(("code", "error"), [("100", True), ("", True), ("100-9999", False)])
def test_the_look_up_button_tells_why_it_found_nothing(app: Flask, code: str, error: bool) -> None:
    form = AddressForm(formdata=MultiDict({"postal_code": code}))
    assert form.look_up() == []
    assert bool(form.postal_code.errors) is error
    assert bool(form.warnings) is not error


def test_a_kept_contact_fills_the_form_as_people_write_it() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for tests", WTF_CSRF_ENABLED=False)
    Babel(app)
    with app.test_request_context():
        form = AddressForm.of(CONTACT)
        assert (form.postal_code.data, form.phone.data) == ("100-0001", "090-1234-5678")
        assert (form.prefecture.data, form.family_name.data) == ("東京都", "\ufa11山")
        assert AddressForm.of(None).email.data == ""
        assert AddressForm(formdata=MultiDict({f.name: f.data for f in form})).contact() == CONTACT


def test_english_pages_name_the_prefectures_in_both_scripts(app: Flask) -> None:
    with app.test_request_context("/?locale=en"):
        choices = [(value, label) for value, label, *_ in AddressForm().prefecture.iter_choices()]
    assert ("東京都", "Tokyo 東京都") in choices
    assert [value for value, _ in choices] == ["", *PREFECTURES]


def test_a_contact_goes_through_json_unchanged() -> None:
    text = CONTACT.to_json()
    assert Contact.from_json(text) == Contact.from_json(text.encode()) == CONTACT
    assert Contact.from_json(text[:-1] + ',"later":1}') == CONTACT


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"email":"hanako@example.jp"}', b"\xff"])
def test_what_is_no_contact_is_refused_without_its_values(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="a contact") as refused:
        Contact.from_json(text)
    assert "hanako" not in str(refused.value)


def test_a_contact_never_shows_itself_in_a_log() -> None:
    assert repr(CONTACT) == str(CONTACT) == f"{CONTACT}" == "Contact(…)"


def test_a_contact_is_written_as_on_a_parcel() -> None:
    assert CONTACT.name == "\ufa11山 花子"
    assert CONTACT.address_lines == ["〒100-0001", "東京都千代田区千代田1-1"]
    assert CONTACT.phone_text == "090-1234-5678"

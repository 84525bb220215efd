"""What a program sends: JSON is read strictly, and each fault is told at its field."""

import pytest
from flask import Flask
from pydantic import AwareDatetime, Field

from kernel.errors import Invalid, Problem
from web.amounts import Amount, plain_number
from web.api import can_be_left_out, read_body
from web.forms import InModel


class LineIn(InModel):
    locale: str
    units: int


class OrderIn(InModel):
    overlap: int = 3
    confirm: bool = False
    target: float = 0.9
    price: Amount = "0.10"
    begins: AwareDatetime | None = None
    lines: list[LineIn] = Field(default_factory=list)
    answer: dict[str, object] = Field(default_factory=dict)


def read(body: str | bytes) -> OrderIn:
    with Flask(__name__).test_request_context("/", method="POST", data=body, content_type="application/json"):
        found = read_body(OrderIn)
    assert isinstance(found, OrderIn)
    return found


def test_what_is_written_as_it_is_meant_is_taken() -> None:
    found = read(
        '{"overlap": 2, "confirm": true, "target": 1, "price": "0.0075", "begins": "2027-01-31T17:00:00Z",'
        ' "lines": [{"locale": " sw-KE ", "units": 4}], "answer": {"note": "mawili\\nmatatu"}}'
    )
    assert (found.overlap, found.confirm, found.target, found.price) == (2, True, 1.0, "0.0075")
    assert found.lines[0].locale == "sw-KE" and found.answer == {"note": "mawili\nmatatu"}


class ReasonIn(InModel):
    reason: str
    note: str = ""


def test_no_content_at_all_says_as_much_as_an_empty_object() -> None:
    with Flask(__name__).test_request_context("/", method="POST"):
        assert read_body(OrderIn) == OrderIn()
        with pytest.raises(Invalid) as refused:
            read_body(ReasonIn)
    assert {name: str(words) for name, words in refused.value.fields.items()} == {"reason": "This is needed."}
    with (
        Flask(__name__).test_request_context("/", method="POST", data="overlap=2", content_type="text/plain"),
        pytest.raises(Problem) as refused_kind,
    ):
        read_body(OrderIn)
    assert refused_kind.value.status == 415
    assert (can_be_left_out(OrderIn), can_be_left_out(ReasonIn)) == (True, False)


NUMBER, WHOLE, TRUTH = "This must be a number.", "A whole number is expected here.", "Write true or false here"
AMOUNT, STORED = "Write the amount as a text such as", "The text contains a character that cannot be stored."


@pytest.mark.parametrize(
    ("body", "field", "told"),
    [
        ('{"overlap": true}', "overlap", WHOLE),
        ('{"overlap": "12"}', "overlap", WHOLE),
        ('{"overlap": 2.0}', "overlap", WHOLE),
        ('{"lines": [{"locale": "sw-KE", "units": "4"}]}', "lines.0.units", WHOLE),
        ('{"confirm": "true"}', "confirm", TRUTH),
        ('{"confirm": 1}', "confirm", TRUTH),
        ('{"target": "0.9"}', "target", NUMBER),
        ('{"target": true}', "target", NUMBER),
        *[(f'{{"price": "{text}"}}', "price", AMOUNT) for text in (" 0.1 ", "1e-3", "0,1", "+1", "-1", ".5", "٣", "")],
        ('{"price": 0.1}', "price", AMOUNT),
        ('{"price": "1234567890123"}', "price", AMOUNT),
        ('{"lines": [{"locale": "sw\\u0000", "units": 4}]}', "lines.0.locale", STORED),
        ('{"answer": {"parts": ["ok", "\\ud800"]}}', "answer.parts.1", STORED),
        ('{"answer": {"a\\u0000b": 1}}', "answer", STORED),
    ],
)
def test_what_only_resembles_it_is_refused_at_its_field(body: str, field: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(body)
    assert {name: str(words).startswith(told) for name, words in refused.value.fields.items()} == {field: True}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"overlap": 3, "overlap": 5}', "The key “overlap” stands twice in one object."),
        ('{"answer": {"a": 1, "a": 1}}', "The key “a” stands twice in one object."),
        ('{"target": NaN}', "NaN is not a JSON number."),
        ('{"target": 1e999}', "The number 1e999 is too big to be exact."),
        ('{"answer": ' + "[" * 60 + "]" * 60 + "}", "Objects and lists are nested deeper than 50 levels."),
        ('{"overlap": 3', "This is not valid JSON at character 14."),
        (b'{"overlap": "\xff"}', "This is not well-formed JSON."),
    ],
)
def test_json_that_readers_would_read_differently_is_malformed(body: str | bytes, told: str) -> None:
    with pytest.raises(Problem) as refused:
        read(body)
    assert (refused.value.status, refused.value.code, str(refused.value.message)) == (400, "http.400", told)


@pytest.mark.parametrize(
    ("locale", "typed", "meant"),
    [
        ("en", "1,234.5", "1234.5"), ("en", "0,1", "0.1"), ("en", "1,23,4", "1,23,4"), ("es", "0,75", "0.75"),
        ("es", "0.75", "0.75"),
        ("ar", "0.5", "0.5"), ("sw", " 2 000.25 ", "2000.25"), ("en", "soon", "soon"),
        ("en", "1e999999999", "1e999999999"), ("en", "9" * 41, "9" * 41), ("en", "-1,234.5", "-1234.5"),
    ],
)  # fmt: skip
def test_people_type_numbers_as_their_language_writes_them(locale: str, typed: str, meant: str) -> None:
    from i18n import use_locale

    with use_locale(locale):
        assert plain_number(typed) == meant

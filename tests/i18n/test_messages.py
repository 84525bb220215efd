"""Deferred messages: said once, read by anybody, never failing at the worst moment."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n import SHIPPED, Message, _, current_locale, figure, ngettext, render, set_locale, set_zone, use_locale
from i18n.tags import InvalidTag

# Built without `_`, so that the samples of these tests are nobody's work to translate.
LEFT = Message("Only %(n)s left.", (("n", 3),))


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_english_is_the_locale_of_nobody_in_particular() -> None:
    assert current_locale() == "en"
    assert SHIPPED == ("en", "es", "sw", "ar")


def test_a_locale_holds_within_its_block_and_no_longer() -> None:
    with use_locale("ar-eg") as tag:
        assert tag == current_locale() == "ar-EG"
        with use_locale("sw"):
            assert current_locale() == "sw"
        assert current_locale() == "ar-EG"
    assert current_locale() == "en"


def test_a_locale_is_restored_after_an_error() -> None:
    with pytest.raises(KeyError), use_locale("es"):
        raise KeyError
    assert current_locale() == "en"


def test_a_locale_can_be_set_for_the_rest_of_a_request() -> None:
    with use_locale("en"):
        set_locale("es_mx")
        assert current_locale() == "es-MX"
        with pytest.raises(InvalidTag):
            set_locale("x-klingon")
        assert current_locale() == "es-MX"


def test_placeholders_are_filled_by_name() -> None:
    assert str(_("Only %(n)s left.", n=3)) == "Only 3 left."
    assert f"{LEFT}" == "Only 3 left."
    assert f"{LEFT:>14}" == "  Only 3 left."


def test_plural_follows_the_count() -> None:
    texts = [str(ngettext("%(num)s task", "%(num)s tasks", n)) for n in (0, 1, 2, 1_234)]
    assert texts == ["0 tasks", "1 task", "2 tasks", "1,234 tasks"]


def test_a_message_inside_a_message_is_read_by_the_same_reader() -> None:
    inner = Message("This work asks for a higher level of %(wanted)s.", (("wanted", figure("language", "ar")),))
    outer = Message("%(why)s", (("why", inner),))
    assert render(outer) == "This work asks for a higher level of Arabic."
    assert render(outer, "es") == "Este trabajo pide un nivel más alto de árabe."


@pytest.mark.parametrize(
    ("value", "english", "egyptian"),
    [
        (1234, "1,234", "١٬٢٣٤"),
        (Decimal("1234.5"), "1,234.5", "١٬٢٣٤٫٥"),
        ("1234", "1234", "1234"),
        (True, "True", "True"),
        (None, "None", "None"),
        (["a", "b", "c"], "a, b, and c", "a وb وc"),
        (dt.date(2025, 3, 4), "Mar 4, 2025", "٠٤\u200f/٠٣\u200f/٢٠٢٥"),
        (
            figure(
                "money",
                7_500,
                "USD",
            ),
            "$0.01",
            "\u200f٠٫٠١\u00a0US$\u200e",
        ),
        (figure("percent", 0.25), "25%", "٢٥٪\u061c"),
        (figure("language", "sw"), "Swahili", "السواحلية"),
        (figure("territory", "KE"), "Kenya", "كينيا"),
    ],
)
def test_values_are_written_as_the_reader_writes_them(value: Any, english: str, egyptian: str) -> None:
    message = Message("%(x)s", (("x", value),))
    assert render(message, "en") == english
    assert render(message, "ar-EG") == egyptian


@pytest.mark.parametrize(
    ("text", "params", "shown"),
    [
        ("Only %(n)s left.", {}, "Only %(n)s left."),
        ("Only %(n)s left.", {"m": 3}, "Only %(n)s left."),
        ("Only %(n)d left.", {"n": "three"}, "Only three left."),
        ("100% sure", {}, "100% sure"),
        ("100%% sure", {}, "100% sure"),
        ("%(a)s%(b)s", {"a": "%(b)s", "b": "x"}, "%(b)sx"),
        ("%(", {}, "%("),
        ("%s and %(n)s", {"n": 1}, "%s and 1"),
        ("Broken: %(x)s.", {"x": Broken()}, "Broken: ."),
        ("%(x)s", {"x": figure("money", "much", "USD")}, "Figure(kind='money', args=('much', 'USD'))"),
        ("", {}, ""),
    ],
)
def test_a_bad_value_never_raises(text: str, params: dict[str, Any], shown: str) -> None:
    assert str(_(text, **params)) == shown


@given(
    st.text(),
    st.dictionaries(st.text(), st.none() | st.floats() | st.text() | st.binary()),
    st.floats() | st.integers(),
)
def test_rendering_never_raises(text: str, params: dict[str, Any], n: Any) -> None:
    for tag in ("en", "ar-EG"):
        assert isinstance(render(Message(text, tuple(params.items())), tag), str)
        assert isinstance(render(Message(text, tuple(params.items()), text, n), tag), str)


def test_a_plain_text_renders_as_itself() -> None:
    assert render("50% %(off)s", "ar") == "50% %(off)s"


def test_equal_messages_are_equal_whatever_the_order_of_their_values() -> None:
    assert _("%(a)s %(b)s", a=1, b=2) == _("%(a)s %(b)s", b=2, a=1)
    assert len({_("x", a=[1]), _("x", a=[1])}) == 1


def test_a_stored_message_comes_back_the_same() -> None:
    message = ngettext(
        "%(num)s unit of %(who)s, %(amount)s, by %(when)s, %(why)s, %(ratio)s, %(days)s, %(list)s",
        "%(num)s units of %(who)s, %(amount)s, by %(when)s, %(why)s, %(ratio)s, %(days)s, %(list)s",
        5,
        who="Asha",
        amount=figure("money", 12_345_678, "KES"),
        when=dt.datetime(2025, 3, 4, 15, 6, tzinfo=dt.UTC),
        why=LEFT,
        ratio=Decimal("0.50"),
        days=dt.date(2025, 1, 1),
        list=["a", LEFT],
    )
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message


def test_a_stored_message_is_small_and_plain() -> None:
    assert _("Hello").to_json() == {"msgid": "Hello"}
    assert LEFT.to_json() == {"msgid": "Only %(n)s left.", "params": {"n": 3}}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"msgid": 1},
        {"msgid": "x", "params": []},
        {"msgid": "x", "plural": 2},
        {"msgid": "x", "n": "2"},
        {"msgid": "x", "other": 1},
        {"msgid": "x", "params": {"a": {"$code": "x"}}},
        {"msgid": "x", "params": {"a": {"$figure": ["shell", "rm"]}}},
        {"msgid": "x", "params": {"a": {"$date": "soon"}}},
        {"msgid": "x", "params": {"a": {"$decimal": "many"}}},
    ],
)
def test_what_is_not_a_stored_message_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Message.from_json(document)


def test_an_unknown_figure_is_refused_where_it_is_made() -> None:
    with pytest.raises(ValueError, match="no such figure"):
        figure("shell", "rm")


def test_a_moment_is_told_as_the_readers_clock_shows_it() -> None:
    until = dt.datetime(2026, 12, 1, 20, 30, tzinfo=dt.UTC)
    paused = Message.from_json(Message("Until %(until)s.", (("until", until),)).to_json())
    try:
        set_zone("Asia/Kolkata")
        assert render(paused, "en") == "Until Dec 2, 2026, 2:00\u202fAM."
    finally:
        set_zone("UTC")
    assert render(paused, "en") == "Until Dec 1, 2026, 8:30\u202fPM."

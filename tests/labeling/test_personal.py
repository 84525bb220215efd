"""Personal data in texts: what is found, what only looks like it, what stands in its place, and how long it takes."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.config import Settings, UnsafeConfiguration
from labeling.connect import connect
from labeling.recognizer import recognizer
from labeling.rules.names import NameList
from labeling.rules.personal import PersonalKind, find, hinted, mask, moved

FOUND = [
    ("write to ana.maria+x@mail.example.co.uk.", "e-mail", "ana.maria+x@mail.example.co.uk"),
    ("почта: иван@пример.рф!", "e-mail", "иван@пример.рф"),
    ("full width a＠b.example", "e-mail", "a＠b.example"),
    ("IBAN DE89 3704 0044 0532 0130 00, thanks", "iban", "DE89 3704 0044 0532 0130 00"),
    ("GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
    ("to de89 3704 0044 0532 0130 00 please", "iban", "de89 3704 0044 0532 0130 00"),
    ("DE89-3704-0044-0532-0130-00", "iban", "DE89-3704-0044-0532-0130-00"),
    ("seat ab12 gb82west12345698765432", "iban", "gb82west12345698765432"),
    ("card 4111 1111 1111 1111 12/29", "card", "4111 1111 1111 1111"),
    ("4111.1111.1111.1111", "card", "4111.1111.1111.1111"),
    ("amex 378282246310005.", "card", "378282246310005"),
    ("DNI 12345678Z", "id", "12345678Z"),
    ("dni 12345678-z", "id", "12345678-z"),
    ("Steuer-ID 86095742719", "id", "86095742719"),
    ("IdNr. 86 095 742 719", "id", "86 095 742 719"),
    ("CURP HEGG560427MVZRRL04", "id", "HEGG560427MVZRRL04"),
    ("curp: hegg560427mvzrrl04", "id", "hegg560427mvzrrl04"),
    ("NIE X1234567L", "id", "X1234567L"),
    ("NIR 1 85 05 78 006 084 91", "id", "1 85 05 78 006 084 91"),
    ("CPF 529.982.247-25", "id", "529.982.247-25"),
    ("meu cpf 52998224725", "id", "52998224725"),
    ("Aadhaar 2345 6789 0124", "id", "2345 6789 0124"),
    ("आधार २३४५६७८९०१२४", "id", "२३४५६७८९०१२४"),
    ("ID 8001015009087 given", "id", "8001015009087"),
    ("SSN 219-09-9998", "id", "219-09-9998"),
    ("身份证11010519491231002X。", "id", "11010519491231002X"),
    ("CF RSSMRA85T10A562S", "id", "RSSMRA85T10A562S"),
    ("rssmra85t10a562s", "id", "rssmra85t10a562s"),
    ("PESEL 44051401359", "id", "44051401359"),
    ("pnr 811218-9876", "id", "811218-9876"),
    ("hetu 131052-308T", "id", "131052-308T"),
    ("BSN 111222333", "id", "111222333"),
    ("TC kimlik 10000000146", "id", "10000000146"),
    ("call +254 712 345 678 now", "phone", "+254 712 345 678"),
    ("(212) 555-0187", "phone", "(212) 555-0187"),
    ("06 12 34 56 78", "phone", "06 12 34 56 78"),
    ("هاتف ٠١٠١٢٣٤٥٦٧٨", "phone", "٠١٠١٢٣٤٥٦٧٨"),
    ("simu yangu 0712345678", "phone", "0712345678"),
    ("0712345678 is my number", "phone", "0712345678"),
    ("0712345678 ni nambari yangu", "phone", "0712345678"),
    ("ساعدني على 01012345678", "phone", "01012345678"),
    ("موبايلي ٠١٠١٢٣٤٥٦٧٨", "phone", "٠١٠١٢٣٤٥٦٧٨"),
    ("my number is 0712 345 678", "phone", "0712 345 678"),
]


@pytest.mark.parametrize(("text", "kind", "datum"), FOUND)
def test_a_datum_is_found_where_it_stands(text: str, kind: str, datum: str) -> None:
    assert [(each.kind.value, text[each.start : each.end]) for each in find(text)] == [(kind, datum)]


UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u115f\ufe0f\u202e\U000e0041"


@given(
    case=st.sampled_from(FOUND),
    put=st.lists(st.tuples(st.integers(0, 60), st.text(UNSEEN, min_size=1, max_size=5)), min_size=1, max_size=8),
)
def test_signs_that_nobody_sees_hide_nothing_and_are_masked_with_it(
    case: tuple[str, str, str], put: list[tuple[int, str]]
) -> None:
    text, _kind, datum = case
    before, after = text[: text.index(datum)], text[text.index(datum) + len(datum) :]
    parts = list(datum)
    for place, signs in put:
        parts[place % (len(datum) - 1)] += signs
    told = mask({"text": before + "".join(parts) + after})
    assert told is not None
    shown = re.sub(f"[{UNSEEN}]", "", told.content["text"])
    assert datum not in shown and not any(sign in shown.replace("e-mail 1", "") for sign in "@＠")
    assert sum(sign.isdigit() for sign in shown) <= sum(sign.isdigit() for sign in before + after) + 1, "its number"


def test_one_datum_with_and_without_what_nobody_sees_has_one_placeholder() -> None:
    told = mask({"text": "a\u200bna@mail.example, ana@mail.example, +254\u2060712345678 +254 712 345 678"})
    assert told is not None and told.content["text"] == "[e-mail 1], [e-mail 1], [phone 1] [phone 1]"


@pytest.mark.parametrize(
    "text",
    [
        "on 01.02.2024 12:30 and 2024-01-02 11:22:33.123456",
        "4111 1111 1111 1112",  # Luhn says no
        "4111.1111.1111.1112",
        "DE89 3704 0044 0532 0130 01",  # mod 97 says no
        "de89-3704-0044-0532-0130-01",
        "86095742718 and 86095742710",  # the check digit does not fit
        "86655574271 and 86095741238",  # a digit too often, or none twice
        "HEGG560427MVZRRL05 and HEGG561327MVZRRL04",  # its digit or its day does not fit
        "on 20240102 a walk, 12345678 z",  # a word after a number
        "12345678A",  # the letter does not fit
        "000-12-3456 and 666-12-3456 and 912-12-3456",  # areas that were never given
        "order #4111111111111111-7 of 1,234,567,890.55 KES",
        "version 1.2.3.4.5.6.7.8, IP 192.168.100.200",
        "0000 0000 0000 0000, 1111 2222 3333",
        "529.982.247-26",
        "52998224725",  # a number that passes by chance, and nothing says what it is
        "foo@bar, @mention, a@b.c1",
        "sha 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "https://example.org/t/12345678901234567890",
    ],
)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert find(text) == []


def test_a_datum_has_one_placeholder_throughout_a_unit_and_spans_move_with_it() -> None:
    text = "I am ana@x.example, not bo@x.example. Ana@x.example!"
    found = mask({"text": text, "context": "from ana@x.example, +254 712 345 678", "n": 3})
    assert found is not None
    assert found.content == {
        "text": "I am [e-mail 1], not [e-mail 2]. [e-mail 1]!", "context": "from [e-mail 1], [phone 1]", "n": 3,
    }  # fmt: skip
    assert found.kinds == (PersonalKind.EMAIL, PersonalKind.EMAIL, PersonalKind.PHONE)
    new = found.content["text"]
    spans = {(0, 1): "I", (5, 18): "[e-mail 1]", (5, 8): "[e-mail 1]", (20, 23): "not", (0, 10): "I am [e-mail 1]"}
    for (start, end), shown in spans.items():
        first, last = moved(start, end, found.cuts["text"])
        assert new[first:last] == shown
    assert mask({"text": "nothing here", "context": "call 911"}) is None
    assert hinted("4111 1111 1111 1111") == "4••• •••• •••• ••11"


def test_names_are_found_by_a_recogniser_alone() -> None:
    def names(text: str, locale: str) -> list[tuple[int, int]]:
        return [(0, 3)] if locale == "en" else []

    found = mask({"text": "Ana wrote"}, "en", names)
    assert found is not None and found.content == {"text": "[name 1] wrote"}
    assert mask({"text": "Ana wrote"}, "sw", names) is None


LISTED = "Amina,Wanjiru,Ayşe,O'Brien,Anne-Marie,Rose?  # a flower too,,# a remark,Мария,أمينة,सीता,王小明,田中"
NAMES = NameList.read(LISTED.split(","))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Amina went home", "[name 1] went home"),
        ("we met amina and AMINA", "we met amina and [name 1]"),
        ("Amina Wanjiru, Amina", "[name 1], [name 2]"),
        ("Rose is red; Rose Wanjiru is not", "Rose is red; [name 1] is not"),
        ("Amina's book, Ayşe’nin evi", "[name 1]'s book, [name 2]’nin evi"),
        ("Mr O’Brien and Anne-Marie", "Mr [name 1] and [name 2]"),
        ("Aminata, Benamina, Wanjirus", None),
        ("звонила Мария, мария нет", "звонила [name 1], мария нет"),
        ("قالت وأمينة هنا، أَمِينَة", "قالت و[name 1] هنا، [name 2]"),
        ("यह सीता है", "यह [name 1] है"),
        ("我叫王小明。", "我叫[name 1]。"),
        ("田中さんと田んぼ", "[name 1]さんと田んぼ"),
        ("Amina@x.example", "[e-mail 1]"),
    ],
)
def test_names_of_a_list_are_found_as_they_are_written(text: str, masked: str | None) -> None:
    found = mask({"text": text}, "en", NAMES)
    assert (found and found.content["text"]) == masked


@pytest.mark.parametrize("lines", [[], ["# none"], ["Amina", "x" * 61], ["a b c d e"], ["123"], ["?"]])
def test_a_list_that_is_none_is_refused_by_its_line(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^(line \d+ is no name|it holds no name)"):
        NameList.read(lines)


def test_the_list_that_the_settings_name_is_used_or_refused_in_words(tmp_path: Path) -> None:
    settings = Settings("test", "sqlite:///unused", None, tmp_path, secret_key="x" * 43)
    file = tmp_path / "names.txt"
    named = replace(settings, name_list=file)
    for content, told in ((None, "cannot be read"), (b"\xff\xfe", "cannot be read"), (b"Amina\n123\n", "line 2")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(UnsafeConfiguration, match=f"NAME_LIST is no list of names: .*{told}"):
            connect(named)
    file.write_text("\ufeffAmina\n", encoding="utf-8")
    try:
        connect(named)
        assert mask({"text": "Amina"}, "en", recognizer()) is not None
    finally:
        connect(settings)
    assert mask({"text": "Amina"}, "en", recognizer()) is None


@pytest.mark.parametrize("piece", ["Amina ", "Rose ", "A'", "O'Brien-", "王小", "وأمينة", "x", "Anne-"])
def test_looking_for_names_takes_time_by_the_length_of_the_text(piece: str) -> None:
    taken = []
    for count in (100, 4_000):
        began = time.process_time()
        find(piece * count, "en", NAMES)
        taken.append(time.process_time() - began)
    assert taken[1] < 40 * max(taken[0], 0.002) * 4


@pytest.mark.parametrize(
    "piece", ["1 ", "1", "a@", "a.", "DE89 ", "de89-", "hegg560427m", "(0", "+1-", "X1234567", "a-1.", "@"]
)
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """The hundredfold length takes nothing like the ten-thousandfold time."""
    taken = []
    for count in (200, 20_000):
        began = time.process_time()
        find("x" + piece * count + " ana@")
        taken.append(time.process_time() - began)
    assert taken[1] < 100 * max(taken[0], 0.001) * 4

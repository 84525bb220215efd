"""Personal data in texts: found by shape and checksum, in time linear in the text, and put behind placeholders.

A number alone is not personal: what is found has a checksum that fits, a form that only such numbers have, or a word
beside it that says what it is. Digits of any script count, and word boundaries hold.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labeling.rules import identities as of
from labeling.rules.media import MEDIA_FIELDS

Recognizer = Callable[[str, str], Iterable[tuple[int, int]]]


class PersonalChoice(StrEnum):
    """What is done with units that hold personal data, as somebody of the client decides."""

    MASK = "mask"
    RAISE = "raise"
    KEEP = "keep"


class PersonalKind(StrEnum):
    """What kind of personal datum a stretch of text is."""

    EMAIL = "e-mail"
    IBAN = "iban"
    CARD = "card"
    IDENTITY = "id"
    PHONE = "phone"
    NAME = "name"


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A stretch of a text, and which kind it is."""

    start: int
    end: int
    kind: PersonalKind


@dataclass(frozen=True, slots=True)
class Masked:
    """A content with its personal data behind placeholders, and which stretches of which field they stand for."""

    content: dict[str, Any]
    cuts: Mapping[str, tuple[tuple[int, int, str], ...]]  # field -> start, end, placeholder
    kinds: tuple[PersonalKind, ...]  # each datum once


_UNSEEN = re.compile(
    "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164"
    "\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]"
)
# What has neither an @ nor this can only hold names: seven digits close together, or digits among letters.
_HINT = re.compile(r"\d(?:(?:\W{0,3}\d){6}|\d[A-Za-z]\d\d[A-Za-z]\d{3}|\d{5}(?:[A-Ya-y]\d{3}|[HMXhmx][A-Za-z]{5}))")
_MIXED = re.compile(
    r"[A-Za-z]{2}\d\d|[XYZxyz]-?\d{7}|\d{8}[- ]?[A-Za-z]|\d{6}[-+A-FU-Ya-fu-y]\d{3}|\d[A-Za-z]\d\d[A-Za-z]\d"
    r"|2[ABab] ?\d{3}|\d{6}[HMXhmx][A-Za-z]{5}"
)
_CHUNK = re.compile(r"[+(]{0,2}\d[ ().\-/]{0,2}(?:\d[ ().\-/]{0,2}){5,}\d")
_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
_HOST = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w])|(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}xn--[a-z0-9-]{2,59}"
)
# Looked for at each place, as what only begins like one may reach into a real one.
_IBAN = re.compile(r"(?<![^\W_])(?=([A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}))")
_LETTERED = re.compile(
    # After a space a small letter is a word of its own.
    r"(?<![^\W_])(?:(?P<dni>[XYZxyz]-?\d{7}-?[A-Za-z]|\d{8}(?: ?[A-Z]|-?[A-Za-z]))"
    r"|(?P<italian>[A-Za-z]{6}\d\d[A-Za-z]\d\d[A-Za-z]\d{3}[A-Za-z])"
    r"|(?P<mexican>[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[A-Za-z0-9]\d)"
    r"|(?P<finnish>\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Ya-y])"
    r"|(?P<nir>[123478] ?\d\d ?\d\d ?2[ABab] ?\d{3} ?\d{3} ?\d\d))(?![^\W_])"
)
_LETTERED_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "dni": of.is_dni, "italian": of.is_italian, "mexican": of.is_mexican, "finnish": of.is_finnish, "nir": of.is_nir,
}  # fmt: skip
_CARD = re.compile(r"(?<!\d)(?:\d{13,19}|\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{4}([ .-])\d{6}\2\d{4,5})(?!\d)")
_IDENTITY: tuple[tuple[int, re.Pattern[str], Callable[[str], bool], bool], ...] = (
    # Fewest digits, pattern, check, and whether a word beside it must say what it is: where too many pass by chance.
    (17, re.compile(r"(?<!\d)[1-6]\d{5}(?:18|19|20)\d{9}[\dXx]"), lambda text: of.is_chinese(text.upper()), False),
    (15, re.compile(r"(?<!\d)[123478] ?\d\d ?\d\d ?\d\d ?\d{3} ?\d{3} ?\d\d"), of.is_nir, False),
    (13, re.compile(r"\d{13}|\d{6} \d{4} \d{3}"), of.is_south_african, False),
    (12, re.compile(r"[2-9]\d{3} \d{4} \d{4}|[2-9]\d{3}-\d{4}-\d{4}"), of.is_aadhaar, False),
    (12, re.compile(r"[2-9]\d{11}"), of.is_aadhaar, True),
    (11, re.compile(r"\d{3}\.\d{3}\.\d{3}-\d\d"), of.is_cpf, False),
    (11, re.compile(r"\d{11}"), lambda text: of.is_cpf(text) or of.is_turkish(text), True),
    (11, re.compile(r"\d{11}"), of.is_pesel, False),
    (11, re.compile(r"[1-9]\d{10}|[1-9]\d \d{3} \d{3} \d{3}"), of.is_german, False),
    (10, re.compile(r"(?:19|20)?\d{6}[-+]\d{4}"), lambda text: of.is_swedish(text[-10:]), False),
    (9, re.compile(r"\d{3}-\d\d-\d{4}"), of.is_ssn, False),
    (9, re.compile(r"\d{9}"), lambda text: of.is_ssn(text) or of.is_dutch(text), True),
)
_PHONE = re.compile(
    r"(?P<world>(?:\+|(?<!\d)00) ?[1-9]\d{0,3}(?:[ ().\-/]{0,2}\d){6,12})"
    r"|(?P<north>\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4})"
    r"|(?P<trunk>\(?0[1-9]\d{0,3}\)?(?:[ /.-]{1,2}\d{2,8}){1,5})"
)
_ANY_NUMBER = re.compile(r"\d(?:[ ().\-/]{0,2}\d){6,14}")
_PHONE_WORDS = (
    " tel", "phone", "mobil", " cell", " call", "whatsapp", " fax", " handy", " sms", " simu", "telef", " móvil",
    "電話", "电话", "手机", "전화", " тел", "هاتف", "جوال", "موبايل", "محمول", "تليفون", "تلفون", "رقمي", "واتساب",
    "फ़ोन", "फोन", "मोबाइल", " my number", " mi número", " nambari yangu", " namba yangu",
)  # fmt: skip
_PHONE_WORDS_AFTER = (
    " is my number",
    " es mi número",
    " ni nambari yangu",
    " ndiyo nambari yangu",
    " ni namba yangu",
    " هذا رقمي",
)
_EGYPTIAN = re.compile(r"01[0125]\d{8}")  # as mobile numbers are written there, without a space
_IDENTITY_WORDS = (
    " ssn", "social security", " cpf", "aadhaar", "aadhar", "आधार", " bsn", "burgerservice", " tckn", " tc ", "kimlik",
    " id no", " id number", " id card", "national id", "tax id", "passport",
)  # fmt: skip
_DATE = re.compile(r"\(?\d{1,2}([./ -])\d{1,2}\1(?:19|20)\d\d(?!\d)|\d{4}[./-]\d\d[./-]\d\d(?!\d)")
_CARD_STARTS = re.compile(
    r"4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|30[0-5]|3[689]|35[2-8]|6(?:011|[23457]|0)"
)
# Calling codes: of one digit, of two; every other beginning has three.
_ONE, _TWO = "17", {
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
}  # fmt: skip
_THREE = {
    "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "69", "80", "85",
    "87", "88", "96", "97", "99",
}  # fmt: skip
_IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip


class _Plain(dict[int, str]):
    """Signs as these rules read them, one for one: digits of any script, full-width letters, any space or hyphen."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        digit = unicodedata.decimal(sign, None)
        kind = unicodedata.category(sign)
        if digit is not None:
            plain = str(digit)
        elif kind in ("Zs", "Cf"):
            plain = " "
        elif kind == "Pd" or sign == "\u2212":
            plain = "-"
        elif 0xFF01 <= code <= 0xFF5E:
            plain = chr(code - 0xFEE0)
        else:
            plain = sign
        self[code] = plain
        return plain


_plain = _Plain()


def no_names(text: str, locale: str) -> Iterable[tuple[int, int]]:
    """Names of people in a text: none, where no recogniser is configured."""
    return ()


def find(text: str, locale: str = "", names: Recognizer = no_names) -> list[Stretch]:
    """The personal data of a text, in its order and without overlap.

    Signs that nobody sees (UAX 44, Default_Ignorable_Code_Point) hide nothing: where there are any, the text is read
    with them as spaces and without them, and what is found covers those within it.
    """
    if text.isascii() or not (places := _seen(text)):
        return sorted(_found_in(text, locale, names))
    found: list[Stretch] = []
    taken = bytearray(len(text))
    for stretch in _found_in("".join(text[place] for place in places), locale, names):
        _take(found, taken, Stretch(places[stretch.start], places[stretch.end - 1] + 1, stretch.kind))
    for stretch in _found_in(text, locale, names):
        _take(found, taken, stretch)
    return sorted(found)


def _seen(text: str) -> list[int]:
    """Where the signs of a text stand that somebody sees; nothing where all of them are seen, or none."""
    if _UNSEEN.search(text) is None:
        return []
    return [place for place, sign in enumerate(text) if _UNSEEN.match(sign) is None]


def _found_in(text: str, locale: str, names: Recognizer) -> list[Stretch]:
    has_shapes = "@" in text or "\uff20" in text or _HINT.search(text) is not None
    if not has_shapes and names is no_names:
        return []
    found: list[Stretch] = []
    taken = bytearray(len(text))
    if has_shapes:
        for stretch in _shaped(text if text.isascii() else text.translate(_plain)):
            _take(found, taken, stretch)
    for start, end in names(text, locale):
        _take(found, taken, Stretch(start, end, PersonalKind.NAME))
    return found


def mask(content: Mapping[str, Any], locale: str = "", names: Recognizer = no_names) -> Masked | None:
    """The content with placeholders, such as "[e-mail 1]"; the same datum has the same one throughout. None where
    there is nothing personal in it."""
    told: dict[tuple[PersonalKind, str], str] = {}
    counts: dict[PersonalKind, int] = {}
    cuts: dict[str, tuple[tuple[int, int, str], ...]] = {}
    masked = dict(content)
    for name, text in content.items():
        is_text = isinstance(text, str) and name not in MEDIA_FIELDS
        stretches = find(text, locale, names) if is_text else []
        parts, at, places = [], 0, []
        for each in stretches:
            key = (each.kind, _same(text[each.start : each.end], each.kind))
            if key not in told:
                counts[each.kind] = counts.get(each.kind, 0) + 1
                told[key] = f"[{each.kind.value} {counts[each.kind]}]"
            parts += [text[at : each.start], told[key]]
            at = each.end
            places.append((each.start, each.end, told[key]))
        if places:
            masked[name] = "".join([*parts, text[at:]])
            cuts[name] = tuple(places)
    return Masked(masked, cuts, tuple(kind for kind, _text in told)) if cuts else None


def moved(start: int, end: int, cuts: Sequence[tuple[int, int, str]]) -> tuple[int, int]:
    """Where a span of the original lies in the masked text; one that reaches into a datum takes its placeholder
    whole."""
    return _moved(start, cuts, at_end=False), _moved(end, cuts, at_end=True)


def _moved(place: int, cuts: Sequence[tuple[int, int, str]], *, at_end: bool) -> int:
    shift = 0
    for start, end, told in cuts:
        if place <= start:
            break
        if place < end:
            return start + shift + (len(told) if at_end else 0)
        shift += len(told) - (end - start)
    return place + shift


def hinted(text: str) -> str:
    """A datum that can be recognised by who knows it, and is told to nobody else: its ends alone."""
    shown = 2 if len(text) >= 8 else 1
    middle = "".join("•" if sign.isalnum() else sign for sign in text[1:-shown])
    return text[0] + middle[:40] + text[-shown:]


def _same(text: str, kind: PersonalKind) -> str:
    """What two ways to write one datum have in common."""
    text = _UNSEEN.sub("", text)
    return text.casefold() if kind in (PersonalKind.EMAIL, PersonalKind.NAME) else re.sub(r"[\W_]", "", text).casefold()


def _take(found: list[Stretch], taken: bytearray, stretch: Stretch) -> None:
    """The first to claim a place has it."""
    if 0 <= stretch.start < stretch.end <= len(taken) and not any(taken[stretch.start : stretch.end]):
        taken[stretch.start : stretch.end] = b"\1" * (stretch.end - stretch.start)
        found.append(stretch)


def _shaped(text: str) -> Iterator[Stretch]:
    """What has a shape: the more certain kinds before the less certain ones."""
    if "@" in text:
        yield from _mails(text)
    if _MIXED.search(text):
        yield from _lettered(text)
    for chunk in _CHUNK.finditer(text):
        yield from _numbers(text, chunk.start(), min(len(text), chunk.end() + 1), len(_bare_digits(chunk[0])))


def _lettered(text: str) -> Iterator[Stretch]:
    for match in _IBAN.finditer(text):
        yield from _iban(match)
    for match in _LETTERED.finditer(text):
        number = (re.sub(r"[ -]", "", match[0]) if match.lastgroup != "finnish" else match[0]).upper()
        if _LETTERED_CHECKS[match.lastgroup or ""](number):
            yield Stretch(match.start(), match.end(), PersonalKind.IDENTITY)


def _mails(text: str) -> Iterator[Stretch]:
    at = text.find("@")
    while at >= 0:
        before = _MAIL.search(text[max(0, at - 64) : at])
        after = _HOST.match(text, at + 1, at + 255)
        if before and after:
            start = at - len(before[0].lstrip("."))
            if start < at:
                yield Stretch(start, after.end(), PersonalKind.EMAIL)
        at = text.find("@", at + 1)


def _iban(match: re.Match[str]) -> Iterator[Stretch]:
    """The number at this place, as long as its country's are; what stands behind it is none of it."""
    shown, first = match[1], match.start()
    length = _IBAN_LENGTH.get(shown[:2].upper(), 0)
    places = [place for place, sign in enumerate(shown, 1) if sign not in " -"]
    end = places[length - 1] if 0 < length <= len(places) else len(shown)
    text = re.sub("[ -]", "", shown[:end]).upper()
    behind = match.string[first + end : first + end + 1]
    if length and not _is_letter(behind) and of.is_iban(text, length):
        yield Stretch(first, first + end, PersonalKind.IBAN)


def _numbers(text: str, start: int, end: int, count: int) -> Iterator[Stretch]:
    """The numbers of a stretch with so many digits."""
    if count >= 13:
        for match in _CARD.finditer(text, start, end):
            digits = _bare_digits(match[0])
            if len(set(digits)) > 1 and _CARD_STARTS.match(digits) and of.luhn(digits) and _is_apart(text, match):
                yield Stretch(match.start(), match.end(), PersonalKind.CARD)
    for fewest, pattern, check, needs_word in _IDENTITY:
        for match in pattern.finditer(text, start, end) if count >= fewest else ():
            if (
                _is_apart(text, match)
                and check(_bare(match[0]))
                and (not needs_word or _is_named(text, match.start(), _IDENTITY_WORDS))
            ):
                yield Stretch(match.start(), match.end(), PersonalKind.IDENTITY)
    for match in _PHONE.finditer(text, start, end):
        if _is_apart(text, match) and _is_phone(match):
            yield Stretch(match.start(), match.end(), PersonalKind.PHONE)
    for match in _ANY_NUMBER.finditer(text, start, end):
        is_told = _is_named(text, match.start(), _PHONE_WORDS) or _is_followed(text, match.end(), _PHONE_WORDS_AFTER)
        if _is_apart(text, match) and (is_told or _EGYPTIAN.fullmatch(match[0])):
            yield Stretch(match.start(), match.end(), PersonalKind.PHONE)


def _bare_digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _bare(text: str) -> str:
    return re.sub(r"[ .+-]", "", text)


def _is_named(text: str, start: int, words: Sequence[str]) -> bool:
    """Whether one of the words stands shortly before, with no other number between."""
    before = " " + text[max(0, start - 32) : start].casefold()
    return any(word in before for word in words) and not any(sign.isdigit() for sign in before[-16:])


def _is_followed(text: str, end: int, words: Sequence[str]) -> bool:
    """Whether one of the words stands right behind."""
    return text[end : end + 32].casefold().startswith(tuple(words))


def _is_letter(sign: str) -> bool:
    """Whether a sign would join what stands beside it to a word: not in scripts that put no space between words."""
    unspaced = "\u0e00" <= sign <= "\u0eff" or "\u1000" <= sign <= "\u109f" or "\u1780" <= sign <= "\u17ff"
    return sign.isalnum() and not (unspaced or sign >= "\u3040")


def _is_apart(text: str, match: re.Match[str]) -> bool:
    """Whether this number is no part of a longer one, of a word, of an amount or of an address."""
    before, after = text[max(0, match.start() - 2) : match.start()], text[match.end() : match.end() + 2]
    if _is_letter(before[-1:]) or _is_letter(after[:1]) or before[-1:] in ("_", "+", "#", "="):
        return False
    return not (before[-1:] in (".", ",", "-", "/", ":") and before[:1].isalnum()) and not (
        after[:1] in (".", ",", "-", ":", "/") and after[1:].isdigit()
    )


def _is_phone(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[0])
    if match["world"]:
        digits = digits.removeprefix("00")
        return 8 <= len(digits) <= 15 and (digits[0] in _ONE or digits[:2] in _TWO or digits[:2] in _THREE)
    if match["north"]:
        return True
    return 9 <= len(digits) <= 11 and len(set(digits)) > 2 and not _DATE.match(match[0])

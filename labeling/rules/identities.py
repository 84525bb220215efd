"""Identity numbers of countries, by their published checksums and dates: pure, and told apart from mere digits."""

from collections.abc import Sequence
from datetime import date

_VERHOEFF_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CHINESE = "10X98765432"
_ODD_IN_ITALY = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_MONTHS_IN_ITALY = "ABCDEHLMPRST"
_MEXICAN = "0123456789ABCDEFGHIJKLMN?OPQRSTUVWXYZ"  # in its place the Ñ, which no number holds


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        total += value if place % 2 == 0 else value * 2 - 9 * (value > 4)
    return total % 10 == 0


def verhoeff(digits: str) -> bool:
    """Whether the last digit is Verhoeff's check digit of those before it."""
    left = 0
    for place, digit in enumerate(reversed(digits)):
        left = int(_VERHOEFF_TIMES[left][int(_VERHOEFF_TURN[place % 8][int(digit)])])
    return left == 0


def is_dni(text: str) -> bool:
    """Spain: the number of a citizen, or of a foreigner (first letter X, Y or Z), with its letter."""
    number = "XYZ".find(text[0])
    digits = (str(number) + text[1:-1]) if number >= 0 else text[:-1]
    return len(digits) == 8 and digits.isdigit() and _DNI[int(digits) % 23] == text[-1]


def is_nir(text: str) -> bool:
    """France: sex, year, month, place, order, and the key of them all."""
    number = text[:13].replace("2A", "19", 1).replace("2B", "18", 1) if text[5:7] in ("2A", "2B") else text[:13]
    if not (number + text[13:]).isdigit() or text[0] not in "123478":
        return False
    month = int(text[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(number) % 97 == int(text[13:])


def is_cpf(digits: str) -> bool:
    """Brazil: two check digits by weights."""
    return _not_all_same(digits) and all(
        _remainder(digits[:length], range(length + 1, 1, -1)) == int(digits[length]) for length in (9, 10)
    )


def is_aadhaar(digits: str) -> bool:
    """India: twelve digits that begin with neither 0 nor 1, the last by Verhoeff."""
    return digits[0] not in "01" and _not_all_same(digits) and verhoeff(digits)


def is_south_african(digits: str) -> bool:
    """South Africa: a day of birth, a status, and Luhn's digit."""
    return digits[10] in "012" and _is_day(digits[4:6], digits[2:4], digits[:2]) and luhn(digits)


def is_ssn(digits: str) -> bool:
    """United States: no checksum; areas, groups and serials that were never given are told apart."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_chinese(text: str) -> bool:
    """China: place, day of birth, order, and a check character (ISO 7064, mod 11-2)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], weights, strict=True))
    is_day = text[6:8] in ("18", "19", "20") and _is_day(text[12:14], text[10:12], text[6:10])
    return is_day and _CHINESE[total % 11] == text[17]


def is_italian(text: str) -> bool:
    """Italy: the tax code of a person, with its check letter."""
    body = text[:15]
    total = sum(
        _ODD_IN_ITALY[sign] if place % 2 == 0 else (int(sign) if sign.isdigit() else ord(sign) - 65)
        for place, sign in enumerate(body)
    )
    return text[8] in _MONTHS_IN_ITALY and chr(65 + total % 26) == text[15]


def is_mexican(text: str) -> bool:
    """Mexico: letters of the name, a day of birth, sex, state, further letters, and a check digit."""
    total = sum(_MEXICAN.index(sign) * (18 - place) for place, sign in enumerate(text[:17]))
    return _is_day(text[8:10], text[6:8], text[4:6]) and (10 - total % 10) % 10 == int(text[17])


def is_german(digits: str) -> bool:
    """Germany: the tax number of a person. Of its first ten digits one alone comes more than once, twice or thrice and
    never three times in a row, and the last is a check digit (ISO 7064, mod 11,10)."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if counts[-1] not in (2, 3) or counts[-2] > 1 or any(digit * 3 in digits[:10] for digit in set(digits)):
        return False
    left = 10
    for digit in digits[:10]:
        left = (int(digit) + left) % 10 or 10
        left = left * 2 % 11
    return (11 - left) % 10 == int(digits[10])


def is_pesel(digits: str) -> bool:
    """Poland: a day of birth whose month carries the century, and a check digit."""
    month = int(digits[2:4]) % 20
    total = sum(int(digit) * weight for digit, weight in zip(digits[:10], (1, 3, 7, 9) * 3, strict=False))
    return _is_day(digits[4:6], f"{month:02d}", digits[:2]) and (10 - total % 10) % 10 == int(digits[10])


def is_swedish(digits: str) -> bool:
    """Sweden: a day of birth (a coordination number adds 60 to it), and Luhn's digit."""
    day = int(digits[4:6])
    return _is_day(f"{day - 60 if day > 60 else day:02d}", digits[2:4], digits[:2]) and luhn(digits)


def is_finnish(text: str) -> bool:
    """Finland: a day of birth, a sign for the century, and a check character."""
    digits = text[:6] + text[7:10]
    return _is_day(text[:2], text[2:4], text[4:6]) and _HETU[int(digits) % 31] == text[10]


def is_turkish(digits: str) -> bool:
    """Turkey: eleven digits, two of them check digits."""
    values = [int(digit) for digit in digits]
    tenth = (sum(values[0:9:2]) * 7 - sum(values[1:8:2])) % 10
    return values[0] != 0 and tenth == values[9] and sum(values[:10]) % 10 == values[10]


def is_dutch(digits: str) -> bool:
    """Netherlands: nine digits whose weighted sum eleven divides."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return _not_all_same(digits) and total % 11 == 0


def is_iban(text: str, length: int) -> bool:
    """Whether a bank account number has its country's length and its check digits (mod 97)."""
    if len(text) != length:
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _remainder(digits: str, weights: Sequence[int]) -> int:
    left = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return 0 if left < 2 else 11 - left


def _not_all_same(digits: str) -> bool:
    return len(set(digits)) > 1


def _is_day(day: str, month: str, year: str) -> bool:
    """Whether there is such a day; a year of two digits may be of any century, so that it may leap."""
    try:
        date(int(year) if len(year) == 4 else 2000, int(month), int(day))
    except ValueError:
        return False
    return True

"""Which passwords are taken: long enough, not known to everybody, and not made of the person's own words."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from i18n import _
from kernel.errors import Invalid

SHORTEST = 15  # where the password is the only factor
SHORTEST_OF_TWO = 8  # where there is a second one
LONGEST = 1024

# Long passwords that people meet by themselves, and short ones that they repeat or pad until they are long enough,
# beside those that leaks are full of (`_often_used`).
_COMMON = """
123456 1234567 12345678 123456789 1234567890 0123456789 0987654321 9876543210 111111 000000 123123 112233 121212
654321 666666 777777 888888 987654321 11111111 00000000 password passwort passw0rd p@ssword p@ssw0rd pass password1
password123 contraseña contrasena clave motdepasse senha nenosiri nywila hasło parola wachtwoord lösenord salasana
sifre şifre kennwort qwerty qwertyuiop qwerty123 qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm 1q2w3e 1q2w3e4r
1qaz2wsx qazwsx qwer1234 qwe123 abc abc123 abcd1234 abcdef abcdefg abcdefgh abcdefghijklmnopqrstuvwxyz aaaaaa a1b2c3
letmein letmeinplease welcome welcome1 welcome123 admin admin123 administrator root toor guest user login master
secret topsecret changeme change changethis default temp temporary test test123 testing demo example sample hello
hello123 helloworld iloveyou ilovejesus iloveyousomuch love loveyou lovely princess prince sunshine moonlight dragon
monkey tiger lion eagle football soccer baseball basketball hockey superman batman spiderman pokemon starwars matrix
trustno1 shadow michael jessica jennifer ashley daniel thomas george charlie jordan hunter ranger buster killer pepper
ginger summer winter spring autumn summer2024 winter2024 summer2025 winter2025 summer2026 winter2026 january february
december monday friday internet computer google facebook whatsapp instagram youtube samsung iphone android windows
microsoft mustang ferrari porsche mercedes corvette freedom whatever nothing cheese banana orange cookie chocolate
coffee family mother father mama jesus jesuschrist blessed blessing godisgood allah bismillah inshallah mashallah amor
teamo tequiero realmadrid barcelona liverpool arsenal chelsea manchester simba safari kenya nairobi mexico españa
espana maroc correcthorsebatterystaple thequickbrownfoxjumpsoverthelazydog loremipsumdolorsitamet
tobeornottobethatisthequestion maytheforcebewithyou onceuponatime nevergonnagiveyouup ihaveadreamtoday ihatepasswords
thisismypassword thisisapassword mypasswordismypassword mypasswordissecret passwordpassword iforgotmypassword
idontknowmypassword donotforgetpassword ihatethispassword openthedoorplease opensesame whatisthepassword itsasecret
nobodyknows allyourbasearebelongtous wearethechampions happybirthdaytoyou twinkletwinklelittlestar
ourfatherwhoartinheaven polyphony annotation annotator labeling labelling
"""
_BLOCKED = frozenset(_COMMON.split())
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")


def normal(password: str) -> str:
    """The one form in which a password is hashed, so that it is the same from every keyboard."""
    return unicodedata.normalize("NFKC", password)


def ensure_strong(
    password: str, own_words: Iterable[str] = (), field: str = "password", *, is_only_factor: bool = True
) -> str:
    """The password in its normal form; raises Invalid with what to do instead. No rules of composition."""
    text = normal(password)
    shortest = SHORTEST if is_only_factor else SHORTEST_OF_TWO
    if len(text) < shortest:
        raise _invalid(field, _("Use at least %(n)s characters. A short sentence is good.", n=shortest))
    if len(text) > LONGEST:
        raise _invalid(field, _("Use at most %(n)s characters.", n=LONGEST))
    if _is_guessable(text):
        raise _invalid(field, _("This password is among the first that others would try. Choose another one."))
    if _is_made_of(text, own_words):
        raise _invalid(field, _("This password is made of your name or address. Choose another one."))
    return text


def is_short(password: str) -> bool:
    """Whether it is too short to be the only factor."""
    return len(normal(password)) < SHORTEST


@cache
def _often_used() -> frozenset[str]:
    """Some ten thousand passwords out of leaks; loaded when somebody chooses one, and not by every process."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(_bare(word) for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST_OF_TWO)


def _is_guessable(password: str) -> bool:
    bare = _bare(password)
    unit = _repeated_unit(bare)
    stripped = _stripped(bare)
    forms = {bare, unit, stripped, _repeated_unit(stripped)}
    return (
        not forms.isdisjoint(_BLOCKED)
        or not forms.isdisjoint(_often_used())
        or len(set(bare)) < 5
        or (len(unit) <= 4 and unit != bare)
        or _is_run(bare)
        or _without_blocked(bare) < 4
    )


def _is_made_of(password: str, own_words: Iterable[str]) -> bool:
    """Whether less than eight characters are left when the person's own words are taken out."""
    bare = _bare(password)
    left = bare
    for word in sorted({_bare(part) for text in own_words for part in _parts(text)}, key=len, reverse=True):
        if len(word) >= 3:
            left = left.replace(word, "")
    return left != bare and len(left) < 8


def _parts(text: str) -> list[str]:
    return [text, *re.split(r"[\W_]+", text)]


def _bare(text: str) -> str:
    """Letters and digits alone, in one case: `Pass word-1!` hides nothing that `password1` does not."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold()) or text


def _stripped(bare: str) -> str:
    """Without the digits that are put before and after a word."""
    return bare.strip("0123456789") or bare


def _repeated_unit(text: str) -> str:
    """The shortest beginning of which the text is a repetition, perhaps broken off at its end."""
    for length in range(1, len(text) // 2 + 1):
        unit = text[:length]
        if (unit * (len(text) // length + 1))[: len(text)] == text:
            return unit
    return text


def _is_run(bare: str) -> bool:
    """Whether it is nothing but stretches of keyboard rows or of the alphabet, to and fro."""
    rows = [row for line in _ROWS for row in (line, line[::-1])]
    left = bare
    while left:
        length = max((n for row in rows for n in range(4, len(left) + 1) if left[:n] in row), default=0)
        if not length:
            return len(left) < 4 and left != bare
        left = left[length:]
    return True


def _without_blocked(bare: str) -> int:
    """How many characters are left when two or more common words that stand side by side are taken out."""
    left, found = bare, 0
    for word in _LONGEST_FIRST:
        found += left.count(word)
        left = left.replace(word, "")
    return len(left) if found else len(bare)


_LONGEST_FIRST = sorted((word for word in _BLOCKED if len(word) >= 4), key=lambda word: (-len(word), word))


def _invalid(field: str, message: object) -> Invalid:
    return Invalid("password.weak", message, fields={field: message})

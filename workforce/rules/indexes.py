"""What people are found by, as their addresses and names are sealed: digests of whole addresses, and of the beginnings
of each word of a name.

Letters are compared without case and without the marks on them, so that “Jose” finds José and “Dang” Đặng. Where words
are written without spaces between them (Chinese, Thai) a beginning may begin at any letter.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from kernel.crypto import digest
from kernel.errors import Invalid
from kernel.indexing import Index, every_index_of, every_number_of, index_of
from workforce.rules.names import email_key

LEAST_LETTERS = 2  # of an alphabet: first letters alone would say much of a name and find half of a list
MOST_LETTERS = 8  # what is looked for is found by so many of its first ones
MOST_PARTS = 250  # of one name
_ADDRESS, _NAME, _TRIES, _FILE = "address", "name", "tries", "file"
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\U00020000-\U000323af]"
)
_NOTHING = dict.fromkeys(map(ord, "'’ʼʻ`´\u0640"))  # stands in a word, and not between two
# Letters that are typed as others, and that Unicode does not take apart.
_PLAIN = str.maketrans(
    {"đ": "d", "ð": "d", "ɖ": "d", "ɗ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h",
     "ŧ": "t", "ɓ": "b", "ƙ": "k", "ƴ": "y", "ŋ": "ng", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه"}
)  # fmt: skip


def address_index(key: str) -> Index:
    """What is written of an address, which is given by its key."""
    return index_of(key, _ADDRESS)


def address_indexes(keys: Iterable[str]) -> list[Index]:
    """What addresses are looked for by, which are given by their keys."""
    return [index for key in keys for index in every_index_of(key, _ADDRESS)]


def address_counted_as(typed: str) -> Index:
    """Under which tries at an address are counted: as its account is found, however the address is spelled. By the same
    key in every process, in whichever order it has them, and worth nothing to whoever has the counts alone."""
    try:
        key = email_key(typed)
    except Invalid:
        key = typed.strip().casefold()
    return min(every_index_of(key, _TRIES))


def asked_mark(kind: str, told: str) -> str:
    """By what a file that was asked for is known while it is made: what was asked may name somebody, as a search does.
    As with tries, one key in every process."""
    return digest(min(every_index_of(f"{kind}|{told}", _FILE)))


def name_numbers(name: str) -> list[int]:
    """What is written of a name: a number for each beginning of each of its words."""
    return sorted({every_number_of(part, _NAME)[0] for part in beginnings(name)})


def sought_numbers(text: str) -> list[list[int]]:
    """What a name is looked for by: for each word of the text the numbers of which one must be the name's."""
    return [every_number_of(part, _NAME) for part in sought(text)]


def beginnings(name: str) -> list[str]:
    """By what a name is found: the beginnings of its words, in the order of the name."""
    found: dict[str, None] = {}
    for word in _words(name):
        for part in _beginnings(word):
            found[part] = None
    return list(found)[:MOST_PARTS]


def sought(text: str) -> list[str]:
    """The beginnings that a name has if it fits what somebody typed: one for each word."""
    words = _words(text)
    # Of a first letter alone no part is written; by nothing else somebody is found whose name has such a word.
    long = [word for word in words if len(word) >= LEAST_LETTERS or _UNSPACED.match(word)]
    return list(dict.fromkeys(word[:MOST_LETTERS] for word in long or words))


def _beginnings(word: str) -> Iterator[str]:
    for start in range(len(word)):
        is_unspaced = bool(_UNSPACED.match(word[start]))
        if start and not is_unspaced:
            continue
        least = 1 if is_unspaced else min(LEAST_LETTERS, len(word))
        for end in range(start + least, min(len(word), start + MOST_LETTERS) + 1):
            yield word[start:end]


def _words(text: str) -> list[str]:
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_NOTHING))
    plain = (letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cf"))
    folded = unicodedata.normalize("NFC", "".join(plain)).casefold().translate(_PLAIN)
    return "".join(letter if letter.isalnum() or _is_vowel(letter) else " " for letter in folded).split()


def _is_vowel(letter: str) -> bool:
    """Whether this is a sign of a vowel that takes room of its own, as of Devanagari and Thai."""
    return unicodedata.category(letter) == "Mc"

"""Names of people in texts, by a list that an installation gives: whole words, written as names are written.

One name a line, of up to four words; `#` begins a remark. A name that is a word as well ends with `?`: it counts only
beside another name of the list (`Rose?` is found in "Rose Wanjiru", not in "Rose is red"). Where a script has capitals
a name begins with one. Arabic and Hebrew names are found behind the small words that are written together with them,
and in scripts without spaces between words as they stand.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

MOST_NAMES = 500_000
LONGEST = 60
_MOST_WORDS = 4
_MOST_UNSPACED = 8
_Word = tuple[int, int, str]  # where it begins and ends, and how it is looked up
_Found = tuple[int, int, bool, int]  # where, whether it is a sure one, and of how many words
# Marks belong to words: vowels of Indic scripts and of pointed Arabic.
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0dff\u200c\u200d'’])*")
_JOINED = {"ARABIC": "وفبلك", "HEBREW": "ובלהמשכ"}  # "and", "in", "to" and the like, one letter before a word
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


class NameList:
    """A recogniser: text and locale in, the places of names out, in time linear in the text."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[tuple[str, ...], bool] = {}  # whether a name is sure by itself
        self._first: set[str] = set()
        self._unspaced: set[str] = set()
        for name in names:
            self._add(name)

    @classmethod
    def read(cls, lines: Iterable[str]) -> "NameList":
        """From the lines of a file; raises ValueError that names the first line which is no name."""
        names: list[str] = []
        for number, line in enumerate(lines, start=1):
            name = line.partition("#")[0].strip()
            if not name:
                continue
            if len(name) > LONGEST or not 1 <= len(_words(name)) <= _MOST_WORDS or not _WORD.match(name):
                raise ValueError(f"line {number} is no name of one to four words and {LONGEST} letters at most")
            names.append(name)
            if len(names) > MOST_NAMES:
                raise ValueError(f"more than {MOST_NAMES} names")
        if not names:
            raise ValueError("it holds no name")
        return cls(names)

    def __call__(self, text: str, locale: str) -> Iterator[tuple[int, int]]:
        """The places of names, in the order of the text; names side by side are one place."""
        yield from _joined(text, self._spaced_names(text))
        yield from self._unspaced_names(text) if self._unspaced else ()

    def _add(self, name: str) -> None:
        is_sure, bare = not name.endswith("?"), name.rstrip("? ")
        if _UNSPACED.fullmatch(bare):
            self._unspaced.add(unicodedata.normalize("NFC", bare))
        else:
            key = tuple(_words(bare))
            self._names[key] = is_sure or self._names.get(key, False)
            self._first.add(key[0].partition("'")[0])

    def _spaced_names(self, text: str) -> Iterator[tuple[int, int, bool]]:
        words = [(match.start(), match.end(), _folded(match[0])) for match in _WORD.finditer(text)]
        at = 0
        while at < len(words):
            found = self._begins_with(text, words[at : at + _MOST_WORDS]) or self._behind_joined(text, words[at])
            if found is not None:
                yield found[:3]
            at += found[3] if found else 1

    def _begins_with(self, text: str, words: list[_Word]) -> _Found | None:
        """The longest name that begins here, whether it is a sure one, and of how many words it is."""
        start = words[0][0]
        if words[0][2].partition("'")[0] not in self._first or not _is_capital(text[start]):
            return None
        for count in range(len(words), 0, -1):
            if any(text[end:begin].strip(" \u00a0-") for (_s, end, _f), (begin, _e, _g) in pairwise(words[:count])):
                continue  # something stands between
            last = words[count - 1]
            for folded in dict.fromkeys((last[2], last[2].rpartition("'")[0])):  # Amina's, Ayşe'nin
                key = (*(word[2] for word in words[: count - 1]), folded)
                if key in self._names:
                    return (
                        start,
                        last[1] if folded == last[2] else last[0] + _apart(text, last),
                        self._names[key],
                        count,
                    )
        return None

    def _behind_joined(self, text: str, word: _Word) -> _Found | None:
        """A name of one word behind a small one that is written together with it."""
        sure = (
            self._names.get((_folded(text[word[0] + 1 : word[1]]),)) if _has_joined(text[word[0] : word[1]]) else None
        )
        return None if sure is None else (word[0] + 1, word[1], sure, 1)

    def _unspaced_names(self, text: str) -> Iterator[tuple[int, int]]:
        for run in _UNSPACED.finditer(text):
            at = run.start()
            while at < run.end():
                longest = min(_MOST_UNSPACED, run.end() - at)
                size = next((size for size in range(longest, 1, -1) if text[at : at + size] in self._unspaced), 0)
                if size:
                    yield at, at + size
                at += size or 1


def _joined(text: str, found: Iterable[tuple[int, int, bool]]) -> Iterator[tuple[int, int]]:
    """Names with nothing but a space between them are one; one that is a word as well counts in company alone."""
    held: list[tuple[int, int, bool]] = []
    for each in [*found, None]:
        if each is not None and (not held or text[held[-1][1] : each[0]] in (" ", "\u00a0", "-")):
            held.append(each)
            continue
        if held and (len(held) > 1 or held[0][2]):
            yield held[0][0], held[-1][1]
        held = [each] if each is not None else []


def _words(name: str) -> list[str]:
    return [_folded(word) for word in name.rstrip("? ").replace("-", " ").split()]


def _apart(text: str, word: _Word) -> int:
    """Where in a word the ending behind its last apostrophe begins."""
    return max(text[word[0] : word[1]].rfind(sign) for sign in "'’")


def _folded(word: str) -> str:
    """What two spellings of a name have in common: pointed or not, with whatever apostrophe, in capitals or not."""
    plain = "".join(sign for sign in unicodedata.normalize("NFC", word) if not _is_point(sign))
    return plain.casefold().replace("’", "'").strip("'")


def _is_point(sign: str) -> bool:
    """Vowel points of Arabic and Hebrew, its stretching line, and joiners."""
    return "\u0591" <= sign <= "\u05c7" or "\u064b" <= sign <= "\u065f" or sign in "\u0640\u0670\u200c\u200d"


def _has_joined(word: str) -> bool:
    """Whether the word may begin with a small one written together with it."""
    script = "ARABIC" if "\u0600" <= word[0] <= "\u06ff" else "HEBREW" if "\u0590" <= word[0] <= "\u05ff" else ""
    return bool(script) and len(word) > 3 and word[0] in _JOINED[script]


def _is_capital(sign: str) -> bool:
    """Whether a name can begin so: a capital, or a letter of a script that has none."""
    return not sign.islower()

"""Letters of names: which cannot be seen, which are dressed up as others, and which alphabets go together in a word.

The rule is the "highly restrictive" one of Unicode's UTS 39, word by word: one script, or Chinese, Japanese and Korean
characters as they are written with each other and with Latin ones. The script is read off a character's name.
"""

import re
import unicodedata
from collections.abc import Iterator

# Latin letters as wide as Chinese characters are written with these, but never beside narrow ones.
_TOGETHER = tuple(
    kana | {"CJK", latin}
    for kana in ({"HIRAGANA", "KATAKANA"}, {"BOPOMOFO"}, {"HANGUL"})
    for latin in ("LATIN", "FULLWIDTH")
)
_ALSO = {
    "IDEOGRAPHIC": "CJK", "HANGZHOU": "CJK", "HENTAIGANA": "HIRAGANA", "ARABIC-INDIC": "ARABIC", "EXTENDED": "ARABIC",
}  # fmt: skip
# Of every script: plain digits, ordinals as in Mª and nº, the micro sign, and Greek letters that Latin spellings use.
_COMMON = re.compile("DIGIT|FEMININE ORDINAL|MASCULINE ORDINAL|MICRO SIGN|GREEK SMALL LETTER (THETA|LAMDA)$")
_TATWEEL = "\u0640"
# What leaves no trace of itself, beside controls and formats, for which there are categories.
_TRACELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001bca0-\U0001bca3"
    "\U000e0000-\U000e0fff]"
)
_SELECTORS = {
    "MONGOLIAN": re.compile("[\u180b-\u180d\u180f]"),
    "CJK": re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]"),
}
# Letters that look like a Latin one in most typefaces (of UTS 39, confusables), capital or small.
_LOOKS_LIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u04cf\u04af"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u0500\u051a\u051c\u04ba\u04c0\u04ae"
    "\u03bf\u03bd\u03b1\u03b9\u03ba\u03c1\u03c5\u03c7"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0555\u0585\u057d\u0570\u0578\u0581\u0582",
    "aeopcyxijsdqwhlyabekmhopctyxijsdqwhlyovaikpuxabezhikmnoptyxoouhngu",
)
_DRESS = ("<font>", "<circle>", "<square>", "<super>", "<sub>")
_MARKS_OF_TRADE = "ªº™℠"
_ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW"})


def is_traceless(text: str, place: int) -> bool:
    """Whether a character leaves no trace of itself; those that choose a form of the one before them do."""
    if not _TRACELESS.match(text[place]):
        return False
    chooses = _SELECTORS.get(_script(text[place - 1]) or "") if place else None
    return chooses is None or not chooses.match(text[place])


def dressed_letter(text: str) -> str | None:
    """The first letter that is another one in a dress: bold or double-struck, in a circle, or a Roman numeral."""
    return next((letter for letter in text if _is_dressed(letter)), None)


def mixes_scripts(text: str) -> bool:
    """Whether some word has letters of scripts that are not written together."""
    return any(len(scripts) > 1 and not any(scripts <= each for each in _TOGETHER) for scripts in _words(text))


def looks(text: str) -> str:
    """What a name looks like: equal for two that are easily taken for each other, whichever alphabets they are in."""
    plain = with_plain_widths(text).translate(_LOOKS_LIKE).casefold()
    seen = plain.translate(_LOOKS_LIKE).replace("rn", "m").replace("vv", "w")
    return re.sub(r"[\s\-._']+", " ", seen.translate(str.maketrans("01|i", "olll"))).strip()


def with_plain_widths(text: str) -> str:
    """Wide letters and digits as narrow ones, and narrow kana as wide: one spelling of what is the same."""
    plain = (
        unicodedata.normalize("NFKC", letter) if unicodedata.decomposition(letter)[:3] in ("<wi", "<na") else letter
        for letter in text
    )
    return unicodedata.normalize("NFC", "".join(plain))


def _words(text: str) -> Iterator[set[str]]:
    scripts: set[str] = set()
    for letter in text:
        if letter == _TATWEEL or unicodedata.category(letter)[0] not in "LMN":
            yield scripts
            scripts = set()
        elif script := _script(letter):
            scripts.add(script)
    yield scripts


def _script(letter: str) -> str | None:
    """The script of a letter or digit; none for what all have in common, as marks and modifiers do."""
    name = unicodedata.name(letter, "")
    if unicodedata.category(letter) not in ("Lu", "Ll", "Lt", "Lo", "Nl", "Nd") or _COMMON.match(name):
        return None
    first, _space, rest = name.partition(" ")
    first = rest.partition(" ")[0] if first == "HALFWIDTH" else first
    return _ALSO.get(first, first)


def _is_dressed(letter: str) -> bool:
    dress, plain = unicodedata.decomposition(letter).partition(" ")[0], unicodedata.normalize("NFKC", letter)
    if letter in _MARKS_OF_TRADE or unicodedata.category(letter) == "Lm":
        return False
    is_numeral = dress == "<compat>" and "ROMAN NUMERAL" in unicodedata.name(letter, "")
    return is_numeral or (dress in _DRESS and any(_script(each) in _ALPHABETS for each in plain))

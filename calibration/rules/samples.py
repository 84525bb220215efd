"""Written samples for checks by natives: whether a text holds enough of a language that anybody could judge it.

Counted are letters, and runs of three of them as they stand side by side, without the spaces: Thai or Chinese, which
put none between words, are asked for as much as Swahili. A piece that is repeated adds nothing, whatever its length.
"""

import unicodedata

from i18n import Message, _

SHORTEST, LONGEST = 40, 2000
FEWEST_LETTERS = 25  # marks among them, which spell vowels in many scripts
FEWEST_DIFFERENT = 6  # letters without their marks; the smallest alphabets have a dozen
RUN = 3
FEWEST_RUNS = 20  # a sentence of forty characters has some thirty different ones


def fault_of(text: str) -> Message | None:
    """What keeps natives from judging a text, in words; None for one that can go to them."""
    if len(text) < SHORTEST:
        return _("Write at least %(n)s characters.", n=SHORTEST)
    letters = _letters(text)
    if len(letters) < FEWEST_LETTERS:
        return _("Write it in words: this is made of signs, numbers or pictures for the most part.")
    runs = {letters[place : place + RUN] for place in range(len(letters) - RUN + 1)}
    if len(_different(letters)) < FEWEST_DIFFERENT or len(runs) < FEWEST_RUNS:
        return _("Write sentences of your own: this repeats the same few letters or words, and nobody could judge it.")
    return None


def _letters(text: str) -> str:
    """The letters and marks in their order, however wide, large or dressed up they were written."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if unicodedata.category(each)[0] in "LM")


def _different(letters: str) -> set[str]:
    """The letters that there are, with no mark on them; a syllable of Hangul is its parts."""
    return {each for each in unicodedata.normalize("NFKD", letters) if unicodedata.category(each)[0] == "L"}

"""Material: units made out of the demonstration's texts, each with the answer that a careful person would give."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from admin.demo.content import (
    answers_es,
    answers_sw,
    explanations,
    intents_ar,
    intents_es,
    intents_hi,
    intents_pt,
    intents_sw,
    reviews_ar,
    reviews_pt,
)
from web.json_text import canonical_json

_OPENING, _CLOSING, _TYPED_IN_HASTE = 0.45, 0.35, 0.15
_PAIRS = {"wrong": 4, "evasive": 5, "equal": 1}
Filled = tuple[str, str]  # a text with its class


@dataclass(frozen=True)
class Piece:
    """One unit: what is shown, the right answer as a label, what tempts away from it, and whether it is doubtful."""

    content: Mapping[str, str]
    truth: str
    tempting: str
    why: str
    is_hard: bool = False

    @property
    def key(self) -> str:
        """Equal for equal contents, so that an answer can be thought of from what is shown alone."""
        return key_of(self.content)


def key_of(content: Mapping[str, Any]) -> str:
    """The key of a content as pages and the API show it."""
    return canonical_json(dict(content))


Maker = Callable[[str, int, int], list[Piece]]


def intents(locale: str, count: int, seed: int) -> list[Piece]:
    """Messages of customers in a locale, all classes alike."""
    language = locale.partition("-")[0]
    return _messages(_INTENTS[language], explanations.INTENTS[language], _TEMPTS_INTENT, count, seed)


def reviews(locale: str, count: int, seed: int) -> list[Piece]:
    """Reviews of products in a locale, all classes alike."""
    language = locale.partition("-")[0]
    return _messages(_REVIEWS[language], explanations.SENTIMENT[language], _TEMPTS_REVIEW, count, seed)


def answers(locale: str, count: int, seed: int) -> list[Piece]:
    """Pairs of answers to one question; the better one stands on either side."""
    language = locale.partition("-")[0]
    source, draw = _ANSWERS[language], random.Random(f"{locale}:{seed}")
    found: dict[str, Piece] = {}
    while len(found) < count:
        kind = draw.choices(list(_PAIRS), list(_PAIRS.values()))[0]
        piece = _pair(source, kind, explanations.PREFERENCE[language][kind], draw)
        found.setdefault(piece.key, piece)
    return _shuffled(found.values(), draw)


def _pair(source: ModuleType, kind: str, why: str, draw: random.Random) -> Piece:
    prompts, good, wrong = draw.choice(source.TOPICS)
    better = draw.choice(good)
    other = {"wrong": wrong, "evasive": draw.choice(source.EVASIVE), "equal": good[1 - good.index(better)]}[kind]
    is_first = draw.random() < 0.5
    a, b = (better, other) if is_first else (other, better)
    sides = ("a:2", "b:2") if kind == "wrong" else ("a:1", "b:1")
    truth = "tie" if kind == "equal" else sides[0 if is_first else 1]
    tempting = sides[draw.randrange(2)] if kind == "equal" else "tie"
    return Piece({"prompt": draw.choice(prompts), "a": a, "b": b}, truth, tempting, why, is_hard=kind == "equal")


def _messages(
    source: ModuleType, why: Mapping[str, str], tempts: Mapping[str, str], count: int, seed: int
) -> list[Piece]:
    draw = random.Random(f"{source.__name__}:{seed}")
    found: dict[str, Piece] = {}
    for text, truth, tempting in source.DOUBTFUL:
        piece = Piece({"text": text}, truth, tempting, why[truth], is_hard=True)
        found.setdefault(piece.key, piece)
    for text, truth in _endless(source, draw):
        if len(found) >= count:
            break
        piece = Piece({"text": text}, truth, tempts[truth], why[truth])
        found.setdefault(piece.key, piece)
    return _shuffled(found.values(), draw)


def _endless(source: ModuleType, draw: random.Random) -> Iterator[Filled]:
    """Class after class, template after template, with other words in the gaps each time."""
    turn = 0
    while True:
        for name, templates in source.MESSAGES.items():
            text = _filled(templates[turn % len(templates)], source.SLOTS, draw)
            yield _as_typed(text, source, draw), name
        turn += 1


def _filled(template: str, slots: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    text = template.format(**{name: draw.choice(words) for name, words in slots.items()})
    return text[:1].upper() + text[1:]


def _as_typed(text: str, source: ModuleType, draw: random.Random) -> str:
    """As people write: with or without a greeting, and now and then in haste."""
    opening = draw.choice(source.OPENINGS) if source.OPENINGS and draw.random() < _OPENING else ""
    closing = draw.choice(source.CLOSINGS) if source.CLOSINGS and draw.random() < _CLOSING else ""
    whole = " ".join(part for part in (opening, text, closing) if part)
    return whole.lower().rstrip(".") if source.OPENINGS and draw.random() < _TYPED_IN_HASTE else whole


def _shuffled(pieces: Any, draw: random.Random) -> list[Piece]:
    found = list(pieces)
    draw.shuffle(found)
    return found


_INTENTS = {"sw": intents_sw, "es": intents_es, "ar": intents_ar, "hi": intents_hi, "pt": intents_pt}
_REVIEWS = {"ar": reviews_ar, "pt": reviews_pt}
_ANSWERS = {"sw": answers_sw, "es": answers_es}
_TEMPTS_INTENT = {
    "refund": "balance", "network": "bundle", "bundle": "balance", "topup": "balance", "balance": "refund",
    "line": "network", "none": "line",
}  # fmt: skip
_TEMPTS_REVIEW = {"positive": "mixed", "negative": "mixed", "neutral": "positive", "mixed": "negative"}

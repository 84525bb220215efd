"""Behaviour: what a simulated person answers and how long they take, from what is shown to them and who they are."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from admin.demo.material import Piece, key_of
from admin.demo.people import Speaker

_HARD = 0.62  # how much of their care people keep where a text is doubtful
_TEMPTED = 0.72  # how many wrong answers are the tempting one


@dataclass(frozen=True)
class Knowledge:
    """What the simulator knows of every text: the piece behind a content."""

    pieces: Mapping[str, Piece]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "Knowledge":
        return cls({piece.key: piece for piece in pieces})

    def piece(self, content: Mapping[str, Any]) -> Piece:
        return self.pieces[key_of(content)]


def label_of(speaker: Speaker, piece: Piece, labels: Sequence[str], done: int, draw: random.Random) -> str:
    """The label that this person gives, having done so many units before."""
    if draw.random() < care_of(speaker, piece, done):
        return piece.truth
    if draw.random() < _TEMPTED:
        return piece.tempting
    return draw.choice([label for label in labels if label != piece.truth])


def care_of(speaker: Speaker, piece: Piece, done: int) -> float:
    """The chance that this person is right about this piece now."""
    care = speaker.tired if _is_tired(speaker, done) else speaker.accuracy
    return care * _HARD if piece.is_hard else care


def _is_tired(speaker: Speaker, done: int) -> bool:
    return speaker.tires_after is not None and done >= speaker.tires_after


def seconds_of(speaker: Speaker, piece: Piece, done: int, draw: random.Random) -> int:
    """How long this person takes over it: longer for long and doubtful texts, never the same twice."""
    if speaker.hurries is not None and _is_tired(speaker, done):
        return speaker.hurries
    length = sum(len(text) for text in piece.content.values())
    pace = speaker.seconds * (0.6 + min(2.4, length / 180)) * (1.5 if piece.is_hard else 1.0)
    return max(4, round(pace * draw.lognormvariate(0.0, 0.35)))


def payload_of(task_type: str, label: str) -> dict[str, Any]:
    """A label as the editor of its task type sends it."""
    if task_type == "choice":
        return {"choice": label}
    preference, _colon, strength = label.partition(":")
    return {"preference": preference, "strength": int(strength)} if strength else {"preference": preference}


_WISHES = ("refund", "network", "bundle", "topup", "balance", "line", "none")
LABELS: dict[str, tuple[str, ...]] = {
    "intents": _WISHES,
    "complaints": _WISHES,
    "answers": ("a:1", "a:2", "b:1", "b:2", "tie"),
    "reviews": ("positive", "negative", "neutral", "mixed"),
}

"""What the lines of a credential say, in words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from i18n import Figure, Message, _, figure
from workforce.values.languages import LEVELS, MODES

KINDS = ("languages", "qualifications", "accuracy")


def lines_told(said: Mapping[str, Any]) -> Iterator[Message]:
    """Every line, languages first."""
    for kind in KINDS:
        for line in said.get(kind, ()):
            yield WORDS[kind](line)


def language_told(line: Mapping[str, Any]) -> Message:
    """A language in one mode, with its level."""
    mode, level = _of(line, "mode"), _of(line, "level")
    return _(
        "%(language)s, %(mode)s: %(level)s", language=figure("language", _of(line, "locale")),
        mode=MODES.get(mode, mode), level=LEVELS.get(level, level),
    )  # fmt: skip


def qualification_told(line: Mapping[str, Any]) -> Message:
    """A kind of work that somebody was let into."""
    return _("%(task)s, %(language)s", task=_of(line, "task_type"), language=figure("language", _of(line, "locale")))


def accuracy_told(line: Mapping[str, Any]) -> Message:
    """How often somebody was right in one kind of work, as a range."""
    return _(
        "%(task)s, %(language)s: right in %(low)s to %(high)s of the checked answers",
        task=_of(line, "task_type"), language=figure("language", _of(line, "locale")),
        low=_share(line.get("low")), high=_share(line.get("high")),
    )  # fmt: skip


WORDS = {"languages": language_told, "qualifications": qualification_told, "accuracy": accuracy_told}


def _of(line: Mapping[str, Any], name: str) -> str:
    return str(line.get(name) or "")


def _share(text: Any) -> Figure | str:
    """A share as its reader writes it; what another system wrote otherwise says nothing."""
    is_share = isinstance(text, str) and re.fullmatch(r"[01]\.[0-9]{2}", text) is not None and float(text) <= 1
    return figure("percent", float(text)) if is_share else "?"

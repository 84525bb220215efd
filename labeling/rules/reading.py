"""Reading untrusted values field by field: every problem is noted with its path, and none stops the others."""

from collections.abc import Iterable, Mapping
from typing import Any

from i18n import Message, _, ngettext
from i18n.tags import InvalidTag, standardize
from labeling.values import ProblemAt
from web.json_text import is_storable

REQUIRED = _("This field is required.")
CHOOSE = _("Choose an answer.")


class Reader:
    """Collects the problems of a value while its fields are read; callers raise what fits if there are any."""

    def __init__(self) -> None:
        self.problems: list[ProblemAt] = []

    def note(self, path: str, code: str, message: Message) -> None:
        self.problems.append(ProblemAt(path, code, message))

    def mapping(self, value: Any, path: str, known: Iterable[str]) -> Mapping[str, Any]:
        """The value as an object whose keys are all known; an empty one when it is something else."""
        if not isinstance(value, Mapping):
            self.note(path, "not_an_object", _("An object with named fields is expected here."))
            return {}
        names = frozenset(known)
        for key in value:
            if key not in names:
                shown = str(key)[:80]
                self.note(join(path, shown), "unknown_field", _("There is no field “%(name)s” here.", name=shown))
        return value

    def items(self, value: Any, path: str, most: int) -> list[Any]:
        """The value as a list of at most so many entries; an empty one when it is something else or too long."""
        if not isinstance(value, list | tuple):
            self.note(path, "not_a_list", _("A list is expected here."))
            return []
        if len(value) > most:
            self.note(path, "too_many", most_entries(most))
            return []
        return list(value)

    def text(self, value: Any, path: str, most: int, missing: Message = REQUIRED) -> str | None:
        """A text that says something and can be stored, unchanged; None when there is a problem."""
        if value is None or (isinstance(value, str) and not value.strip()):
            self.note(path, "missing", missing)
        elif not isinstance(value, str):
            self.note(path, "not_text", _("A text is expected here."))
        elif len(value) > most:
            self.note(path, "too_long", longer_than(most))
        elif not is_storable(value):
            self.note(path, "bad_character", _("The text contains a character that cannot be stored."))
        else:
            return value
        return None

    def optional_text(self, value: Any, path: str, most: int) -> str | None:
        return None if value is None or value == "" else self.text(value, path, most)

    def whole(self, value: Any, path: str, lowest: int, highest: int) -> int | None:
        """A whole number in a range; None when there is a problem. True is not 1 here."""
        if not isinstance(value, int) or isinstance(value, bool):
            self.note(path, "not_a_whole_number", _("A whole number is expected here."))
            return None
        if not lowest <= value <= highest:
            self.note(
                path,
                "out_of_range",
                _("The number must lie between %(lowest)s and %(highest)s.", lowest=lowest, highest=highest),
            )
            return None
        return value

    def texts_by_locale(self, value: Any, path: str, most: int, most_locales: int) -> dict[str, str]:
        """Texts keyed by canonical locale tags, in the order of the tags."""
        if not isinstance(value, Mapping):
            self.note(path, "not_an_object", _('A text for each language is expected here, like {"en": "…"}.'))
            return {}
        if len(value) > most_locales:
            self.note(path, "too_many", most_entries(most_locales))
            return {}
        texts: dict[str, str] = {}
        for tag, words in value.items():
            self._add_text(texts, tag, words, path, most)
        return dict(sorted(texts.items()))

    def locale(self, value: Any, path: str) -> str | None:
        tag = canonical_locale(value) if isinstance(value, str) else None
        if tag is None:
            shown = str(value)[:40]
            self.note(path, "bad_locale", _("“%(tag)s” is not a language tag like sw-KE.", tag=shown))
        return tag

    def _add_text(self, texts: dict[str, str], tag: Any, words: Any, path: str, most: int) -> None:
        where = join(path, str(tag)[:40])
        locale, text = self.locale(tag, where), self.text(words, where, most)
        if locale is None or text is None:
            return
        if locale in texts:
            self.note(where, "duplicate", _("The language %(tag)s stands here twice.", tag=locale))
        texts[locale] = text


def most_entries(most: int) -> Message:
    return ngettext("At most %(num)s entry is allowed here.", "At most %(num)s entries are allowed here.", most)


def longer_than(most: int) -> Message:
    return ngettext("The text is longer than %(num)s character.", "The text is longer than %(num)s characters.", most)


def join(path: str, name: str | int) -> str:
    """`classes`, 3 -> `classes[3]`; `classes[3]`, `names` -> `classes[3].names`."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def canonical_locale(tag: str) -> str | None:
    """The canonical form of a language tag (`sw-ke` becomes `sw-KE`), or None when it is not one."""
    try:
        return standardize(tag.strip())
    except InvalidTag:
        return None

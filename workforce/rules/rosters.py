"""Rosters: each line checked, and told what will happen with it; nothing here knows a database."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from i18n import Message, _
from i18n.tags import InvalidTag, standardize
from kernel.errors import Invalid
from workforce.rules.names import clean_email, clean_name, clean_text, email_key
from workforce.values import CheckedLine, FileLine, Guest, RosterOutcome

COLUMNS = ("email", "locale", "name", "note")
NEEDED = ("email", "locale")
MOST_LINES = 10_000
# Of one vendor: two whole rosters. A mail server that sends more for strangers is soon believed by nobody.
MOST_LETTERS_A_DAY = 2 * MOST_LINES
LONGEST_NOTE = 1000
_SHOWN = 120  # characters of a faulty value that are kept to show it
_FORMULA = frozenset("=+-@\t\r\0＝＋－＠")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text."""
    return text[:1] in _FORMULA


def clean_guest(*, email: str, locale: str, name: str | None, note: str | None) -> Guest:
    """Somebody to be invited; raises one Invalid that names every field that is wrong."""
    faults: dict[str, Message] = {}
    address = _of(faults, lambda: clean_email(email))
    tag = _of(faults, lambda: clean_locale(locale))
    named = _of(faults, lambda: clean_name(name) if name and name.strip() else None)
    told = _of(faults, lambda: clean_text(note or "", "note", LONGEST_NOTE, required=False) or None)
    if faults:
        raise Invalid("invitation.invalid", _("Some of it cannot be taken."), fields=faults)
    return Guest(address, email_key(address), named, tag, told)


def clean_locale(text: str) -> str:
    """A known language tag; raises Invalid."""
    if not text.strip():
        message = _("Say which language, like sw-KE or zh-Hant-TW.")
        raise Invalid("locale.missing", message, fields={"locale": message})
    try:
        return standardize(text.strip()[:40])
    except InvalidTag as error:
        message = _("“%(tag)s” is not a language we know. Write it like sw-KE or zh-Hant-TW.", tag=text.strip()[:40])
        raise Invalid("locale.invalid", message, fields={"locale": message}) from error


def check_lines(lines: Iterable[FileLine], members: Collection[str], invited: Collection[str]) -> list[CheckedLine]:
    """Each line with what will happen; `members` and `invited` are keys of addresses that the vendor knows."""
    seen: dict[str, int] = {}
    return [_checked(line, seen, members, invited) for line in lines]


def key_of(line: FileLine) -> str | None:
    """The key of a line's address, if it is one."""
    try:
        return email_key(line.cells.get("email", ""))
    except Invalid:
        return None


def _checked(line: FileLine, seen: dict[str, int], members: Collection[str], invited: Collection[str]) -> CheckedLine:
    faults = dict(line.faults)
    for column in COLUMNS:
        if is_formula(line.cells.get(column, "").strip()):
            faults.setdefault(
                column, _("To a spreadsheet, what begins with =, +, - or @ is a formula. Write the value itself.")
            )
    try:
        guest = clean_guest(**{column: line.cells.get(column, "") for column in COLUMNS})
    except Invalid as problem:
        if "" not in faults:  # of a line that could not be read as one, its cells say nothing
            faults = problem.fields | faults
    if faults:
        return CheckedLine(line.number, _shown(line), None, RosterOutcome.WRONG, tuple(faults.items()))
    first = seen.setdefault(guest.email_key, line.number)
    if first != line.number:
        doubled = _("This address stands in line %(line)s already.", line=str(first))
        return CheckedLine(line.number, _shown(line), guest, RosterOutcome.TWICE, (("email", doubled),))
    if guest.email_key in members:
        return CheckedLine(line.number, _shown(line), guest, RosterOutcome.MEMBER)
    outcome = RosterOutcome.KNOWN if guest.email_key in invited else RosterOutcome.INVITE
    return CheckedLine(line.number, _shown(line), guest, outcome)


def _shown(line: FileLine) -> dict[str, str]:
    """What is kept of a line that may hold anything: its beginning, without what cannot be shown."""
    return {
        column: "".join(letter if letter.isprintable() else "�" for letter in text.strip()[:_SHOWN])
        for column, text in line.cells.items()
    }


def _of(faults: dict[str, Message], clean: Callable[[], Any]) -> Any:
    try:
        return clean()
    except Invalid as problem:
        faults |= problem.fields
        return None

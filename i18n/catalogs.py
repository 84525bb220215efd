"""Catalogs: the translations of each shipped locale, loaded once, and what is wrong with them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from i18n import placeholders
from i18n.negotiation import negotiate
from i18n.reader import SHIPPED, SOURCE

LOCALES = Path(__file__).parent / "locale"
TEMPLATE = LOCALES / "messages.pot"

_COUNTS = frozenset({"num", "n", "count"})


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a catalog from being complete."""

    locale: str
    msgid: str
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.locale}: {self.kind}: {self.msgid!r}" + (f" ({self.detail})" if self.detail else "")


def po_path(tag: str, root: Path = LOCALES) -> Path:
    return root / tag / "LC_MESSAGES" / "messages.po"


def read_catalog(tag: str, root: Path = LOCALES) -> Catalog:
    """The catalog as its translators keep it."""
    with po_path(tag, root).open("rb") as source:
        return read_po(source, locale=tag)


def _compiled(tag: str, root: Path) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, read_catalog(tag, root))
    return buffer.getvalue()


def compile_catalog(tag: str, root: Path = LOCALES) -> Path:
    """Write the catalog's compiled form beside it, whole or not at all."""
    target = po_path(tag, root).with_suffix(".mo")
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    draft.write_bytes(_compiled(tag, root))
    draft.replace(target)
    return target


@lru_cache(maxsize=64)
def _load(tag: str, root: Path) -> Translations:
    source = po_path(tag, root)
    if not source.exists():
        return Translations()
    compiled = source.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        return Translations(BytesIO(compiled.read_bytes()))
    return Translations(BytesIO(_compiled(tag, root)))


def translations(tag: str, root: Path = LOCALES) -> Translations:
    """The translations for a reader of `tag`: `es-MX` reads the `es` catalog, a locale without one reads English."""
    return _load(negotiate((tag,), SHIPPED, SOURCE), root)


def complete(tag: str, root: Path = LOCALES) -> list[Problem]:
    """Everything missing, fuzzy or mismatched in a locale's catalog; English is the source and needs none."""
    if tag == SOURCE:
        return []
    if not po_path(tag, root).exists():
        return [Problem(tag, "", "no catalog")]
    catalog = read_catalog(tag, root)
    alone = _single_forms(catalog)
    return [problem for message in catalog if message.id for problem in _problems(tag, message, alone)]


def _single_forms(catalog: Catalog) -> list[bool]:
    """For each plural form, whether it stands for one number alone, so that a translation may leave the number out."""
    uses = [0] * catalog.num_plurals
    rule = Translations(BytesIO(_empty(catalog))).plural
    for n in range(1200):
        uses[rule(n)] += 1
    return [count <= 1 for count in uses]


def _empty(catalog: Catalog) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, Catalog(locale=catalog.locale))
    return buffer.getvalue()


def texts_of(value: object) -> tuple[str, ...]:
    """A message's texts, or a translation's forms, as Babel keeps them: one string, several, or nothing yet."""
    return tuple(str(text or "") for text in value) if isinstance(value, list | tuple) else (str(value or ""),)


def _problems(tag: str, message: Message, alone: list[bool]) -> Iterator[Problem]:
    ids, forms = texts_of(message.id), texts_of(message.string)
    if message.fuzzy:
        yield Problem(tag, ids[0], "fuzzy")
    if any(placeholders.unnamed(text) for text in ids):
        yield Problem(tag, ids[0], "placeholders", "the message has a placeholder without a name")
    if not all(forms):
        yield Problem(tag, ids[0], "missing")
    elif len(ids) > 1 and len(forms) != len(alone):
        yield Problem(tag, ids[0], "plural forms", f"{len(forms)} instead of {len(alone)}")
    else:
        yield from _mismatches(tag, ids, forms, alone)


def _mismatches(tag: str, ids: tuple[str, ...], forms: tuple[str, ...], alone: list[bool]) -> Iterator[Problem]:
    expected = frozenset[str]().union(*map(placeholders.names, ids))
    for place, form in enumerate(forms):
        may_omit = (_COUNTS | (expected - placeholders.names(ids[0]))) if len(ids) > 1 and alone[place] else frozenset()
        found = placeholders.names(form)
        if found - expected or expected - found - may_omit or placeholders.unnamed(form):
            wanted = ", ".join(sorted(expected)) or "none"
            yield Problem(
                tag,
                ids[0],
                "placeholders",
                f"{', '.join(sorted(found)) or 'none'} instead of {wanted}",
            )
        if placeholders.elements(form) not in [placeholders.elements(text) for text in ids]:
            yield Problem(tag, ids[0], "markup", "the elements differ")

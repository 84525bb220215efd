"""Extraction: the messages in the program's own code and templates, and the catalog files they are kept in."""

import os
import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import write_po

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "i18n",
    "web",
    "workforce",
    "labeling",
    "payouts",
    "calibration",
    "marketplace",
    "admin",
    "kernel",
)

_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
}
_SKIPPED = frozenset({"static", "node_modules", "locale", "__pycache__"})
# Lines that say when or with what a file was made would change it each time it is made.
_VOLATILE = re.compile(
    rb'^"(?:POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To):.*\n',
    re.MULTILINE,
)


class ExtractionFailed(Exception):
    """A source file could not be read; the message names it."""


def extract(root: Path = ROOT, packages: tuple[str, ...] = PACKAGES) -> Catalog:
    """All messages of the packages, with the files they stand in; raises ExtractionFailed."""
    catalog = Catalog(project="Polyphony", charset="utf-8")
    for package in packages:
        if (root / package).is_dir():
            _extract_package(root, package, catalog)
    return catalog


def _extract_package(root: Path, package: str, catalog: Catalog) -> None:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config, filename="babel.cfg")  # type: ignore[no-untyped-call]
    reading = [package]
    found = extract_from_dir(
        root / package,
        methods,
        options,
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
        callback=lambda filename, method, options: reading.append(filename),
        directory_filter=lambda directory: Path(directory).name not in _SKIPPED,
    )
    try:
        for filename, line, message, comments, context in found:
            place = (f"{package}/{filename}", line)
            catalog.add(message, None, [place], auto_comments=comments, context=context)
    except Exception as error:
        raise ExtractionFailed(f"{package}/{reading[-1]}: {error}") from error


def write_catalog(catalog: Catalog, target: Path, *, prune: bool = False) -> bool:
    """Write a catalog so that the same messages give the same bytes; returns whether the file changed."""
    catalog.header_comment, catalog.project, catalog.version = "# Polyphony", "Polyphony", "1"
    buffer = BytesIO()
    write_po(
        buffer,
        catalog,
        width=100,
        sort_output=True,
        include_lineno=False,
        ignore_obsolete=prune,
    )
    text = _VOLATILE.sub(b"", buffer.getvalue())
    if target.exists() and target.read_bytes() == text:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    draft.write_bytes(text)
    draft.replace(target)
    return True

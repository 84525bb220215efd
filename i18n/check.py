"""`python -m i18n.check`: one line for each gap in the catalogs; fails when there is one."""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message

from i18n.catalogs import LOCALES, Problem, complete, po_path, read_catalog, texts_of
from i18n.extraction import ROOT, ExtractionFailed, extract
from i18n.placeholders import unnamed
from i18n.reader import SHIPPED, SOURCE


def problems(root: Path = ROOT, locales: Path = LOCALES) -> list[Problem]:
    """What is wrong in the catalogs themselves, and which of the program's messages they do not have."""
    try:
        template = extract(root)
    except ExtractionFailed as error:
        return [Problem(SOURCE, "", "unreadable source", str(error))]
    found = [
        Problem(
            SOURCE,
            texts_of(message.id)[0],
            "placeholders",
            "the message has a placeholder without a name",
        )
        for message in template
        if message.id and any(unnamed(text) for text in texts_of(message.id))
    ]
    for tag in SHIPPED:
        if tag != SOURCE:
            found += complete(tag, locales) + _not_in_catalog(tag, template, locales)
    return found


def _not_in_catalog(tag: str, template: Catalog, locales: Path) -> list[Problem]:
    if not po_path(tag, locales).exists():
        return []
    catalog = read_catalog(tag, locales)
    return [
        Problem(tag, texts_of(message.id)[0], "not in the catalog", "run python -m i18n.update")
        for message in template
        if message.id and not _holds(catalog, message)
    ]


def _holds(catalog: Catalog, message: Message) -> bool:
    kept = catalog.get(message.id, message.context)
    return kept is not None and kept.id == message.id


def main() -> int:
    found = problems()
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m i18n.update`: collect the program's messages and bring every catalog up to date with them."""

import argparse
from pathlib import Path

from babel.messages.catalog import Catalog

from i18n.catalogs import LOCALES, po_path, read_catalog
from i18n.extraction import ROOT, extract, write_catalog
from i18n.reader import SHIPPED, SOURCE


def update(root: Path = ROOT, locales: Path = LOCALES, *, prune: bool = False) -> list[Path]:
    """Rewrite the template and each catalog; returns the files that changed.

    What is no longer used stays at the end of its catalog, commented out, and serves again if the message returns.
    """
    template = extract(root)
    changed = [locales / "messages.pot"] if write_catalog(template, locales / "messages.pot") else []
    for tag in SHIPPED:
        if tag != SOURCE and _update_catalog(tag, template, locales, prune):
            changed.append(po_path(tag, locales))
    return changed


def _update_catalog(tag: str, template: Catalog, locales: Path, prune: bool) -> bool:
    target = po_path(tag, locales)
    catalog = read_catalog(tag, locales) if target.exists() else Catalog(locale=tag, charset="utf-8", fuzzy=False)
    _revive(catalog, template)
    # A guess from a similar sentence would be worse than an honest gap, which the check reports.
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.fuzzy = False
    return write_catalog(catalog, target, prune=prune)


def _revive(catalog: Catalog, template: Catalog) -> None:
    for message in list(catalog.obsolete.values()):
        if template.get(message.id, message.context) is not None:
            catalog[message.id] = message


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m i18n.update", description=__doc__)
    parser.add_argument("--prune", action="store_true", help="drop translations that are no longer used")
    for path in update(prune=parser.parse_args().prune):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()

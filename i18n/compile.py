"""`python -m i18n.compile`: write the compiled form of each catalog, which starting up reads faster."""

from i18n.catalogs import compile_catalog, po_path
from i18n.reader import SHIPPED


def main() -> None:
    for tag in SHIPPED:
        if po_path(tag).exists():
            compile_catalog(tag)


if __name__ == "__main__":
    main()

"""Pages about people: applying, one's own profile and receipts, and what vendors see and decide."""

from web.pages import Pages

pages = Pages("workforce", "workforce")

# The modules below declare their routes on `pages` when they are imported.
from workforce.pages import (  # noqa: E402
    agreements,
    appeals,
    apply,
    factor,
    forgotten,
    languages,
    me,
    people,
    pools,
    receipts,
    team,
    welcome,
)

__all__ = [
    "agreements",
    "appeals",
    "apply",
    "factor",
    "forgotten",
    "languages",
    "me",
    "pages",
    "people",
    "pools",
    "receipts",
    "team",
    "welcome",
]

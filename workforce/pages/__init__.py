"""Pages about people: applying, one's own profile and receipts, and what vendors see and decide."""

from web.pages import Pages

pages = Pages("workforce", "workforce")

# The modules below declare their routes on `pages` when they are imported.
from workforce.pages import (  # noqa: E402
    addresses,
    agreements,
    appeals,
    apply,
    credentials,
    documents,
    factor,
    forgotten,
    invitation,
    invitations,
    languages,
    me,
    passkeys,
    people,
    people_file,
    pools,
    receipts,
    role_offer,
    team,
)

__all__ = [
    "addresses",
    "agreements",
    "appeals",
    "apply",
    "credentials",
    "documents",
    "factor",
    "forgotten",
    "invitation",
    "invitations",
    "languages",
    "me",
    "pages",
    "passkeys",
    "people",
    "people_file",
    "pools",
    "receipts",
    "role_offer",
    "team",
]

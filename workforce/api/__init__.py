"""The API about people: the same acts as the pages, under the same rules."""

from web.api import Api

api = Api("workforce", "workforce")

# The modules below declare their routes on `api` when they are imported.
from workforce.api import (  # noqa: E402
    account,
    addresses,
    agreements,
    credentials,
    documents,
    drafts,
    factor,
    invitations,
    me,
    passkeys,
    people,
    people_file,
    pools,
    receipts,
    steps,
    team,
)

__all__ = [
    "account",
    "addresses",
    "agreements",
    "api",
    "credentials",
    "documents",
    "drafts",
    "factor",
    "invitations",
    "me",
    "passkeys",
    "people",
    "people_file",
    "pools",
    "receipts",
    "steps",
    "team",
]

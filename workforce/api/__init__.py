"""The API about people: the same acts as the pages, under the same rules."""

from web.api import Api

api = Api("workforce", "workforce")

# The modules below declare their routes on `api` when they are imported.
from workforce.api import account, agreements, factor, me, people, pools, receipts, team  # noqa: E402

__all__ = ["account", "agreements", "api", "factor", "me", "people", "pools", "receipts", "team"]

"""What stands in the place of a content that was removed: of the same shape, so that all that reads it still can."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from labeling.rules.media import MEDIA_FIELDS

FILLER = "█"
_REMOVED = re.compile(rf"\[removed (\d{{4}}-\d{{2}}-\d{{2}})\]{FILLER}*")


def removed_content(content: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The content without a word of it. A text stays as long as it was, so that marks at places in it still fit."""
    stands = f"[removed {day.isoformat()}]"
    return {
        field: value if field in MEDIA_FIELDS or value is None else stands.ljust(len(str(value)), FILLER)
        for field, value in content.items()
    }


def removed_on(text: str) -> date | None:
    """The day on which a text was removed, or None for a text that stands."""
    found = _REMOVED.match(text)
    return date.fromisoformat(found[1]) if found else None

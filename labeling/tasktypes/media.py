"""Pictures and sounds that a content of any task type may bring beside its texts."""

from collections.abc import Mapping
from typing import Any

from labeling.rules.media import LONGEST_NAME, MEDIA_FIELDS
from labeling.rules.reading import Reader

Media = tuple[tuple[str, str], ...]  # field and file, in the order of the fields


def read_media(reader: Reader, fields: Mapping[str, Any]) -> Media:
    """The files that a content refers to: by the name they came under, or by their id once that is known."""
    found = ((field, reader.optional_text(fields.get(field), field, LONGEST_NAME)) for field in MEDIA_FIELDS)
    return tuple((field, file) for field, file in found if file is not None)

"""Contents as a reader meets them: in place of the ids of pictures and sounds stand links that this reader may follow.

A content without any is handed on as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel import ids
from kernel.crypto import derive
from labeling.rules.media import MEDIA_FIELDS
from labeling.rules.media_links import Door, Link, life_of, token_of
from web import current
from web.sessions import LINKS_PATH, MEDIA_PATH, request_time

Make = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Pass:
    """By what right the reader is shown a content, and how sensitive it is."""

    door: Door
    subject: str
    classification: str


def for_page(content: Mapping[str, Any], right: Pass) -> dict[str, Any]:
    """A content for a template: in the place of a file stands an address that leads its reader to a link made then."""
    return _with(content, lambda media_id: f"{LINKS_PATH}{_token(media_id, right, until=0)}")


def for_api(content: Mapping[str, Any], right: Pass) -> dict[str, Any]:
    """A content for a program: the links as texts."""
    return _with(content, lambda media_id: link_to(media_id, right))


def has_media(content: Mapping[str, Any]) -> bool:
    """Whether a content has any picture or sound."""
    return any(content.get(field) for field in MEDIA_FIELDS)


def link_to(media_id: str, right: Pass) -> str:
    """A link for whoever asks now, to be followed in this session alone."""
    until = int((request_time() + life_of(right.classification)).timestamp())
    return f"{current.settings().media_origin or ''}{MEDIA_PATH}{_token(media_id, right, until)}"


def _token(media_id: str, right: Pass, until: int) -> str:
    actor, settings = current.actor(), current.settings()
    link = Link(
        media_id, actor.account_id or "", actor.org_id or "", actor.session_ref or "", right.door.value, right.subject,
        right.classification, until, ids.new_secret(12),
    )  # fmt: skip
    return token_of(link, key_of_links(settings.secret_key))


def key_of_links(secret: str) -> bytes:
    """The key that signs links to media, and nothing else."""
    return derive(secret, "media links")


def _with(content: Mapping[str, Any], make: Make) -> dict[str, Any]:
    return {name: make(value) if name in MEDIA_FIELDS and value else value for name, value in content.items()}

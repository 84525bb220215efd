"""Adding items: content in bulk, each piece once for a project and locale."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import ids
from kernel.crypto import BY_TENANT, place_of, seal
from kernel.db import insert_ignoring, insert_new
from kernel.errors import Misuse
from kernel.policy import Actor
from labeling.files.drafts import UnitDraft, media_stated
from labeling.models import Item, ItemOriginal, MediaUse, sealed_content
from labeling.values import Classification, JsonObject
from web.json_text import canonical_json

MOST_AT_ONCE = 1_000
_SEALED = ("item_original", "content_sealed")
_ONCE = ["org_id", "project_id", "locale", "fingerprint"]

_Key = tuple[str, str]


def add_items(
    session: Session,
    actor: Actor,
    *,
    org_id: str,
    vendor_org_id: str | None,
    project_id: str,
    drafts: Sequence[UnitDraft],
    classification: Classification | None = None,
) -> list[str]:
    """The ids of the items with these contents, in the order of the drafts; at most a thousand in one call.

    A content that the project has already in that locale is not written again, and keeps the classification and the
    reference that it came with first. `classification` holds for drafts that name none.
    """
    if len(drafts) > MOST_AT_ONCE:
        raise Misuse(f"more than {MOST_AT_ONCE} items at once")
    owner = {"org_id": org_id, "vendor_org_id": vendor_org_id, "project_id": project_id}
    rows: dict[_Key, dict[str, Any]] = {}
    uses: list[dict[str, Any]] = []
    for draft in drafts:
        if (draft.locale, draft.fingerprint) not in rows:
            row = rows[draft.locale, draft.fingerprint] = _row(draft, classification, owner)
            shown = sorted(set(media_stated(draft.content).values()))
            uses += [{"item_id": row["id"], "media_id": media_id, **owner} for media_id in shown]
    found = {key: row["id"] for key, row in rows.items()}
    new = insert_new(session, Item, list(rows.values()), _ONCE)
    insert_ignoring(session, MediaUse, [use for use in uses if use["item_id"] in new], ["item_id", "media_id"])
    if len(new) < len(rows):
        found = _existing(session, org_id, project_id, list(rows))
    return [found[draft.locale, draft.fingerprint] for draft in drafts]


def keep_originals(
    session: Session, actor: Actor, owner: Mapping[str, Any], originals: Mapping[str, JsonObject]
) -> None:  # fmt: skip
    """Seal what these items said before their personal data was masked; `owner` names organization and project."""
    rows = [
        {
            "id": item_id,
            **owner,
            "content_sealed": seal(canonical_json(content), place_of(*_SEALED, item_id, owner["org_id"]), BY_TENANT),
        }
        for item_id, content in originals.items()
    ]
    if rows:
        insert_ignoring(session, ItemOriginal, rows, ["id"])


def _row(draft: UnitDraft, classification: Classification | None, owner: Mapping[str, Any]) -> dict[str, Any]:
    named = draft.classification or classification
    if named is None:
        raise Misuse("an item without a classification")
    item_id = ids.new_id()
    return {
        **owner,
        "id": item_id,
        "locale": draft.locale,
        "classification": named.value,
        "content_sealed": sealed_content(item_id, owner["org_id"], draft.content),
        "fingerprint": draft.fingerprint,
        "client_ref": draft.reference,
    }


def _existing(session: Session, org_id: str, project_id: str, keys: Sequence[_Key]) -> dict[_Key, str]:
    """The id of each content; raises Misuse when one of them is there and hidden from this organization."""
    found: dict[_Key, str] = {}
    for locale in sorted({locale for locale, _fingerprint in keys}):
        wanted = [fingerprint for tag, fingerprint in keys if tag == locale]
        statement = select(Item.fingerprint, Item.id).where(
            Item.org_id == org_id,
            Item.project_id == project_id,
            Item.locale == locale,
            Item.fingerprint.in_(wanted),
        )
        found |= {(locale, fingerprint): item_id for fingerprint, item_id in session.execute(statement)}
    if len(found) < len(keys):
        raise Misuse("an item of this project that this organization may not see")
    return found

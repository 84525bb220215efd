"""Pictures and sounds kept: each under a random name and a key of its own, with what it is called told to few."""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from kernel import ids
from kernel.crypto import encrypt_file, new_file_key, place_of
from kernel.guard import require
from kernel.policy import Actor, Resource
from kernel.storage import Stored
from labeling.files.media import Found, name_key
from labeling.models import Media, MediaName
from marketplace.queries.media import MediaSource
from marketplace.values.actions import Action


def write_media(
    session: Session, actor: Actor, source: MediaSource, found: Iterable[Found], put: Callable[[bytes], Stored]
) -> int:
    """Keep these files; returns how many. `put` stores bytes and takes them back if the transaction fails."""
    resource = Resource("project", source.project_id, org_id=source.org_id, vendor_org_id=source.vendor_org_id)
    require(session, actor, Action.UNIT_IMPORT, resource)
    owner = {"org_id": source.org_id, "project_id": source.project_id}
    files: list[Media] = []
    names: list[MediaName] = []
    for each in found:
        if each.file is None:
            continue
        row = Media(
            id=ids.new_id(), vendor_org_id=source.vendor_org_id, kind=each.file.kind.value,
            media_type=each.file.media_type, size=len(each.file.content), width=each.file.width,
            height=each.file.height, sha256=each.sha256, **owner,
        )  # fmt: skip
        key = new_file_key()
        row.key = key
        row.stored_name = put(encrypt_file(key, each.file.content, place_of_file(row))).name
        files.append(row)
        names.append(
            MediaName(
                id=row.id, vendor_org_id=source.named_to, by_org_id=source.brought_by, name=each.name,
                name_key=name_key(each.name), **owner,
            )
        )  # fmt: skip
    session.add_all(files)
    session.flush()
    session.add_all(names)
    session.flush()
    return len(files)


def place_of_file(row: Media) -> str:
    """What a file's bytes are bound to."""
    return place_of("media", "file", row.id, row.org_id)

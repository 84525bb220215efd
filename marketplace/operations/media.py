"""Pictures and sounds: kept each under a key of its own, and shown to whom a link's door is open at that moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calibration.models import LanguageRecording
from calibration.operations import voices
from calibration.operations.hearing import contents_met, dispute_for, evidence_of
from calibration.rules.voices import VOICE_CLASS
from calibration.values import LaneFacts
from kernel import audit, ids
from kernel.crypto import decrypt_file, encrypt_file, new_file_key, place_of
from kernel.db import after_commit, insert_ignoring, now_of
from kernel.errors import NeedsWriting
from kernel.guard import not_found, require
from kernel.models import RateBucket
from kernel.policy import Actor, Resource
from kernel.storage import Stored, storage
from labeling.files.drafts import media_stated
from labeling.files.media import Found, name_key
from labeling.models import Media, MediaName, MediaUse
from labeling.rules.media_links import Door, Link
from marketplace.models import Project, Unit
from marketplace.operations.cancelling import UNDER_WAY, suspend_keys, take_out
from marketplace.operations.loading import project_for
from marketplace.operations.protecting import open_unit
from marketplace.operations.reads import may_see_class, note_read
from marketplace.operations.reviewing import review_task
from marketplace.policy import project_resource
from marketplace.queries.eligibility import demands_on_reader
from marketplace.queries.item_classes import classes_of
from marketplace.queries.media import MediaSource
from marketplace.queries.units import class_within
from marketplace.queries.work import task_of
from marketplace.values.actions import Action
from marketplace.values.reads import Why
from workforce.values import is_restricted, most_sensitive, rank_of

_PARTS_WITHIN = timedelta(seconds=60)


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


def erase_media(session: Session, actor: Actor, media_id: str) -> str:
    """Remove a file for good, with its key and its name.

    Units that refer to it and are under way leave the work; what is settled stays, and shows nothing in its place.
    Known answers to them grade nobody any more, and what they gave is taken back. In a scope that reads gold; returns
    the project that the file was of.
    """
    row = session.get(Media, media_id)
    if row is None:
        raise not_found()
    project = project_for(session, actor, row.project_id, Action.MEDIA_ERASE, held=False)
    shown_in = select(MediaUse.item_id).where(MediaUse.project_id == project.id, MediaUse.media_id == row.id)
    items = session.scalars(shown_in.order_by(MediaUse.item_id)).all()
    under_way = select(Unit).where(Unit.item_id.in_(items), Unit.org_id == project.org_id, Unit.state.in_(UNDER_WAY))
    cancelled = sum(
        take_out(session, actor, unit, cause=f"media:{media_id}")
        for unit in session.scalars(under_way.order_by(Unit.id)).all()
    )
    suspend_keys(session, actor, items)
    session.execute(delete(MediaName).where(MediaName.id == row.id))
    session.execute(delete(Media).where(Media.id == row.id))
    stored_name = row.stored_name
    after_commit(session, lambda: storage().delete(stored_name))
    audit.record(
        session,
        actor,
        "media.erased",
        "media",
        media_id,
        org_id=project.org_id,
        details={"project": project.id, "cancelled": cancelled},
    )
    return project.id


def place_of_file(row: Media) -> str:
    """What a file's bytes are bound to."""
    return place_of("media", "file", row.id, row.org_id)


@dataclass(frozen=True)
class Fetched:
    """A file as it goes out."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class _Open:
    """What a door opens at this moment: contents, how sensitive they are, and what the log calls them."""

    contents: Sequence[Mapping[str, Any]]
    classification: str
    unit: str
    project: str
    org: str
    recording: LanguageRecording | None = None  # what is heard, where it is no file of a project
    is_by_lane: bool = False  # links for programs are made by the lane's class, which an item's may be above


def fetch(session: Session, actor: Actor, link: Link, *, is_part: bool) -> Fetched:
    """The file behind a link, where its door is open to the actor in this very transaction; raises NotFound otherwise.

    `is_part` says that a stretch is asked for, as players do: of restricted content that alone may be asked again, for
    a minute. The reading is noted where the class asks so.
    """
    if not link.lives(now_of(session)):
        raise not_found()
    found, row = _opened(session, actor, link)
    classification = most_sensitive(found.classification, link.classification)
    is_above = rank_of(found.classification) > rank_of(link.classification)
    if is_above and not (found.is_by_lane and link.lives(now_of(session), classification)):
        raise not_found()  # it became more sensitive since the link was made
    if is_restricted(classification):
        _burn(session, link, is_part=is_part)
    why = Why.VOICE if isinstance(row, LanguageRecording) else Why.FILE
    note_read(
        session, actor, why, unit=found.unit, project=found.project, org=found.org,
        classification=classification,
    )  # fmt: skip
    if isinstance(row, LanguageRecording):
        return Fetched(row.media_type, voices.opened(row))
    with storage().open(row.stored_name) as stream:
        return Fetched(row.media_type, decrypt_file(row.key or "", stream.read(), place_of_file(row)))


def class_now(session: Session, actor: Actor, link: Link) -> str:
    """How sensitive the file behind a link is by now, for a link to follow it; raises NotFound where its door is shut.

    Nobody is shown anything yet: the reading is noted when the file is fetched.
    """
    return most_sensitive(_opened(session, actor, link)[0].classification, link.classification)


def _opened(session: Session, actor: Actor, link: Link) -> tuple[_Open, Media | LanguageRecording]:
    if (actor.account_id, actor.org_id) != (link.account_id, link.org_id):
        raise not_found()
    found = _DOORS[Door(link.door)](session, actor, link)
    row = found.recording or session.get(Media, link.media_id)
    if row is None or not any(link.media_id in media_stated(content).values() for content in found.contents):
        raise not_found()
    return found, row


def _burn(session: Session, link: Link, *, is_part: bool) -> None:
    """A link to restricted content is used once; from then on, for a minute, for further stretches of the same."""
    if not session.info["writes"]:
        raise NeedsWriting("a link that would not be used up")
    now, key = now_of(session), f"media:{link.nonce}"
    if insert_ignoring(session, RateBucket, [{"key": key, "window_ends_at": now + _PARTS_WITHIN, "count": 1}], ["key"]):
        return
    used = session.get(RateBucket, key)
    if used is None or not is_part or used.window_ends_at <= now:
        raise not_found()


def _of_work(session: Session, actor: Actor, link: Link) -> _Open:
    task = task_of(session, actor, link.subject)
    require(session, actor, "work:see")
    if not task.content:
        raise not_found()
    return _Open([task.content], task.classification, task.unit_id, task.project_id, task.org_id)


def _of_review(session: Session, actor: Actor, link: Link) -> _Open:
    task = review_task(session, actor, link.subject)
    require(session, actor, "review:take")
    if task.lease_until <= now_of(session):
        raise not_found()
    return _Open([task.content], task.classification, task.unit_id, task.project_id, task.org_id)


def _of_attempt(session: Session, actor: Actor, link: Link) -> _Open:
    return _of_lane(session, actor, *contents_met(session, actor, link.subject), link)


def _of_evidence(session: Session, actor: Actor, link: Link) -> _Open:
    found = evidence_of(session, actor, link.subject, is_noted=False)
    return _of_lane(session, actor, found.lane, {one.item_id: one.content for one in found.shown}, link)


def _of_dispute(session: Session, actor: Actor, link: Link) -> _Open:
    found = dispute_for(session, actor, link.subject, is_noted=False)
    told = found.own or found.case
    return _of_lane(session, actor, found.lane, {found.item_id: told.content} if told else {}, link)


def _of_lane(
    session: Session, actor: Actor, lane: LaneFacts, shown: Mapping[str, Mapping[str, Any]], link: Link
) -> _Open:
    """What the class of the file's own item asks is asked here too, as of everybody who is shown it."""
    project = session.get(Project, lane.project_id)
    with_it = [item_id for item_id, content in shown.items() if link.media_id in media_stated(content).values()]
    if project is None or not with_it:
        raise not_found()
    classification = lane.classification
    for found in classes_of(session, project, with_it)[0].values():
        classification = most_sensitive(classification, found)
    if not may_see_class(session, actor, project, classification, is_own=link.door != Door.CASE):
        raise not_found()
    contents = [shown[item_id] for item_id in with_it]
    return _Open(contents, classification, link.media_id, project.id, project.org_id, is_by_lane=True)


def _of_unit(session: Session, actor: Actor, link: Link) -> _Open:
    unit, project, view = open_unit(session, actor, link.subject, Action.UNIT_READ)
    return _Open([view.content], view.classification, unit.id, project.id, unit.org_id)


def _of_voice(session: Session, actor: Actor, link: Link) -> _Open:
    """What somebody says of themselves is their vendor's, and of no project."""
    row = voices.recording_to_hear(session, actor, link.subject)
    return _Open([{"sound": row.id}], VOICE_CLASS, row.check_id, "", row.org_id, recording=row)


def _of_project(session: Session, actor: Actor, link: Link) -> _Open:
    project = project_for(session, actor, link.subject, Action.UNIT_READ, held=False)
    classification = class_within(session, project)
    demands = demands_on_reader(session, actor, project, classification)
    require(session, actor, Action.UNIT_READ, replace(project_resource(project, None), demands=demands))
    found = session.scalars(select(Media).where(Media.id == link.media_id, Media.project_id == project.id)).first()
    contents = [{found.kind: found.id}] if found else []
    return _Open(contents, classification, link.media_id, project.id, project.org_id)


_DOORS: Mapping[Door, Callable[[Session, Actor, Link], _Open]] = {
    Door.WORK: _of_work,
    Door.REVIEW: _of_review,
    Door.ATTEMPT: _of_attempt,
    Door.EVIDENCE: _of_evidence,
    Door.DISPUTE: _of_dispute,
    Door.CASE: _of_dispute,
    Door.UNIT: _of_unit,
    Door.VOICE: _of_voice,
    Door.PROJECT: _of_project,
}

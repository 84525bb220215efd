"""Publishing label schemas and guidelines, and reading them back as those may who may."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, is_collision
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import AuditEvent
from kernel.tenancy import Scope
from labeling.models import Guideline
from labeling.models import Ontology as OntologyRow
from labeling.operations.guidelines import publish_guideline
from labeling.operations.ontologies import publish_ontology
from labeling.queries.content import guideline_gaps, guideline_text, ontology_of
from labeling.queries.versions import guideline_versions, newest_versions, ontology_versions
from labeling.rules.ontology import fingerprint
from labeling.tasktypes import registry
from labeling.values import GuidelineView, InvalidGuideline, InvalidOntology, OntologyView
from tests.labeling_db.conftest import CLIENT, MANAGER, PROJECT, STRANGER, VENDOR

MOOD: dict[str, Any] = {
    "task_type": "choice",
    "question": {"sw": "Ujumbe huu una hisia gani?", "en": "How does this sound?"},
    "classes": [
        {"id": "good", "names": {"en": "Good", "sw": "Nzuri"}},
        {"id": "bad", "names": {"en": "Bad", "sw": "Mbaya"}},
    ],
    "options": {},
}
WIDER = MOOD | {"classes": [*MOOD["classes"], {"id": "mixed", "names": {"en": "Mixed"}}]}
NER = {"task_type": "spans", "question": {"en": "Who?"}, "classes": [{"id": "PER", "names": {"en": "Person"}}]}
TEXTS = {"sw_KE": "Chagua moja.\r\n\r\nSoma **kwanza**.", "en": "Choose one."}


def publish(db: Database, body: Any, changelog: str = "") -> OntologyView:
    with db.transaction(Scope.tenant(CLIENT)) as session:
        return publish_ontology(session, MANAGER, PROJECT, CLIENT, VENDOR, body, changelog)


def instruct(db: Database, texts: Any, changelog: str = "") -> GuidelineView:
    with db.transaction(Scope.tenant(CLIENT)) as session:
        return publish_guideline(session, MANAGER, PROJECT, CLIENT, VENDOR, texts, changelog)


def logged(db: Database, action: str) -> list[tuple[str | None, str | None, dict[str, Any]]]:
    with db.reading(Scope.system("test")) as session:
        events = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.seq)
        return [(event.actor_ref, event.object_ref, event.details) for event in session.scalars(events)]


def test_a_label_schema_is_published_in_versions_and_each_is_in_the_log(db: Database) -> None:
    first, second = publish(db, MOOD), publish(db, WIDER, " Mixed messages got a class. ")
    assert (first.version, second.version) == (1, 2)
    assert first.fingerprint == fingerprint(registry.read_ontology(MOOD))
    assert (second.task_type, second.changelog) == ("choice", "Mixed messages got a class.")
    told = [
        {"project_id": PROJECT, "version": view.version, "fingerprint": view.fingerprint} for view in (first, second)
    ]
    assert logged(db, "ontology.published") == [("ana", first.id, told[0]), ("ana", second.id, told[1])]


def test_the_same_label_schema_again_is_the_same_version(db: Database) -> None:
    first = publish(db, MOOD)
    again = MOOD | {"question": dict(sorted(MOOD["question"].items()))}
    assert publish(db, again, "nothing new") == first
    assert len(logged(db, "ontology.published")) == 1


def test_going_back_to_an_older_label_schema_is_a_new_version(db: Database) -> None:
    first, second, third = publish(db, MOOD), publish(db, WIDER), publish(db, MOOD)
    assert (second.version, third.version) == (2, 3)
    assert third.fingerprint == first.fingerprint and third.id != first.id


def test_a_label_schema_with_problems_is_refused_with_their_places(db: Database) -> None:
    with pytest.raises(InvalidOntology) as refused:
        publish(db, MOOD | {"classes": [{"id": "good", "names": {}}]})
    assert {"classes", "classes[0].names"} <= set(refused.value.fields)
    assert logged(db, "ontology.published") == []


def test_a_project_keeps_its_task_type(db: Database) -> None:
    publish(db, MOOD)
    with pytest.raises(Conflict) as refused:
        publish(db, NER)
    assert refused.value.code == "ontology.task_type_changed"


def test_a_changelog_has_a_limit(db: Database) -> None:
    with pytest.raises(Invalid) as refused:
        publish(db, MOOD, "x" * 4_001)
    assert list(refused.value.fields) == ["changelog"]


def test_versions_of_two_projects_are_counted_apart(db: Database) -> None:
    publish(db, MOOD)
    with db.transaction(Scope.tenant(CLIENT)) as session:
        other = publish_ontology(session, MANAGER, "other", CLIENT, None, WIDER)
        assert other.version == 1
        assert [view.id for view in ontology_versions(session, "other")] == [other.id]


def test_a_label_schema_is_read_as_it_was_published(db: Database) -> None:
    view = publish(db, MOOD)
    with db.reading(Scope.tenant(CLIENT)) as session:
        found = ontology_of(session, view.id)
        assert found == registry.read_ontology(MOOD)
        assert ontology_of(session, view.id) is found


def test_a_remembered_label_schema_is_shown_to_nobody_who_may_not_see_it(
    db: Database, grant: Callable[[], None]
) -> None:
    view = publish(db, MOOD)
    with db.reading(Scope.tenant(VENDOR)) as session:
        assert ontology_of(session, view.id).class_ids == ("good", "bad")
    grant()
    for org in (VENDOR, STRANGER):
        with db.reading(Scope.tenant(org)) as session, pytest.raises(NotFound):
            ontology_of(session, view.id)


def test_an_unknown_label_schema_is_not_found(db: Database) -> None:
    with db.reading(Scope.tenant(CLIENT)) as session, pytest.raises(NotFound):
        ontology_of(session, "nothing")


def test_guidelines_are_published_with_standard_tags_and_plain_line_ends(db: Database) -> None:
    view = instruct(db, TEXTS, "First.")
    assert (view.version, view.locales, view.changelog) == (1, ("en", "sw-KE"), "First.")
    with db.reading(Scope.tenant(CLIENT)) as session:
        texts = session.scalar(select(Guideline.texts))
    assert texts == {"en": "Choose one.", "sw-KE": "Chagua moja.\n\nSoma **kwanza**."}
    ((actor, object_ref, details),) = logged(db, "guideline.published")
    assert (actor, object_ref, details["version"], details["locales"]) == ("ana", view.id, 1, ["en", "sw-KE"])


def test_the_same_guidelines_again_are_the_same_version(db: Database) -> None:
    first = instruct(db, TEXTS)
    assert instruct(db, dict(reversed(TEXTS.items()))) == first
    assert instruct(db, {"en": "Choose one."}).version == 2
    assert len(logged(db, "guideline.published")) == 2


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({}, "texts"),
        ({"en": "  \n"}, "texts.en"),
        ({"en": 7}, "texts.en"),
        ({"xx-zz-q": "text"}, "texts.xx-zz-q"),
        ({"sw-KE": "moja", "sw_ke": "mbili"}, "texts.sw_ke"),
        ({"ar": "م" * 50_001}, "texts.ar"),
        ({"en": "a\x00b"}, "texts.en"),
        ("text", "texts"),
    ],
)
def test_guidelines_that_nobody_could_read_are_refused(db_sqlite: Database, texts: Any, field: str) -> None:
    with pytest.raises(InvalidGuideline) as refused:
        instruct(db_sqlite, texts)
    assert list(refused.value.fields) == [field]
    with db_sqlite.reading(Scope.tenant(CLIENT)) as session:
        assert session.scalar(select(func.count()).select_from(Guideline)) == 0


def test_guidelines_of_a_hundred_thousand_bytes_are_taken(db: Database) -> None:
    assert instruct(db, {"ar": "م" * 50_000}).version == 1


@pytest.mark.parametrize(
    ("locales", "expected"),
    [
        (["sw-KE"], "sw-KE"),
        (["sw"], "sw-KE"),
        (["sw-TZ", "es"], "sw-KE"),
        (["es", "sw-KE"], "sw-KE"),
        (["fr-CA", "am-ET"], "en"),
        ([], "en"),
    ],
)
def test_a_reader_gets_their_own_language_then_the_lanes_then_english(
    db_sqlite: Database, locales: list[str], expected: str
) -> None:
    view = instruct(db_sqlite, {"ar": "اختر", "en": "Choose.", "sw-KE": "Chagua."})
    with db_sqlite.reading(Scope.tenant(CLIENT)) as session:
        found = guideline_text(session, view.id, locales)
    assert found is not None and found[0] == expected


def test_without_english_a_text_in_another_language_is_better_than_none(db_sqlite: Database) -> None:
    view = instruct(db_sqlite, {"sw": "Chagua.", "ar": "اختر"})
    with db_sqlite.reading(Scope.tenant(CLIENT)) as session:
        assert guideline_text(session, view.id, ["fr"]) == ("ar", "اختر")


def test_there_is_no_guideline_text_for_those_who_may_not_see_it(db: Database, grant: Callable[[], None]) -> None:
    view = instruct(db, TEXTS)
    with db.reading(Scope.tenant(VENDOR)) as session:
        assert guideline_text(session, view.id, ["en"]) == ("en", "Choose one.")
    with db.reading(Scope.tenant(STRANGER)) as session:
        assert guideline_text(session, view.id, ["en"]) is None
        assert guideline_text(session, None, ["en"]) is None


def test_gaps_are_the_locales_whose_people_would_read_a_foreign_text(db: Database) -> None:
    view = instruct(db, TEXTS)
    with db.reading(Scope.tenant(CLIENT)) as session:
        assert guideline_gaps(session, view.id, ["sw-TZ", "ar-EG", "am-ET", "en-NG"]) == ("am-ET", "ar-EG")
        assert guideline_gaps(session, None, ["sw-KE"]) == ("sw-KE",)


def test_the_newest_versions_are_those_in_force(db: Database) -> None:
    with db.reading(Scope.tenant(CLIENT)) as session:
        none = newest_versions(session, PROJECT)
    assert (none.ontology, none.guideline) == (None, None)
    publish(db, MOOD)
    second, guideline = publish(db, WIDER), instruct(db, TEXTS)
    with db.reading(Scope.tenant(CLIENT)) as session:
        newest = newest_versions(session, PROJECT)
        assert (newest.ontology, newest.guideline) == (second, guideline)
        assert [view.version for view in ontology_versions(session, PROJECT, before=2)] == [1]
        assert guideline_versions(session, PROJECT, before=1) == []


def test_whoever_publishes_the_same_version_second_collides_and_tries_again(db: Database) -> None:
    first = publish(db, MOOD)
    with pytest.raises(IntegrityError) as refused, db.transaction(Scope.tenant(CLIENT)) as session:
        row = session.get_one(OntologyRow, first.id)
        same = {"org_id": CLIENT, "project_id": PROJECT, "version": 1, "task_type": "choice", "fingerprint": "f"}
        session.add(OntologyRow(**same, body=row.body, published_at=row.published_at))
        session.flush()
    assert is_collision(refused.value)

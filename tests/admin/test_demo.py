"""The demonstration world: texts that never repeat, a world that keeps every rule, a command that builds it once."""

import stat
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin import invariants
from admin.demo import accounts, behaviour, material, people, sensitive, wishes
from admin.demo.orders import Set
from admin.demo.stage import Stage
from calibration.models import Attempt, Backtest, BehaviourReview, Dispute, Judgment, Qualification, Track
from kernel import audit
from kernel.db import Database
from kernel.models import AuditEvent, OutboxEvent
from labeling.tasktypes import registry
from marketplace.models import Assignment, Lane, Project, Release
from marketplace.queries.reads import reads_of
from marketplace.values.reads import ReadFilter
from payouts.models import Invoice, PayoutRun
from tests.admin.conftest import SYSTEM
from tests.support import is_soak
from tests.web.conftest import sign_in
from workforce.models import Annotator, Appeal, DecisionReceipt, Organization


def test_how_far_the_play_is_goes_from_nothing_to_all() -> None:
    told: list[float] = []
    stage = Stage(Database("sqlite:///unused.db"), datetime(2027, 3, 20, 15, 40, tzinfo=UTC), Random(1), told.append)
    for moment in (stage.at(0), stage.at(3, 9), stage.at(99)):
        stage.go_to(moment)
    assert (told[0], told[-1]) == (0, 1) and told == sorted(told)


INTENTS = [("sw-KE", 7), ("es-MX", 7), ("ar-EG", 7), ("hi-IN", 7), ("pt-BR", 7)]


@pytest.mark.parametrize(("locale", "classes"), INTENTS)
def test_messages_are_many_never_repeat_and_hold_every_class(locale: str, classes: int) -> None:
    pieces = material.intents(locale, 480, seed=5)
    assert len({piece.key for piece in pieces}) == len(pieces) == 480
    assert len({piece.truth for piece in pieces}) == classes
    assert all("{" not in piece.content["text"] for piece in pieces)


@pytest.mark.parametrize("locale", ["sw-KE", "es-MX"])
def test_pairs_of_answers_never_repeat_and_the_better_one_stands_on_either_side(locale: str) -> None:
    pieces = material.answers(locale, 350, seed=5)
    assert len({piece.key for piece in pieces}) == 350
    assert {piece.truth for piece in pieces} == {"a:1", "a:2", "b:1", "b:2", "tie"}


@pytest.mark.parametrize("texts", [wishes.INTENT_SET, wishes.ANSWER_SET, wishes.REVIEW_SET], ids=lambda each: each.kind)
def test_every_piece_is_a_unit_of_its_schema_with_an_answer_that_fits(texts: Set) -> None:
    ontology = registry.read_ontology(texts.schema)
    kind = registry.get(ontology.task_type)
    locale = "pt-BR" if texts.kind == "reviews" else "es-MX"
    for piece in texts.make(locale, 120, 5):
        content = kind.parse_content(dict(piece.content))
        for label in (piece.truth, piece.tempting):
            kind.parse(behaviour.payload_of(ontology.task_type, label), ontology, content)


def test_one_seed_makes_the_same_texts() -> None:
    assert material.intents("sw-KE", 50, seed=3) == material.intents("sw-KE", 50, seed=3)


def test_people_have_addresses_of_their_own() -> None:
    emails = [speaker.email for speaker in people.speakers()] + [one.email for one in people.STAFF]
    assert len(set(emails)) == len(emails)
    assert all(email.isascii() and email.endswith("@demo.example") for email in emails)


def demo(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["admin", "demo", *words])


@pytest.mark.soak
@pytest.mark.parametrize("db", ["sqlite", "postgresql"] if is_soak() else ["sqlite"], indirect=True)
def test_the_world_is_built_once_and_keeps_every_rule(app: Flask, db: Database) -> None:
    built = demo(app, "--if-empty", "--small")
    assert built.exit_code == 0, built.output
    assert "annotator.sw@demo.example" in built.stdout
    _ensure_something_true_everywhere(db)
    with db.reading(SYSTEM) as session:
        broken = [result for result in invariants.check(session) if not result.ok]
        assert broken == []
        assert audit.verify(session).ok
        events = session.scalar(select(func.count()).select_from(AuditEvent))
    again = demo(app, "--if-empty", "--small")
    assert (again.exit_code, again.stdout) == (0, built.stdout)
    with db.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == events
    _ensure_accounts_let_in(app)


def _ensure_something_true_everywhere(db: Database) -> None:
    with db.reading(SYSTEM) as session:
        states = session.scalars(select(Project.state)).all()
        assert {"done", "live", "draft", "requested", "quoted"} == set(states)
        ended = select(Lane.state).join(Project, Project.id == Lane.project_id).where(Project.state == "done")
        assert set(session.scalars(ended)) == {"done"}
        assert session.scalars(select(Release.state)).all() == ["accepted"]
        assert len(session.scalars(select(Invoice.id)).all()) == 1
        assert session.scalars(select(PayoutRun.state).order_by(PayoutRun.number)).all() == ["settled", "draft"]
        assert {"passed", "failed"} <= set(session.scalars(select(Attempt.state)))
        assert {"test", "waiver"} <= set(session.scalars(select(Qualification.basis)))
        kinds = set(session.scalars(select(DecisionReceipt.kind)))
        assert {"not_admitted", "test_failed", "work_rejected"} <= kinds
        held = select(Assignment.id).where(Assignment.state == "leased", Assignment.draft_sealed.is_not(None))
        assert len(session.scalars(held).all()) == 1
        assert "overturned" in set(session.scalars(select(Appeal.outcome)))
        assert sorted(map(str, session.scalars(select(Dispute.outcome)))) == ["None", "both"]
        assert (session.scalar(select(func.max(Track.checked))) or 0) >= 20
        assert session.scalars(select(BehaviourReview.signal)).all() == ["speed"]
        tried = session.scalars(select(Backtest)).one()
        assert tried.people == tried.done > 0
        assert (session.scalar(select(func.count()).select_from(Judgment)) or 0) > 150
        _ensure_reads_of_restricted_data_are_told(session)
        assert session.scalars(select(OutboxEvent.last_error).where(OutboxEvent.last_error.is_not(None))).all() == []


def _ensure_reads_of_restricted_data_are_told(session: Session) -> None:
    owner = session.scalars(select(Project.org_id).where(Project.classification == "restricted-pii")).one()
    rows, more = reads_of(session, owner, ReadFilter(), limit=100)
    told = Counter((row.role, row.why) for row in rows)
    assert more is None and told["annotator", "handed_out"] >= 2 * 9
    assert (told["client_qa", "looked_at"], told["client_admin", "original"]) == (2, 1)
    assert session.scalars(select(Annotator.clearance).where(Annotator.clearance > 0)).all() == [2, 2]
    assert {project for row in rows for project in [row.project_name]} == {sensitive.wish().name}


def _ensure_accounts_let_in(app: Flask) -> None:
    with app.test_request_context():
        shown = accounts.for_sign_in()
    assert {"operator@demo.example", "client@demo.example", "annotator.hi@demo.example"} <= {row[1] for row in shown}
    for _role, email, password in (shown[0], shown[-1]):
        assert sign_in(app.test_client(), email, password) == 303


def test_the_password_is_kept_for_its_owner_alone(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    accounts.keep_password(settings, accounts.new_password(settings))
    assert stat.S_IMODE((settings.data_dir / "demo_password").stat().st_mode) == 0o600


def test_a_chosen_password_is_taken_as_it_is(app: Flask) -> None:
    settings = replace(app.config["SETTINGS"], demo_password="seven quiet rivers run")
    assert accounts.new_password(settings) == "seven quiet rivers run"


def test_a_password_that_is_not_the_worlds_is_said_not_to_be_used() -> None:
    unused = "DEMO_PASSWORD is not used"
    assert unused in accounts.told("the old one", "a new one") and unused in accounts.told(None, "a new one")
    assert unused not in accounts.told("the old one", "the old one") + accounts.told("the old one")


def test_production_refuses_a_demonstration(app: Flask, db: Database) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], environment="production")
    refused = demo(app)
    assert refused.exit_code == 1
    assert "refused in production" in refused.output
    with db.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Organization)) == 0


def test_a_database_in_use_is_left_as_it_is(app: Flask, db: Database) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with db.transaction(SYSTEM) as session:
        session.add(Organization(kind="client", name="Somebody", name_key="somebody", created_at=now))
    refused, passed_over = demo(app), demo(app, "--if-empty")
    assert (refused.exit_code, passed_over.exit_code) == (1, 0)
    assert passed_over.stdout == ""
    with db.reading(SYSTEM) as session:
        assert session.scalars(select(Organization.name)).all() == ["Somebody"]

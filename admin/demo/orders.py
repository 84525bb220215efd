"""Orders: from a client's request to open lanes, with schemas, guidelines, units, gold, tests, rates and gates."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from admin.demo.behaviour import payload_of
from admin.demo.material import Maker, Piece
from admin.demo.stage import Stage
from calibration.operations import rulebook, tests
from kernel import jobs
from kernel.sealed_files import kept_sealed
from marketplace.operations import imports, ontologies, projects, requests
from marketplace.queries.projects import lanes_of
from marketplace.values.imports import BatchKind
from marketplace.values.requests import QuoteView, Sent
from payouts.operations.rates import set_rate

CURRENCY = "USD"


@dataclass(frozen=True)
class Wish:
    """What a client asks for, and on what terms it is worked."""

    client: str  # the local part of whoever asks
    name: str
    about: str
    task_type: str
    overlap: int
    quality_target: float
    days: int  # until the deadline
    units: Mapping[str, int]  # per locale
    prices: Mapping[str, int]  # micro-units a unit
    rates: Mapping[str, int]
    classification: str = "internal"


@dataclass(frozen=True)
class Set:
    """The texts of a project: where its pieces come from, and how many of them are what."""

    kind: str
    make: Maker
    schema: Mapping[str, Any]
    guideline: Mapping[str, str]
    exam: int
    training: int
    live: int


@dataclass
class Project:
    """A project of the demonstration: its lanes by locale, and the pieces behind its units."""

    id: str
    wish: Wish
    texts: Set
    lanes: dict[str, str] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)


def send(stage: Stage, vendor_org_id: str, wish: Wish) -> Sent:
    """The client asks."""
    with stage.acting(wish.client) as (session, actor):
        return requests.send_request(
            session, actor, name=wish.name, vendor_org_id=vendor_org_id, task_type=wish.task_type,
            classification=wish.classification, about=wish.about, overlap=wish.overlap, currency=CURRENCY,
            lines=[{"locale": locale, "units": units} for locale, units in wish.units.items()],
            quality_target=wish.quality_target, deadline_at=stage.now + timedelta(days=wish.days),
        )  # fmt: skip


def quote(stage: Stage, sent: Sent, wish: Wish) -> QuoteView:
    """The vendor answers."""
    with stage.acting("vendor") as (session, actor):
        return requests.make_quote(session, actor, sent.request_id, prices=wish.prices)


def accept(stage: Stage, sent: Sent, offer: QuoteView, wish: Wish, texts: Set) -> Project:
    """The client accepts: the project is there, with a lane for each language."""
    with stage.acting(wish.client) as (session, actor):
        requests.accept_quote(session, actor, offer.id)
        project = Project(sent.project_id, wish, texts)
        project.lanes = {lane.locale: lane.id for lane in lanes_of(session, project.id)}
    return project


def set_up(stage: Stage, project: Project) -> None:
    """Publish, upload and open: the client brings schema, gold and units, the vendor rates and the word to begin."""
    wish, texts = project.wish, project.texts
    with stage.acting(wish.client) as (session, actor):
        ontologies.publish_ontology(session, actor, project.id, texts.schema, changelog="First version.")
        ontologies.publish_guideline(session, actor, project.id, texts.guideline, changelog="First version.")
    units, gold = _files(stage, project)
    upload(stage, project, BatchKind.UNITS, f"{texts.kind}-units.jsonl", units)
    upload(stage, project, BatchKind.GOLD, f"{texts.kind}-gold.jsonl", gold)
    for locale, lane_id in project.lanes.items():
        with stage.acting("vendor") as (session, actor):
            set_rate(session, actor, lane_id=lane_id, micros=wish.rates[locale], currency=CURRENCY)
        with stage.with_gold(wish.client) as (session, actor):
            tests.publish_test(
                session, actor, lane_id=lane_id, p0=0.6, p1=0.9, alpha=0.1, beta=0.1, training_questions=2,
                accepted=tests.WARNINGS,
            )  # fmt: skip
            rulebook.set_gate(session, actor, lane_id, limit=0.75, minimum_checks=10, pause_days=14)
        with stage.wide("vendor") as (session, actor):
            projects.open_lane(session, actor, lane_id)


def _files(stage: Stage, project: Project) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of units and of gold, in every locale of the project; no content stands in both."""
    texts, units, gold = project.texts, [], []
    for locale, count in project.wish.units.items():
        pools = ["exam"] * texts.exam + ["training"] * texts.training + ["live"] * texts.live
        pieces = texts.make(locale, count + len(pools), stage.draw.getrandbits(30))
        keyed = _spread(pieces, texts.exam, len(pools))
        gold += [_gold_row(piece, locale, pool, project) for piece, pool in zip(keyed, pools, strict=True)]
        chosen = {piece.key for piece in keyed}
        rest = [piece for piece in pieces if piece.key not in chosen]
        units += [
            {"id": f"{texts.kind}-{locale}-{number:04d}", "locale": locale, **piece.content}
            for number, piece in enumerate(rest, start=1)
        ]
        project.pieces += pieces
    return units, gold


def _spread(pieces: Sequence[Piece], exam: int, count: int) -> list[Piece]:
    """Pieces for gold: for the exam nothing doubtful, and every answer in turn; doubtful ones only for training."""
    by_truth: dict[str, list[Piece]] = {}
    for piece in pieces:
        if not piece.is_hard or piece.truth == "tie":
            by_truth.setdefault(piece.truth, []).append(piece)
    found: list[Piece] = []
    while len(found) < count:
        for waiting in by_truth.values():
            if waiting and len(found) < count:
                found.append(waiting.pop())
    return found


def _gold_row(piece: Piece, locale: str, pool: str, project: Project) -> dict[str, Any]:
    answer = payload_of(project.wish.task_type, piece.truth)
    return {"locale": locale, **piece.content, "answer": answer, "pool": pool, "explanation": piece.why}


def upload(
    stage: Stage, project: Project, kind: BatchKind, name: str, rows: Sequence[Mapping[str, Any]], *,
    personal: str = "keep",
) -> None:  # fmt: skip
    """Upload a file, let it be checked, look at what was found, and say that it may be written, and what becomes of
    personal data in it."""
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    with kept_sealed([data], ".jsonl") as stored, stage.acting(project.wish.client) as (session, actor):
        batch = imports.receive_file(session, actor, project.id, kind=kind, name=name, stored=stored)
    jobs.drain(stage.database)
    with stage.acting(project.wish.client) as (session, actor):
        imports.confirm_import(session, actor, batch.id, personal=personal)
    jobs.drain(stage.database)

"""Sensitive data: a small project of restricted texts, the two people who are cleared for it, and who was shown it."""

import random
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from admin.demo import deeds, material, orders, people
from admin.demo.behaviour import Knowledge
from admin.demo.content import guidelines, schemas
from admin.demo.material import Piece
from admin.demo.orders import CURRENCY, Set, Wish
from admin.demo.stage import Stage
from admin.demo.world import World
from calibration.operations import qualifications
from kernel import presence
from kernel.presence import Presence
from kernel.tenancy import Scope
from labeling.rules.personal import mask
from marketplace.models import Unit
from marketplace.operations import ontologies, projects, protecting
from marketplace.values.imports import BatchKind
from payouts.operations.rates import set_rate
from workforce.operations import clearances

KIND, LOCALE = "complaints", "sw-KE"
_UNITS, _EACH = 24, 9
_CLEARED = timedelta(days=80)
_IN_KENYA, _IN_GERMANY = ("192.0.2.20", "KE"), ("198.51.100.7", "DE")  # addresses that are kept for examples
# Those addresses, and whoever tries this out: an installation without a table of countries knows no other place.
_NETWORKS = (
    "192.0.2.0/24", "198.51.100.0/24", "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
)  # fmt: skip
_REACHED = (
    " Nipigieni simu 0712 000 {number:03d}.",
    " Niandikieni kwa mteja.{number}@barua.example.",
    " Namba yangu ni +254 733 000 {number:03d}.",
)


def wish() -> Wish:
    """Complaints in Kiswahili, with numbers and addresses of those who complain."""
    return Wish(
        "client", "Complaints by message, Kenya",
        "Complaints of customers who say how they can be reached. What do they want? Read in Kenya and Germany only.",
        "choice", 2, 0.85, 40, {LOCALE: _UNITS}, {LOCALE: 310_000}, {LOCALE: 90_000}, "restricted-pii",
    )  # fmt: skip


def order(world: World) -> None:
    """Asked for, quoted, accepted, and set up: who may read is said before anything is uploaded."""
    stage, asked = world.stage, wish()
    deeds.order(world, KIND, asked, Set(KIND, _complaints, schemas.INTENTS, guidelines.INTENTS_FIRST, 0, 0, 0))
    project = world.projects[KIND]
    project.pieces = _complaints(LOCALE, _UNITS, 7)
    rows = [
        {"id": f"{KIND}-{number:04d}", "locale": LOCALE, **piece.content}
        for number, piece in enumerate(project.pieces, start=1)
    ]
    with stage.acting("client") as (session, actor):
        ontologies.publish_ontology(session, actor, project.id, schemas.INTENTS, changelog="First version.")
        ontologies.publish_guideline(session, actor, project.id, guidelines.INTENTS_FIRST, changelog="First version.")
        protecting.set_protection(
            session, actor, project.id, agreements={"confidentiality": 1}, annex={}, countries=("KE", "DE"),
            networks=_NETWORKS,
        )  # fmt: skip
    orders.upload(stage, project, BatchKind.UNITS, f"{KIND}.jsonl", rows, personal="mask")
    lane_id = project.lanes[LOCALE]
    with stage.acting("vendor") as (session, actor):
        set_rate(session, actor, lane_id=lane_id, micros=asked.rates[LOCALE], currency=CURRENCY)
    with stage.wide("vendor") as (session, actor):
        projects.open_lane(session, actor, lane_id, without_test=True)
    world.known[KIND] = Knowledge.of([_as_masked(piece) for piece in project.pieces])
    for local in _cleared(world):
        _clear(world, lane_id, local)


def work(world: World) -> None:
    """Those who are cleared answer some of it, each with a fresh proof and from where it may be read."""
    stage, lane = world.stage, world.projects[KIND].lanes[LOCALE]
    with presence.use(_here(stage, _IN_KENYA)):
        begins = [
            (stage.now, lambda player=world.players[local]: player.work([(lane, KIND, world.known[KIND])], _EACH))
            for local in _cleared(world)
        ]
        stage.play(Scope.tenant(world.orgs[people.VENDOR]), begins)


def look(world: World) -> None:
    """The client looks at two units, and once at what was masked, with the reason."""
    stage = world.stage
    with stage.system() as session:
        units = session.scalars(
            select(Unit.id).where(Unit.project_id == world.projects[KIND].id).order_by(Unit.id).limit(2)
        ).all()
    with presence.use(_here(stage, _IN_GERMANY)):
        for unit_id in units:
            stage.go_to(stage.now + timedelta(minutes=3))
            with stage.acting("client.qa") as (session, actor):
                protecting.see_unit(session, actor, unit_id)
        with stage.acting("client") as (session, actor):
            protecting.see_original(
                session, actor, units[0], why="The customer asked what we hold of theirs (request of yesterday)."
            )


def _cleared(world: World) -> list[str]:
    return [local for local, player in world.players.items() if player.speaker.locale == LOCALE][1:3]


def _clear(world: World, lane_id: str, local: str) -> None:
    stage, person = world.stage, world.players[local].annotator_id
    with stage.acting("vendor") as (session, actor):
        clearances.verify_identity(session, actor, person, kind="in-person", note="Met at the office.")
        clearances.set_clearance(
            session, actor, person, level=2, until_at=stage.now + _CLEARED,
            reason="Trained in data protection in January; works on complaints until the end of the quarter.",
        )  # fmt: skip
        qualifications.waive(
            session, actor, lane_id, person, "Passed the test of Support intents, round 3, with the same seven wishes."
        )


def _here(stage: Stage, where: tuple[str, str]) -> Presence:
    address, country = where
    return Presence(address, country, stage.now, stage.now)


def _complaints(locale: str, count: int, seed: int) -> list[Piece]:
    """Messages as in the other projects, each with how its writer can be reached."""
    draw = random.Random(seed)
    return [
        replace(piece, content={"text": piece.content["text"] + draw.choice(_REACHED).format(number=number + 100)})
        for number, piece in enumerate(material.intents(locale, count, seed))
    ]


def _as_masked(piece: Piece) -> Piece:
    """The piece as those who work on it are shown it."""
    masked = mask(piece.content, LOCALE)
    return piece if masked is None else replace(piece, content=masked.content)

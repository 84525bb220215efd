"""Deeds: what staff and a few annotators do on one day or another, through the operations that pages call."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.demo import founding, orders, people, wishes
from admin.demo.behaviour import Knowledge, payload_of
from admin.demo.content import guidelines
from admin.demo.orders import Set, Wish
from admin.demo.stage import NIGHTLY, SETTLING
from admin.demo.world import World
from calibration.models import Judgment
from calibration.operations import qualifications
from kernel import jobs
from kernel.policy import Actor
from kernel.tenancy import Scope
from marketplace.models import Review
from marketplace.operations import answers, appeals, ontologies, releases, reviewing, taking
from marketplace.operations.reviewing import ReviewTask
from marketplace.values.work import NoWork
from payouts.operations import runs
from workforce import operations, queries
from workforce.values import AnnotatorView

_RIGHT, _WRONG = "rejected though right", "rejected"
_ANYBODY = 7  # from this day on, what is told of one person may be told of another
_NOT_PAID_YET = timedelta(hours=60)
_THRESHOLD = 500_000  # nobody is sent less than half a dollar


def order(world: World, kind: str, wish: Wish, texts: Set) -> None:
    """Asked for, quoted and accepted within a day."""
    stage = world.stage
    sent = orders.send(stage, world.orgs[people.VENDOR], wish)
    stage.go_to(stage.now + timedelta(hours=1, minutes=40))
    offer = orders.quote(stage, sent, wish)
    stage.go_to(stage.now + timedelta(hours=2, minutes=10))
    world.projects[kind] = orders.accept(stage, sent, offer, wish, texts)


def set_up(world: World, kind: str, hour: float) -> None:
    """Bring a project to work; from now on it is known what its texts are."""
    stage, project = world.stage, world.projects[kind]
    stage.go_to(stage.at(1 if kind != "reviews" else 11, hour))
    orders.set_up(stage, project)
    world.known[kind] = Knowledge.of(project.pieces)


def decline(world: World, person: AnnotatorView) -> None:
    """Not admitted, with a reason."""
    with world.stage.acting("vendor") as (session, actor):
        operations.decline(
            session, actor, person.id,
            "The sample texts were answered in another variety of Spanish. Please apply again with your own.",
        )  # fmt: skip


def waive(world: World) -> None:
    """Somebody is let in without the test, for a reason that stands in the record."""
    stage, player = world.stage, world.players[people.WAIVED]
    stage.go_to(stage.at(2, 8))
    with stage.acting("vendor") as (session, actor):
        qualifications.waive(
            session, actor, world.projects["intents"].lanes[player.speaker.locale], player.annotator_id,
            "Worked on rounds 1 and 2 for this client in our earlier system, 94% on 800 checked units.",
        )  # fmt: skip


def new_guideline(world: World) -> None:
    """The client answers what people asked at work, in a new version."""
    stage = world.stage
    stage.go_to(stage.at(6, 7.5))
    with stage.acting("client.pm") as (session, actor):
        ontologies.publish_guideline(
            session, actor, world.projects["intents"].id, guidelines.INTENTS_SECOND, changelog=guidelines.INTENTS_CHANGE
        )


def review(world: World, *, left: int) -> None:
    """The reviewer looks at what waits, oldest first, and leaves the last of it."""
    stage = world.stage
    with stage.system() as session:
        waiting = reviews_waiting(session)
    for _turn in range(max(0, waiting - left)):
        stage.go_to(stage.now + timedelta(seconds=stage.draw.randrange(15, 50)))
        with stage.acting("reviewer") as (session, actor):
            task = reviewing.take_review(session, actor)
            if task is None:
                return
            _decide(world, session, actor, task)


def _decide(world: World, session: Session, actor: Actor, task: ReviewTask) -> None:
    kind = world.kind_of(task.lane_id)
    piece = world.known[kind].piece(task.content)
    right = payload_of(task.task_type, piece.truth)
    rejected = _to_reject(world, session, task, right)
    if rejected is not None:
        judgment_id, label = rejected
        reviewing.decide_review(
            session, actor, task.id, verdict="reject", reason="guideline" if label is None else "random",
            note="", label=label, judgment_ids=(judgment_id,),
        )  # fmt: skip
    elif task.consensus is not None and _agrees(task.consensus, right):
        reviewing.decide_review(session, actor, task.id, verdict="accept")
    else:
        reviewing.decide_review(session, actor, task.id, verdict="fix", reason="wrong_class", label=right)


def _agrees(consensus: dict[str, Any], right: dict[str, Any]) -> bool:
    """The same class; of preferences the same side, whatever the strength."""
    return all(consensus.get(name) == value for name, value in right.items() if name != "strength")


def _to_reject(
    world: World, session: Session, task: ReviewTask, right: dict[str, Any]
) -> tuple[str, dict[str, Any] | None] | None:
    """One answer that is rejected though it was right, which an appeal will show; and one that deserved it."""
    if world.kind_of(task.lane_id) != "intents":
        return None
    given = {answer.judgment_id: answer.answer for answer in task.answers}
    fresh = Judgment.id.in_(given) & (Judgment.answered_at > world.stage.now - _NOT_PAID_YET)
    authors = [tuple(row) for row in session.execute(select(Judgment.annotator_id, Judgment.id).where(fresh))]
    locals_ = {player.annotator_id: local for local, player in world.players.items()}
    for note, wanted, is_right in ((_RIGHT, people.OVERTURNED, True), (_WRONG, people.DRIFTS, False)):
        for annotator_id, judgment_id in authors if note not in world.notes else ():
            is_told = locals_[annotator_id] == wanted or world.stage.day >= _ANYBODY
            if is_told and (given[judgment_id] == right) is is_right:
                world.notes[note] = locals_[annotator_id]
                return judgment_id, None if is_right else right
    return None


def reviews_waiting(session: Session) -> int:
    """How many reviews are open, over all lanes."""
    return session.scalar(select(func.count()).select_from(Review).where(Review.state == "open")) or 0


def look_at_rejection(world: World) -> None:
    """The person whose right answer was rejected says so; on a later day somebody who did not decide it agrees."""
    local, appeal_id = world.notes.get(_RIGHT), world.notes.get("work_rejected")
    if appeal_id is not None and "answered" not in world.notes:
        _overturn(world, appeal_id)
    elif local is not None and appeal_id is None:
        _appeal(
            world, local, "work_rejected",
            "Leí otra vez la guía: lo que cuenta es lo que el cliente pide. Eso fue lo que elegí.",
        )  # fmt: skip


def appeal_pause(world: World) -> None:
    """The person whom the gate has paused asks somebody to look."""
    world.stage.go_to(world.stage.at(13, 8))
    _appeal(
        world,
        people.DRIFTS,
        "lane_paused",
        "पिछले हफ़्ते मैं फ़ोन से काम कर रही थी और स्क्रीन टूटी हुई थी। अब ठीक है। कृपया मेरे पहले के जवाब देखिए।",
    )


def _appeal(world: World, local: str, kind: str, text: str) -> None:
    stage, player = world.stage, world.players[local]
    with stage.acting(local) as (session, actor):
        found, _after = queries.receipts_of(session, player.annotator_id)
        receipt = next((each for each in found if each.kind == kind), None)
        if receipt is not None:
            world.notes[kind] = operations.open_appeal(session, actor, receipt.id, text).id


def _overturn(world: World, appeal_id: str) -> None:
    with world.stage.acting("vendor") as (session, actor):
        appeals.decide_appeal(
            session, actor, appeal_id, outcome="overturned",
            answer="You are right: the customer's first wish is what counts. Your answer counts and is paid.",
        )  # fmt: skip
    world.notes["answered"] = appeal_id


def finish(world: World, kind: str) -> None:
    """Whatever is left of a project is answered, settled and reviewed, so that all of it can be delivered."""
    stage = world.stage
    stage.go_to(stage.at(10, 8))
    everybody = list(world.players.values())
    begins = [
        (stage.now, lambda player=player, lanes=lanes: player.work(lanes, 400))
        for player in everybody
        if (lanes := world.lanes_of(player, (kind,)))
    ]
    stage.play(Scope.tenant(world.orgs[people.VENDOR]), begins)
    stage.carry(*NIGHTLY, *SETTLING)
    review(world, left=0)


def release(world: World, kind: str) -> None:
    """The vendor delivers, the client accepts, and is invoiced."""
    stage, project = world.stage, world.projects[kind]
    with stage.acting("vendor") as (session, actor):
        ordered = releases.cut_release(session, actor, project.id)
    jobs.drain(stage.database)
    stage.go_to(stage.now + timedelta(hours=3))
    with stage.acting("client.pm") as (session, actor):
        releases.decide_release(session, actor, ordered.id, accept=True)
    jobs.drain(stage.database)


def first_payout(world: World) -> None:
    """One person prepares, another approves, the file goes to the bank."""
    stage = world.stage
    stage.go_to(stage.at(8, 8.5))
    with stage.acting("finance") as (session, actor):
        run = runs.prepare_run(session, actor, currency=orders.CURRENCY, threshold_micros=_THRESHOLD)
    stage.go_to(stage.at(8, 8.9))
    with stage.acting("finance2") as (session, actor):
        runs.approve_run(session, actor, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
        runs.export_run(session, actor, run.id)
    world.notes["run"] = run.id


def settle_payout(world: World) -> None:
    """The bank has paid."""
    stage = world.stage
    stage.go_to(stage.at(9, 8))
    with stage.acting("finance") as (session, actor):
        runs.settle_run(session, actor, world.notes["run"])


def second_payout(world: World) -> None:
    """Prepared, and waiting for the second person."""
    stage = world.stage
    stage.go_to(stage.at(13, 8.6))
    with stage.acting("finance") as (session, actor):
        runs.prepare_run(session, actor, currency=orders.CURRENCY, threshold_micros=_THRESHOLD)


def quoted_request(world: World) -> None:
    """Asked and quoted: the client's answer is missing."""
    stage = world.stage
    stage.go_to(stage.at(12, 7))
    sent = orders.send(stage, world.orgs[people.VENDOR], wishes.QUOTED)
    stage.go_to(stage.at(12, 8))
    orders.quote(stage, sent, wishes.QUOTED)


def asked_request(world: World) -> None:
    """Asked: the vendor's quote is missing."""
    world.stage.go_to(world.stage.at(13, 7))
    orders.send(world.stage, world.orgs[people.VENDOR], wishes.ASKED)


def new_applicant(world: World) -> None:
    """Somebody has applied and waits to be admitted."""
    world.stage.go_to(world.stage.at(13, 7.5))
    if world.waits is not None:
        founding.apply(world.stage, world.pool, world.waits, world.password)


def last_minutes(world: World) -> None:
    """Somebody has a unit in hand and has begun to answer it."""
    stage, player = world.stage, world.players[people.HOLDS]
    lane_id, _kind, known = world.lanes_of(player, ("intents",))[0]
    with stage.acting(people.HOLDS) as (session, actor):
        task = taking.take_next(session, actor, lane_id)
    if isinstance(task, NoWork):
        return
    stage.go_to(stage.now + timedelta(minutes=2))
    piece = known.piece(task.content)
    with stage.acting(people.HOLDS) as (session, actor):
        answers.save_draft(session, actor, task.assignment_id, payload_of(task.task_type, piece.tempting))

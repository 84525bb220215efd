"""No adverse decision without a record, a human and an appeal: whatever happens in a lane, in whatever order."""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from sqlalchemy import select

from calibration.models import Attempt, BehaviourReview, Dispute, Grade, Qualification
from calibration.operations import attempts, behaviour, disputes, gates, qualifications, rulebook
from calibration.queries.disputes import disclosed
from i18n import Message
from kernel import clock, ids
from kernel.db import Database, now_of
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.jobs import drain
from kernel.policy import Actor, Role
from marketplace.operations.appeals import decide_appeal, hold_decision
from payouts.models import Earning
from payouts.operations import earnings
from tests.calibration_db.test_attempts import answer, publish, start
from tests.calibration_db.test_disputes import judge_of
from tests.calibration_db.test_grading import answer_gold
from tests.calibration_db.world import GRADER, build
from tests.support import scale
from workforce.models import Annotator, Appeal, DecisionReceipt, StandingChange
from workforce.operations import change_standing, open_appeal
from workforce.operations.receipts import issue_receipt
from workforce.queries.receipts import late_appeals
from workforce.rules.appeals import HELD

STEPS = 30
NAMES = ("Asha", "Juma")
REFUSED = (Conflict, Forbidden, NotFound)


class Story:
    """A lane in which anything may happen to two people, as a seed says."""

    def __init__(self, db: Database, draw: random.Random) -> None:
        self.draw, self.world = draw, build(db)
        self.world.hire(*NAMES)
        self.world.add_gold(150, "exam")
        publish(self.world, training_questions=0, attempts_most=5, cool_down_hours=[1])
        with self.world.in_vendor() as session:
            rulebook.set_gate(session, self.world.as_vendor(), self.world.lane, limit=0.8, minimum_checks=10)
        self.acts: tuple[Callable[[], object], ...] = (
            self.check, self.check, self.check, self.exam, self.contest, self.judge, self.signal, self.decide_signal,
            self.refuse_pay, self.revoke, self.stand, self.appeal, self.hear, self.hear, self.wait,
        )  # fmt: skip

    def step(self) -> None:
        """Do something, which may be refused, and let the jobs go on. No two things happen at the same moment."""
        self.world.later(seconds=1)
        with suppress(*REFUSED):
            self.draw.choice(self.acts)()
        with clock.use_clock(lambda: self.world.now):
            drain(self.world.db)
        self.hold_late()

    def hold_late(self) -> int:
        """What the job of late appeals does, each in its own transaction."""
        with self.world.system() as session:
            late = late_appeals(session)
        held = 0
        for appeal_id in late:
            with suppress(Conflict, NotFound), self.world.system() as session:
                held += hold_decision(session, GRADER, appeal_id)
        return held

    @property
    def name(self) -> str:
        return self.draw.choice(NAMES)

    def manager(self) -> Actor:
        return Actor(self.draw.choice(("manager", "deputy")), self.world.vendor, Role.VENDOR_MANAGER, org_kind="vendor")

    def check(self) -> None:
        answer_gold(self.world, self.name, self.world.add_gold(6, "live"), rights=self.draw.choice((0, 1, 6)))
        self.world.later(minutes=1)
        self.world.grade()

    def exam(self) -> None:
        name, right = self.name, self.draw.random() < 0.5
        view = start(self.world, name)
        while view.is_live:
            view = answer(self.world, view, right=right, name=name).attempt

    def contest(self) -> None:
        name = self.name
        actor = self.world.annotator(name)
        with self.world.system() as session:
            person = self.world.people[name][0]
            over = session.scalars(select(Attempt.id).where(Attempt.annotator_id == person)).all()
            paused = session.scalars(
                select(DecisionReceipt.id).where(
                    DecisionReceipt.annotator_id == person, DecisionReceipt.kind == "lane_paused"
                )
            ).all()
            if over and self.draw.random() < 0.5:
                disputes.contest_question(session, actor, self.draw.choice(over), self.draw.randrange(8), "Wrong.")
            elif paused:
                receipt_id = self.draw.choice(paused)
                disputes.open_evidence(session, actor, receipt_id)
                session.flush()
                shown = sorted(disclosed(session, receipt_id))
                if shown:
                    disputes.contest_evidence(session, actor, receipt_id, self.draw.choice(shown), "Wrong.")

    def judge(self) -> None:
        with self.world.in_client() as session:
            waiting = session.scalars(select(Dispute.id).where(Dispute.decided_at.is_(None))).all()
            if waiting:
                choice = self.draw.choice(("first", "second", "both", "neither"))
                disputes.decide(session, judge_of(self.world), self.draw.choice(waiting), choice=choice, reply="So.")

    def signal(self) -> None:
        sign = {"name": "x", "measured": 0.0, "bound": 1e-4, "false_positives": 1e-4}
        with self.world.system() as session:
            session.add(
                BehaviourReview(
                    id=ids.new_id(), org_id=self.world.client, vendor_org_id=self.world.vendor,
                    project_id=self.world.project, lane_id=self.world.lane,
                    annotator_id=self.world.people[self.name][0],
                    signal=self.draw.choice(("speed", "monotony", "copying")), figures={"signs": [sign]}, evidence=[],
                    opened_at=self.world.now,
                )
            )  # fmt: skip

    def decide_signal(self) -> None:
        with self.world.in_vendor() as session:
            waiting = session.scalars(select(BehaviourReview.id).where(BehaviourReview.decided_at.is_(None))).all()
            if waiting:
                outcome = self.draw.choice(("nothing", "more_checks", "pause", "pause"))
                behaviour.decide_review(
                    session, self.manager(), self.draw.choice(waiting), outcome=outcome, note="I looked at it twice."
                )

    def refuse_pay(self) -> None:
        with self.world.system() as session:
            of_lane = select(Grade).where(Grade.lane_id == self.world.lane)
            row = session.scalars(of_lane.order_by(Grade.judgment_id)).first()
            if row is None:
                return
            account = self.account_of(row.annotator_id)
            earnings.accrue(
                session, GRADER, vendor_org_id=self.world.vendor, annotator_id=row.annotator_id, account_id=account,
                lane_id=self.world.lane, project_id=self.world.project, judgment_id=row.judgment_id, micros=50_000,
                currency="EUR", memo={}, due_at=self.world.now,
            )  # fmt: skip
            receipt = issue_receipt(
                session, Actor("reviewer", self.world.vendor, Role.REVIEWER), annotator_id=row.annotator_id,
                kind="work_rejected", rule="review", rule_version="1", what=Message("w"), why=Message("y"),
                way_back=Message("b"), cause_kind="judgment", cause_id=row.judgment_id, lane_id=self.world.lane,
                evidence=[{"kind": "judgment", "id": row.judgment_id}],
            )  # fmt: skip
            earnings.reject(session, GRADER, row.judgment_id, receipt_id=receipt)

    def revoke(self) -> None:
        with self.world.in_vendor() as session:
            qualifications.revoke(
                session, self.manager(), self.world.lane, self.world.people[self.name][0], "A reason."
            )

    def stand(self) -> None:
        with self.world.in_vendor() as session:
            status = self.draw.choice(("paused", "suspended", "active"))
            change_standing(session, self.manager(), self.world.people[self.name][0], status=status, reason="A reason.")

    def appeal(self) -> None:
        name = self.name
        with self.world.in_vendor() as session:
            found = session.scalars(
                select(DecisionReceipt.id).where(DecisionReceipt.annotator_id == self.world.people[name][0])
            ).all()
            if found:
                open_appeal(session, self.world.annotator(name), self.draw.choice(found))

    def object(self) -> None:
        name = self.name
        with self.world.in_vendor() as session:
            found = session.scalars(
                select(DecisionReceipt.id).where(
                    DecisionReceipt.annotator_id == self.world.people[name][0], DecisionReceipt.state == "in_force"
                )
            ).all()
            for receipt_id in found:
                open_appeal(session, self.world.annotator(name), receipt_id)

    def hear(self) -> None:
        with self.world.in_vendor() as session:
            waiting = session.scalars(select(Appeal.id).where(Appeal.decided_at.is_(None))).all()
            if waiting:
                outcome = self.draw.choice(("upheld", "overturned"))
                decide_appeal(session, self.manager(), self.draw.choice(waiting), outcome=outcome, answer="I looked.")

    def wait(self) -> None:
        self.world.later(days=self.draw.choice((1, 4, 8)))
        with self.world.system() as session:
            gates.end_pauses(session, GRADER)
            attempts.end_overdue(session, GRADER)
            disputes.lapse_overdue(session, GRADER)

    def hold(self) -> int:
        """Every adverse state rests on a receipt that holds; returns how many there are."""
        with self.world.system() as session:
            own = {annotator for annotator, _account in self.world.people.values()}
            told = {
                row.id: row
                for row in session.scalars(select(DecisionReceipt).where(DecisionReceipt.annotator_id.in_(own)))
            }
            standing = dict[str, str | None]()
            for change in session.scalars(select(StandingChange).order_by(StandingChange.at)):
                standing[change.annotator_id] = change.receipt_id
            found: list[tuple[str, str | None]] = []
            for held in session.scalars(select(Qualification).where(Qualification.annotator_id.in_(own))):
                if held.paused_until is not None and held.paused_until > now_of(session):
                    found.append(("lane_paused", held.pause_receipt_id))
                if held.revoked_at is not None:
                    cause = f"{held.id}:{held.revoked_at:%Y%m%d%H%M%S}"
                    found.append(("removed", next((each.id for each in told.values() if each.cause_id == cause), None)))
            for row in session.scalars(select(Attempt).where(Attempt.annotator_id.in_(own), Attempt.state == "failed")):
                found.append(
                    ("test_failed", next((each.id for each in told.values() if each.cause_id == row.id), None))
                )
            for earning in session.scalars(select(Earning).where(Earning.annotator_id.in_(own))):
                if earning.state == "rejected":
                    found.append(("work_rejected", earning.receipt_id))
            for person in session.scalars(select(Annotator).where(Annotator.id.in_(own))):
                if person.status in ("paused", "suspended"):
                    kind = {"paused": "paused", "suspended": "removed"}[person.status]
                    found.append((kind, standing[person.id]))
            for kind, receipt_id in found:
                assert receipt_id in told, f"{kind} without a record"
                receipt = told[receipt_id]
                assert (receipt.kind, receipt.state) in ((kind, "in_force"), (kind, "appealed"))
                assert receipt.what and receipt.why and receipt.way_back and receipt.rule and receipt.rule_version
                waiting = session.scalars(select(Appeal).where(Appeal.receipt_id == receipt.id)).one_or_none()
                if waiting is not None and waiting.decided_at is None and kind in HELD:
                    assert waiting.due_at >= now_of(session), f"{kind} in place past the day of its answer"
            self._over_is_over(session.scalars(select(Appeal)).all(), told, {each for _kind, each in found})
            self._people_decide(session.scalars(select(Appeal)).all(), told)
            for review in session.scalars(select(BehaviourReview).where(BehaviourReview.outcome.is_not(None))):
                assert review.decided_by is not None
        return len(found)

    def _over_is_over(
        self, appeals: Iterable[Appeal], told: dict[str, DecisionReceipt], in_place: set[str | None]
    ) -> None:
        """What was on hold told the person so, by a receipt of its own; what is over does not hold again; and what is
        about the lane, was on hold and is right holds again."""
        restored = {each.cause_id for each in told.values() if each.cause_kind == "appeal"}
        assert restored == {each.id for each in appeals if each.held_at is not None and each.receipt_id in told}
        for receipt in told.values():
            assert receipt.ended_at is None or receipt.state != "in_force"
        for each in appeals:
            about = told.get(each.receipt_id)
            if about is None or each.held_at is None or about.lane_id is None:
                continue
            is_past = about.until_at is not None and about.until_at <= self.world.now
            assert about.state != "in_force" or is_past or about.id in in_place

    def account_of(self, annotator_id: str) -> str:
        return next(account for annotator, account in self.world.people.values() if annotator == annotator_id)

    def _people_decide(self, appeals: Iterable[Appeal], told: dict[str, DecisionReceipt]) -> None:
        """Signals and reviews are decided by people; an appeal by another person than whoever decided, and its own."""
        for receipt in told.values():
            assert receipt.rule not in ("behaviour_review", "review") or receipt.decided_by is not None
        for each in appeals:
            about = told.get(each.receipt_id)
            if about is not None and each.decided_by is not None:
                assert each.decided_by not in {about.decided_by, self.account_of(about.annotator_id)}
            if about is not None and each.outcome == "overturned":
                assert about.state == "overturned"


@pytest.mark.soak
def test_whatever_happens_every_adverse_decision_has_a_record_a_human_and_an_appeal(db_sqlite: Database) -> None:
    adverse = 0
    for seed in range(scale(4, 60)):
        story = Story(db_sqlite, random.Random(seed))
        for step in range(STEPS):
            story.step()
            try:
                adverse += story.hold()
            except AssertionError as fault:
                fault.add_note(f"in story {seed} after step {step}")
                raise
    assert adverse > 20


def test_every_decision_of_a_rule_or_a_person_can_be_appealed_once(db_sqlite: Database) -> None:
    story = Story(db_sqlite, random.Random(1))
    world = story.world
    answer_gold(world, "Asha", world.add_gold(12, "live"), rights=0)
    world.grade()
    view = start(world, "Juma")
    while view.is_live:
        view = answer(world, view, right=False, name="Juma").attempt
    for name, kind in (("Asha", "lane_paused"), ("Juma", "test_failed")):
        with world.in_vendor() as session:
            receipt = session.scalars(
                select(DecisionReceipt).where(DecisionReceipt.annotator_id == world.people[name][0])
            ).one()
            assert receipt.kind == kind
            appeal = open_appeal(session, world.annotator(name), receipt.id)
        with world.in_vendor() as session:
            decide_appeal(session, world.as_vendor(), appeal.id, outcome="overturned", answer="You are right.")
    with world.system() as session:
        assert session.scalars(select(Qualification.paused_until)).one() is None
        row = session.get_one(Attempt, view.id)
        assert (row.state, row.next_at) == ("ended", None), "a free attempt"
    assert start(world, "Juma").is_live


def test_a_lane_is_taken_and_given_back_beside_ones_standing(db_sqlite: Database) -> None:
    story = Story(db_sqlite, random.Random(1))
    world = story.world
    person = world.people["Asha"][0]
    view = start(world, "Asha")
    while view.is_live:
        view = answer(world, view, right=True, name="Asha").attempt

    def stands(status: str) -> None:
        world.later(minutes=1)
        with world.in_vendor() as session:
            change_standing(session, world.as_vendor(), person, status=status, reason="A reason.")

    def told() -> dict[str, str]:
        with world.system() as session:
            rows = session.scalars(select(DecisionReceipt).where(DecisionReceipt.kind == "removed"))
            return {row.cause_kind: row.state for row in rows}

    def overturn(receipt_id: str) -> str:
        with world.in_vendor() as session:
            appeal = open_appeal(session, world.annotator("Asha"), receipt_id)
        with world.in_vendor() as session:
            deputy = Actor("deputy", world.vendor, Role.VENDOR_MANAGER, org_kind="vendor")
            decide_appeal(session, deputy, appeal.id, outcome="overturned", answer="I looked.")
        with world.system() as session:
            return session.get_one(Annotator, person).status

    with world.in_vendor() as session:
        of_lane = qualifications.revoke(session, world.as_vendor(), world.lane, person, "A reason.")
    stands("suspended")
    stands("active")
    assert told() == {"qualification": "in_force", "standing_change": "ended"}
    stands("paused")
    with world.system() as session:
        paused = session.scalars(select(DecisionReceipt.id).where(DecisionReceipt.kind == "paused")).one()
    stands("suspended")
    assert overturn(of_lane) == "suspended", "the lane is given back, not the standing"
    assert overturn(paused) == "suspended", "what was decided later holds"

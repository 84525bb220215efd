"""Gold from settled units: which are proposed, what accepting does, and that nothing is measured by itself."""

import pytest
from sqlalchemy import select, update

from calibration.models import (
    Consensus,
    Exposure,
    GoldKey,
    GoldProposal,
    Grade,
    InferenceRun,
    Judgment,
    PendingGrade,
    Track,
)
from calibration.operations import grading, tracks
from calibration.queries import gold_candidates, keyed_items
from calibration.queries.gold import anchors
from calibration.rules.rotation import mixed
from kernel import ids
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import Actor, Role, system_actor
from marketplace.models import Assignment, Lane, LanePerson, ProblemReport, Review, Slot, Unit
from marketplace.operations import planning, planting, proposals, reviewing
from marketplace.operations.proposals import ProposalsDecided
from marketplace.queries import releases as queries
from marketplace.queries.reviews import own_figures, reviewers_of
from marketplace.rules import planting as planted
from marketplace.rules.proposals import Candidate, chosen
from marketplace.rules.qa import Counted, report_of
from marketplace.values.releases import Graded
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.orders import Market
from tests.support.words import address_of
from workforce.models import Account, DecisionReceipt, Membership

SYSTEM = system_actor("test")


def test_never_more_than_seven_in_ten_of_a_persons_checks_are_from_settled_units() -> None:
    settled = [f"s{number}" for number in range(1, 9)]
    first = mixed(["k1", "k2"], settled, 9, met=0, met_settled=0)
    assert first == ["k1", "s1", "k2", "s2", "s3", "s4"], "5 of 7 would be more"
    assert mixed([], ["s1"], 1, met=0, met_settled=0) == []
    assert mixed([], ["s1", "s2", "s3"], 3, met=9, met_settled=6) == ["s1"], "7 of 10, and no eighth of 11"


def test_proposals_come_of_each_class_and_third_in_turn() -> None:
    easy = [Candidate(f"e{number}", "a", 3, 3, 10.0 + number) for number in range(30)]
    hard = [Candidate(f"h{number}", "a", 4, 3, 10.0) for number in range(3)]
    rare = [Candidate("r", "b", 3, 3, 10.0)]
    found = chosen([*easy, *hard, *rare], 8, seed=3)
    assert len(found) == 8
    assert found == chosen([*rare, *hard, *easy], 8, seed=3)
    assert "r" in found
    assert sorted(third for unit, third in found.items() if unit != "r") == [0, 0, 0, 1, 1, 2, 2]


def test_what_settled_gold_says_is_no_part_of_any_other_figure() -> None:
    known = [Graded("sw-KE", "a", "a", 1.0)] * 3 + [Graded("sw-KE", "a", "b", 0.0)]
    mined = [Graded("sw-KE", "a", "a", 1.0, by_settled=True)] * 40
    reports = [
        report_of(name="x", version=1, counted=Counted(), lanes=[], grades=grades, classes=("a", "b"))
        for grades in (known, [*known, *mined])
    ]
    assert reports[1].pop("accuracy_on_settled")["n"] == 40
    assert reports[0].pop("accuracy_on_settled") is None
    assert [found.pop("inputs")["checks"]["count"] for found in reports] == [4, 44], (
        "what it was made from is told whole"
    )
    assert reports[0] == reports[1]


@pytest.fixture
def work(market: Market) -> Work:
    """Settled units of which `sure` and `other` could be gold, and people of whom two are proven."""
    found = lane_with_people(market, 4)
    for reference, answers, label in (
        ("sure", ["refund"] * 3, "refund"), ("other", ["network"] * 3, "network"), ("weak", ["refund"] * 3, "refund"),
        ("split", ["refund", "refund", "other"], "refund"), ("reported", ["refund"] * 3, "refund"),
        ("mended", ["refund"] * 3, "refund"),
    ):  # fmt: skip
        found.settle(reference, answers, label)
    found.review("mended", "fix", "other")
    with market.system() as session:
        lane = session.get_one(Lane, found.lane_id)
        for person in found.people[:3]:
            track = tracks.empty_track(
                lane.org_id, lane.vendor_org_id or "", lane.project_id, lane.id, person, market.now
            )
            if person != found.people[2]:
                track.checked, track.a, track.b = 40, 38.0, 2.0
            session.add(track)
        run = InferenceRun(
            id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
            lane_id=lane.id, method="vote", parameters={}, judgments=18, units=6, iterations=1, converged=True,
            skills={}, agreement={}, at=market.now,
        )  # fmt: skip
        session.add(run)
        session.flush()
        for reference, unit_id in found.units.items():
            unit = session.get_one(Unit, unit_id)
            given = "network" if reference == "other" else "refund"
            session.add(
                Consensus(
                    id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
                    lane_id=lane.id, unit_id=unit_id, item_id=unit.item_id, run_id=run.id, label={"choice": given},
                    category=given, majority_category=given, confidence=0.9 if reference == "weak" else 0.995,
                    judgments=3, at=market.now,
                )
            )  # fmt: skip
        session.add(
            ProblemReport(
                org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
                unit_id=found.units["reported"], annotator_id="x", account_id="x", reason="broken", at=market.now,
            )
        )  # fmt: skip
        skipper = Assignment(
            org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id, lane_id=lane.id,
            unit_id=found.units["sure"], item_id=session.get_one(Unit, found.units["sure"]).item_id, slot_no=1,
            annotator_id="skipper", account_id="skipper", state="skipped", leased_at=market.now,
            lease_until=market.now, rate_micros=1, currency="EUR", ontology_id=lane.ontology_id,
            guideline_id=lane.guideline_id,
        )  # fmt: skip
        session.add(skipper)
    return found


def propose(work: Work) -> dict[str, str]:
    """Proposals by the reference of their unit."""
    with work.market.system() as session:
        proposals.propose_gold(session, SYSTEM, work.lane_id)
        rows = session.execute(select(GoldProposal.unit_id, GoldProposal.id).where(GoldProposal.state == "open")).all()
    names = {unit_id: reference for reference, unit_id in work.units.items()}
    return {names[row.unit_id]: row.id for row in rows}


def decide(work: Work, **what: object) -> ProposalsDecided:
    with work.market.gold() as session:
        return proposals.decide_proposals(session, work.market.qa, work.project_id, **what)  # type: ignore[arg-type]


def test_a_settled_unit_becomes_gold_for_others_and_stays_work(work: Work) -> None:
    market = work.market
    found = propose(work)
    assert set(found) == {"sure", "other"}
    assert propose(work) == found, "nothing is proposed twice"
    with market.gold() as session:
        _project, rows, after = proposals.read_proposals(session, market.qa, work.project_id)
        assert (len(rows), after) == (2, None)
        assert {(row.category, row.people, row.proven, row.answers) for row in rows} == {
            ("refund", 3, 2, 3), ("network", 3, 2, 3),
        }  # fmt: skip
    with pytest.raises(Forbidden), market.gold() as session:
        proposals.read_proposals(session, market.manager, work.project_id)
    with pytest.raises(Invalid) as problem:
        decide(work, accept=[found["sure"]], refuse=[found["sure"]], pool="attic")
    assert set(problem.value.fields) == {"accept", "pool"}
    with pytest.raises(Conflict):
        decide(work, accept=["nothing"])

    market.later(hours=1)
    assert decide(work, accept=[found["sure"]], refuse=[found["other"]]) == ProposalsDecided(1, 1, 0)
    assert decide(work, accept=list(found.values())) == ProposalsDecided(0, 0, 0), "what was decided stays so"
    assert propose(work) == {}, "what was refused does not come back"
    unit_id = work.units["sure"]
    with market.system() as session:
        key = session.scalars(select(GoldKey)).one()
        unit = session.get_one(Unit, unit_id)
        assert (key.source, key.truth, key.pool, key.item_id) == ("settled", {"choice": "refund"}, "live", unit.item_id)
        assert (unit.state, unit.label, unit.overlap) == ("settled", {"choice": "refund"}, 3 + key.exposure_cap)
        known = set(session.scalars(select(Exposure.account_id).where(Exposure.item_id == key.item_id)))
        assert known == {"skipper"}, "the judgments of this world have no assignment"
        assert gold_candidates(session, work.lane_id, "newcomer", 5) == [], "never the first check of somebody"
        assert anchors(session, work.lane_id) == {}
        assert session.scalars(keyed_items(work.lane_id)).all() == []
        refs = {ref.unit_id: ref for ref in queries.settled_refs(session, work.lane_id)}
    assert unit_id in refs, "it is still delivered"

    fresh = work.people[3]
    market.later(minutes=1)
    with market.system() as session:
        lane, unit = session.get_one(Lane, work.lane_id), session.get_one(Unit, unit_id)
        lane.state = "open"
        person = LanePerson(
            org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id, lane_id=lane.id,
            annotator_id=fresh, account_id=fresh,
        )  # fmt: skip
        session.add(person)
        session.flush()
        assert planning._place(session, SYSTEM, person, lane, unit.item_id, 1) == 1
        assert session.scalars(select(Slot.state).where(Slot.unit_id == unit_id)).all().count("kept") == 1
        first = session.scalars(select(Judgment).where(Judgment.unit_id == unit_id)).first()
        assert first is not None
        late = Judgment(
            id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
            lane_id=lane.id, unit_id=unit_id, item_id=unit.item_id, assignment_id=ids.new_id(), annotator_id=fresh,
            account_id=fresh, ontology_id=lane.ontology_id, guideline_id=lane.guideline_id,
            answer={"choice": "network"}, category="network", answered_at=market.now, seconds=20,
        )  # fmt: skip
        session.add(late)
        session.flush()
        for judgment in (first, late):
            session.add(
                PendingGrade(
                    judgment_id=judgment.id, org_id=lane.org_id, vendor_org_id=lane.vendor_org_id,
                    project_id=lane.project_id, lane_id=lane.id, at=market.now,
                )
            )  # fmt: skip
    with market.system() as session:
        assert grading.grade_pending(session, SYSTEM).graded == 1, "its own answers are not graded by it"
        session.execute(update(GoldKey).values(version=2, truth={"choice": "network"}, category="network"))
        grading.regrade_item(session, SYSTEM, session.scalars(select(GoldKey.item_id)).one())
        grades = session.execute(select(Grade.judgment_id, Grade.score).order_by(Grade.key_version)).all()
        assert grades == [(late.id, 0.0), (late.id, 1.0)]
        (settled,) = queries.settled_units(session, work.project_id, work.lane_id, [refs[unit_id]])
        assert [vote.answer["choice"] for vote in settled.votes] == ["refund"] * 3
        assert session.scalars(select(Track.checked).where(Track.annotator_id == fresh)).one() == 1


def test_a_unit_that_is_not_what_it_was_is_left_out(work: Work) -> None:
    found = propose(work)
    work.relabel("sure", "other")
    assert decide(work, accept=list(found.values()), pool="exam") == ProposalsDecided(1, 0, 1)
    with work.market.system() as session:
        assert session.scalars(select(GoldKey.pool)).all() == ["exam"]
        assert session.get_one(Unit, work.units["other"]).overlap == 3, "an exam is no work"


@pytest.mark.parametrize("wrong", [1.0, 0.0])
def test_a_known_unit_measures_its_reviewer_and_touches_nobody_else(
    work: Work, wrong: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = work.market
    monkeypatch.setattr(planted, "RATE", 1.0)
    monkeypatch.setattr(planted, "WRONG", wrong)
    who = Actor("eye", market.vendor, Role.REVIEWER, org_kind="vendor")
    with market.system() as session:
        lane = session.get_one(Lane, work.lane_id)
        assert planting.plant_reviews(session, lane, ["some", "unit", "more"]) == 2, "as many as are sure"
        assert planting.plant_reviews(session, lane, ["another"]) == 0, "no unit twice"
        session.add(Account(id="eye", email="eye@x.example", email_key=address_of("eye@x.example"), name="Eye",
                            created_at=market.now))  # fmt: skip
        session.flush()
        session.add(Membership(account_id="eye", org_id=market.vendor, role="reviewer", from_at=market.now))
        before = {unit.id: (unit.state, unit.label, unit.overlap) for unit in session.scalars(select(Unit))}
        known = {unit.id: unit.label for unit in session.scalars(select(Unit))}
    for verdict in ("reject", "return"):
        with market.as_(who) as session:
            task = reviewing.take_review(session, who)
            assert task is not None and task.why == "sample" and task.confidence == 0.995
            assert (task.consensus != known[task.unit_id]) is bool(wrong)
            assert all(answer.answer == task.consensus for answer in task.answers) and len(task.answers) == 3
        with pytest.raises(Invalid), market.as_(who) as session:
            reviewing.decide_review(session, who, task.id, verdict="reject", reason="random")
        named = (task.answers[0].judgment_id,) if verdict == "reject" else ()
        with market.as_(who) as session:
            done = reviewing.decide_review(session, who, task.id, verdict=verdict, reason="random", judgment_ids=named)
        assert done.rejected == len(named)
    with market.system() as session:
        assert {unit.id: (unit.state, unit.label, unit.overlap) for unit in session.scalars(select(Unit))} == before
        assert session.scalars(select(DecisionReceipt)).all() == []
        sample = queries.figures_of(session, queries.BuildLane(work.lane_id, "sw-KE", 0.85), {}).sample
        assert sample.checked == 1, "mended alone"
        assert len(session.scalars(select(Review).where(Review.planted.is_not(None))).all()) == 2
    with market.as_(market.manager) as session:
        assert reviewers_of(session)[0].figures.caught.n == 0, "today's are not told today"
    market.later(days=1)
    with market.as_(market.manager) as session:
        figures = reviewers_of(session)[0].figures
        own = own_figures(session, "eye")
    shown, other = (figures.caught, figures.alarmed) if wrong else (figures.alarmed, figures.caught)
    assert (shown.hits, shown.n, other.n, figures.done) == (2, 2, 0, 2)
    assert (own.caught, own.alarmed) == (None, None), "too few to be told"

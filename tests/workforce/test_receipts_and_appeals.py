"""Decision receipts and the appeals against them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from admin.queries.machinery import health
from i18n import _, render
from kernel import clock
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import Actor
from kernel.tenancy import Scope
from marketplace.queries.board import waiting
from tests.workforce.conftest import SYSTEM, Time, World
from tests.workforce.decisions import appealed, letters, pause
from workforce import operations, queries
from workforce.grounds import offered
from workforce.models import Account, Annotator
from workforce.operations.standing import end_pauses
from workforce.pages.evidence import evidence_told, rests_on_reason
from workforce.rules.appeals import is_news, stage_at
from workforce.rules.evidence import shown_evidence
from workforce.values import AppealDecision, ClaimStatus, Outcome, ReceiptKind, ReceiptState, Standing


def test_a_receipt_keeps_rule_figure_and_evidence_and_is_told_in_the_readers_language(world: World) -> None:
    person, _actor = world.annotator()
    receipt_id = pause(world, person)
    with world.db.reading(world.vendor) as session:
        receipt = queries.receipt_of(session, receipt_id)
    assert receipt is not None
    assert (receipt.kind, receipt.rule, receipt.rule_version) == (ReceiptKind.LANE_PAUSED, "accuracy-upper", "3")
    assert receipt.decided_by_rule and receipt.figure["limit"] == 0.85
    assert receipt.evidence == ({"kind": "judgment", "count": 1},), "an id would tell which unit was a check"
    assert render(receipt.why, "en") == "Over your last 50 checked units, 36 were right."


def test_one_cause_gives_one_receipt(world: World) -> None:
    person, _actor = world.annotator()
    assert pause(world, person) == pause(world, person)
    assert pause(world, person, "G2") != pause(world, person)
    assert len(world.audit("receipt.issued")) == 2


def test_a_receipt_for_somebody_of_another_vendor_is_not_written(world: World) -> None:
    person, _actor = world.annotator()
    with pytest.raises(NotFound), world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        operations.issue_receipt(
            session, world.stranger, annotator_id=person.id, kind="removed", rule="r", rule_version="1",
            what=_("a"), why=_("b"), way_back=_("c"), cause_kind="x", cause_id="y",
        )  # fmt: skip


def test_an_appeal_is_due_after_five_working_days_and_stands_in_the_list(world: World) -> None:
    person, actor = world.annotator()
    receipt_id = pause(world, person)
    appeal_id = appealed(world, actor, receipt_id)
    with world.db.reading(world.vendor) as session:
        (row,), after = queries.appeals(session)
        receipt = queries.receipt_of(session, receipt_id)
    assert after is None and receipt is not None and receipt.appeal is not None
    assert (row.appeal.id, row.pseudonym, row.kind) == (appeal_id, person.pseudonym, ReceiptKind.LANE_PAUSED)
    assert row.appeal.due_at == datetime(2026, 3, 11, 9, tzinfo=UTC)  # Wednesday to Wednesday
    assert receipt.state is ReceiptState.APPEALED
    (line,) = world.audit("appeal.opened")
    assert line.details == {"receipt": receipt_id, "due_at": "2026-03-11T09:00:00+00:00"}


def test_a_decision_is_appealed_once_and_by_the_person_alone(world: World) -> None:
    person, actor = world.annotator()
    _other, other_actor = world.annotator("Nia Otieno")
    receipt_id = pause(world, person)
    for someone, refusal in ((other_actor, NotFound), (world.manager, Forbidden), (world.auditor, Forbidden)):
        with pytest.raises(refusal), world.db.transaction(world.vendor) as session:
            operations.open_appeal(session, someone, receipt_id, "")
    appealed(world, actor, receipt_id)
    with pytest.raises(Conflict, match=r"appeal\.not_open"):
        appealed(world, actor, receipt_id)


def test_who_decided_does_not_answer_the_appeal_and_a_colleague_does(world: World) -> None:
    person, actor = world.applicant()
    with world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "Not now.")
        (receipt,) = queries.receipts_of(session, person.id)[0]
    appeal_id = appealed(world, actor, receipt.id)
    with pytest.raises(Forbidden, match="self_approval"), world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.manager, appeal_id, outcome="upheld", answer="No.")
    with pytest.raises(NotFound), world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        operations.decide_appeal(session, world.stranger, appeal_id, outcome="overturned", answer="Yes.")
    with pytest.raises(NotFound), world.db.transaction(Scope.system("test")) as session:
        operations.decide_appeal(session, world.stranger, appeal_id, outcome="overturned", answer="Yes.")
    with world.db.transaction(world.vendor) as session:
        decision = operations.decide_appeal(
            session, world.colleague, appeal_id, outcome="overturned", answer="There is room again."
        )
    assert decision == AppealDecision(
        appeal_id, receipt.id, world.vendor_id, ReceiptKind.NOT_ADMITTED, "standing_change", receipt.cause_id,
        person.id, None, Outcome.OVERTURNED,
    )  # fmt: skip
    (line,) = world.audit("appeal.decided")
    assert (line.actor_ref, line.details) == (
        world.colleague.account_id, {"receipt": receipt.id, "outcome": "overturned"},
    )  # fmt: skip


def test_an_overturned_decline_puts_the_application_back(world: World) -> None:
    person, actor = world.applicant()
    with world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "Not now.")
        (receipt,) = queries.receipts_of(session, person.id)[0]
    appeal_id = appealed(world, actor, receipt.id)
    with world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.reviewer, appeal_id, outcome="overturned", answer="Look again.")
    with world.db.reading(world.vendor) as session:
        back = queries.annotator_by_id(session, person.id)
        after = queries.receipt_of(session, receipt.id)
        assert queries.appeals(session) == ([], None)
        (answered,), _next = queries.appeals(session, is_open=False)
    assert back is not None and back.status is Standing.APPLIED
    assert after is not None and after.state is ReceiptState.OVERTURNED
    assert (answered.appeal.outcome, answered.appeal.answer) == (Outcome.OVERTURNED, "Look again.")


def test_who_applies_again_and_is_admitted_is_held_by_no_earlier_decline(world: World, time: Time) -> None:
    person, actor = world.applicant()
    with world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "Not now.")
    time.now += timedelta(days=30)
    with world.db.transaction(world.vendor) as session:
        operations.apply_to_pool(
            session, actor, pool_id=world.pool_id, country="KE", time_zone="Africa/Nairobi", weekly_hours=20,
            languages=[("sw-KE", "native")], skills=[], domains=[], about="",
        )  # fmt: skip
        operations.admit(session, world.manager, person.id)
        (receipt,) = queries.receipts_of(session, person.id)[0]
    assert (receipt.kind, receipt.state) == (ReceiptKind.NOT_ADMITTED, ReceiptState.ENDED)


def test_an_upheld_decision_stays_in_force(world: World) -> None:
    person, actor = world.annotator()
    receipt_id = pause(world, person)
    appeal_id = appealed(world, actor, receipt_id)
    with world.db.transaction(world.vendor) as session:
        decision = operations.decide_appeal(session, world.manager, appeal_id, outcome="upheld", answer="It is right.")
        receipt = queries.receipt_of(session, receipt_id)
    assert decision.outcome is Outcome.UPHELD and decision.lane_id == "L1"
    assert receipt is not None and receipt.state is ReceiptState.IN_FORCE
    with pytest.raises(Conflict, match=r"appeal\.decided"), world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.colleague, appeal_id, outcome="overturned", answer="Or not.")
    with pytest.raises(Conflict, match=r"appeal\.not_open"):
        appealed(world, actor, receipt_id)


def test_nobody_answers_an_appeal_of_their_own(world: World) -> None:
    with world.db.transaction(world.vendor) as session:
        person = operations.apply_to_pool(
            session, world.colleague, pool_id=world.pool_id, country="KE", time_zone="UTC", weekly_hours=5,
            languages=[("en", "C2")],
        )  # fmt: skip
    receipt_id = pause(world, person)
    as_annotator = world.actor(person.account_id, world.vendor_id)
    appellant = Actor(person.account_id, world.vendor_id, world.reviewer.role, as_annotator.membership_id)
    appeal_id = appealed(world, appellant, receipt_id)
    with pytest.raises(Forbidden, match="self_approval"), world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.colleague, appeal_id, outcome="overturned", answer="Of course.")


def test_an_overturned_pause_and_an_overturned_language_are_given_back(world: World) -> None:
    person, actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        claim = queries.claims_of(session, person.id)[0]
        operations.change_standing(session, world.manager, person.id, status="suspended", reason="Twice late.")
        operations.reject_language(session, world.manager, claim.id, reason="No sample.")
        receipts, _after = queries.receipts_of(session, person.id)
    for receipt in receipts:
        appeal_id = appealed(world, actor, receipt.id)
        with world.db.transaction(world.vendor) as session:
            operations.decide_appeal(session, world.colleague, appeal_id, outcome="overturned", answer="It was us.")
    with world.db.reading(world.vendor) as session:
        back = queries.annotator_by_id(session, person.id)
        assert back is not None and back.status is Standing.ACTIVE
        assert queries.claims_of(session, person.id)[0].status is ClaimStatus.CLAIMED


def test_an_answer_needs_words(world: World) -> None:
    person, actor = world.annotator()
    appeal_id = appealed(world, actor, pause(world, person))
    with pytest.raises(Invalid), world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.manager, appeal_id, outcome="upheld", answer=" ")


def test_receipts_and_appeals_are_paged_by_key(world: World, time: Time) -> None:
    person, actor = world.annotator()
    made = []
    for cause in ("A", "B", "C", "D", "E"):
        made.append(pause(world, person, cause))
        appealed(world, actor, made[-1])
        time.now += timedelta(minutes=cause != "B")  # B and C are of the same moment
    with world.db.reading(world.vendor) as session:
        seen: list[str] = []
        after = None
        while True:
            page, after = queries.receipts_of(session, person.id, after=after, limit=2)
            seen += [receipt.id for receipt in page]
            if after is None:
                break
        waiting: list[str] = []
        while True:
            rows, after = queries.appeals(session, after=after, limit=2)
            waiting += [row.appeal.receipt_id for row in rows]
            if after is None:
                break
    assert len(seen) == 5 and set(seen) == set(made)
    assert (seen[0], seen[1], seen[-1]) == (made[4], made[3], made[0])
    assert len(waiting) == 5 and (waiting[0], waiting[-1]) == (made[0], made[4])


def test_answers_checked_in_secret_are_told_as_a_number_and_a_refused_one_by_its_name() -> None:
    evidence = [{"kind": "judgment", "id": "J1"}, {"kind": "judgment", "id": "J2"}, {"kind": "review", "id": "R1"}]
    by_hand = {
        ReceiptKind.WORK_REJECTED, ReceiptKind.NOT_ADMITTED, ReceiptKind.PAUSED, ReceiptKind.REMOVED,
        ReceiptKind.LANGUAGE_REJECTED,
    }  # fmt: skip
    for kind in set(ReceiptKind) - by_hand:
        told = shown_evidence(kind, evidence)
        assert told == ({"kind": "judgment", "count": 2}, {"kind": "review", "id": "R1"})
    for kind in by_hand:
        assert list(shown_evidence(kind, evidence)) == evidence
    assert shown_evidence(ReceiptKind.LANE_PAUSED, []) == ()


def test_an_appeal_is_told_of_once_at_each_of_its_stages() -> None:
    due = datetime(2026, 3, 11, 9, tzinfo=UTC)
    stages = [stage_at(due, due + timedelta(hours=hours)) for hours in (-25, -24, -1, 0, 1)]
    assert stages == ["new", "soon", "soon", "soon", "late"]
    told = {(one, two) for one in ("", "new", "soon", "late") for two in ("new", "soon", "late") if is_news(one, two)}
    assert told == {("", "new"), ("", "soon"), ("", "late"), ("new", "soon"), ("new", "late"), ("soon", "late")}


def test_decisions_answers_and_the_days_of_an_appeal_are_written_about(world: World, time: Time) -> None:
    person, actor = world.annotator()
    with world.db.transaction(Scope.system("test")) as session:
        account = session.get_one(Account, person.account_id)
        account.locale, name = "es", account.email.partition("@")[0]
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.manager, person.id, status="paused", reason="Amina never answers.")
        (receipt,), _after = queries.receipts_of(session, person.id)
    pause(world, person)
    told = letters(world)
    assert set(told) == {name} and "Amina" not in told[name] and "Baraza Language Works" in told[name]
    assert letters(world) == {}
    appeal_id = appealed(world, actor, receipt.id)
    (new,) = letters(world).items()
    assert new[0] == "carl.colleague" and "1 new appeal waits" in new[1], "who decided does not answer"
    time.now = datetime(2026, 3, 10, 9, tzinfo=UTC)
    (soon,) = letters(world).items()
    assert soon[0] == "carl.colleague" and "within a day" in soon[1]
    time.now = datetime(2026, 3, 11, 9, 1, tzinfo=UTC)
    late = letters(world)
    assert set(late) == {"carl.colleague", "otto.operator"}
    assert late["otto.operator"].startswith("An appeal is late: ") and "Section 2" not in late["otto.operator"]
    with world.db.transaction(Scope.system("test")) as session:
        assert health(session).late_appeals == 1
    with world.db.transaction(world.vendor) as session:
        assert (waiting(session).appeals, waiting(session).late_appeals) == (1, 1)
        operations.decide_appeal(session, world.colleague, appeal_id, outcome="overturned", answer="It was us.")
        assert waiting(session).late_appeals == 0
    answered = letters(world)
    assert set(answered) == {name} and "It was us" not in answered[name]
    assert [line.details["stage"] for line in world.audit("appeal.told")] == ["new", "soon", "late"]


def test_a_decision_by_hand_names_rows_about_that_very_person_or_says_that_it_names_none(world: World) -> None:
    person, _actor = world.annotator()
    other, _other = world.annotator("Nia Otieno")
    with world.db.transaction(world.vendor) as session:
        claim, others = (queries.claims_of(session, one.id)[0] for one in (person, other))
        operations.reject_language(session, world.manager, claim.id, reason="No sample.")
        earlier = queries.receipts_of(session, person.id)[0][0]
        assert {(one.kind, one.id) for one in offered(session, person.id)} >= {
            ("language_claim", claim.id), ("receipt", earlier.id),
        }  # fmt: skip
        assert rests_on_reason(earlier) and not rests_on_reason(replace(earlier, evidence=({"kind": "x", "id": "y"},)))
    named = [{"kind": "receipt", "id": earlier.id}, {"kind": "language_claim", "id": claim.id}]
    refused = ({"kind": "language_claim", "id": others.id}, {"kind": "passkey", "id": "x"}, {"kind": "", "id": ""})
    for wrong in (*([*named, one] for one in refused), [{"kind": "receipt", "id": str(n)} for n in range(51)]):
        with pytest.raises(Invalid, match=r"receipt\.evidence"), world.db.transaction(world.vendor) as session:
            operations.change_standing(
                session, world.manager, person.id, status="paused", reason="Twice late.", evidence=wrong
            )
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(
            session, world.manager, person.id, status="paused", reason="Twice late.", evidence=[*named, named[0]]
        )
        (paused,) = (one for one in queries.receipts_of(session, person.id)[0] if one.kind is ReceiptKind.PAUSED)
    assert paused.evidence == tuple(named), "each once, as whoever answers an appeal sees it"
    assert [render(one.told, "en") for one in evidence_told(paused, {})] == ["1 earlier decision", "1 stated language"]


def test_answers_that_a_person_named_are_shown_and_those_of_a_gate_are_a_number() -> None:
    answers = [{"kind": "judgment", "id": "J1"}]
    assert shown_evidence("paused", answers) == shown_evidence("removed", answers) == tuple(answers)
    assert shown_evidence("lane_paused", answers) == ({"kind": "judgment", "count": 1},)


def test_a_pause_by_hand_may_say_until_when_and_is_over_by_itself(world: World, time: Time) -> None:
    people = [world.annotator(name)[0] for name in ("Amina Wanjiru", "Nia Otieno", "Oli Ek", "Una Berg")]
    appellant, actor = world.annotator("Pia Lund")
    short, until = clock.now() + timedelta(days=2), clock.now() + timedelta(days=10)
    calls: list[tuple[str, datetime]] = [
        ("suspended", until), ("paused", clock.now()), ("paused", until + timedelta(days=400)),
    ]  # fmt: skip
    for status, wrong in calls:
        with pytest.raises(Invalid) as caught, world.db.transaction(world.vendor) as session:
            operations.change_standing(
                session, world.manager, appellant.id, status=status, reason="Away.", until_at=wrong
            )
        assert set(caught.value.fields) == {"until"}
    with world.db.transaction(world.vendor) as session:
        for person, end in zip((*people, appellant), (short, until, short, None, short), strict=True):
            operations.change_standing(session, world.manager, person.id, status="paused", reason="Away.", until_at=end)
        operations.change_standing(session, world.manager, people[2].id, status="suspended", reason="Gone.")
        receipt = queries.receipts_of(session, appellant.id)[0][0]
        assert receipt.until_at == short and "by itself" in render(receipt.way_back, "en")
    appealed(world, actor, receipt.id)

    def ended() -> list[str]:
        with world.db.transaction(Scope.system("test")) as session:
            end_pauses(session, SYSTEM)
        with world.db.transaction(Scope.system("test")) as session:
            return [session.get_one(Annotator, person.id).status for person in (*people, appellant)]

    assert ended() == ["paused", "paused", "suspended", "paused", "paused"], "not before its end"
    time.now = short
    assert ended() == ["active", "paused", "suspended", "paused", "active"]
    with world.db.transaction(world.vendor) as session:
        states = {person.id: queries.receipts_of(session, person.id)[0] for person in (*people, appellant)}
        assert [one.state.value for one in states[people[0].id]] == ["ended"]
        assert [one.state.value for one in states[appellant.id]] == ["appealed"], "the appeal is answered all the same"
        assert {one.kind.value: one.state.value for one in states[people[2].id]} == {
            "paused": "ended", "removed": "in_force",
        }  # fmt: skip
        operations.change_standing(session, world.manager, people[0].id, status="paused", reason="Again.")
    time.now = until
    assert ended() == ["paused", "active", "suspended", "paused", "active"], "a later pause without an end holds"

"""Rates: set by the vendor, from a moment on, never changed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.models import AuditEvent
from kernel.policy import Role
from payouts.operations.rates import set_rate
from payouts.queries import lanes
from payouts.queries.rates import current_rates, rate_history, rate_of
from payouts.values import LaneLabel
from tests.payouts.books import Books, KnownLanes


def test_a_rate_holds_from_its_moment_until_the_next_one(books: Books) -> None:
    manager = books.staff(Role.VENDOR_MANAGER)
    with books.tenant() as session:
        assert rate_of(session, books.lane_id, books.now) is None
        first = set_rate(session, manager, lane_id=books.lane_id, micros=7_500, currency="USD")
        later = books.now + timedelta(days=1)
        second = set_rate(session, manager, lane_id=books.lane_id, micros=8_000, currency="USD", from_at=later)
        assert rate_of(session, books.lane_id, later - timedelta(microseconds=1)) == first
        assert rate_of(session, books.lane_id, later) == second
        assert rate_history(session, books.lane_id) == [second, first]
        assert current_rates(session, books.now, [books.lane_id]) == {books.lane_id: first}
        told = session.scalars(select(AuditEvent.action).where(AuditEvent.object_ref == books.lane_id)).all()
    assert told == ["rate.set", "rate.set"]


def test_the_same_rate_again_changes_nothing(books: Books) -> None:
    manager = books.staff(Role.VENDOR_MANAGER)
    with books.tenant() as session:
        first = set_rate(session, manager, lane_id=books.lane_id, micros=7_500, currency="USD")
        assert set_rate(session, manager, lane_id=books.lane_id, micros=7_500, currency="USD") == first
        with pytest.raises(Conflict):
            set_rate(session, manager, lane_id=books.lane_id, micros=7_501, currency="USD")
        assert len(rate_history(session, books.lane_id)) == 1


@pytest.mark.parametrize(
    ("micros", "currency", "days", "field"),
    [(0, "USD", 0, "amount"), (-1, "USD", 0, "amount"), (1, "XXZ", 0, "currency"), (1, "USD", -1, "from_at")],
)
def test_a_rate_that_makes_no_sense_is_refused(books: Books, micros: int, currency: str, days: int, field: str) -> None:
    start = books.now + timedelta(days=days)
    with pytest.raises(Invalid) as refused, books.tenant() as session:
        set_rate(
            session, books.staff(Role.VENDOR_MANAGER), lane_id=books.lane_id, micros=micros, currency=currency,
            from_at=start,
        )  # fmt: skip
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ANNOTATOR, Role.AUDITOR, Role.CLIENT_ADMIN])
def test_only_the_vendors_manager_sets_rates(books: Books, role: Role) -> None:
    with pytest.raises(Forbidden), books.tenant() as session:
        set_rate(session, books.staff(role), lane_id=books.lane_id, micros=7_500, currency="USD")


def test_a_lane_that_the_vendor_does_not_work_in_gets_no_rate(books: Books) -> None:
    known = LaneLabel(books.lane_id, books.project_id, "Support intents", "sw-KE", "USD")
    lanes.use_lanes(KnownLanes(known))
    manager = books.staff(Role.VENDOR_MANAGER)
    with books.tenant() as session:
        assert set_rate(session, manager, lane_id=books.lane_id, micros=1, currency="USD").micros == 1
        with pytest.raises(NotFound):
            set_rate(session, manager, lane_id="another", micros=1, currency="USD")


@pytest.mark.parametrize(
    ("micros", "currency", "told"),
    [
        (40_001, "USD", "A unit would cost $0.120003 for its 3 answers, and the client pays $0.12 for it."),
        (1, "EUR", "The client pays this lane in USD, and the rate is in EUR."),
    ],
)
def test_a_rate_that_costs_more_than_the_client_pays_has_to_be_confirmed(
    books: Books, micros: int, currency: str, told: str
) -> None:
    known = LaneLabel(books.lane_id, books.project_id, "Support intents", "sw-KE", "USD", 120_000, 3)
    lanes.use_lanes(KnownLanes(known))
    manager = books.staff(Role.VENDOR_MANAGER)
    rate = {"lane_id": books.lane_id, "micros": micros, "currency": currency}
    with pytest.raises(Invalid) as asked, books.tenant() as session:
        set_rate(session, manager, **rate)  # type: ignore[arg-type]
    assert (asked.value.code, str(asked.value.fields["confirm"])) == ("rate.unusual", told)
    with books.tenant() as session:
        assert set_rate(session, manager, confirmed=True, **rate).micros == micros  # type: ignore[arg-type]
        assert set_rate(session, manager, lane_id=books.lane_id, micros=40_000, currency="USD",
                        from_at=books.now + timedelta(hours=1)).micros == 40_000  # fmt: skip

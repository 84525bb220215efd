"""Reads of annotators: one's own profile, the list that a vendor searches, and one person in full."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from i18n import _
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.paging import Paging
from workforce.models import Account, Annotator, Pool, StandingChange
from workforce.queries.finding import conditions
from workforce.queries.languages import claims_of_all, languages_of
from workforce.rules.names import mask_email
from workforce.values import (
    AnnotatorView,
    PeopleFilter,
    PersonDetail,
    PersonRow,
    Standing,
    StandingView,
)

MOST_ROWS = MOST_AT_ONCE = 200
PORTION = 1000
MANY = 8  # conditions, above which there are more orders to join them in than a page has time for
_BY_ID = Paging("people", Annotator.id)


def annotator_of(session: Session, account_id: str, org_id: str) -> AnnotatorView | None:
    """The working profile of an account with a vendor."""
    row = session.scalars(
        select(Annotator).where(Annotator.account_id == account_id, Annotator.org_id == org_id)
    ).one_or_none()
    return annotator_view(row) if row else None


def annotator_by_id(session: Session, annotator_id: str) -> AnnotatorView | None:
    """A working profile that the scope sees."""
    row = session.get(Annotator, annotator_id)
    return annotator_view(row) if row else None


def find_people(
    session: Session,
    *,
    status: Standing | None = None,
    locale: str | None = None,
    text: str | None = None,
    among: Collection[str] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[PersonRow], str | None]:
    """People by standing, by a language (`sw` finds `sw-KE` too), and by the beginnings of names, a pseudonym, or a
    whole address.

    `among` keeps to these ids.
    """
    wanted = PeopleFilter(text=text or "", status=status or "", locale=locale or "")
    return search_people(session, wanted, among=among, after=after, limit=limit)


def search_people(
    session: Session, wanted: PeopleFilter, *, among: Collection[str] | None = None, after: str | None = None,
    limit: int = 50,
) -> tuple[list[PersonRow], str | None]:  # fmt: skip
    """The people who fit a filter, in two statements a page, with one more for a name, a language, or many conditions.

    Ordered by id, which is random: pages stay stable while people join. `after` is the page before's cursor.
    """
    return _portion(session, wanted, among, after, min(limit, MOST_ROWS))


def _portion(
    session: Session, wanted: PeopleFilter, among: Collection[str] | None, after: str | None, limit: int
) -> tuple[list[PersonRow], str | None]:  # fmt: skip
    asked = conditions(session, wanted)
    if len(asked) > MANY:
        _plan_in_parts(session)
    fits = select(Annotator.id).where(*_BY_ID.after(after), *asked)
    if among is not None:
        fits = fits.where(Annotator.id.in_(among))
    # The page is found among annotators alone: names are read of its people, not of everybody on the way to it.
    page = fits.order_by(*_BY_ID.order()).limit(limit + 1).subquery()
    told = select(
        Annotator.id, Annotator.pseudonym, Account.name, Account.email, Annotator.status, Annotator.country,
        Annotator.weekly_hours, Annotator.applied_at,
    ).join(Account, Account.id == Annotator.account_id)  # fmt: skip
    rows = session.execute(told.join(page, page.c.id == Annotator.id).order_by(*_BY_ID.order())).all()
    found, next_after = _BY_ID.cut(rows, limit)
    claims = claims_of_all(session, [row.id for row in found])
    people = [
        PersonRow(
            row.id, row.pseudonym, row.name, mask_email(row.email), Standing(row.status), row.country,
            row.weekly_hours, row.applied_at, tuple(claims.get(row.id, ())),
        )
        for row in found
    ]  # fmt: skip
    return people, next_after


def _plan_in_parts(session: Session) -> None:
    """Have PostgreSQL order at most four tables at a time, until this transaction ends: of so many conditions it would
    compare every order, for longer than the page takes, and choose one that is no better."""
    if session.get_bind().dialect.name == "postgresql":
        limits = ("join_collapse_limit", "from_collapse_limit")
        session.execute(select(*(func.set_config(name, "4", True) for name in limits)))


def count_people(session: Session, wanted: PeopleFilter) -> int:
    """How many fit a filter."""
    fits = select(func.count()).select_from(Annotator).where(*conditions(session, wanted))
    return session.scalar(fits) or 0


def people_portion(
    session: Session, wanted: PeopleFilter, after: str | None
) -> tuple[list[PersonRow], str | None]:  # fmt: skip
    """The next of all who fit, for a file: many more than a page shows."""
    return _portion(session, wanted, None, after, PORTION)


def chosen(session: Session, annotator_ids: Sequence[str], *, is_locked: bool = False) -> list[tuple[Annotator, str]]:
    """These people of the session's tenant with their names, in the order of their ids; raises Invalid for too many,
    NotFound for one that is not there."""
    wanted = list(dict.fromkeys(annotator_ids))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        fault = _("Choose between 1 and %(most)s people.", most=MOST_AT_ONCE)
        raise Invalid("people.count", fault, {"ids": fault})
    statement = (
        select(Annotator, Account.name)
        .join(Account, Account.id == Annotator.account_id)
        .where(Annotator.id.in_(wanted))
        .order_by(Annotator.id)
    )
    if is_locked:
        statement = statement.with_for_update(of=Annotator, key_share=True).execution_options(populate_existing=True)
    rows = session.execute(statement).all()
    if len(rows) != len(wanted):
        raise not_found()
    return [(row[0], row[1]) for row in rows]


def count_by_status(session: Session) -> dict[Standing, int]:
    """How many people of the scope have which standing."""
    rows = session.execute(select(Annotator.status, func.count()).group_by(Annotator.status))
    return {Standing(status): count for status, count in rows}


def person_detail(session: Session, annotator_id: str) -> PersonDetail | None:
    """A person with languages and history, for their vendor."""
    found = session.execute(
        _people().add_columns(Pool.name).join(Pool, Pool.id == Annotator.pool_id).where(Annotator.id == annotator_id)
    ).first()
    if found is None:
        return None
    annotator, account, pool_name = found
    return PersonDetail(
        annotator_view(annotator),
        account.name,
        mask_email(account.email),
        pool_name,
        tuple(languages_of(session, annotator_id)),
        tuple(_standings(session, annotator_id)),
    )


def pseudonyms_of(session: Session, annotator_ids: Iterable[str]) -> dict[str, str]:
    """Under which names people appear where their own is not shown; at most 10,000 at once."""
    wanted = list(dict.fromkeys(annotator_ids))[:10_000]
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = session.execute(
            select(Annotator.id, Annotator.pseudonym).where(Annotator.id.in_(wanted[start : start + 500]))
        )
        found |= {row.id: row.pseudonym for row in rows}
    return found


def annotator_view(row: Annotator) -> AnnotatorView:
    return AnnotatorView(
        id=row.id,
        org_id=row.org_id,
        account_id=row.account_id,
        pool_id=row.pool_id,
        pseudonym=row.pseudonym,
        status=Standing(row.status),
        country=row.country,
        time_zone=row.time_zone,
        weekly_hours=row.weekly_hours,
        skills=tuple(row.skills),
        domains=tuple(row.domains),
        about=row.about,
        clearance=row.clearance,
        clearance_until=row.clearance_until,
        identity_verified_at=row.identity_verified_at,
        applied_at=row.applied_at,
        admitted_at=row.admitted_at,
    )


def _people() -> Select[Annotator, Account]:
    return select(Annotator, Account).join(Account, Account.id == Annotator.account_id)


def _standings(session: Session, annotator_id: str) -> list[StandingView]:
    rows = session.scalars(
        select(StandingChange)
        .where(StandingChange.annotator_id == annotator_id)
        .order_by(StandingChange.at.desc(), StandingChange.id)
        .limit(MOST_ROWS)
    )
    return [StandingView(Standing(row.status), row.reason, row.at, row.by_account_id, row.receipt_id) for row in rows]

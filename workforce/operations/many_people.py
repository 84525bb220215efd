"""Many people at once: their standing changed after a look at what that does, searches kept, a list taken away."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.db import insert_ignoring
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor, Resource
from workforce.models import Account, Annotator, SavedFilter
from workforce.operations.standing import change_standing
from workforce.policy import Action
from workforce.queries.people import people_stream, search_people
from workforce.rules.names import clean_text
from workforce.rules.standing import may_change
from workforce.values import PeopleFilter, PersonRow, Planned, SavedSearch, Standing

MOST_AT_ONCE = 200
MOST_SAVED = 50
MOST_TAKEN = 100_000


def change_standings(
    session: Session, actor: Actor, annotator_ids: Sequence[str], *, status: str, reason: str, is_preview: bool
) -> list[Planned]:
    """What a standing would do to each of these people; done, all or none, unless this is a preview. Who cannot be
    brought there from where they stand is left as they are."""
    guard.require(session, actor, Action.PEOPLE_READ, Resource("people", org_id=actor.org_id))
    wanted = list(dict.fromkeys(annotator_ids))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        fault = _("Choose between 1 and %(most)s people.", most=MOST_AT_ONCE)
        raise Invalid("people.count", fault, {"ids": fault})
    try:
        after = Standing(status)
    except ValueError:
        fault = _("Choose one of the values offered.")
        raise Invalid("people.status", fault, {"status": fault}) from None
    told = clean_text(reason, "reason", 2000)
    rows = session.execute(
        select(Annotator.id, Account.name, Annotator.status)
        .join(Account, Account.id == Annotator.account_id)
        .where(Annotator.id.in_(wanted))
        .order_by(Annotator.id)
    ).all()
    if len(rows) != len(wanted):
        raise guard.not_found()
    planned = [
        Planned(
            row.id,
            row.name,
            Standing(row.status),
            after is not Standing.LEFT and may_change(Standing(row.status), after),
        )
        for row in rows
    ]
    for one in planned if not is_preview else ():
        if one.is_possible:
            change_standing(session, actor, one.id, status=status, reason=told)
    return planned


def people_for_file(session: Session, actor: Actor, wanted: PeopleFilter) -> list[PersonRow]:
    """All who fit, for a file, in a transaction that only reads; `note_file` puts it on record."""
    guard.require(session, actor, Action.PEOPLE_READ, Resource("people", org_id=actor.org_id))
    return list(people_stream(session, wanted, MOST_TAKEN))


def note_file(session: Session, actor: Actor, rows: int) -> None:
    """Put on record that somebody took the list of people away, before it is handed over."""
    audit.record(session, actor, "people.exported", "people", actor.org_id, details={"rows": rows})


def save_search(session: Session, actor: Actor, *, name: str, wanted: PeopleFilter) -> SavedSearch:
    """Keep a search under a name; the same name again is the new search."""
    owner = _own(session, actor)
    clean = clean_text(name, "name", 60)
    search_people(session, wanted, limit=1)  # what cannot be searched for is not kept
    wanted_row = select(SavedFilter).where(
        SavedFilter.org_id == actor.org_id, SavedFilter.account_id == owner, SavedFilter.name == clean
    )
    row = session.scalars(wanted_row).one_or_none()
    if row is None:
        kept = session.scalar(select(func.count(SavedFilter.id)).where(SavedFilter.account_id == owner)) or 0
        if kept >= MOST_SAVED:
            raise Conflict("filters.many", _("You have %(most)s kept searches. Forget one first.", most=MOST_SAVED))
        new = {"id": ids.new_id(), "org_id": actor.org_id or "", "account_id": owner, "name": clean, "asked": {}}
        insert_ignoring(session, SavedFilter, [new], ["org_id", "account_id", "name"])
        row = session.scalars(wanted_row).one()
    row.asked = wanted.asked()
    session.flush()
    return SavedSearch(row.id, row.name, wanted)


def forget_search(session: Session, actor: Actor, saved_filter_id: str) -> None:
    """Keep a search no longer."""
    owner = _own(session, actor)
    row = session.get(SavedFilter, saved_filter_id)
    if row is None or row.account_id != owner:
        raise guard.not_found()
    session.delete(row)
    session.flush()


def saved_searches(session: Session, actor: Actor) -> list[SavedSearch]:
    """One's own kept searches, by name."""
    rows = session.scalars(
        select(SavedFilter)
        .where(SavedFilter.account_id == (actor.account_id or ""), SavedFilter.org_id == actor.org_id)
        .order_by(SavedFilter.name)
    )  # fmt: skip
    return [SavedSearch(row.id, row.name, PeopleFilter(**row.asked)) for row in rows]


def _own(session: Session, actor: Actor) -> str:
    guard.require(session, actor, Action.PEOPLE_SEARCH, Resource("people", org_id=actor.org_id))
    if actor.org_id is None or actor.account_id is None:
        raise guard.not_found()
    return actor.account_id

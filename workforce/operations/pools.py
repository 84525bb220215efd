"""Pools: a vendor makes them, describes them to applicants, opens and closes them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import Message, _
from i18n.tags import InvalidTag, standardize
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.money import is_currency
from kernel.policy import Actor, Resource
from workforce.models import Pool
from workforce.policy import Action, pool_resource
from workforce.queries.pools import pool_view
from workforce.rules.names import clean_name, clean_text
from workforce.rules.steps import clean_steps
from workforce.values import PoolView

MOST_FOR_A_CHECK = 1_000 * 1_000_000  # micro-units


def create_pool(
    session: Session,
    actor: Actor,
    *,
    name: str,
    about: Mapping[str, str] | None = None,
    org_id: str | None = None,
    is_open: bool = True,
) -> PoolView:
    """Make a pool in the actor's organization; the system names the organization itself."""
    owner = org_id or actor.org_id
    guard.require(session, actor, Action.POOL_MANAGE, Resource("pool", org_id=owner))
    assert owner is not None
    name = clean_name(name)
    _ensure_free(session, owner, name)
    row = Pool(
        id=ids.new_id(), org_id=owner, name=name, about=_texts(about or {}), is_open=is_open, created_at=now_of(session)
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "pool.created", "pool", row.id, org_id=owner)
    return pool_view(row)


def set_steps(session: Session, actor: Actor, pool_id: str, steps: Iterable[str]) -> PoolView:
    """Choose what people of a pool are asked for on their way in, and in which order."""
    row = session.get(Pool, pool_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.POOL_MANAGE, pool_resource(row))
    row.steps = clean_steps(steps)
    session.flush()
    audit.record(session, actor, "pool.steps_set", "pool", row.id, org_id=row.org_id, details={"steps": row.steps})
    return pool_view(row)


def change_pool(
    session: Session, actor: Actor, pool_id: str, *, name: str, about: Mapping[str, str], is_open: bool
) -> PoolView:
    """Rename a pool, change what applicants are told, open or close it."""
    row = session.get(Pool, pool_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.POOL_MANAGE, pool_resource(row))
    name = clean_name(name)
    if name != row.name:
        _ensure_free(session, row.org_id, name)
    row.name, row.about, row.is_open = name, _texts(about), is_open
    session.flush()
    audit.record(session, actor, "pool.changed", "pool", row.id, org_id=row.org_id, details={"is_open": is_open})
    return pool_view(row)


def set_check_rate(session: Session, actor: Actor, pool_id: str, *, micros: int, currency: str) -> PoolView:
    """Set what a native earns for judging the text of a candidate of this pool; 0 ends that texts are judged."""
    row = session.get(Pool, pool_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.POOL_MANAGE, pool_resource(row))
    faults: dict[str, Message] = {}
    if not 0 <= micros <= MOST_FOR_A_CHECK:
        faults["rate"] = _(
            "The pay for one check is between nothing and %(most)s.", most=str(MOST_FOR_A_CHECK // 10**6)
        )
    if not is_currency(currency):
        faults["currency"] = _("This is no currency code; write it like EUR.")
    if faults:
        raise Invalid("pool.check_rate", next(iter(faults.values())), fields=faults)
    row.check_micros, row.check_currency = micros, currency
    session.flush()
    audit.record(
        session, actor, "pool.check_rate", "pool", row.id, org_id=row.org_id,
        details={"micros": micros, "currency": currency},
    )  # fmt: skip
    return pool_view(row)


def _ensure_free(session: Session, org_id: str, name: str) -> None:
    if session.scalar(select(Pool.id).where(Pool.org_id == org_id, Pool.name == name)):
        message = _("You have a pool of this name already.")
        raise Conflict("pool.name_taken", message)


def _texts(about: Mapping[str, str]) -> dict[str, str]:
    try:
        return {standardize(locale): clean_text(text, "about", 4000) for locale, text in about.items() if text.strip()}
    except InvalidTag as error:
        message = _("“%(tag)s” is not a language we know.", tag=str(error.tag)[:40])
        raise Invalid("pool.invalid", message, fields={"about": message}) from error

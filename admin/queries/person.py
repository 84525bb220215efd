"""Everything that is held about a person, table by table, as it is handed over to them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapper, Session

from admin.rules.person import BY_PARENT, ONLY_WHEN, SHOWN, as_told, way_to
from kernel.crypto import CannotDecrypt, Sealed, digest, place_of, unseal
from kernel.db import Base
from kernel.registry import load_models
from workforce.models import Account, Annotator
from workforce.operations.drafts import key_of_account

_AT_ONCE = 1_000


def tables_of(session: Session, account_id: str) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Each table that has something of this person, with its rows; a stream, however much they did."""
    load_models()
    profiles = list(session.scalars(select(Annotator.id).where(Annotator.account_id == account_id)))
    models = {mapper.local_table.name: mapper for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    yield "account", _rows(session, models["account"], select(Account).where(Account.id == account_id))
    for name in sorted(models):
        statement = _mine(models, name, account_id, profiles)
        if statement is not None:
            yield name, _rows(session, models[name], statement)


def _mine(models: dict[str, Mapper[Any]], name: str, account_id: str, profiles: list[str]) -> Select[Any] | None:
    table = models[name].local_table
    way = way_to(name, frozenset(table.columns.keys()))
    if way is None:
        return None
    kind, column = way
    statement = select(models[name].class_)
    if name in ONLY_WHEN:
        statement = statement.where(table.c[ONLY_WHEN[name]].is_not(None))
    if kind == "key":
        return statement.where(table.c[column] == digest(key_of_account(account_id)))
    if kind == "account":
        return statement.where(table.c[column] == account_id)
    if kind == "profile":
        return statement.where(table.c[column].in_(profiles)) if profiles else None
    parent = models[BY_PARENT[name][1]].local_table
    theirs = select(parent.c.id).where(parent.c.annotator_id.in_(profiles))
    return statement.where(table.c[column].in_(theirs)) if profiles else None


def _rows(session: Session, mapper: Mapper[Any], statement: Select[Any]) -> Iterator[dict[str, Any]]:
    sealed = {value.column: name for name, value in vars(mapper.class_).items() if isinstance(value, Sealed)}
    table = str(mapper.local_table)
    asked = statement.with_only_columns(*(getattr(mapper.class_, name) for name in SHOWN[table]))
    for row in session.execute(asked.execution_options(yield_per=_AT_ONCE)).mappings():
        told = as_told(table, dict(row))
        yield {
            sealed.get(name, name): _opened(table, name, told) if name in sealed else _plain(value)
            for name, value in told.items()
        }


def _opened(table: str, column: str, row: dict[str, Any]) -> str | None:
    """A sealed value in plain words; None where there is none, or where its key is gone."""
    if row[column] is None:
        return None
    try:
        return unseal(row[column], place_of(table, column, row["id"], row.get("org_id")))
    except CannotDecrypt:
        return None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value

"""Gold as it may be read: by the planner and the exam in the system's name, by a client's people on their own pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, select, true
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import Exposure, GoldKey, GoldSet
from calibration.rules.drawing import terciles
from calibration.rules.rotation import mixed
from calibration.values import SETTLED
from kernel.hot import Hot, table_of
from kernel.paging import Paging
from labeling.models import Item
from workforce.values import CLASSES, rank_of

ALL = "all"
_BY_ID = Paging("gold", GoldKey.id)
"""The stratum of keys without a category: spans and the like."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key with its item, for people with the right to read gold."""

    id: str
    set_name: str
    source: str
    item_id: str
    lane_id: str
    pool: str
    status: str
    category: str | None
    truth: dict[str, Any]
    content: dict[str, Any]
    explanation: str
    version: int
    exposures: int
    exposure_cap: int
    link: str | None
    answers: int
    difficulty: float | None
    discrimination: float | None
    measured: dict[str, Any]
    measured_at: datetime | None


@dataclass(frozen=True, slots=True)
class FormView:
    """The exam questions of one language, and what somebody of average ability would reach on them."""

    lane_id: str
    questions: int
    measured: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class Key:
    """What the exam needs of a key."""

    item_id: str
    truth: dict[str, Any]
    explanation: str
    also: list[dict[str, Any]]
    voided: bool


def pool_counts(session: Session, lane_id: str, pool: str) -> dict[str, int]:
    """How many active keys of a pool may be asked, by class. Counts alone, and never shown per item."""
    rows = session.execute(
        select(GoldKey.category, func.count()).where(*_askable(session, lane_id, pool)).group_by(GoldKey.category)
    )
    return {category or ALL: int(count) for category, count in rows}


def _askable(session: Session, lane_id: str, pool: str) -> list[ColumnElement[bool]]:
    return [
        GoldKey.lane_id == lane_id, GoldKey.pool == pool, GoldKey.status == "active",
        exists().where(Item.id == GoldKey.item_id, _is_within(session, lane_id)),
    ]  # fmt: skip


def _is_within(session: Session, lane_id: str) -> ColumnElement[bool]:
    """What is more sensitive than the lane is asked of nobody: whom its test is open to need not be cleared for it."""
    lane = find_lane(session, lane_id)
    return Item.classification.in_(CLASSES[: rank_of(lane.classification) + 1] if lane else ())


@dataclass(frozen=True, slots=True)
class Drawable:
    """Questions that may be asked: by stratum, each with its class and how often it was shown."""

    strata: dict[str, list[str]]
    categories: dict[str, str]
    shown: dict[str, int]

    def __len__(self) -> int:
        return len(self.categories)

    def classes_of(self, item_ids: Sequence[str]) -> list[str]:
        """The classes of these questions, each once."""
        return sorted({self.categories[item] for item in item_ids})

    def without(self, item_ids: Sequence[str]) -> "Drawable":
        """The rest."""
        left = {name: [item for item in items if item not in set(item_ids)] for name, items in self.strata.items()}
        return Drawable(left, self.categories, self.shown)


def questions_of_lane(session: Session, lane_id: str) -> list[Row[Any]]:
    """The active keys of a lane's test with what they ask, for the lint: pool, truth, category, content, since."""
    return list(
        session.execute(
            select(GoldKey.pool, GoldKey.truth, GoldKey.category, GoldKey.added_at, Item.content)
            .join(Item, Item.id == GoldKey.item_id)
            .where(GoldKey.lane_id == lane_id, GoldKey.pool.in_(("exam", "training")), GoldKey.status == "active")
            .order_by(GoldKey.id)
        )
    )


def drawable(
    session: Session, lane_id: str, pool: str, account_id: str, *, strata: str = "class", met_too: bool = False,
    among: Sequence[str] | None = None, categories: Sequence[str] = (),
) -> Drawable:  # fmt: skip
    """A pool's questions without those the person has met in any use (`met_too`: with them).

    `among` keeps to those of these items that are in the pool, `categories` to these classes. An exam leaves out what
    was shown as often as it may be.
    """
    statement = select(GoldKey.category, GoldKey.item_id, GoldKey.exposures, GoldKey.difficulty).where(
        *_askable(session, lane_id, pool)
    )
    if not met_too:
        statement = statement.where(_never_met(account_id))
    if among is not None:
        statement = statement.where(GoldKey.item_id.in_(among))
    elif pool == "exam":
        statement = statement.where(GoldKey.exposures < GoldKey.exposure_cap)
    if categories:
        statement = statement.where(GoldKey.category.in_(categories))
    rows = session.execute(statement).all()
    thirds = terciles({row.item_id: row.difficulty for row in rows}) if strata == "class_difficulty" else {}
    found: dict[str, list[str]] = {}
    for row in rows:
        parts = {"none": ALL, "class": row.category or ALL}
        name = parts.get(strata) or f"{row.category or ALL}\n{thirds[row.item_id]}"
        found.setdefault(name, []).append(row.item_id)
    return Drawable(
        found, {row.item_id: row.category or ALL for row in rows}, {row.item_id: row.exposures for row in rows}
    )


def gold_candidates(
    session: Session, lane_id: str, account_id: str, limit: int, *, beyond: Select[str] | None = None
) -> list[str]:
    """Items for a person's next hidden checks: live, below their exposure cap, never met; the least exposed first.

    Of all that somebody meets, the share of keys made from settled units is bounded. `beyond` are items that the
    person may not be handed.
    """
    if limit < 1:
        return []
    allowed = true() if beyond is None else GoldKey.item_id.not_in(beyond)
    settled = _unmet(session, lane_id, account_id, allowed & (GoldKey.source == SETTLED), limit)
    known = _unmet(session, lane_id, account_id, allowed & (GoldKey.source != SETTLED), limit)
    if not settled:
        return known
    met = dict(
        session.execute(
            select(GoldKey.source, func.count())
            .join(Exposure, (Exposure.org_id == GoldKey.org_id) & (Exposure.item_id == GoldKey.item_id))
            .where(Exposure.account_id == account_id, Exposure.use == "live", GoldKey.lane_id == lane_id)
            .group_by(GoldKey.source)
        ).all()
    )
    return mixed(known, settled, limit, met=sum(met.values()), met_settled=met.get(SETTLED, 0))


def _unmet(session: Session, lane_id: str, account_id: str, which: ColumnElement[bool], limit: int) -> list[str]:
    return list(
        session.scalars(
            select(GoldKey.item_id)
            .where(
                GoldKey.lane_id == lane_id,
                GoldKey.pool == "live",
                GoldKey.status == "active",
                GoldKey.exposures < GoldKey.exposure_cap,
                which,
                _never_met(account_id),
            )
            .order_by(GoldKey.exposures, GoldKey.id)
            .limit(limit)
        )
    )


def key_of(session: Session, item_id: str) -> Key | None:
    """The key of an item, read once in a transaction."""
    known: dict[str, Key] = session.info.setdefault("keys", {})
    if item_id not in known:
        row = _KEY.run(session, p_item=item_id).one_or_none()
        if row is None:
            return None
        known[item_id] = Key(*row)
    return known[item_id]


def forget_keys(session: Session) -> None:
    """A key has changed: from now on this transaction reads keys again."""
    session.info.pop("keys", None)


_K = table_of(GoldKey)
_KEY = Hot(
    select(_K.c.item_id, _K.c.truth, _K.c.explanation, _K.c.also, _K.c.voided).where(
        _K.c.item_id == bindparam("p_item")
    )
)


def items_with_keys(session: Session, item_ids: Sequence[str]) -> set[str]:
    """Which of these items have a key in whatever pool and state. For the system's own decisions, and for no page."""
    return set(session.scalars(select(GoldKey.item_id).where(GoldKey.item_id.in_(item_ids))))


def known_beforehand(session: Session, item_ids: Sequence[str]) -> set[str]:
    """Which of these items were never work: their answer was known, and not made from what people answered."""
    rows = session.scalars(select(GoldKey.item_id).where(GoldKey.item_id.in_(item_ids), GoldKey.source != SETTLED))
    return set(rows)


def settled_since(session: Session, item_ids: Sequence[str]) -> dict[str, datetime]:
    """Of these items those whose key was made from settled units, and when: what came later are checks of people."""
    rows = session.execute(
        select(GoldKey.item_id, GoldKey.added_at).where(
            GoldKey.item_id.in_(item_ids), GoldKey.source == SETTLED, GoldKey.added_at.is_not(None)
        )
    )
    return {row.item_id: row.added_at for row in rows}


def settled_keys(lane_ids: Sequence[str]) -> Select[str]:
    """The items of these lanes whose key was made from a settled unit, as a sub-query. Only where gold is read."""
    return select(GoldKey.item_id).where(GoldKey.lane_id.in_(lane_ids), GoldKey.source == SETTLED)


def keyed_items(lane_id: str) -> Select[str]:
    """A lane's items that were never work, as a sub-query for counts that leave them out. System scope."""
    return select(GoldKey.item_id).where(GoldKey.lane_id == lane_id, GoldKey.source != SETTLED)


def anchors(session: Session, lane_id: str) -> dict[str, dict[str, Any]]:
    """Truth by item, for inference: the active live keys of a lane.

    Without those made from settled units, whose truth is what the very people answered who would be measured by it.
    """
    rows = session.execute(
        select(GoldKey.item_id, GoldKey.truth).where(
            GoldKey.lane_id == lane_id, GoldKey.pool == "live", GoldKey.status == "active", GoldKey.source != SETTLED
        )
    )
    return {row.item_id: row.truth for row in rows}


def keys_of_project(
    session: Session, project_id: str, *, pool: str | None = None, after: str | None = None, limit: int = 50
) -> tuple[list[KeyView], str | None]:
    """A client's own keys, page by page; `after` is the page before's cursor."""
    statement = (
        select(GoldKey, GoldSet.name, Item.content)
        .join(GoldSet, GoldSet.id == GoldKey.gold_set_id)
        .join(Item, Item.id == GoldKey.item_id)
        .where(GoldSet.project_id == project_id, *_BY_ID.after(after))
        .order_by(*_BY_ID.order())
        .limit(min(limit, 200) + 1)
    )
    if pool is not None:
        statement = statement.where(GoldKey.pool == pool)
    rows, next_after = _BY_ID.cut(session.execute(statement).all(), min(limit, 200))
    return [_view(key, name, content) for key, name, content in rows], next_after


def forms_of_project(session: Session, project_id: str) -> list[FormView]:
    """The exam pools of a project's lanes on one scale: how hard each language's form is for the same person."""
    rows = session.execute(
        select(GoldKey.lane_id, GoldKey.difficulty, GoldKey.discrimination)
        .join(GoldSet, GoldSet.id == GoldKey.gold_set_id)
        .where(GoldSet.project_id == project_id, GoldKey.pool == "exam", GoldKey.status == "active")
    )
    pools: dict[str, list[tuple[float | None, float | None]]] = {}
    for row in rows:
        pools.setdefault(row.lane_id, []).append((row.difficulty, row.discrimination))
    found = []
    for lane_id, pool in sorted(pools.items()):
        known = [(b, 1.0 if a is None else a) for b, a in pool if b is not None]
        expected = sum(1.0 / (1.0 + exp(a * b)) for b, a in known) / len(known) if known else None
        found.append(FormView(lane_id, len(pool), len(known), expected))
    return found


def _view(key: GoldKey, set_name: str, content: dict[str, Any]) -> KeyView:
    return KeyView(
        id=key.id,
        set_name=set_name,
        source=key.source,
        item_id=key.item_id,
        lane_id=key.lane_id,
        pool=key.pool,
        status=key.status,
        category=key.category,
        truth=key.truth,
        content=content,
        explanation=key.explanation,
        version=key.version,
        exposures=key.exposures,
        exposure_cap=key.exposure_cap,
        link=key.link,
        answers=key.answers,
        difficulty=key.difficulty,
        discrimination=key.discrimination,
        measured=key.measured,
        measured_at=key.measured_at,
    )


def _never_met(account_id: str) -> ColumnElement[bool]:
    return ~(select(Exposure.id).where(Exposure.item_id == GoldKey.item_id, Exposure.account_id == account_id).exists())

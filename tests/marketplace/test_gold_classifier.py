"""Gold cannot be told from work: a classifier over all that an annotator receives does no better than a coin."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, select

from calibration.models import GoldKey
from kernel import clock, ids, storage
from kernel.db import Database
from kernel.policy import Role, system_actor
from kernel.storage import LocalStorage
from marketplace.models import Unit
from marketplace.operations import imports, planning
from marketplace.values.imports import BatchKind
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market, csv_of
from tests.support import scale
from tests.web.conftest import test_settings as settings_of
from workforce.operations.accounts import add_membership
from workforce.operations.tokens import create_token
from wsgi import create_app

FOLDS = 5
WORDS = ("pesa", "mtandao", "asante", "simu", "kijiji", "muamala", "salio", "huduma")


@dataclass
class Received:
    """What came with each unit, as numbers, and whether it was gold."""

    rows: list[dict[str, float]] = field(default_factory=list)
    assignments: list[str] = field(default_factory=list)
    is_gold: list[bool] = field(default_factory=list)

    def table(self, extra: Any = None) -> np.ndarray:
        names = sorted({name for row in self.rows for name in row})
        found = np.array([[row.get(name, 0.0) for name in names] for row in self.rows])
        return found if extra is None else np.column_stack([found, extra])


def text_of(number: int) -> str:
    """A text that says nothing of what it is for."""
    draw = ids.repeatable(f"text:{number}")
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(4, 14))) + f" {draw.randint(100_000, 999_999)}"


def build(database: Database, units: int, gold: int) -> tuple[Desk, str]:
    """A lane with work and gold of one make, and one person who works in it with a token."""
    market = Market(database)
    market.found()
    desk = open_desk(market, people=1, unit_count=1, overlap=1)
    numbers = iter(range(units + gold))
    with market.as_(market.pm) as session:
        project_id = session.scalars(select(Unit.project_id)).one()
    for kind, actor, count in ((BatchKind.UNITS, market.pm, units), (BatchKind.GOLD, market.qa, gold)):
        more = {"label": "refund", "pool": "live"} if kind is BatchKind.GOLD else {}
        rows = [{"text": text_of(next(numbers)), "locale": "sw-KE", **more} for _ in range(count)]
        batch = market.upload(actor, project_id, f"{kind.value}.csv", csv_of(rows), kind)
        market.work()
        with market.as_(actor) as session:
            imports.confirm_import(session, actor, batch.id, leave_out_bad=False)
        market.work()
    with market.system() as session:
        account_id = desk.people[0].account_id or ""
        actor = system_actor("test")
        membership = add_membership(session, actor, account_id=account_id, org_id=market.vendor, role=Role.ANNOTATOR)
        _token, secret = create_token(
            session, actor, account_id=account_id, membership_id=membership, name="t", scopes=("all",), days=7
        )
    return desk, secret


def numbers_in(value: Any, name: str, now: datetime) -> dict[str, float]:
    """Everything in an answer as numbers: lengths and letters of texts, times from now on, how much there is of it."""
    if isinstance(value, dict):
        found = {f"{name}:keys": float(len(value))}
        for key, inner in value.items():
            found |= numbers_in(inner, f"{name}.{key}", now)
        return found
    if isinstance(value, list):
        return {f"{name}:items": float(len(value))}
    if isinstance(value, bool | int | float):
        return {name: float(value)}
    if isinstance(value, str):
        if re.match(r"\d{4}-\d\d-\d\dT", value):
            return {f"{name}:later": (datetime.fromisoformat(value) - now).total_seconds()}
        letters = [float(ord(letter)) for letter in value[:4]]
        return {f"{name}:length": float(len(value))} | {f"{name}:{at}": one for at, one in enumerate(letters)}
    return {name: 0.0}


def receive(database: Database, desk: Desk, secret: str, folder: Path, count: int) -> Received:
    """Take and answer units one after the other, as a program with a token would, and keep all that comes with them."""
    app, received = create_app(settings_of(folder), database), Received()
    program, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    with desk.market.system() as session:
        gold = set(session.scalars(select(GoldKey.item_id)))
        keyed = {unit.id for unit in session.scalars(select(Unit)) if unit.item_id in gold}
    event.listen(database.engine, "before_cursor_execute", note)
    before: dict[str, Any] = {}
    try:
        for place in range(count):
            plan(desk)  # each 30 seconds, as the schedule does
            sent.clear()
            with clock.use_clock(lambda: desk.market.now):
                response = program.post("/api/v1/assignments/next", json={}, headers=headers)
                told = response.get_json()["assignment"]
                row = numbers_in(told, "assignment", desk.market.now) | {
                    "statements": float(len(sent)), "bytes": float(len(response.data)),
                    "headers": float(len(str(response.headers))), "tenth": float(place % 10), "third": float(place % 3),
                    "same_length": float(len(str(told["content"])) == len(str(before.get("content")))),
                }  # fmt: skip
                sent.clear()
                answer = {"answer": {"choice": "refund"}, "epoch": told["epoch"]}
                done = program.post(f"/api/v1/assignments/{told['id']}/answer", json=answer, headers=headers)
                row |= {"answer_statements": float(len(sent)), "answer_bytes": float(len(done.data))}
                row |= numbers_in(done.get_json(), "done", desk.market.now)
            before = told
            desk.market.later(seconds=30)
            received.rows.append(row)
            received.assignments.append(told["id"])
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    units = {each.id: each.unit_id for each in desk.assignments()}
    received.is_gold = [units[each] in keyed for each in received.assignments]
    return received


def plan(desk: Desk) -> None:
    with desk.market.system() as session:
        planning.plan_people(session, system_actor("test"))


def separability(table: np.ndarray, labels: list[bool]) -> float:
    """The area under the curve of a logistic regression, each fifth judged by what the other four teach."""
    spread = table.std(axis=0)
    values = (table[:, spread > 0] - table[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    truth = np.array(labels, dtype=float)
    folds = np.random.default_rng(0).permutation(len(truth)) % FOLDS
    scores = np.zeros(len(truth))
    for fold in range(FOLDS):
        known, asked = folds != fold, folds == fold
        scores[asked] = values[asked] @ logistic(values[known], truth[known])
    wins = scores[truth == 1][:, None] - scores[truth == 0][None, :]
    return float((wins > 0).mean() + 0.5 * (wins == 0).mean())


def logistic(values: np.ndarray, truth: np.ndarray, ridge: float = 10.0) -> np.ndarray:
    """Weights by Newton's method with a ridge; the intercept is taken by the mean."""
    weights = np.zeros(values.shape[1])
    offset = np.log(truth.mean() / (1 - truth.mean()))
    for _ in range(15):
        guess = 1 / (1 + np.exp(-(values @ weights + offset)))
        slope = values.T @ (guess - truth) + ridge * weights
        curve = (values * (guess * (1 - guess))[:, None]).T @ values + ridge * np.eye(values.shape[1])
        weights = weights - np.linalg.solve(curve, slope)
    return weights


@pytest.mark.soak
def test_a_classifier_cannot_tell_gold_from_work(db_sqlite: Database, tmp_path: Path) -> None:
    storage.use_storage(LocalStorage(tmp_path))
    count = scale(240, 4000)
    with ids.use_seed(19):
        desk, secret = build(db_sqlite, count + 40, count // 2)
        received = receive(db_sqlite, desk, secret, tmp_path, count)
    gold = sum(received.is_gold)
    assert count * 0.15 < gold < count * 0.45, gold
    assert separability(received.table(), received.is_gold) <= 0.55
    # The same classifier finds a mark that is told with half of the gold, so that it would have found one.
    draw = np.random.default_rng(1)
    mark = np.array(received.is_gold) & (draw.random(count) < 0.5)
    assert separability(received.table(mark), received.is_gold) > 0.65

"""The first page of a vendor's people at 100,000 of them, on PostgreSQL: server time of typical filters.

`python bench/people_search.py [PEOPLE]`. The floor beside it is one page by primary key alone.
"""

import statistics
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.tables import table
from calibration.queries.criteria import work_criteria
from kernel import clock, ids
from kernel.db import Database
from kernel.tenancy import Scope
from payouts.models import Earning
from tests.support.databases import PostgresTemplate
from tests.support.postgres import Cluster
from workforce.figures import use_criteria
from workforce.models import Account, Annotator, LanguageClaim, Organization, Pool
from workforce.queries.people import search_people
from workforce.values.people import PeopleFilter

GOAL_MS = 150
LOCALES = [
    f"{language}-{place}"
    for language in ("sw", "ar", "en", "es", "hi", "pt", "fr", "yo")
    for place in ("KE", "TZ", "EG", "US", "IN", "BR")
]
ANY = PeopleFilter()
FILTERS = {
    "nobody asked (floor)": ANY,
    "standing": replace(ANY, status="paused"),
    "part of a name": replace(ANY, text="person 77"),
    "a name nobody has": replace(ANY, text="zzzz"),
    "language": replace(ANY, locale="sw-KE"),
    "language, mode, level, proven": replace(ANY, locale="yo-BR", mode="write", proficiency="C1", proven=True),
    "skill": replace(ANY, skill="skill-7"),
    "a skill nobody has": replace(ANY, skill="diving"),
    "domain, hours and country": replace(ANY, domain="domain-3", hours=30, country="KE"),
    "clearance": replace(ANY, clearance=2),
    "active this week": replace(ANY, active_days=7),
    "all of it": PeopleFilter(
        status="active", locale="ar-EG", mode="read", proven=True, skill="skill-3", hours=10, active_days=30
    ),
}


def main(count: int = 100_000) -> str:
    """The table of the filters, with the median of five first pages and the slowest."""
    use_criteria(work_criteria)
    with Cluster() as cluster, PostgresTemplate(cluster).copy() as database:
        org_id = fill(database, count)
        rows = [[name, *_timed(database, org_id, wanted)] for name, wanted in FILTERS.items()]
    return table(
        f"First page of {count:,} people, PostgreSQL: milliseconds in the database and the query (goal {GOAL_MS})",
        ["filter", "found", "p50", "slowest"], rows,
    )  # fmt: skip


def _timed(database: Database, org_id: str, wanted: PeopleFilter) -> list[object]:
    taken, found = [], 0
    for _round in range(5):
        with database.reading(Scope.tenant(org_id)) as session:
            began = time.perf_counter()
            rows, _after = search_people(session, wanted, limit=25)
            taken.append(1_000 * (time.perf_counter() - began))
            found = len(rows)
    return [found, statistics.median(taken), max(taken)]


def fill(database: Database, count: int, portion: int = 5_000) -> str:
    """A vendor with so many people: three claims each, every tenth at work lately; returns its id."""
    now, org_id, pool_id = clock.now(), ids.new_id(), ids.new_id()
    with database.transaction(Scope.system("bench")) as session:
        session.add(Organization(id=org_id, kind="vendor", name="Large", name_key=org_id, created_at=now))
        session.flush()
        session.add(Pool(id=pool_id, org_id=org_id, name="All", about={}, created_at=now))
    for start in range(0, count, portion):
        people = range(start, min(start + portion, count))
        accounts, profiles = ([ids.new_id() for _ in people] for _ in range(2))
        with database.transaction(Scope.system("bench")) as session:
            session.execute(insert(Account), [
                {"id": account, "email": f"{number}@people.example", "email_key": f"{number}@people.example",
                 "name": f"Person {number}", "created_at": now}
                for number, account in zip(people, accounts, strict=True)
            ])  # fmt: skip
            session.execute(insert(Annotator), [
                {"id": profile, "org_id": org_id, "account_id": account, "pool_id": pool_id,
                 "pseudonym": profile[:20], "country": "KE",
                 "weekly_hours": number % 41, "skills": [f"skill-{number % 50}"], "domains": [f"domain-{number % 20}"],
                 "clearance": number % 40 // 13, "clearance_until": now + timedelta(days=90), "applied_at": now}
                | {"status": ("paused" if number % 20 == 0 else "applied" if number % 20 == 1 else "active")}
                for number, account, profile in zip(people, accounts, profiles, strict=True)
            ])  # fmt: skip
            session.execute(insert(LanguageClaim), [
                {"id": ids.new_id(), "org_id": org_id, "annotator_id": profile,
                 "locale": LOCALES[number % len(LOCALES)], "mode": mode,
                 "proficiency": ("native", "C1", "B2", "B1")[number // 48 % 4],
                 "status": "verified" if number % 3 else "claimed", "claimed_at": now, "steps": []}
                for number, profile in zip(people, profiles, strict=True) for mode in ("read", "write", "listen")
            ])  # fmt: skip
            session.execute(insert(Earning), [
                {"id": ids.new_id(), "org_id": org_id, "annotator_id": profile, "account_id": account,
                 "lane_id": pool_id, "project_id": pool_id, "cause_kind": "judgment", "cause_id": ids.new_id(),
                 "micros": 7_500, "currency": "USD", "state": "pending", "memo": {},
                 "earned_at": now - timedelta(days=number % 60), "due_at": now}
                for number, account, profile in zip(people, accounts, profiles, strict=True) if number % 10 == 0
            ])  # fmt: skip
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return org_id


if __name__ == "__main__":
    print(main(*(int(each) for each in sys.argv[1:])))

"""The first and a late page of a vendor's people at 100,000 of them, on PostgreSQL: server time of typical filters, and
the file of all of them that a job makes: its first and last tenth beside each other.

`python bench/people_search.py [PEOPLE]`. Of each attribute there are common values, rare ones and one that nobody has,
drawn with a fixed seed; a second vendor's people lie between. The floor is one page by primary key alone.
"""

import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from sqlalchemy import select

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.tables import promises, table
from calibration.queries.criteria import work_criteria
from kernel import clock, ids
from kernel.crypto import place_of, seal, use_keys
from kernel.db import Database
from kernel.paging import Paging
from kernel.tenancy import Scope
from tests.support.databases import PostgresTemplate
from tests.support.postgres import Cluster
from workforce.figures import use_criteria
from workforce.models import Annotator
from workforce.queries.people import count_by_status, search_people
from workforce.rules.indexes import address_index, name_numbers
from workforce.taking import people_file
from workforce.values.people import PeopleFilter

GOAL_MS = 150
LANES = ("lane-common", "lane-seldom", "lane-rare")  # open to every fifth, every fiftieth, and five people
ANY = PeopleFilter()
FILTERS = {
    "nobody asked (floor)": ANY,
    "standing": replace(ANY, status="paused"),
    "name of many": replace(ANY, text="amina"),
    "name of a few": replace(ANY, text="otieno 77"),
    "name nobody has": replace(ANY, text="zzzz"),
    "locale, common": replace(ANY, locale="sw-KE"),
    "locale, rare": replace(ANY, locale="yo-NG"),
    "locale, nobody": replace(ANY, locale="is-IS"),
    "language without place": replace(ANY, locale="sw"),
    "locale, mode, level": replace(ANY, locale="sw-KE", mode="write", proficiency="C1"),
    "rare locale, mode, level, proven": replace(ANY, locale="yo-NG", mode="speak", proficiency="C1", proven=True),
    "mode alone": replace(ANY, mode="speak"),
    "level alone, proven": replace(ANY, proficiency="native", proven=True),
    "level alone, proven or by a step": replace(ANY, proficiency="B2", proven=True),
    "language, level, by a step alone": replace(ANY, locale="am-ET", proficiency="C1", proven=True),
    "language, level, by a step, nobody": replace(ANY, locale="am-ET", proficiency="C2", proven=True),
    "language, proofs all over": replace(ANY, locale="fr-CI", proficiency="C1", proven=True),
    "level by a step + skill, rare": replace(ANY, skill="surveying", mode="speak", proficiency="C1", proven=True),
    "skill, common": replace(ANY, skill="transcription"),
    "skill, one in fifty": replace(ANY, skill="proofreading"),
    "skill, rare": replace(ANY, skill="diving"),
    "skill, nobody": replace(ANY, skill="juggling"),
    "domain, common": replace(ANY, domain="general"),
    "domain, one in fifty": replace(ANY, domain="law"),
    "domain, nobody": replace(ANY, domain="alchemy"),
    "qualification, common": replace(ANY, lane="lane-common"),
    "qualification, one in fifty": replace(ANY, lane="lane-seldom"),
    "qualification, rare": replace(ANY, lane="lane-rare"),
    "quality, common": replace(ANY, quality=0.8),
    "quality, rare": replace(ANY, quality=0.97),
    "quality, nobody": replace(ANY, quality=0.999),
    "clearance, common": replace(ANY, clearance=1),
    "clearance, rare": replace(ANY, clearance=3),
    "activity, a month": replace(ANY, active_days=30),
    "activity, a day": replace(ANY, active_days=1),
    "hours": replace(ANY, hours=20),
    "hours, nobody": replace(ANY, hours=80),
    "cost": replace(ANY, cost="0.05", currency="USD"),
    "cost, a few": replace(ANY, cost="0.02", currency="USD"),
    "cost, nobody": replace(ANY, cost="0.01", currency="USD"),
    "locale + skill": replace(ANY, locale="sw-KE", skill="proofreading"),
    "locale + skill, both rare": replace(ANY, locale="yo-NG", skill="diving"),
    "locale + skill, nobody has both": replace(ANY, locale="yo", skill="surveying"),
    "locale + domain + quality": replace(ANY, locale="sw-KE", domain="medicine", quality=0.9),
    "rare locale + domain + quality": replace(ANY, locale="yo-NG", domain="law", quality=0.9),
    "skill + domain, nobody has both": replace(ANY, skill="surveying", domain="forestry"),
    "name + locale": replace(ANY, text="amina", locale="ar-EG"),
    "clearance + activity": replace(ANY, clearance=2, active_days=7),
    "rare clearance + activity of a day": replace(ANY, clearance=3, active_days=1),
    "hours + cost": replace(ANY, hours=30, cost="0.05", currency="USD"),
    "hours + cost, nobody": replace(ANY, hours=39, cost="0.02", currency="USD"),
    "pool + name": replace(ANY, pool="Large-small", text="chidi"),
    "pool + name, nobody has both": replace(ANY, pool="Large-small", text="amina"),
    "domain, hours and country": replace(ANY, domain="law", hours=30, country="KE"),
    "standing, level, proven, skill, activity": PeopleFilter(
        status="active", locale="ar-EG", mode="read", proficiency="B2", proven=True, skill="proofreading", hours=10,
        active_days=30,
    ),
    "fourteen things at once": PeopleFilter(
        text="amina", status="active", locale="sw", mode="read", proficiency="B2", proven=True, skill="transcription",
        domain="general", country="KE", clearance=1, hours=5, active_days=30, lane="lane-common", quality=0.7,
        cost="0.09", currency="USD",
    ),
}  # fmt: skip
FILES = {"everybody": ANY, "locale, common": FILTERS["locale, common"], "hours": FILTERS["hours"]}


def main(count: int = 100_000) -> str:
    """The table of the filters, with the median of five first pages and the slowest, and of a page near the end."""
    use_criteria(work_criteria)
    use_keys((("bench", "A" * 43),))
    with Cluster() as cluster, PostgresTemplate(cluster).copy() as database:
        assert database.url.database is not None
        with cluster.admin(database.url.database) as connection:
            org_id = fill(connection, count)
        late = late_cursor(database, org_id)
        rows = [[name, *_timed(database, org_id, wanted, late)] for name, wanted in FILTERS.items()]
        counted = _milliseconds(lambda: _counts(database, org_id))
        files = [file_row(database, org_id, name, wanted) for name, wanted in FILES.items()]
    slowest = max(float(str(figure)) for row in rows for figure in (row[2], row[4]))
    return table(
        f"A page of {count:,} people, PostgreSQL: milliseconds in the database and the query",
        ["filter", "found", "p50", "slowest", "late page p50"], rows,
    ) + f"people by standing, once a page: p50 {counted[0]:.1f} ms\n" + table(
        "A file of those people, as a job writes it",
        ["filter", "lines", "lines a second", "last tenth ÷ first tenth"], files,
    ) + promises(
        (f"every page within {GOAL_MS} ms (p50; the slowest filter {slowest:.0f})", slowest <= GOAL_MS)
    )  # fmt: skip


def file_row(database: Database, org_id: str, name: str, wanted: PeopleFilter) -> list[object]:
    """How fast the file of a filter is written, and how much longer its last tenth takes than its first."""
    began = time.perf_counter()
    noted = [(0, 0.0)]
    for _piece in people_file(
        partial(database.reading, Scope.tenant(org_id)), wanted,
        lambda done: noted.append((done, time.perf_counter() - began)),
    ):  # fmt: skip
        pass
    lines, seconds = noted[-1]
    tenth = max(1, (len(noted) - 1) // 10)
    last, first = seconds - noted[-1 - tenth][1], noted[tenth][1]
    return [name, lines, round(lines / seconds), round(last / first, 2)]


def _timed(database: Database, org_id: str, wanted: PeopleFilter, late: str) -> list[object]:
    found = 0

    def page(after: str | None) -> None:
        nonlocal found
        with database.reading(Scope.tenant(org_id)) as session:
            found = len(search_people(session, wanted, after=after, limit=25)[0])

    last, _slowest = _milliseconds(lambda: page(late))
    first, slowest = _milliseconds(lambda: page(None))
    return [found, first, slowest, last]


def _counts(database: Database, org_id: str) -> None:
    with database.reading(Scope.tenant(org_id)) as session:
        count_by_status(session)


def _milliseconds(act: Any) -> tuple[float, float]:
    """The median of five, and the slowest."""
    taken = []
    for _round in range(5):
        began = time.perf_counter()
        act()
        taken.append(1_000 * (time.perf_counter() - began))
    return statistics.median(taken), max(taken)


def late_cursor(database: Database, org_id: str) -> str:
    """Where the last tenth of the list begins."""
    with database.reading(Scope.tenant(org_id)) as session:
        total = sum(count_by_status(session).values())
        row = session.scalars(select(Annotator).order_by(Annotator.id).offset(total * 9 // 10).limit(1)).one()
        return Paging("people", Annotator.id).cursor(row)


def fill(connection: Any, count: int) -> str:
    """A vendor with so many people, and another with a fifth as many; returns the first one's id.

    By the administrator's connection, which no row security keeps from copying rows in.
    """
    with connection.transaction():
        _fill_vendor(connection, "Small", count // 5, np.random.default_rng(2))
        large = _fill_vendor(connection, "Large", count, np.random.default_rng(1))
    connection.execute("VACUUM ANALYZE")
    return large


_PLACES = (  # language, and how many of a thousand state it there
    ("sw-KE", 250), ("sw-TZ", 150), ("en-KE", 200), ("ar-EG", 100), ("hi-IN", 100), ("en-US", 80), ("pt-BR", 60),
    ("es-MX", 40), ("fr-CI", 17), ("yo-NG", 1), ("am-ET", 2),
)  # fmt: skip
_SKILLS = (("transcription", 0.6), ("translation", 0.3), ("proofreading", 0.02), ("surveying", 0.005))
_DOMAINS = (("general", 0.7), ("medicine", 0.1), ("law", 0.02), ("forestry", 0.005))
_GIVEN = ("Amina", "Juma", "Nia", "Baraka", "Zawadi", "Chidi", "Layla", "Omar", "Ana", "José")
_FAMILY = ("Otieno", "Wanjiru", "Hassan", "Okafor", "Silva", "Kumar", "Mwangi", "Haddad", "Diallo", "Tesfaye")
_COUNTRIES = ("KE", "TZ", "EG", "IN", "BR", "MX", "NG", "US")


def _fill_vendor(connection: Any, name: str, count: int, rng: np.random.Generator) -> str:
    now, org_id = clock.now(), ids.new_id()
    client, project, pools = ids.new_id(), ids.new_id(), (f"{name}-main", f"{name}-small")
    _copy(connection, "organization", "id kind name name_key currency created_at", (
        (org_id, "vendor", name, org_id, "USD", now), (client, "client", f"{name} client", client, "USD", now),
    ))  # fmt: skip
    _copy(connection, "pool", "id org_id name about is_open steps check_micros check_currency created_at", (
        (pool, org_id, pool, Jsonb({}), True, Jsonb([]), 0, "USD", now) for pool in pools
    ))  # fmt: skip
    _copy(connection, "access_grant", "id subject_kind subject_id org_id grantee_org_id rights from_at until_at", [
        (ids.new_id(), "project", project, client, org_id, Jsonb([]), now - timedelta(days=9), now + timedelta(days=9)),
    ])  # fmt: skip
    _copy(connection, "rate", "id org_id lane_id micros currency from_at", (
        (ids.new_id(), org_id, lane, micros, "USD", now - timedelta(days=days))
        for lane, micros in zip((*LANES, "lane-else"), (50_000, 40_000, 20_000, 90_000), strict=True)
        for days in (300, 200, 100)
    ))  # fmt: skip
    accounts, people = ([ids.new_id() for _ in range(count)] for _ in range(2))
    _copy(connection, "account", "id email_sealed email_key name_sealed locale time_zone status auth_epoch"
          " has_short_password created_at", (
        (account, _sealed(account, "email", f"{number}@{name}.example"),
         address_index(f"{number}@{name}.example".lower()),
         _sealed(account, "name", _called(number)), "en", "UTC", "active", 0, False, now)
        for number, account in enumerate(accounts)
    ))  # fmt: skip
    _copy(connection, "name_part", "part account_id", (
        (part, account) for number, account in enumerate(accounts) for part in name_numbers(_called(number))
    ))  # fmt: skip
    skills = [_drawn(_SKILLS, rng) + (["diving"] if number % (count // 5) == 7 else []) for number in range(count)]
    domains = [_drawn(_DOMAINS, rng) for _ in range(count)]
    domains = [[code for code in each if code != "forestry" or "surveying" not in own]
               for each, own in zip(domains, skills, strict=True)]  # fmt: skip
    hours, chance, country = rng.integers(0, 41, count), rng.random((count, 4)), rng.integers(0, 8, count)
    _copy(connection, "annotator", "id org_id account_id pool_id pseudonym status country time_zone weekly_hours skills"
          " domains clearance clearance_until applied_at", (
        (person, org_id, accounts[at], pools[at % 20 == 5], person[:20], _status(chance[at, 0]),
         _COUNTRIES[country[at]], "UTC", int(hours[at]), Jsonb(skills[at]), Jsonb(domains[at]),
         _clearance(chance[at, 1]), now + timedelta(days=float(chance[at, 2]) * 120 - 30), now)
        for at, person in enumerate(people)
    ))  # fmt: skip
    _copy(connection, "annotator_code", "org_id annotator_id kind code", (
        (org_id, person, kind, code) for at, person in enumerate(people)
        for kind, codes in (("skill", skills[at]), ("domain", domains[at])) for code in codes
    ))  # fmt: skip
    _copy(connection, "language_claim",
          "id org_id annotator_id locale mode proficiency status until_at steps claimed_at",
          _claims(org_id, people, now, rng))  # fmt: skip
    at_work = [at for at in range(count) if chance[at, 3] < 0.3]
    days = rng.exponential(15, 10 * len(at_work))
    _copy(connection, "earning", "id org_id annotator_id account_id lane_id project_id cause_kind cause_id micros"
          " currency state memo earned_at due_at", (
        (ids.new_id(), org_id, people[at], accounts[at], LANES[0], project, "unit", ids.new_id(), 50_000, "USD",
         "pending", Jsonb({}), now - timedelta(days=200 * chance[at, 3] + float(days[10 * place + each])), now)
        for place, at in enumerate(at_work) for each in range(10)
    ))  # fmt: skip
    opened = [(lane, at) for lane, every in zip(LANES, (5, 50, count // 5), strict=True)
              for at in range(count) if at % every == (4 if lane == "lane-rare" else 3)]  # fmt: skip
    _copy(connection, "qualification", "id org_id vendor_org_id project_id lane_id annotator_id account_id basis reason"
          " since_at", (
        (ids.new_id(), client, org_id, project, lane, people[at], accounts[at], "waiver", "known", now)
        for lane, at in opened
    ))  # fmt: skip
    low = np.minimum(0.99, rng.beta(12, 2, len(at_work)))
    _copy(connection, "track", "id org_id vendor_org_id project_id lane_id annotator_id judged peers peers_same seconds"
          " shown shown_low shown_at heightened_to alarms_seen updated_at checked right a b cusum since_normal alarms"
          " confusion classes", (
        (ids.new_id(), client, org_id, project, LANES[0], people[at], 100, 0, 0.0, 0,
         Jsonb({"low": float(low[place])}), float(low[place]), now, 0, 0, now,
         30, 27.0, 8.0, 2.0, 0.0, 0, 0, Jsonb({}), Jsonb({}))
        for place, at in enumerate(at_work)
    ))  # fmt: skip
    return org_id


def _called(number: int) -> str:
    return f"{_GIVEN[number % 10]} {_FAMILY[number // 10 % 10]} {number}"


def _sealed(account: str, column: str, said: str) -> str:
    return seal(said, place_of("account", f"{column}_sealed", account, None))


def _claims(org_id: str, people: Sequence[str], now: datetime, rng: np.random.Generator) -> Iterable[tuple[Any, ...]]:
    """One or two languages each, in all four modes: stated, proven as stated, or proven one step below what is stated.

    What is proven of French is over, and Amharic is proven by steps alone.
    """
    soon, later, over = now + timedelta(days=100), now + timedelta(days=300), now - timedelta(days=3)
    steps = {"C1": soon.isoformat(), "B2": later.isoformat()}
    shares = np.array([share for _locale, share in _PLACES]) / 1000
    first = rng.choice(len(_PLACES), len(people), p=shares)
    second = rng.choice(len(_PLACES), len(people), p=shares)
    levels, proven = rng.integers(0, 4, len(people)), rng.random(len(people))
    for at, person in enumerate(people):
        for place in {int(first[at]), int(second[at])} if at % 2 else {int(first[at])}:
            locale = _PLACES[place][0]
            is_stepped = locale == "am-ET" or (locale != "fr-CI" and 0.6 <= proven[at] < 0.75)
            is_proven = proven[at] < 0.6 and not is_stepped
            for mode in ("read", "write", "listen", "speak"):
                yield (
                    ids.new_id(), org_id, person, locale, mode, ("native", "C1", "B2", "B1")[levels[at]],
                    "verified" if is_proven else "claimed", over if locale == "fr-CI" else later if is_proven else None,
                    Jsonb([list(each) for each in steps.items()] if is_stepped else []), now,
                )  # fmt: skip


def _drawn(codes: Sequence[tuple[str, float]], rng: np.random.Generator) -> list[str]:
    chance = rng.random(len(codes))
    return [code for place, (code, share) in enumerate(codes) if chance[place] < share]


def _status(chance: float) -> str:
    return "paused" if chance < 0.05 else "applied" if chance < 0.1 else "active"


def _clearance(chance: float) -> int:
    return 3 if chance < 0.005 else 2 if chance < 0.05 else 1 if chance < 0.2 else 0


def _copy(connection: Any, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(name), SQL(", ").join(map(Identifier, columns.split()))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(row)


if __name__ == "__main__":
    print(main(*(int(each) for each in sys.argv[1:])))

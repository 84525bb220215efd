"""From evidence to a level: the rule in tables, and that each source of evidence reaches it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from i18n.matching import Level, Mode
from kernel.errors import Invalid
from kernel.migrate import alembic_config, upgrade
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, queries
from workforce.models import LanguageClaim
from workforce.operations.evidence import drop_evidence, note_exam, note_work
from workforce.rules.languages import (
    EXAM,
    FADES,
    FULL,
    HISTORY,
    WORK_FADES,
    WORK_MOST,
    estimate,
    is_measured,
    prior,
    proven_at,
    steps_of,
    strength_of,
    until_of,
    weight_at,
    work_weight,
)
from workforce.rules.profiles import clean_history, clean_language, clean_modes
from workforce.values import ClaimStatus, Evidence

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)


def piece(level: str, weight: float = FULL, kind: str = "test", days: int = 0, fades: float = FADES) -> Evidence:
    return Evidence(kind, level, weight, NOW - timedelta(days=days), fades)


def test_what_a_person_states_is_likeliest_and_more_than_they_state_is_rarest() -> None:
    shares = dict(zip(Level, prior(Level.C1), strict=True))
    assert max(shares, key=lambda level: shares[level]) is Level.C1
    assert shares[Level.B2] / shares[Level.C1] == pytest.approx(0.35)
    assert shares[Level.C2] / shares[Level.C1] == pytest.approx(0.25)
    assert sum(shares.values()) == pytest.approx(1)


# stated, pieces, level, low, high, proven. Worked out by hand for the first: 1 : .35 : .1225 : … of which the likeliest
# 95% reach down to C1.
FOLDS = [
    ("native", [], "native", "C1", "native", None),
    ("B2", [], "B2", "A2", "C1", None),
    ("native", [piece("native")], "native", "native", "native", "native"),
    ("native", [piece("C1")], "native", "C1", "native", "C1"),
    ("C1", [piece("native")], "native", "C2", "native", "C1"),  # nobody is proven above what they state
    ("native", [piece("native", EXAM)], "native", "C2", "native", None),
    ("native", [piece("native", EXAM), piece("native", EXAM)], "native", "native", "native", "native"),
    ("native", [piece("native", HISTORY, "history")] * 9, "native", "native", "native", None),  # one's own word
    ("native", [piece("native"), piece("native", -WORK_MOST, "work")], "native", "C2", "native", "C2"),
    ("native", [piece("native", days=731)], "native", "native", "native", None),
    ("native", [piece("native", days=3650)], "native", "C2", "native", None),
    ("native", [piece("native", -FULL)], "C2", "B2", "native", None),
]


@pytest.mark.parametrize(("stated", "pieces", "level", "low", "high", "proven"), FOLDS)
def test_evidence_folds_into_a_level(
    stated: str, pieces: list[Evidence], level: str, low: str, high: str, proven: str | None
) -> None:
    found = estimate(stated, pieces, NOW)
    assert (found.level, found.low, found.high, found.proven) == (level, low, high, proven)


def test_one_full_proof_of_a_native_speaker_holds_for_two_years() -> None:
    steps = steps_of("native", [piece("native")], NOW)
    assert [level for level, _until in steps] == ["native"]
    until = until_of("native", steps)
    assert until == NOW + timedelta(days=730)
    assert proven_at(steps, until - timedelta(days=1)) == "native"
    assert proven_at(steps, until) is None


def test_more_evidence_never_proves_less_and_time_never_proves_more() -> None:
    for stated in ("B1", "C1", "native"):
        before: list[Evidence] = []
        last = 0
        for weight in (EXAM, EXAM, FULL):
            before.append(piece(stated, weight))
            found = estimate(stated, before, NOW).proven
            rank = Level.parse(found) if found else 0
            assert rank >= last
            last = rank
        aged = [estimate(stated, before, NOW + timedelta(days=days)).proven for days in range(0, 7000, 350)]
        ranks = [Level.parse(found) if found else 0 for found in aged]
        assert ranks == sorted(ranks, reverse=True) and ranks[0] > 0 and ranks[-1] == 0


def test_what_speaks_against_a_person_does_not_open_anything_by_waiting() -> None:
    against = piece("native", -WORK_MOST, "work", fades=WORK_FADES)
    assert [level for level, _until in steps_of("native", [piece("native"), against], NOW)] == ["C2"]


def test_a_piece_fades_ends_and_is_named_by_what_is_left() -> None:
    assert weight_at(piece("C1", 1.0, fades=10, days=10), NOW) == pytest.approx(0.3679, abs=1e-4)
    assert weight_at(Evidence("test", "C1", 1.0, NOW, 10, until_at=NOW), NOW) == 0.0
    assert [strength_of(weight, left) for weight, left in ((3, 3), (3, 2), (3, 1), (3, 0.01), (-1, -1))] == [
        "strong", "fair", "weak", "gone", "against",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "checked", "weight"),
    [(19, 19, 0.0), (18, 20, 2.3264), (20, 20, WORK_MOST), (14, 20, -WORK_MOST), (16, 20, -0.3742), (17, 20, 0.9759)],
)
def test_checked_work_speaks_for_or_against_within_limits(right: float, checked: int, weight: float) -> None:
    assert work_weight(right, checked) == pytest.approx(max(-WORK_MOST, min(WORK_MOST, weight)), abs=1e-3)


def test_exams_and_work_add_to_what_the_vendor_has_seen(world: World, time: Time) -> None:
    person, _actor = world.annotator()

    def written() -> tuple[ClaimStatus, str | None, list[str]]:
        with world.db.reading(world.vendor) as session:
            claim = next(
                each for each in queries.languages_of(session, person.id)
                if (each.locale, each.mode) == ("sw-KE", "write")
            )  # fmt: skip
        return claim.status, claim.proven, sorted(each.kind for each in claim.evidence)

    exam = {"locale": "sw-KE", "modes": ["write"], "level": "native"}
    with world.db.transaction(world.vendor) as session:
        note_exam(session, SYSTEM, person.id, **exam, lane_id="one")  # type: ignore[arg-type]
        note_exam(session, SYSTEM, person.id, **exam, lane_id="one")  # type: ignore[arg-type]
    assert written() == (ClaimStatus.CLAIMED, None, ["test"]), "the same lane again is the same piece"
    with world.db.transaction(world.vendor) as session:
        note_exam(session, SYSTEM, person.id, **exam, lane_id="two")  # type: ignore[arg-type]
    assert written() == (ClaimStatus.VERIFIED, "native", ["test", "test"])
    with world.db.transaction(world.vendor) as session:
        for right in (20.0, 10.0):
            note_work(session, SYSTEM, person.id, **exam, lane_id="one", right=right, checked=20)  # type: ignore[arg-type]
    assert written() == (ClaimStatus.CLAIMED, "C2", ["test", "test", "work"])
    assert [line.details["after"] for line in world.audit("language.level")][-1] == "C2"
    time.now += timedelta(days=1)
    with world.db.transaction(world.vendor) as session:
        first = queries.claims_of(session, person.id)[0]
        both = operations.verify_language(
            session, world.manager, first.id, evidence={"kind": "document"}, modes=["listen", "speak"]
        )
        claims = {(each.locale, each.mode): each.status for each in queries.claims_of(session, person.id)}
    assert both.id == first.id
    assert [claims["en", mode] for mode in ("read", "listen", "speak")] == [
        ClaimStatus.CLAIMED, ClaimStatus.VERIFIED, ClaimStatus.VERIFIED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"locale": "xx-YY"}, "locale"),
        ({"locale": "ѕw"}, "locale"),
        ({"locale": "en-x-private"}, "locale"),
        ({"locale": "x-private"}, "locale"),
        ({"locale": "sw-KE" * 40}, "locale"),
        ({"proficiency": "fluent"}, "proficiency"),
        ({"modes": []}, "modes"),
        ({"modes": ["sing"]}, "modes"),
        ({"history": "dream"}, "history"),
    ],
)
def test_a_wrong_claim_is_answered_at_its_field(wrong: dict[str, object], field: str) -> None:
    asked = {"locale": "sw-KE", "proficiency": "C1", "modes": ["read"], "history": ""} | wrong
    with pytest.raises(Invalid) as caught:
        clean_language(str(asked["locale"]), str(asked["proficiency"]))
        clean_modes(asked["modes"])  # type: ignore[arg-type]
        clean_history(str(asked["history"]))
    assert set(caught.value.fields) == {field}


def test_three_hundred_claims_are_refused_and_change_nothing(world: World) -> None:
    person, actor = world.annotator()
    tags = [
        f"{language}-{region}" for language in ("en", "fr", "es") for region in ("US", "CA", "MX", "GB", "FR", "ES")
    ]
    with pytest.raises(Invalid, match=r"language\.too_many"), world.db.transaction(world.vendor) as session:
        for tag in [*tags, *[f"pt-{region}" for region in ("BR", "PT", "AO")]]:
            operations.claim_language(session, actor, person.id, locale=tag, proficiency="B1", modes=["read"])
    with world.db.reading(world.vendor) as session:
        assert {claim.locale for claim in queries.claims_of(session, person.id)} == {"en", "sw-KE"}


def test_what_was_stated_before_languages_had_modes_holds_for_every_mode(world: World) -> None:
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        claim = next(each for each in queries.claims_of(session, person.id) if each.locale == "sw-KE")
        until = operations.verify_language(session, world.manager, claim.id, evidence={"kind": "test"}).until_at
    command.downgrade(alembic_config(world.db), "0018")
    upgrade(world.db)
    with world.db.reading(world.vendor) as session:
        claims = queries.languages_of(session, person.id)
    assert [(each.locale, each.mode) for each in claims] == [
        (locale, mode.value) for locale in ("en", "sw-KE") for mode in Mode
    ]  # fmt: skip
    assert {each.status for each in claims if each.locale == "en"} == {ClaimStatus.CLAIMED}
    for each in claims[4:]:
        assert (each.status, each.proven, each.until_at) == (ClaimStatus.VERIFIED, "native", until)
        assert [piece.strength for piece in each.evidence] == ["strong"]


@pytest.mark.parametrize(
    ("pieces", "measured"),
    [
        ([], False),
        ([piece("native", HISTORY, "history")], False),
        ([piece("native")], True),
        ([piece("native", HISTORY, "history"), piece("native", -WORK_MOST, "work", fades=WORK_FADES)], True),
        ([piece("native", WORK_MOST, "work", fades=WORK_FADES, days=1_700)], False),  # too old to count
        ([Evidence("peer", "native", FULL, NOW - timedelta(days=2), 10, until_at=NOW)], False),  # undone
    ],
)
def test_a_level_is_measured_by_evidence_beyond_the_own_word_alone(pieces: list[Evidence], measured: bool) -> None:
    assert is_measured(pieces, NOW) is measured


def test_what_nothing_has_shown_is_told_as_a_claim_and_measured_only_from_evidence_on(
    world: World, time: Time, tmp_path: Path
) -> None:
    person, actor = world.annotator()
    app = application(tmp_path)
    own, vendor = Visitor(app, world.db, actor), Visitor(app, world.db, world.manager)
    mine, theirs = Program(app, world.db, actor), Program(app, world.db, world.manager)
    pages = ((own, "/me/languages", "You say"), (vendor, f"/people/{person.id}/languages", "They say"))

    def told(program: Program, path: str) -> dict[str, Any]:
        items = program.send("GET", path).json["items"]  # type: ignore[index]
        return next(each for each in items if (each["locale"], each["mode"]) == ("sw-KE", "write"))

    # A claim, also with a history of one's own telling: no level with an interval, and what would show it.
    with world.db.transaction(world.vendor) as session:
        operations.claim_language(session, actor, person.id, locale="sw-KE", proficiency="native", history="home")
    for visitor, path, who in pages:
        shown = visitor.text(path)
        assert shown.count(f"{who}: native. Nothing has shown it yet.") == 4
        assert shown.count("What would show it: a check by natives") == 4, "writing and speaking of two languages"
        assert ", between " not in shown and "Nothing is proven yet" not in shown
    for program, path in ((mine, "/me/languages"), (theirs, f"/people/{person.id}/languages")):
        found = told(program, path)
        assert found["is_measured"] is False
        assert found["estimate"] == {"level": "native", "low": None, "high": None, "proven": None}
        assert [piece["kind"] for piece in found["evidence"]] == ["history"]
    assert "Stated: native." in own.text("/me") and "Stated: native." in vendor.text(f"/people/{person.id}")

    # One exam is evidence: its mode alone is measured from then on.
    with world.db.transaction(world.vendor) as session:
        note_exam(session, SYSTEM, person.id, locale="sw-KE", modes=["write"], level="native", lane_id="one")
    for visitor, path, who in pages:
        shown = visitor.text(path)
        assert shown.count(f"{who}: native. Nothing has shown it yet.") == 3
        assert "native, between C2 and native" in shown and "Nothing is proven yet." in shown
    found = told(mine, "/me/languages")
    assert found["is_measured"] is True
    assert (found["estimate"]["low"], found["estimate"]["high"], found["proven"]) == ("C2", "native", None)

    # Evidence that was ended shows nothing any more, and a language that was turned down is no claim to be shown.
    with world.db.transaction(world.vendor) as session:
        claims = {(each.locale, each.mode): each for each in queries.claims_of(session, person.id)}
        drop_evidence(
            session, SYSTEM, session.get_one(LanguageClaim, claims["sw-KE", "write"].id), kind="test", source="lane:one"
        )
        operations.reject_language(session, world.manager, claims["sw-KE", "read"].id, reason="Not heard.")
    for visitor, path, who in pages:
        shown = visitor.text(path)
        assert shown.count(f"{who}: native. Nothing has shown it yet.") == 2
        assert shown.count(f"{who}: native. What showed it does not count any more.") == 1
        assert shown.count("<p>Stated: native.</p>") == 1
    assert told(mine, "/me/languages")["is_measured"] is False

"""Whom a lane takes by language: the policy as data, refused where it is wrong, and told to the person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from i18n.matching import Kind, Level, Mode, Policy
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import Reason
from kernel.presence import NOWHERE
from marketplace.models import Lane
from marketplace.operations import projects
from marketplace.rules.eligibility import Admission, LaneNeeds, demands, language_told
from marketplace.rules.languages import clean_languages, modes_for, policy_of
from marketplace.values.requests import LaneLanguages
from tests.marketplace.desk import open_desk
from tests.marketplace.orders import Market
from workforce.models import LanguageClaim
from workforce.values import ClaimFacts, ClaimStatus, PersonFacts, Standing

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
READING: dict[str, Any] = {"proficiency": "native", "modes": ["read"], "distance_most": 0, "also": []}


def test_a_policy_is_stored_in_standard_form() -> None:
    asked = clean_languages(
        "ar-EG", proficiency="c1", modes=["speak", "read"], distance_most=5, also=["ARZ", "ar_eg", "apc", "arz"]
    )
    assert asked == LaneLanguages("C1", ("read", "speak"), 5, ("arz", "apc"))


@pytest.mark.parametrize(
    ("locale", "asked", "field"),
    [
        ("sw-KE", {"modes": []}, "modes"),
        ("sw-KE", {"modes": ["sing"]}, "modes"),
        ("ar", {"modes": ["listen"]}, "modes"),
        ("zh-Hant", {"modes": ["read", "speak"]}, "modes"),
        ("sw-KE", {"proficiency": "fluent"}, "proficiency"),
        ("sw-KE", {"distance_most": -1}, "distance_most"),
        ("nb", {"distance_most": 12}, "distance_most"),
        ("sw-KE", {"also": ["xx-YY"]}, "also"),
        ("sw-KE", {"also": ["ѕw"]}, "also"),
        ("sw-KE", {"also": ["en-x-private"]}, "also"),
        ("sw-KE", {"also": ["af", "am", "as", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy"]}, "also"),
    ],
)
def test_a_wrong_policy_is_refused_at_its_field(locale: str, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        clean_languages(locale, **(READING | asked))
    assert set(caught.value.fields) == {field}


def test_the_policy_of_a_mode_says_all_that_matching_needs() -> None:
    assert policy_of("read", "native", 0, ()) == Policy(Kind.EXACT, 0, Level.NATIVE, Mode.READ)
    assert policy_of("speak", "B2", 4, ["arz"]) == Policy(Kind.WITHIN, 4, Level.B2, Mode.SPEAK, ("arz",))


def test_the_kind_of_task_says_what_is_done_in_the_language() -> None:
    assert (modes_for("spans"), modes_for("writing")) == (["read"], ["read", "write"])


def person(*stated: tuple[str, str, ClaimStatus]) -> PersonFacts:
    claims = tuple(
        ClaimFacts(locale, mode, level, status, level if status is ClaimStatus.VERIFIED else None)
        for locale, level, status in stated
        for mode in Mode
    )
    return PersonFacts("a", "b", "c", Standing.ACTIVE, "KE", claims, frozenset(), frozenset(), 0, False, {}, ())


def lane(locale: str = "sr-Latn-RS", **asked: Any) -> LaneNeeds:
    given: dict[str, Any] = {"proficiency": "C1", "distance_most": 0, "modes": ("read",), "also": ()} | asked
    return LaneNeeds("open", "live", locale, classification="internal", skill=None, domain=None, **given)


V, C = ClaimStatus.VERIFIED, ClaimStatus.CLAIMED


@pytest.mark.parametrize(
    ("needs", "claims", "told"),
    [
        (lane(), [("sr-Latn-RS", "C1", V)], None),
        (lane(), [("sr-Latn-RS", "C1", C)], "not proven yet"),
        (lane(), [("sr-Latn-RS", "B2", V)], "higher level"),
        (lane(), [("sr-Cyrl-RS", "native", V)], "written in another script"),
        (lane(modes=("speak",)), [("sr-Cyrl-RS", "native", V)], None),
        (lane(modes=("read", "speak")), [("sr-Cyrl-RS", "native", V)], "written in another script"),
        (lane("sw-KE"), [("sw-TZ", "native", V)], "from another region"),
        (lane("sw-KE", distance_most=4), [("sw-TZ", "native", V)], None),
        (lane("sw-KE", distance_most=3), [("sw-TZ", "native", V)], "too far"),
        (lane("sw-KE"), [("sw", "native", V)], "names no region"),
        (lane("ar-EG"), [("arz", "native", V)], None),
        (lane("ar-EG", also=("arz",)), [("arz", "native", V)], None),
    ],
)
def test_a_person_reads_why_their_language_does_not_do(needs: LaneNeeds, claims: list[Any], told: str | None) -> None:
    sentence = language_told(needs, person(*claims))
    assert sentence is None if told is None else told in str(sentence)
    found = next(
        each
        for each in demands(needs, person(*claims), Admission(), NOWHERE, NOW)
        if each.reason is Reason.LANGUAGE_MISSING
    )
    is_foreign = needs.locale == "ar-EG" and not needs.also  # nothing near to speak of: the lane's own words do
    assert found.met is (told is None and not is_foreign)


def test_a_choice_of_languages_tells_how_many_people_it_takes_before_it_is_saved(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=1)
    market.hire(2, "sw-TZ")
    market.hire(1, "sw")
    market.hire(1, "sw-UG", proficiency="B1")
    market.hire(3, "sw-KE", status="paused")
    market.hire(1, "arz")
    (partly,) = market.hire(1, "sw-TZ")  # reading is proven at a lower level than is stated, writing no longer
    with market.system() as session:
        session.execute(
            update(LanguageClaim)
            .where(LanguageClaim.annotator_id == partly)
            .values(status="claimed", steps=[["C1", (market.now + timedelta(days=9)).isoformat()]])
        )
        session.execute(
            update(LanguageClaim)
            .where(LanguageClaim.annotator_id == partly, LanguageClaim.mode == "write")
            .values(status="verified", until_at=market.now, steps=[])
        )

    def told(**changed: Any) -> tuple[int, list[int], dict[str, tuple[int, bool]], tuple[str, ...]]:
        with market.system() as session:
            found = projects.preview_lane_languages(session, market.pm, desk.lane, **(READING | changed))
        varieties = {one.locale: (one.people, one.is_taken) for one in found.varieties}
        return found.people, [people for _distance, people in found.by_distance], varieties, found.missing_modes

    claimed = {"sw-TZ": (2, False), "sw": (1, False), "sw-UG": (0, False), "sw-KE": (1, True)}
    assert told() == (1, [1, 1, 1, 1, 3, 4], claimed, ())
    assert told(proficiency="C1", distance_most=4)[0] == 4, "what evidence proves counts, at its level"
    assert told(proficiency="C1", distance_most=4, modes=["read", "write"])[0] == 3
    assert told(also=["arz"])[2] == {**claimed, "arz": (1, True)}
    spoken = told(modes=["speak"], distance_most=5)
    assert (spoken[0], spoken[1]) == (1, [1] * 6), "speech crosses no region"
    with market.system() as session:
        session.get_one(Lane, desk.lane).locale = "sw-CD"
    assert told() == (0, [0, 0, 0, 0, 3, 4], {tag: (count, False) for tag, (count, _is) in claimed.items()}, ("read",))
    with market.system() as session:
        for actor, asked, problem in (
            (market.qa, {}, Forbidden), (market.stranger, {}, NotFound), (market.pm, {"modes": []}, Invalid),
        ):  # fmt: skip
            with pytest.raises(problem):
                projects.preview_lane_languages(session, actor, desk.lane, **(READING | asked))


def test_a_lane_takes_whom_its_owner_says_from_the_next_step_on(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=2)
    asked = READING | {"modes": ["read", "write"], "distance_most": 4}
    with market.as_(market.pm) as session:
        row = projects.set_lane_languages(session, market.pm, desk.lane, **asked)
        assert (row.modes, row.distance_most) == (("read", "write"), 4)
    (event,) = market.audited("lane.languages")
    assert event.details["modes"] == ["read", "write"]
    with pytest.raises(Forbidden), market.as_(market.qa) as session:
        projects.set_lane_languages(session, market.qa, desk.lane, **READING)
    with market.system() as session:
        session.get_one(Lane, desk.lane).state = "done"
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        projects.set_lane_languages(session, market.pm, desk.lane, **READING)
    with market.system() as session:
        assert session.get_one(Lane, desk.lane).modes == ["read", "write"]

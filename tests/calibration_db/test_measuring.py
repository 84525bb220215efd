"""Questions measured from what people answered in exams and in checked work, kept with the gold, for its owner."""

import re
from dataclasses import replace

import numpy as np
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from calibration import lanes
from calibration.models import Attempt, AttemptQuestion, GoldKey
from calibration.operations import measuring
from calibration.operations.tests import WARNINGS, publish_test
from calibration.queries.gold import forms_of_project
from calibration.values import LaneFacts
from kernel import ids
from tests.calibration_db.doors import Door
from tests.calibration_db.world import GRADER, World


def examined(world: World, people: int, items: list[str], *, harder: int | None = None, seed: int = 5) -> None:
    """Exams as they would have been taken: the first question is easy, the last one hard, the fifth keyed wrongly.

    `harder` is the place of a question that is far harder here than elsewhere.
    """
    generator = np.random.default_rng(seed)

    def known(place: int, ability: float) -> float:
        """Guessing between two answers, and the rest by ability."""
        return 0.5 + 0.5 / (1 + float(np.exp(place - 4 + 4 * (place == harder) - 2 * ability)))

    with world.system() as session:
        test = publish_test(
            session, world.as_vendor(), lane_id=world.lane, training_questions=0, accepted=WARNINGS
        ).test
        owner = {"org_id": world.client, "vendor_org_id": world.vendor, "project_id": world.project}
        for _ in range(people):
            attempt, account, ability = ids.new_id(), ids.new_id(), generator.normal()
            session.execute(
                insert(Attempt).values(
                    id=attempt, test_id=test.id, lane_id=world.lane, annotator_id=ids.new_id(), account_id=account,
                    number=1, state="failed", seed=1, position=0, asked=len(items), right=0, by_class={},
                    started_at=world.now, deadline_at=world.now, ended_at=world.now, next_at=None, **owner,
                )
            )  # fmt: skip
            session.execute(
                insert(AttemptQuestion),
                [
                    {
                        **owner, "id": ids.new_id(), "attempt_id": attempt, "position": place, "stage": "exam",
                        "item_id": item, "answered_at": world.now,
                        "score": float((generator.random() < known(place, ability)) ^ (place == 4)),
                    }
                    for place, item in enumerate(items)
                ],
            )  # fmt: skip


def test_questions_are_measured_from_what_was_answered(world: World) -> None:
    items = world.add_gold(92, "exam")[:9]
    with world.system() as session:
        session.execute(update(GoldKey).where(GoldKey.item_id == items[0]).values(link="q1"))
    examined(world, 150, items)
    world.later(days=1)
    with world.system() as session:
        assert measuring.projects_to_measure(session, GRADER) == [world.project]
        assert measuring.measure_project(session, GRADER, world.project) == 9
    with world.system() as session:
        keys = {key.item_id: key for key in session.scalars(select(GoldKey).where(GoldKey.item_id.in_(items)))}
        told = [keys[item] for item in items]
        untold = session.scalars(select(GoldKey).where(GoldKey.item_id.not_in(items))).first()
        assert [key.answers for key in told] == [150] * 9
        assert untold is not None and (untold.difficulty, untold.measured_at) == (None, None)
        hard, easy = told[8].difficulty, told[0].difficulty
        assert hard is not None and easy is not None and hard > 0.5 > -0.5 > easy
        assert [key.measured["miskeyed"] for key in told] == [place == 4 for place in range(9)]
        assert {key.discrimination for key in told} == {1.0}


def test_the_owner_of_the_gold_sees_how_hard_it_is_and_nobody_else_does(
    world: World, client: Door, vendor: Door
) -> None:
    items = world.add_gold(92, "exam")[:9]
    examined(world, 40, items)
    with world.system() as session:
        measuring.measure_project(session, GRADER, world.project)
    page = client.get(f"/projects/{world.project}/gold")
    assert "The exams compared" in page
    while "middling" not in page:  # fifty keys at a time, in the order of their ids
        (more,) = set(re.findall(r'href="(/projects/[^"]+after=[^"]+)"', page))
        page = client.get(more.replace("&amp;", "&"))
    (form,) = client.api("GET", f"/projects/{world.project}/gold/forms")["items"]
    assert (form["lane_id"], form["questions"], form["measured"]) == (world.lane, 92, 9)
    told = [key for key in client.api("GET", f"/projects/{world.project}/gold")["items"] if key["answers"]]
    assert all(key["difficulty"] is not None and key["measured"]["error"] > 0 for key in told)
    vendor.api("GET", f"/projects/{world.project}/gold/forms", 403)


def test_a_question_that_is_harder_in_one_language_is_told_and_ties_the_languages_no_more(world: World) -> None:
    first, swahili = world.lane, world.add_gold(92, "exam")[:9]
    examined(world, 150, swahili)
    other, known = ids.new_id(), world.facts

    def facts(session: Session, lane_id: str, annotator_id: str | None = None) -> LaneFacts | None:
        found = known(session, world.lane, annotator_id)
        locale = {first: "sw-KE", other: "es-MX"}.get(lane_id)
        return None if found is None or locale is None else replace(found, id=lane_id, locale=locale)

    lanes.use_provider(facts)
    world.lane = other
    spanish = world.add_gold(92, "exam")[:9]
    examined(world, 150, spanish, harder=2, seed=6)
    with world.system() as session:
        for place, pair in enumerate(zip(swahili, spanish, strict=True)):
            session.execute(update(GoldKey).where(GoldKey.item_id.in_(pair)).values(link=f"q{place}"))
    with world.system() as session:
        assert measuring.measure_project(session, GRADER, world.project) == 18
        keys = {key.item_id: key for key in session.scalars(select(GoldKey).where(GoldKey.link.is_not(None)))}
        flagged = {item for item, key in keys.items() if any(each["flagged"] for each in key.measured["differs"])}
        assert flagged == {swahili[2], spanish[2]}
        there, here = keys[swahili[2]].difficulty, keys[spanish[2]].difficulty
        assert there is not None and here is not None and here > there + 1
        assert keys[swahili[0]].difficulty == keys[spanish[0]].difficulty  # one question, one scale
        forms = {form.lane_id: form.expected for form in forms_of_project(session, world.project)}
        assert forms[first] > forms[other]  # type: ignore[operator]

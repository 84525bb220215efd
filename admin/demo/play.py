"""The play: two weeks from the first application to the present, told day by day."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from admin.demo import deeds, founding, people, quality, sensitive, wishes
from admin.demo.doings import Player
from admin.demo.people import Speaker
from admin.demo.stage import AFTER, DAYS, NIGHTLY, SETTLING, Begin, Stage
from admin.demo.wishes import Size
from admin.demo.world import World
from calibration.queries.attempts import test_start
from kernel import ids
from kernel.db import Database
from kernel.tenancy import Scope

SEED = 2026
_FIRST_WORK = 2
_LEFT_OVER = 12  # reviews that wait in the end
_TWO_PROJECTS = ("sw-KE", "es-MX")


def build(
    database: Database, *, password: str, ends: datetime, size: Size = wishes.FULL, seed: int = SEED,
    tell: Callable[[float], None] = lambda share: None,
) -> World:  # fmt: skip
    """Play it all into an empty database. `tell` hears how much is over, from 0 to 1."""
    world = World(Stage(database, ends, random.Random(seed), tell), size)
    with world.stage.running(), ids.use_seed(seed):
        _first_day(world, password)
        for day in range(1, DAYS + 1):
            for deed in _DEEDS.get(day, ()):
                deed(world)
            _work(world, day)
            if day < DAYS and day % size.nights == 1 % size.nights:
                _evening(world, day)
        world.stage.go_to(ends - timedelta(minutes=9))
        deeds.last_minutes(world)
        world.stage.go_to(ends)
        world.stage.carry(*NIGHTLY, *SETTLING)
        world.stage.carry(*AFTER, "calibration.look_at_behaviour", "admin.measure", "admin.verify_nightly")
    return world


def _first_day(world: World, password: str) -> None:
    """Organizations, people, and the first two orders."""
    stage = world.stage
    world.orgs, world.password = founding.found(stage, password), password
    world.pool = founding.open_pool(stage)
    for number, speaker in enumerate(_chosen(world.size)):
        stage.go_to(stage.at(0, 8) + timedelta(minutes=4 * number))
        if speaker.local == people.WAITS:
            world.waits = speaker
        else:
            _join(world, speaker)
    stage.go_to(stage.at(0, 13))
    deeds.order(world, "answers", wishes.answers(world.size), wishes.ANSWER_SET)
    deeds.order(world, "intents", wishes.intents(world.size), wishes.INTENT_SET)


def _chosen(size: Size) -> list[Speaker]:
    """The first people of each language, and those of whom something is told."""
    told = {people.WAIVED, people.DECLINED, people.WAITS}
    counts: dict[str, int] = {}
    found = []
    for speaker in people.speakers():
        counts[speaker.locale] = counts.get(speaker.locale, 0) + 1
        if counts[speaker.locale] <= size.people or speaker.local in told:
            found.append(speaker)
    return found


def _join(world: World, speaker: Speaker) -> None:
    """Somebody applies and is admitted, or not."""
    stage = world.stage
    person = founding.apply(stage, world.pool, speaker, world.password)
    stage.go_to(stage.now + timedelta(minutes=1))
    if speaker.local == people.DECLINED:
        deeds.decline(world, person)
        return
    founding.admit(stage, speaker, person)
    draw = random.Random(f"{SEED}:{speaker.local}")
    world.players[speaker.local] = Player(speaker, stage.cast[speaker.local], person.id, draw)


def _tests(world: World, kinds: tuple[str, ...]) -> None:
    """Whoever may take a test of these projects takes it, one after the other."""
    stage = world.stage
    for kind in kinds:
        with stage.system() as session:
            begins = [
                begin for player in world.players.values() for begin in _sitting(world, player, kind, session)
            ]  # fmt: skip
        stage.play(Scope.system("exam"), begins)


def _sitting(world: World, player: Player, kind: str, session: Session) -> list[Begin]:
    lanes = world.lanes_of(player, (kind,))
    does_both = list(world.players).index(player.speaker.local) % 4 != 3
    if not lanes or (kind == "answers" and not does_both) or player.speaker.local == people.WAIVED:
        return []
    start = test_start(session, lanes[0][0], player.actor.account_id or "")
    if start is None or not start.may_start:
        return []
    care = _exam_care(player.speaker, kind)
    wait = timedelta(seconds=world.stage.draw.randrange(2400))
    return [(world.stage.now + wait, lambda: player.sit(lanes[0][0], kind, lanes[0][2], care))]


def _exam_care(speaker: Speaker, kind: str) -> float | None:
    """People of whom the demonstration tells something pass or fail as told; everybody else as they are."""
    if speaker.local == people.FAILS and kind == "reviews":
        return 0.35
    return 0.98 if speaker.local.startswith("annotator.") else None


def _work(world: World, day: int) -> None:
    """Sessions of each working day from the third one on; on the last one, a single session that has just ended."""
    if day < _FIRST_WORK or day % world.size.works:
        return
    stage = world.stage
    starts = [stage.at(day, hour) for hour in (9, 15)[: world.size.sessions]]
    for start in starts if day < DAYS else [stage.ends - timedelta(minutes=70)]:
        stage.go_to(start)
        stage.carry("calibration.grade_batch")
        quality.plan_checks(world)
        stage.carry("marketplace.plan_work")
        begins = [begin for player in world.players.values() for begin in _session(world, player, day)]
        stage.play(Scope.tenant(world.orgs[people.VENDOR]), begins)


def _session(world: World, player: Player, day: int) -> list[Begin]:
    """When somebody begins today, if they do, and what they want to work on."""
    draw = world.stage.draw
    is_told = player.speaker.local in (people.DRIFTS, people.HOLDS)
    if not is_told and draw.random() > player.speaker.keen:
        return []
    kinds = ["answers", "reviews", "intents"]
    if draw.random() < 0.3:
        kinds.reverse()
    lanes = world.lanes_of(player, kinds)
    busy = 1.5 if "answers" in kinds and player.speaker.locale in _TWO_PROJECTS else 1.0
    more = 2.0 if is_told else 1.0
    budget = max(1, round(draw.gauss(world.size.a_day / world.size.sessions, 1.5) * busy * more))
    wait = timedelta(seconds=draw.randrange(1500))
    return [(world.stage.now + wait, lambda: player.work(lanes, budget))]


def _evening(world: World, day: int) -> None:
    """The jobs of the night; every third evening what is full is settled and reviewed, in the end not all of it."""
    stage = world.stage
    stage.go_to(stage.at(day, 20))
    settles = day > _FIRST_WORK and day % 3 == 1
    stage.carry(*NIGHTLY, *(SETTLING if settles else ()))
    if settles:
        deeds.review(world, left=0 if day < DAYS - 1 else _LEFT_OVER)
    deeds.look_at_rejection(world)
    quality.plan_checks(world)
    stage.carry(*AFTER)


def _release_answers(world: World) -> None:
    deeds.finish(world, "answers")
    deeds.release(world, "answers")


_DEEDS: dict[int, tuple[Callable[[World], None], ...]] = {
    1: (
        lambda world: deeds.set_up(world, "answers", 8),
        lambda world: deeds.set_up(world, "intents", 8.5),
        lambda world: _tests(world, ("answers", "intents")),
    ),
    2: (deeds.waive,),
    3: (lambda world: _tests(world, ("answers", "intents")),),
    6: (deeds.new_guideline,),
    7: (lambda world: deeds.order(world, "reviews", wishes.reviews(world.size), wishes.REVIEW_SET),),
    8: (deeds.first_payout,),
    9: (deeds.settle_payout,),
    10: (_release_answers,),
    11: (lambda world: deeds.set_up(world, "reviews", 8), lambda world: _tests(world, ("reviews",))),
    12: (lambda world: deeds.order(world, "survey", wishes.BEGUN, wishes.REVIEW_SET), deeds.quoted_request),
    13: (
        deeds.asked_request,
        deeds.new_applicant,
        deeds.appeal_pause,
        deeds.second_payout,
        quality.raise_objections,
        quality.try_rule,
        sensitive.order,
        sensitive.work,
        sensitive.look,
    ),
}

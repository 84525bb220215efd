"""The lint of a test: reading its gold, and saying in words what forbids publishing or should be known first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from calibration.operations.scoring import Scorer
from calibration.queries.gold import ALL, questions_of_lane
from calibration.rules import lint as rules
from calibration.rules.testplan import Plan
from calibration.values import LaneFacts
from i18n import Message, _, figure, ngettext
from labeling.queries.versions import guideline_versions
from labeling.tasktypes.protocol import TaskType
from labeling.values import InvalidAnswer, InvalidContent, Ontology

WARNINGS = (
    "test.pool_thin", "test.training_few", "test.answers_unasked", "test.classes_unasked", "test.repeated",
    "test.older_than_guideline",
)  # fmt: skip
"""The codes of what a publisher may take on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the lint found; an error forbids publishing, a warning is taken on by who publishes."""

    code: str
    message: Message
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.code not in WARNINGS


def lint(
    session: Session, lane: LaneFacts, plans: Sequence[Plan], stock: Mapping[str, int], training: int
) -> tuple[Finding, ...]:
    """What is wrong with a test of this lane, errors first. The transaction must be able to read gold."""
    assert lane.ontology_id is not None
    scorer = Scorer(session)
    task_type, ontology = scorer.schema(lane.ontology_id)
    questions = _questions(session, lane, scorer)
    found = [
        *_of_size(plans, sum(stock.values())),
        *_of_classes(task_type, ontology, stock),
        *find_length(plans),
        *_of_luck(plans, task_type, ontology, stock),
        *_of_questions(questions),
        *_of_pools(plans, sum(stock.values()), training, sum(each.pool == "training" for each in questions)),
    ]
    return tuple(sorted(found, key=lambda each: not each.is_error))


def lint_pool(session: Session, lane: LaneFacts, plan: Plan, stock: Mapping[str, int]) -> tuple[Finding, ...]:
    """What is wrong with the questions of a lane for a plan that asks these classes alone."""
    questions = _questions(session, lane, Scorer(session))
    return (*_of_size([plan], sum(stock.values())), *_of_questions(questions))


def _questions(session: Session, lane: LaneFacts, scorer: Scorer) -> list[rules.Question]:
    newest = next((each for each in guideline_versions(session, lane.project_id) if each.id == lane.guideline_id), None)
    return [
        rules.Question(
            row.pool,
            rules.plain_text(row.content),
            json.dumps(row.truth, sort_keys=True),
            _fits(scorer, lane, row.truth, row.content),
            newest is not None and row.added_at is not None and row.added_at < newest.published_at,
        )
        for row in questions_of_lane(session, lane.id)
    ]


def _fits(scorer: Scorer, lane: LaneFacts, truth: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    assert lane.ontology_id is not None
    try:
        scorer.parse(lane.ontology_id, dict(truth), content)
    except (InvalidAnswer, InvalidContent):
        return False
    return True


def _of_size(plans: Sequence[Plan], present: int) -> list[Finding]:
    """Later attempts ask for more certainty, hence for more questions."""
    needed = max(plan.questions for plan in plans)
    if present >= needed:
        return []
    missing = needed - present
    message = ngettext(
        "One attempt may need %(needed)s exam questions, and this lane has %(present)s: %(num)s is missing. Add gold"
        " to the exam pool, or ask for less certainty.",
        "One attempt may need %(needed)s exam questions, and this lane has %(present)s: %(num)s are missing. Add gold"
        " to the exam pool, or ask for less certainty.",
        missing,
        needed=needed,
        present=present,
    )
    facts = {"needed": needed, "present": present, "missing": missing}
    return [Finding("test.pool_too_small", message, facts)]


def find_length(plans: Sequence[Plan]) -> list[Finding]:
    """An attempt that is over before it has asked each class says nothing of the rest."""
    shortest = min(plans, key=lambda plan: plan.questions)
    unasked = shortest.strata - shortest.questions
    if unasked <= 0:
        return []
    message = ngettext(
        "An attempt asks %(most)s questions at most, and there are %(classes)s kinds of them: %(num)s is not asked, a"
        " different one each time.",
        "An attempt asks %(most)s questions at most, and there are %(classes)s kinds of them: %(num)s are not asked,"
        " different ones each time.",
        unasked,
        most=shortest.questions,
        classes=shortest.strata,
    )
    facts = {"questions": shortest.questions, "classes": shortest.strata, "unasked": unasked}
    return [Finding("test.classes_unasked", message, facts)]


def _of_classes(task_type: TaskType[Any, Any], ontology: Ontology, stock: Mapping[str, int]) -> list[Finding]:
    """Classes of the label schema that the exam cannot ask for, and other answers that are never right in it."""
    absent = [name for name in task_type.categories(ontology) or () if not stock.get(name)]
    classes = [name for name in absent if ontology.has_class(name)]
    others = [name for name in absent if not ontology.has_class(name)]
    found = []
    if classes:
        message = _("The exam pool has no question for these classes: %(classes)s.", classes=classes)
        found.append(Finding("test.class_missing", message, {"classes": classes}))
    if others:
        message = _("No exam question has one of these answers: %(answers)s.", answers=others)
        found.append(Finding("test.answers_unasked", message, {"answers": others}))
    return found


def _of_luck(
    plans: Sequence[Plan], task_type: TaskType[Any, Any], ontology: Ontology, stock: Mapping[str, int]
) -> list[Finding]:
    found = []
    if any(rules.perfect_passes_at(plan) is None for plan in plans):
        message = _("Somebody who answers everything right cannot pass: the pass mark cannot be reached.")
        found.append(Finding("test.mark_unreachable", message))
    answers = task_type.categories(ontology)
    if answers is None or not stock or set(stock) == {ALL}:
        return found
    chances = [rules.guesser_passes(plan, stock, len(answers)) for plan in plans]
    worst = max(range(len(plans)), key=lambda place: chances[place] / plans[place].alpha)
    if chances[worst] > plans[worst].alpha:
        guess = rules.guessing_accuracy(stock, len(answers), plans[worst].questions)
        message = _(
            "Somebody who only guesses is right in %(guess)s of cases and passes with a probability of %(chance)s."
            " Raise the accuracy that must not pass, or add questions with rarer answers.",
            guess=figure("percent", guess),
            chance=figure("percent", chances[worst]),
        )
        found.append(Finding("test.guessable", message, {"guess": guess, "chance": chances[worst]}))
    return found


def _of_questions(questions: Sequence[rules.Question]) -> list[Finding]:
    repeats = rules.repeats(questions)
    misfits = sum(not each.fits for each in questions)
    older = sum(each.is_older and each.fits for each in questions)
    words = {
        "test.contradicting": (
            repeats.contradicting,
            ngettext(
                "%(num)s text stands in the gold with two different right answers. Correct or retire one of them.",
                "%(num)s texts stand in the gold with two different right answers. Correct or retire one of each.",
                repeats.contradicting,
            ),
        ),
        "test.given_away": (
            repeats.given_away,
            ngettext(
                "%(num)s text is asked in practice, with its answer, and again in the exam.",
                "%(num)s texts are asked in practice, with their answers, and again in the exam.",
                repeats.given_away,
            ),
        ),
        "test.misfit": (
            misfits,
            ngettext(
                "%(num)s right answer is not allowed by the label schema in force. Correct or retire it.",
                "%(num)s right answers are not allowed by the label schema in force. Correct or retire them.",
                misfits,
            ),
        ),
        "test.repeated": (
            repeats.same,
            ngettext(
                "%(num)s text stands in the exam pool more than once.",
                "%(num)s texts stand in the exam pool more than once.",
                repeats.same,
            ),
        ),
        "test.older_than_guideline": (
            older,
            ngettext(
                "%(num)s question was keyed before the guideline in force was published. Look whether it still holds.",
                "%(num)s questions were keyed before the guideline in force was published. Look whether they still"
                " hold.",
                older,
            ),
        ),
    }
    return [Finding(code, message, {"count": count}) for code, (count, message) in words.items() if count]


def _of_pools(plans: Sequence[Plan], exam: int, training: int, trained: int) -> list[Finding]:
    """In the worst case a person meets every question of every attempt, and none twice."""
    found = []
    wanted = max(rules.POOL_FACTOR * plans[0].questions, sum(plan.questions for plan in plans))
    if max(plan.questions for plan in plans) <= exam < wanted:
        message = ngettext(
            "The exam pool has %(num)s question. %(wanted)s would let people try again, and keep answers from going"
            " round.",
            "The exam pool has %(num)s questions. %(wanted)s would let people try again, and keep answers from going"
            " round.",
            exam,
            wanted=wanted,
        )
        found.append(Finding("test.pool_thin", message, {"present": exam, "wanted": wanted}))
    if trained < training:
        message = ngettext(
            "There is %(num)s training question instead of %(wanted)s.",
            "There are %(num)s training questions instead of %(wanted)s.",
            trained,
            wanted=training,
        )
        found.append(Finding("test.training_few", message, {"present": trained, "wanted": training}))
    return found

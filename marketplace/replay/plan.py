"""What is played of a folder: lanes, units, who answers what in which order, and the halves of gold."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from labeling.tasktypes.registry import read_ontology
from labeling.values import InvalidOntology
from marketplace.replay.reading import Answer, BrokenFolder, Folder, content_of
from marketplace.rules.requests import MOST_LINES, MOST_OVERLAP
from workforce.rules.profiles import MOST_LANGUAGES


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """An item on its way to be a unit: its content, and how many people will judge it."""

    item: str
    locale: str
    text: str
    context: str
    overlap: int


@dataclass(frozen=True, slots=True)
class Step:
    """One judgment that is to be given."""

    worker: str
    item: str
    choice: str
    seconds: int | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that a replay does with a folder.

    `exam_truth` is the half of the gold that tests ask for where there is enough of it, `held_out` the other half.
    `exams` holds, by worker and locale, the exam gold that they answered, in file order.
    """

    name: str
    classes: tuple[tuple[str, str], ...]
    units: tuple[PlannedUnit, ...]
    steps: tuple[Step, ...]
    workers: Mapping[str, tuple[str, ...]]  # worker -> locales
    repeats: int
    has_gold: bool
    exam_truth: Mapping[str, str] = field(default_factory=dict)
    held_out: Mapping[str, str] = field(default_factory=dict)
    exams: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def locales(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(unit.locale for unit in self.units))

    def measured(self, tested: Collection[str]) -> tuple[dict[str, str], int]:
        """The gold that labels are measured against, and how much of it tests asked for instead.

        Where a language had a test, that is the half it did not ask for; elsewhere it is all of the gold.
        """
        in_tests = {unit.item for unit in self.units if unit.locale in tested} & set(self.exam_truth)
        everything = dict(self.exam_truth) | dict(self.held_out)
        return {item: label for item, label in everything.items() if item not in in_tests}, len(in_tests)

    def units_of(self, locale: str) -> list[PlannedUnit]:
        """The units of one lane, in file order."""
        return [unit for unit in self.units if unit.locale == locale]

    @property
    def overlap(self) -> int:
        """The most people that a unit is judged by: what the request asks for, and what its price has to bear."""
        return max(unit.overlap for unit in self.units)


def plan_replay(folder: Folder, *, overlap: int | None = None, limit_units: int | None = None) -> Plan:
    """Plan a folder: `overlap` takes the first so many distinct workers of a unit, `limit_units` the first units."""
    answers, repeats = _distinct(_first_items(folder.answers, limit_units))
    kept = _first_workers(answers, overlap)
    counts: dict[str, int] = {}
    for answer in kept:
        counts[answer.item] = counts.get(answer.item, 0) + 1
    units = _units(folder, kept, counts)
    _ensure_playable(folder, kept)
    truth = {item: folder.class_of[label] for item, label in (folder.gold or {}).items() if item in counts}
    exam = {item: label for item, label in truth.items() if is_for_exam(item)}
    return Plan(
        name=folder.name,
        classes=folder.classes,
        units=units,
        steps=tuple(Step(each.worker, each.item, folder.class_of[each.label], each.seconds) for each in _in_time(kept)),
        workers=_workers(kept),
        repeats=repeats,
        has_gold=bool(folder.gold),
        exam_truth=exam,
        held_out={item: label for item, label in truth.items() if item not in exam},
        exams=_exams(folder, kept, exam),
    )


def is_for_exam(item: str) -> bool:
    """Whether an item's gold belongs to the half that tests ask for: its SHA-256 is even."""
    return hashlib.sha256(item.encode()).digest()[-1] % 2 == 0


def _first_items(answers: Iterable[Answer], limit: int | None) -> list[Answer]:
    if limit is None:
        return list(answers)
    chosen: set[str] = set()
    found = []
    for answer in answers:
        if answer.item not in chosen and len(chosen) < limit:
            chosen.add(answer.item)
        if answer.item in chosen:
            found.append(answer)
    return found


def _distinct(answers: Iterable[Answer]) -> tuple[list[Answer], int]:
    """The first answer of each worker to each item, and how many repeats were left out."""
    seen: set[tuple[str, str]] = set()
    found, repeats = [], 0
    for answer in answers:
        if (answer.worker, answer.item) in seen:
            repeats += 1
            continue
        seen.add((answer.worker, answer.item))
        found.append(answer)
    return found, repeats


def _first_workers(answers: Sequence[Answer], overlap: int | None) -> list[Answer]:
    if overlap is None:
        return list(answers)
    counts: dict[str, int] = {}
    found = []
    for answer in answers:
        if counts.get(answer.item, 0) < overlap:
            counts[answer.item] = counts.get(answer.item, 0) + 1
            found.append(answer)
    return found


def _in_time(answers: Sequence[Answer]) -> list[Answer]:
    """In the order of their times; without times, or where one is missing, after the answer before it in the file."""
    last: datetime | None = None
    placed: list[tuple[datetime | None, int, Answer]] = []
    for number, answer in enumerate(answers):
        last = answer.at or last
        placed.append((last, number, answer))
    timed = [each for each in placed if each[0] is not None]
    early = [each[2] for each in placed if each[0] is None]
    return early + [each[2] for each in sorted(timed, key=lambda each: (each[0], each[1]))]


def _units(folder: Folder, kept: Iterable[Answer], counts: Mapping[str, int]) -> tuple[PlannedUnit, ...]:
    locale_of: dict[str, str] = {}
    for answer in kept:
        locale_of.setdefault(answer.item, answer.locale)
    units = []
    for number, (item, locale) in enumerate(locale_of.items(), start=1):
        told = content_of(folder.contents, item)
        name = f"Item {number}: {item}"
        text = told or name
        units.append(PlannedUnit(item, locale, text, f"{folder.name}, {name}", counts[item]))
    return tuple(units)


def _workers(kept: Iterable[Answer]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for answer in kept:
        found.setdefault(answer.worker, {})[answer.locale] = None
    return {worker: tuple(locales) for worker, locales in found.items()}


def _exams(
    folder: Folder, kept: Iterable[Answer], exam: Mapping[str, str]
) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for answer in kept:
        if answer.item in exam:
            mark = answer.worker, answer.locale
            found.setdefault(mark, []).append((answer.item, folder.class_of[answer.label]))
    return {mark: tuple(answers) for mark, answers in found.items()}


def schema_of(classes: Iterable[tuple[str, str]], question: str) -> dict[str, object]:
    """The label schema of a folder: one class out of these."""
    named = [{"id": class_id, "names": {"en": name}} for class_id, name in classes]
    return {"task_type": "choice", "question": {"en": question}, "classes": named, "options": {}}


def _ensure_playable(folder: Folder, answers: Sequence[Answer]) -> None:
    """Raise BrokenFolder with what the system would refuse on the way, as long as nothing is written."""
    faults = [*_too_many_people(folder.file, answers), *_too_many_languages(folder.file, answers)]
    try:
        read_ontology(schema_of(folder.classes, folder.title or folder.name))
    except InvalidOntology as problem:
        faults += [f"the labels make no label schema: {each.path}: {each.message}" for each in problem.problems]
    if faults:
        raise BrokenFolder(faults)


def _too_many_people(file: str, answers: Sequence[Answer]) -> list[str]:
    """The line of the answer that no unit has a place for."""
    total = Counter(answer.item for answer in answers)
    met: Counter[str] = Counter()
    faults = []
    for answer in answers if max(total.values()) > MOST_OVERLAP else ():
        met[answer.item] += 1
        if met[answer.item] == MOST_OVERLAP + 1:
            faults.append(
                f"{file}, line {answer.line}: the item “{answer.item[:80]}” has answers of {total[answer.item]}"
                f" people, and a unit takes at most {MOST_OVERLAP}; use --overlap {MOST_OVERLAP}"
            )
    return faults


def _too_many_languages(file: str, answers: Sequence[Answer]) -> list[str]:
    """The lines where a set, or one of its people, has more languages than a request, or a person, may have."""
    of_set: set[str] = set()
    of_worker: dict[str, set[str]] = {}
    faults = []
    for answer in answers:
        spoken = of_worker.setdefault(answer.worker, set())
        for who, tags, most in (("the set", of_set, MOST_LINES), (f"“{answer.worker[:80]}”", spoken, MOST_LANGUAGES)):
            if answer.locale not in tags:
                tags.add(answer.locale)
                if len(tags) == most + 1:
                    faults.append(f"{file}, line {answer.line}: {who} has more than {most} languages")
    return faults

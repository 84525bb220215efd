"""Ontologies: reading one strictly, its canonical form and fingerprint, what differs, and which answers stay valid."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from i18n import _
from labeling.rules.reading import Reader, join
from labeling.values import Example, InvalidOntology, JsonObject, LabelClass, Ontology, OptionField, ProblemAt
from web.json_text import canonical_json, sha256_of

MAX_BYTES = 1_000_000
MAX_CLASSES = 1_000
MAX_EXAMPLES = 50
MAX_LOCALES = 100
MAX_NAME = 200
MAX_WORDS = 4_000
CLASS_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)

_FIELDS = ("task_type", "question", "classes", "options")
_CLASS_FIELDS = ("id", "names", "definitions", "examples")
_EXAMPLE_FIELDS = ("text", "fits", "locale", "note")


class SchemaRules(Protocol):
    """What a task type asks of its ontologies."""

    @property
    def name(self) -> str: ...

    @property
    def option_fields(self) -> tuple[OptionField, ...]: ...

    @property
    def class_count(self) -> tuple[int, int]:
        """Fewest and most classes."""


class AnswerRules(SchemaRules, Protocol):
    """What a task type says about an answer and an ontology."""

    def misfits(self, answer: Any, ontology: Ontology) -> tuple[ProblemAt, ...]: ...


@dataclass(frozen=True, slots=True)
class OntologyDiff:
    """What a new version changes; each tuple holds class ids, in the order of the version they stand in."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[str, ...]
    redefined: tuple[str, ...]
    options: Mapping[str, tuple[bool | int | None, bool | int | None]]
    asks_differently: bool
    is_reordered: bool

    @property
    def is_empty(self) -> bool:
        lists = self.added or self.removed or self.renamed or self.redefined
        return not (lists or self.options or self.asks_differently or self.is_reordered)


def parse_ontology(payload: Any, types: Mapping[str, SchemaRules]) -> Ontology:
    """The ontology that a JSON object describes; raises `InvalidOntology` with everything that is wrong."""
    reader = Reader()
    fields = reader.mapping(payload, "", _FIELDS)
    schema = _schema_of(reader, fields.get("task_type"), types)
    question = reader.texts_by_locale(fields.get("question"), "question", MAX_WORDS, MAX_LOCALES)
    if not question and not reader.problems:
        reader.note("question", "missing", _("The question is needed in at least one language."))
    classes = _read_classes(reader, fields.get("classes", []), schema)
    options = _read_options(reader, fields.get("options", {}), schema)
    if reader.problems or schema is None:
        raise InvalidOntology(reader.problems)
    ontology = Ontology(schema.name, question, classes, options)
    _ensure_size(ontology)
    return ontology


def ontology_json(ontology: Ontology) -> JsonObject:
    """The JSON object of an ontology; `parse_ontology` reads it back to an equal value."""
    return {
        "task_type": ontology.task_type,
        "question": dict(ontology.question),
        "classes": [_class_json(label) for label in ontology.classes],
        "options": dict(ontology.options),
    }


def fingerprint(ontology: Ontology) -> str:
    """SHA-256 of the canonical JSON: equal exactly when two versions say the same."""
    return sha256_of(ontology_json(ontology))


def diff(old: Ontology, new: Ontology) -> OntologyDiff:
    """What stands differently in the new version. A class is the same as long as its id is."""
    before = {label.id: label for label in old.classes}
    after = {label.id: label for label in new.classes}
    kept = [class_id for class_id in after if class_id in before]
    return OntologyDiff(
        added=tuple(class_id for class_id in after if class_id not in before),
        removed=tuple(class_id for class_id in before if class_id not in after),
        renamed=tuple(class_id for class_id in kept if before[class_id].names != after[class_id].names),
        redefined=tuple(class_id for class_id in kept if _meaning(before[class_id]) != _meaning(after[class_id])),
        options=_changed_options(old, new),
        asks_differently=old.question != new.question,
        is_reordered=kept != [class_id for class_id in before if class_id in after],
    )


def keeps_valid(answer: Any, new: Ontology, task_type: AnswerRules) -> bool:
    """Whether an answer that was given under an older version could be given under the new one."""
    return new.task_type == task_type.name and not task_type.misfits(answer, new)


def _schema_of(reader: Reader, name: Any, types: Mapping[str, SchemaRules]) -> SchemaRules | None:
    schema = types.get(name) if isinstance(name, str) else None
    if schema is None:
        known = ", ".join(sorted(types))
        reader.note("task_type", "unknown_task_type", _("The task type must be one of: %(known)s.", known=known))
    return schema


def _read_classes(reader: Reader, value: Any, schema: SchemaRules | None) -> tuple[LabelClass, ...]:
    entries = reader.items(value, "classes", MAX_CLASSES)
    classes = [_read_class(reader, entry, join("classes", number)) for number, entry in enumerate(entries)]
    _check_count(reader, len(entries), schema)
    read = tuple(label for label in classes if label is not None)
    if len(read) == len(classes):
        _check_ids(reader, read)
        _check_names(reader, read)
    return read


def _check_count(reader: Reader, count: int, schema: SchemaRules | None) -> None:
    if schema is None:
        return
    fewest, most = schema.class_count
    if most == 0 and count:
        reader.note("classes", "too_many", _("This task type has no classes."))
    elif not fewest <= count <= most:
        text = _("This task type needs between %(fewest)s and %(most)s classes.", fewest=fewest, most=most)
        reader.note("classes", "class_count", text)


def _check_ids(reader: Reader, classes: tuple[LabelClass, ...]) -> None:
    seen: set[str] = set()
    for number, label in enumerate(classes):
        if label.id.casefold() in seen:
            text = _("The id “%(id)s” stands here twice; capital letters make no difference.", id=label.id)
            reader.note(join(join("classes", number), "id"), "duplicate", text)
        seen.add(label.id.casefold())


def _check_names(reader: Reader, classes: tuple[LabelClass, ...]) -> None:
    seen: set[tuple[str, str]] = set()
    for number, label in enumerate(classes):
        for locale, name in label.names.items():
            key = (locale, name.strip().casefold())
            if key in seen:
                path = join(join(join("classes", number), "names"), locale)
                reader.note(path, "duplicate", _("Two classes are called “%(name)s” in this language.", name=name))
            seen.add(key)


def _read_class(reader: Reader, value: Any, path: str) -> LabelClass | None:
    before = len(reader.problems)
    fields = reader.mapping(value, path, _CLASS_FIELDS)
    class_id = _read_class_id(reader, fields.get("id"), join(path, "id"))
    names = reader.texts_by_locale(fields.get("names", {}), join(path, "names"), MAX_NAME, MAX_LOCALES)
    if not names and len(reader.problems) == before:
        reader.note(join(path, "names"), "missing", _("A name is needed in at least one language."))
    definitions = reader.texts_by_locale(
        fields.get("definitions", {}), join(path, "definitions"), MAX_WORDS, MAX_LOCALES
    )
    examples = _read_examples(reader, fields.get("examples", []), join(path, "examples"))
    if class_id is None or len(reader.problems) > before:
        return None
    return LabelClass(class_id, names, definitions, examples)


def _read_class_id(reader: Reader, value: Any, path: str) -> str | None:
    if isinstance(value, str) and CLASS_ID.fullmatch(value):
        return value
    text = _("An id has 1 to 64 letters a–z, digits, “_”, “-” or “.”, and starts with a letter or digit.")
    reader.note(path, "bad_id", text)
    return None


def _read_examples(reader: Reader, value: Any, path: str) -> tuple[Example, ...]:
    entries = reader.items(value, path, MAX_EXAMPLES)
    examples = [_read_example(reader, entry, join(path, number)) for number, entry in enumerate(entries)]
    return tuple(example for example in examples if example is not None)


def _read_example(reader: Reader, value: Any, path: str) -> Example | None:
    fields = reader.mapping(value, path, _EXAMPLE_FIELDS)
    text = reader.text(fields.get("text"), join(path, "text"), MAX_WORDS)
    note = reader.optional_text(fields.get("note"), join(path, "note"), MAX_WORDS)
    fits = fields.get("fits", True)
    if not isinstance(fits, bool):
        reader.note(join(path, "fits"), "not_a_switch", _("Only true or false is possible here."))
        return None
    tag = fields.get("locale")
    locale = None if tag is None else reader.locale(tag, join(path, "locale"))
    return None if text is None else Example(text, fits, locale, note)


def _read_options(reader: Reader, value: Any, schema: SchemaRules | None) -> dict[str, bool | int]:
    if schema is None:
        return {}
    given = reader.mapping(value, "options", (option.name for option in schema.option_fields))
    return {option.name: _read_option(reader, given, option) for option in schema.option_fields}


def _read_option(reader: Reader, given: Mapping[str, Any], option: OptionField) -> bool | int:
    value, path = given.get(option.name, option.default), join("options", option.name)
    if not isinstance(option.default, bool):
        number = reader.whole(value, path, option.lowest, option.highest)
        return option.default if number is None else number
    if isinstance(value, bool):
        return value
    reader.note(path, "not_a_switch", _("Only true or false is possible here."))
    return option.default


def _ensure_size(ontology: Ontology) -> None:
    size = len(canonical_json(ontology_json(ontology)).encode("utf-8"))
    if size > MAX_BYTES:
        text = _("The label schema has %(size)s bytes; at most %(most)s are allowed.", size=size, most=MAX_BYTES)
        raise InvalidOntology([ProblemAt("", "too_big", text)])


def _class_json(label: LabelClass) -> JsonObject:
    return {
        "id": label.id,
        "names": dict(label.names),
        "definitions": dict(label.definitions),
        "examples": [_example_json(example) for example in label.examples],
    }


def _example_json(example: Example) -> JsonObject:
    return {"text": example.text, "fits": example.fits, "locale": example.locale, "note": example.note}


def _meaning(label: LabelClass) -> tuple[Mapping[str, str], tuple[Example, ...]]:
    return label.definitions, label.examples


def _changed_options(old: Ontology, new: Ontology) -> dict[str, tuple[bool | int | None, bool | int | None]]:
    names = sorted({*old.options, *new.options})
    pairs = {name: (old.options.get(name), new.options.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

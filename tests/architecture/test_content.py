"""Whoever reads the content of units stands in this list, with what asks for the reader's right before it is shown."""

import ast
import re

from tests.architecture import source

# What is shown passes the guard of content (`calibration.contents.readable`, `marketplace.operations.reads`), or the
# demands of the class by name; what is computed with is shown to nobody.
READERS = {
    "admin/operations/retention.py": "taken out: shown to nobody",
    "calibration/operations/gold.py": "computed: an answer is checked against its content",
    "calibration/operations/grading.py": "computed: answers are compared with keys",
    "calibration/operations/inference.py": "computed: labels are inferred",
    "calibration/queries/attempts.py": "shown by operations/attempts.py and operations/hearing.py, which ask the guard",
    "calibration/queries/disputes.py": "shown by operations/hearing.py, which asks the guard",
    "calibration/queries/gold.py": "shown by operations/reading.py, which asks the guard; else computed, for the lint",
    "labeling/queries/content.py": "used by nobody who shows it",
    "marketplace/operations/answers.py": "computed: an answer is checked against its content",
    "marketplace/operations/picks.py": "shown by operations/taking.py, after the demands on lane and unit",
    "marketplace/operations/reviewing.py": "shown after `_ensure_may_read`",
    "marketplace/queries/corrections.py": "computed: the class of a label",
    "marketplace/queries/proposals.py": "shown by operations/proposals.py, which asks the guard",
    "marketplace/queries/releases.py": "written into files, which `note_download` hands out",
    "marketplace/queries/units.py": "shown by operations/protecting.py, after the demands on unit and reader",
    "marketplace/queries/work.py": "shown after the demands on lane and unit",
}
GUARDS = {
    "calibration/operations/attempts.py": "readable",
    "calibration/operations/disputes.py": "readable",
    "calibration/operations/hearing.py": "readable",
    "calibration/operations/reading.py": "readable",
    "marketplace/operations/media.py": "may_see_class",
    "marketplace/operations/proposals.py": "readable_items",
    "marketplace/operations/protecting.py": "demands_on_reader",
    "marketplace/operations/releases.py": "demands_on_reader",
    "marketplace/operations/reviewing.py": "demands_on_reader",
}
# As it is opened, and as it is stored.
COLUMNS = {"content", "content_sealed"}


def reads_content(tree: ast.Module) -> bool:
    """Whether a module reads the column of contents, opened or sealed, or items whole."""
    named = [node for node in source.nodes(tree, ast.Assign) if _is_items(node)]
    tables = {"Item"} | {part.id for node in named for part in ast.walk(node.targets[0]) if isinstance(part, ast.Name)}
    for node in source.nodes(tree, ast.Attribute):
        owner = node.value.value if isinstance(node.value, ast.Attribute) and node.value.attr == "c" else node.value
        if node.attr in COLUMNS and isinstance(owner, ast.Name) and owner.id in tables:
            return True
    for call in source.nodes(tree, ast.Call):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else source.dotted(call.func)
        names = {part.id for part in call.args if isinstance(part, ast.Name)}
        if called in {"select", "get", "get_one"} and "Item" in names:
            return True
        if called == "opened_content":
            return True
    return False


def _is_items(node: ast.Assign) -> bool:
    """Whether tables are named here, that of items among them."""
    return "table_of" in ast.dump(node.value) and "'Item'" in ast.dump(node.value)


def test_content_is_read_only_where_it_is_known_who_asks_for_the_readers_right() -> None:
    files = [path for path in source.files() if "Item" in (source.ROOT / path).read_text()]
    found = {path for path in files if reads_content(source.tree_of(path))}
    assert found == set(READERS)


def test_what_shows_content_asks_the_decision_function() -> None:
    for path, guard in GUARDS.items():
        called = {source.dotted(node.func) for node in ast.walk(source.tree_of(path)) if isinstance(node, ast.Call)}
        assert guard in called, path


# Whoever opens what is sealed where it is selected, and it is no content.
NAMES = {"payouts/queries/people.py", "workforce/models/__init__.py", "workforce/models/onboarding.py"}


def test_nothing_opens_contents_but_the_models_and_what_they_offer() -> None:
    named = {path for path in source.files() if "kernel.sealing" in (source.ROOT / path).read_text()}
    assert named == {"labeling/models.py", "marketplace/models/__init__.py", *NAMES}
    assert not any("Json" in (source.ROOT / path).read_text() for path in NAMES)


# Whoever keeps a file by itself and not by `kept_sealed`, with what keeps it from being read where it lies.
OTHER_FILES = {
    "admin/jobs.py": "nothing: a copy of a person's data, for a day",
    "calibration/operations/voices.py": "encrypted before, under the key of its row",
    "kernel/sealed_files.py": "encrypts them",
    "marketplace/jobs/media.py": "encrypted before, under the key of its row",
}


def test_files_of_clients_are_kept_encrypted() -> None:
    keeping = re.compile(r"from kernel\.storage import [^\n]*\bkept\b|storage\(\)\.put\(")
    found = {path for path in source.files() if keeping.search((source.ROOT / path).read_text())}
    assert found - {"kernel/storage.py"} == set(OTHER_FILES)


def test_a_reader_is_seen() -> None:
    for text in (
        "x = select(Item.content)", "x = session.get(Item, id)", "_I = table_of(Item)\nx = select(_I.c.content_sealed)",
        "x = select(Unit, Item)", "x = select(opened_content(_I))",
    ):  # fmt: skip
        assert reads_content(ast.parse(text)), text
    assert not reads_content(ast.parse("x = select(Item.id), task.content"))

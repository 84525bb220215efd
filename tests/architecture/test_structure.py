"""The house keeps its rules, and each rule is shown a breach to prove that it would see one."""

import ast
from collections.abc import Callable

import pytest
from hypothesis import given, is_hypothesis_test
from hypothesis import strategies as st

from scripts import migrations
from tests.architecture import source

Rule = Callable[[str, ast.Module], source.Breaches]

BROKEN = [
    (source.commits_only_at_the_edge, "payouts/operations.py", "def f(s): s.commit()"),
    (source.asks_kernel_for_the_time, "web/guards.py", "from datetime import datetime\nx = datetime.now()"),
    (source.asks_kernel_for_the_time, "web/guards.py", "import datetime\nx = datetime.datetime.utcnow()"),
    (source.asks_kernel_for_the_time, "web/guards.py", "import time\nx = time.time()"),
    (source.asks_kernel_for_the_time, "web/guards.py", "from time import time"),
    (source.asks_kernel_for_chance, "labeling/rules.py", "import random"),
    (source.asks_kernel_for_chance, "labeling/rules.py", "from secrets import token_hex"),
    (source.asks_kernel_for_chance, "labeling/rules.py", "import uuid"),
    (source.asks_kernel_for_chance, "labeling/rules.py", "import numpy as np\nx = np.random.default_rng()"),
    (source.asks_kernel_for_chance, "labeling/rules.py", "import numpy as np\nx = np.random.normal(1)"),
    (source.asks_kernel_for_settings, "admin/cli.py", "import os\nx = os.environ['PORT']"),
    (source.asks_kernel_for_settings, "admin/cli.py", "from os import getenv"),
    (source.asks_kernel_for_settings, "admin/cli.py", "import os\nx = os.urandom(8)"),
    (source.writes_no_sql_by_hand, "workforce/queries.py", "from sqlalchemy import select, text"),
    (source.writes_no_sql_by_hand, "workforce/queries.py", "import sqlalchemy\nx = sqlalchemy.text('x')"),
    (source.writes_no_sql_by_hand, "workforce/queries.py", "c.exec_driver_sql('x')"),
    (source.reads_mapped_classes, "workforce/queries.py", "x = select(Account.__table__)"),
    (source.escapes_everything, "web/forms.py", "from markupsafe import Markup\nx = Markup('<b>')"),
    (source.operations_take_session_and_actor, "payouts/operations.py", "def pay(actor, session): ..."),
    (source.operations_take_session_and_actor, "payouts/operations/runs.py", "def pay(session, run_id): ..."),
    (source.opens_with_a_sentence, "payouts/rules.py", "x = 1"),
    (source.is_short, "payouts/rules.py", "x = 1\n" * 451),
    (source.has_a_telling_name, "payouts/utils.py", ""),
    (source.has_a_telling_name, "payouts/helpers/money.py", ""),
    (source.imports_no_root, "admin/cli.py", "from wsgi import create_app"),
]

KEPT = [
    (source.commits_only_at_the_edge, "kernel/db.py", "session.commit()"),
    (source.asks_kernel_for_the_time, "web/guards.py", "from kernel import clock\nx = clock.now()"),
    (source.asks_kernel_for_chance, "calibration/rules.py", "import numpy as np\nx = np.random.default_rng(seed)"),
    (source.writes_no_sql_by_hand, "workforce/queries.py", "from sqlalchemy import select\ntext = 'x'"),
    (source.escapes_everything, "web/plots/marks.py", "x = Markup('<svg>')"),
    (source.operations_take_session_and_actor, "payouts/operations.py", "def pay(session, actor, *, run_id): ..."),
    (source.operations_take_session_and_actor, "payouts/operations.py", "def _sum(lines): ..."),
    (source.is_short, "payouts/rules.py", "x = 1\n" * 450),
]


def test_the_source_keeps_every_rule() -> None:
    trees = ((path, source.tree_of(path)) for path in source.files())
    breaches = [
        f"{rule.__name__}: {breach}" for path, tree in trees for rule in source.RULES for breach in rule(path, tree)
    ]
    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_a_breach_is_seen(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule(path, ast.parse(text)))) >= 1


@pytest.mark.parametrize(("rule", "path", "text"), KEPT)
def test_what_is_allowed_is_left_alone(rule: Rule, path: str, text: str) -> None:
    assert list(rule(path, ast.parse(text))) == []


def test_every_rule_is_shown_a_breach() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(source.RULES)


def test_the_rules_read_the_whole_product() -> None:
    read = {path.split("/")[0] for path in source.files()}
    assert read >= set(source.PACKAGES)


def test_templates_trust_no_value() -> None:
    texts = {path: (source.ROOT / path).read_text() for path in source.templates()}
    assert texts
    assert [breach for path, text in texts.items() for breach in source.unescaped(path, text)] == []


@pytest.mark.parametrize("text", ["{{ name|safe }}", "{{ name | safe }}", "{{ Markup(x) }}", "{% autoescape false %}"])
def test_a_trusted_value_is_seen(text: str) -> None:
    assert list(source.unescaped("page.html", f"<p>\n{text}")) == ["page.html:2: trusts a value; let Jinja escape it"]


def test_what_is_larger_in_a_soak_is_marked() -> None:
    assert [breach for path in source.tests() for breach in source.unmarked(path, source.tree_of(path))] == []


def test_an_unmarked_test_is_seen() -> None:
    here = "def many(): return scale(1, 9)\ndef test_it(): many()\n@pytest.mark.soak\ndef test_that(): is_soak()"
    there = (
        "def scale(x): ...\ndef test_drawing(): draw.scale(80)\n"
        "@settings(max_examples=scale(5, 50))\n@given(x=it())\ndef test_law(x): ..."
    )
    fixed = "@settings(max_examples=60)\n@given(x=it())\ndef test_law(x): ..."
    assert len(list(source.unmarked("tests/test_x.py", ast.parse(fixed)))) == 1
    assert len(list(source.unmarked("tests/test_x.py", ast.parse(here)))) == 1
    assert list(source.unmarked("tests/test_x.py", ast.parse(there))) == []


def test_a_soak_takes_every_test_of_generated_examples(request: pytest.FixtureRequest) -> None:
    told = [item for item in request.session.items if is_hypothesis_test(getattr(item, "obj", None))]
    assert [item.nodeid for item in told if item.get_closest_marker("soak") is None] == []


@given(st.integers())
def test_a_test_of_generated_examples_is_what_is_looked_for(number: int) -> None:
    """So that the test above has something to find, whichever part of the suite is run."""
    assert isinstance(number, int)


def test_there_is_one_newest_migration_and_it_is_what_the_models_say() -> None:
    assert migrations.problems() == []

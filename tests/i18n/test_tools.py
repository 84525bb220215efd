"""The tools: what stands in code and templates arrives in the catalogs, the same each time."""

from pathlib import Path

import pytest

from i18n.catalogs import po_path, read_catalog
from i18n.check import problems
from i18n.extraction import ExtractionFailed, extract, write_catalog
from i18n.update import update

CODE = """
from i18n import _, ngettext

def texts(n):
    # Translators: shown on the first page
    return _("Hello %(name)s", name="x"), ngettext("%(num)s task", "%(num)s tasks", n), gettext("Old")
"""
TEMPLATE = """
<p>{{ _("From a template") }}</p>
{% trans who=name %}
  Welcome,
  {{ who }}
{% endtrans %}
{% trans count=n %}{{ count }} unit{% pluralize %}{{ count }} units{% endtrans %}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "web" / "templates" / "web").mkdir(parents=True)
    (tmp_path / "web" / "pages.py").write_text(CODE)
    (tmp_path / "web" / "templates" / "web" / "home.html").write_text(TEMPLATE)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "code.py").write_text('_("Not ours")')
    return tmp_path


def _translate(root: Path, tag: str) -> None:
    catalog = read_catalog(tag, root)
    for message in catalog:
        if message.id:
            message.string = (message.id[1],) * catalog.num_plurals if isinstance(message.id, tuple) else message.id
    write_catalog(catalog, po_path(tag, root))


def test_messages_are_found_in_code_and_templates(program: Path) -> None:
    found = {message.id: [place for place, _ in message.locations] for message in extract(program) if message.id}
    assert found == {
        "Hello %(name)s": ["web/pages.py"],
        ("%(num)s task", "%(num)s tasks"): ["web/pages.py"],
        "Old": ["web/pages.py"],
        "From a template": ["web/templates/web/home.html"],
        "Welcome, %(who)s": ["web/templates/web/home.html"],
        ("%(count)s unit", "%(count)s units"): ["web/templates/web/home.html"],
    }


def test_a_second_update_changes_nothing(program: Path) -> None:
    locales = program / "locale"
    first = update(program, locales)
    assert [path.relative_to(locales).parts[0] for path in first] == ["messages.pot", "es", "sw", "ar"]
    assert update(program, locales) == []
    text = po_path("es", locales).read_text()
    assert "Date" not in text
    assert "home.html:" not in text


def test_a_moved_line_changes_no_catalog(program: Path) -> None:
    update(program, program / "locale")
    (program / "web" / "pages.py").write_text("\n\n\n" + CODE)
    assert update(program, program / "locale") == []


def test_the_check_finds_nothing_in_complete_catalogs(program: Path) -> None:
    locales = program / "locale"
    update(program, locales)
    assert {problem.kind for problem in problems(program, locales)} == {"missing"}
    for tag in ("es", "sw", "ar"):
        _translate(locales, tag)
    assert problems(program, locales) == []


def test_the_check_finds_a_message_that_no_catalog_has(program: Path) -> None:
    locales = program / "locale"
    update(program, locales)
    for tag in ("es", "sw", "ar"):
        _translate(locales, tag)
    (program / "web" / "more.py").write_text('_("New here")')
    assert [str(problem) for problem in problems(program, locales)] == [
        f"{tag}: not in the catalog: 'New here' (run python -m i18n.update)" for tag in ("es", "sw", "ar")
    ]


def test_the_check_finds_a_placeholder_without_a_name_in_the_code(program: Path) -> None:
    (program / "web" / "more.py").write_text('_("Bad %s")')
    assert "en: placeholders: 'Bad %s' (the message has a placeholder without a name)" in map(
        str, problems(program, program / "locale")
    )


def test_a_translation_survives_its_message(program: Path) -> None:
    locales = program / "locale"
    update(program, locales)
    _translate(locales, "es")
    (program / "web" / "pages.py").write_text("")
    update(program, locales)
    assert read_catalog("es", locales).get("Hello %(name)s") is None
    (program / "web" / "pages.py").write_text(CODE)
    update(program, locales)
    assert read_catalog("es", locales)["Hello %(name)s"].string == "Hello %(name)s"


def test_pruning_drops_what_is_no_longer_used(program: Path) -> None:
    locales = program / "locale"
    update(program, locales)
    _translate(locales, "es")
    (program / "web" / "pages.py").write_text("")
    update(program, locales, prune=True)
    assert "Hello" not in po_path("es", locales).read_text()


def test_a_template_that_cannot_be_read_is_named(program: Path) -> None:
    (program / "web" / "templates" / "web" / "bad.html").write_text("{% trans %}never closed")
    with pytest.raises(ExtractionFailed, match=r"web/templates/web/bad\.html"):
        extract(program)
    assert [problem.kind for problem in problems(program, program / "locale")] == ["unreadable source"]

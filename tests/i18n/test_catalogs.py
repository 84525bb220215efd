"""Catalogs: loaded fresh, and every gap in them found."""

import os
from pathlib import Path

import pytest

from i18n.catalogs import compile_catalog, complete, po_path, translations
from i18n.extraction import extract

SPANISH = """
msgid ""
msgstr ""
"Language: es\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Hello"
msgstr "{hello}"
"""

ARABIC = """
msgid ""
msgstr ""
"Language: ar\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : "
"n%100>=3 && n%100<=10 ? 3 : n%100>=0 && n%100<=2 ? 4 : 5);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""


def _catalog(root: Path, tag: str, text: str) -> Path:
    path = po_path(tag, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _problems(root: Path, tag: str, entries: str) -> list[str]:
    header = ARABIC if tag == "ar" else SPANISH.split('msgid "Hello"')[0]
    _catalog(root, tag, header + entries)
    return [problem.kind for problem in complete(tag, root)]


def test_a_catalog_that_was_never_compiled_is_compiled_in_memory(tmp_path: Path) -> None:
    source = _catalog(tmp_path, "es", SPANISH.format(hello="Hola"))
    assert translations("es-MX", tmp_path).gettext("Hello") == "Hola"
    assert not source.with_suffix(".mo").exists()


def test_a_compiled_catalog_is_used_unless_it_is_older(tmp_path: Path) -> None:
    source = _catalog(tmp_path / "fresh", "es", SPANISH.format(hello="Hola"))
    compiled = compile_catalog("es", tmp_path / "fresh")
    source.write_text(SPANISH.format(hello="Buenas"), encoding="utf-8")
    os.utime(source, (1_000, 1_000))
    os.utime(compiled, (1_000, 1_000))
    assert translations("es", tmp_path / "fresh").gettext("Hello") == "Hola"

    stale = _catalog(tmp_path / "stale", "es", SPANISH.format(hello="Hola"))
    compiled = compile_catalog("es", tmp_path / "stale")
    stale.write_text(SPANISH.format(hello="Buenas"), encoding="utf-8")
    os.utime(compiled, (1_000, 1_000))
    os.utime(stale, (2_000, 2_000))
    assert translations("es", tmp_path / "stale").gettext("Hello") == "Buenas"
    assert [path.name for path in compiled.parent.iterdir() if path.suffix == ".tmp"] == []


def test_english_and_locales_without_a_catalog_read_the_source(tmp_path: Path) -> None:
    for tag in ("en", "en-KE", "fr"):
        assert translations(tag, tmp_path).gettext("Hello") == "Hello"
        assert [translations(tag, tmp_path).ngettext("one", "many", n) for n in (0, 1, 2)] == ["many", "one", "many"]


def test_a_fuzzy_translation_is_not_shown(tmp_path: Path) -> None:
    _catalog(tmp_path, "es", SPANISH.format(hello="Hola").replace('msgid "Hello"', '#, fuzzy\nmsgid "Hello"'))
    assert translations("es", tmp_path).gettext("Hello") == "Hello"


@pytest.mark.parametrize(
    ("entries", "kinds"),
    [
        ('msgid "Hello"\nmsgstr "Hola"\n', []),
        ('msgid "Hello"\nmsgstr ""\n', ["missing"]),
        ('#, fuzzy\nmsgid "Hello"\nmsgstr "Hola"\n', ["fuzzy"]),
        ('msgid "Hi %(a)s"\nmsgstr "Hola %(a)s"\n', []),
        ('msgid "Hi %(a)s"\nmsgstr "Hola %(b)s"\n', ["placeholders"]),
        ('msgid "Hi %(a)s"\nmsgstr "Hola"\n', ["placeholders"]),
        ('msgid "Hi"\nmsgstr "Hola %(a)s"\n', ["placeholders"]),
        ('msgid "Hi %(a)s %(b)s"\nmsgstr "%(b)s, %(a)s: hola"\n', []),
        ('msgid "Hi %(a)s"\nmsgstr "Hola % (a)s"\n', ["placeholders"]),
        ('msgid "Hi %s"\nmsgstr "Hola %s"\n', ["placeholders", "placeholders"]),
        ('msgid "100%% of <b>%(a)s</b>"\nmsgstr "100%% de <b>%(a)s</b>"\n', []),
        ('msgid "<b>Hi</b>"\nmsgstr "<b>Hola<b>"\n', ["markup"]),
        ('msgid "%(num)s a"\nmsgid_plural "%(num)s as"\nmsgstr[0] "%(num)s x"\nmsgstr[1] "%(num)s xs"\n', []),
        ('msgid "%(num)s a"\nmsgid_plural "%(num)s as"\nmsgstr[0] "una x"\nmsgstr[1] "%(num)s xs"\n', []),
        ('msgid "%(num)s a"\nmsgid_plural "%(num)s as"\nmsgstr[0] "una x"\nmsgstr[1] "xs"\n', ["placeholders"]),
        ('msgid "%(num)s a"\nmsgid_plural "%(num)s as"\nmsgstr[0] "%(num)s x"\nmsgstr[1] ""\n', ["missing"]),
        (
            'msgid "one %(w)s"\nmsgid_plural "%(num)s %(w)s"\nmsgstr[0] "una"\nmsgstr[1] "%(num)s %(w)s"\n',
            ["placeholders"],
        ),
    ],
)
def test_each_gap_in_a_catalog_is_found(tmp_path: Path, entries: str, kinds: list[str]) -> None:
    assert _problems(tmp_path, "es", entries) == kinds


def test_arabic_may_leave_the_number_out_only_where_the_form_says_it(tmp_path: Path) -> None:
    def forms(*texts: str) -> str:
        lines = [f'msgstr[{place}] "{text}"' for place, text in enumerate(texts)]
        return 'msgid "%(num)s task"\nmsgid_plural "%(num)s tasks"\n' + "\n".join(lines) + "\n"

    few, many = "%(num)s مهام", "%(num)s مهمة"
    assert _problems(tmp_path, "ar", forms("لا مهام", "مهمة", "مهمتان", few, many, many)) == []
    assert _problems(tmp_path, "ar", forms("لا مهام", "مهمة", "مهمتان", "مهام", many, many)) == ["placeholders"]


def test_a_locale_without_a_catalog_is_a_problem_unless_it_is_english(tmp_path: Path) -> None:
    assert [str(problem) for problem in complete("sw", tmp_path)] == ["sw: no catalog: ''"]
    assert complete("en", tmp_path) == []


@pytest.mark.parametrize("tag", ["es", "sw", "ar"])
def test_this_package_says_nothing_untranslated(tag: str) -> None:
    own = {message.id for message in extract(packages=("i18n",)) if message.id}
    assert len(own) >= 11
    assert [str(problem) for problem in complete(tag) if problem.msgid in own] == []
    assert [msgid for msgid in own if translations(tag).gettext(str(msgid)) == msgid] == []

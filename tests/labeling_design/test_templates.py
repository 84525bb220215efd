"""Task types on pages: what is sent is what they read, texts keep their language, and browsers find no fault."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from jinja2 import FileSystemLoader
from playwright.sync_api import Browser, Page

from i18n import _
from labeling.register import register
from labeling.rendering import spans_text
from labeling.tasktypes import registry
from tests.labeling_design.stub import BETTER, CASES, INTENTS, SPANS, SWAHILI, TEMPLATES, WALK, Case, page
from tests.support import is_soak
from tests.web_design.stage import Stage

BOTH = ("task.html", "review.html")
MODES = {"en": ((360, "light"), (1280, "dark")), "ar": ((360, "dark"),)}


def opened(stage: Stage, tab: Page, html: str, width: int = 1280, theme: str = "light") -> Page:
    stage.pages["/"] = [html]
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    tab.goto(stage.url + "/")
    return tab


def sent(stage: Stage, shown: Page) -> dict[str, str]:
    """The fields that the form would send, without the token."""
    pairs = shown.evaluate("[...new FormData(document.querySelector('form[data-keys]'))]")
    return {name: value for name, value in pairs if name != "csrf_token"}


def answered(case: Case, form: dict[str, str]) -> Any:
    task_type = registry.get(case.task_type)
    answer = task_type.parse(task_type.from_form(form), case.ontology, task_type.parse_content(case.content))
    return task_type.canonical(answer)


@pytest.mark.parametrize("name", registry.names())
def test_every_task_type_has_an_editor_and_a_viewer(name: str) -> None:
    known = FileSystemLoader(TEMPLATES).list_templates()
    assert {f"labeling/editors/{name}.html", f"labeling/viewers/{name}.html"} <= set(known)


def test_the_application_finds_the_templates() -> None:
    app = Flask("app")
    register(app)
    assert "labeling/task.html" in app.jinja_env.list_templates()
    asked = app.jinja_env.from_string("{{ labeling.language('sw-KE') }}")
    assert asked.render() == "Swahili (Kenya)"


@pytest.mark.soak
@pytest.mark.parametrize("locale", MODES)
@pytest.mark.parametrize("name", CASES)
def test_a_page_fits_a_phone_and_passes_axe(stage: Stage, tab: Page, name: str, locale: str) -> None:
    """What axe looks at, roles, names and contrast, is the same in every language: English, and one theme of each page
    in a run; everything in a soak."""
    for template, seen in zip(BOTH, (slice(0, 1), slice(-1, None)), strict=True):
        for width, theme in MODES[locale] if is_soak() else MODES[locale][seen]:
            shown = opened(stage, tab, page(template, CASES[name], locale), width, theme)
            shown.evaluate("document.querySelectorAll('details:not(.menu)').forEach(d => d.open = true)")
            assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
            if locale == "en" or is_soak():
                found = Axe().run(shown)
                assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", ["choice", "choice-many", "pairwise", "pairwise-plain", "pairwise-strength"])
def test_a_former_answer_is_chosen_again_and_sent_as_it_was(stage: Stage, tab: Page, name: str) -> None:
    shown = opened(stage, tab, page("task.html", CASES[name], "en"))
    assert answered(CASES[name], sent(stage, shown)) == CASES[name].answer


def test_spans_are_sent_as_they_were(stage: Stage, tab: Page) -> None:
    kept = {"spans": SPANS["spans"][:3]}
    case = CASES["spans"]
    shown = opened(stage, tab, page("task.html", case, "en", answer=kept))
    assert answered(case, sent(stage, shown)) == kept


@pytest.mark.parametrize("name", CASES)
def test_without_an_answer_nothing_is_chosen(stage: Stage, tab: Page, name: str) -> None:
    shown = opened(stage, tab, page("task.html", CASES[name], "en", answer=None))
    assert registry.get(CASES[name].task_type).from_form(sent(stage, shown)) == {}


@pytest.mark.parametrize(
    ("steps", "keys", "expected"),
    [
        (0, "3", {"preference": "b"}),
        (2, "1", {"preference": "a", "strength": 2}),
        (2, "2", {"preference": "a", "strength": 1}),
        (2, "3", {"preference": "tie"}),
        (2, "5", {"preference": "b", "strength": 2}),
        (5, "14", {"preference": "a", "strength": 1}),
        (5, "38", {"preference": "b", "strength": 5}),
        (5, "82", {"preference": "tie"}),
    ],
)
def test_keys_choose_a_preference(stage: Stage, tab: Page, steps: int, keys: str, expected: dict[str, Any]) -> None:
    case = Case("pairwise", BETTER[steps], CASES["pairwise"].content, "ar-EG", {})
    shown = opened(stage, tab, page("task.html", case, "en", answer=None))
    for key in keys:
        shown.keyboard.press(key)
    assert answered(case, sent(stage, shown)) == expected


def test_a_choice_can_be_made_with_scripts_off(stage: Stage, browser: Browser) -> None:
    stage.pages["/"] = [page("task.html", CASES["choice"], "en", answer=None)]
    shown = browser.new_context(java_script_enabled=False).new_page()
    shown.goto(stage.url + "/")
    shown.get_by_text("Refund").click()
    shown.get_by_role("button", name="Send answer").click()
    assert stage.asked[-1][1] == "csrf_token=a-token&choice=refund"
    shown.context.close()


def test_names_of_classes_keep_their_language() -> None:
    html = page("task.html", CASES["choice"], "ar")
    assert '<bdi lang="ar" dir="rtl">استرداد المبلغ</bdi>' in html
    assert '<bdi lang="en" dir="ltr">Network &lt;problem&gt;</bdi>' in html


def test_a_unit_stands_in_its_own_language_and_direction() -> None:
    html = page("task.html", CASES["pairwise"], "en")
    assert html.count('<figure class="unit plain" lang="ar-EG" dir="rtl">') == 3
    assert html.count("Arabic (Egypt)") == 3


def test_content_and_guidelines_are_text_and_nothing_else() -> None:
    html = page("task.html", CASES["choice"], "en")
    assert "<p>Habari, jana nilinunua bando &lt;b&gt;la wiki&lt;/b&gt;.<br>Intaneti haifanyi kazi.</p><p>Naomba" in html
    assert (
        '<div class="stack small" lang="ar" dir="rtl"><p>اختر ما يريده العميل **أولًا**.</p><p>- ليس المشكلة<br>' in html
    )


@pytest.mark.parametrize("name", CASES)
def test_no_page_of_a_task_carries_inline_style_or_script(name: str) -> None:
    for template in BOTH:
        html = page(template, CASES[name], "en")
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", html)


def test_an_error_stands_at_its_field() -> None:
    html = page("task.html", CASES["choice"], "en", answer=None, errors={"choice": _("This field is required.")})
    assert '<fieldset class="pick" id="choice" aria-describedby="choice-error">' in html
    assert 'id="choice-error"' in html and "This field is required." in html


def test_an_error_of_a_folded_strength_stands_at_the_preference() -> None:
    html = page("task.html", CASES["pairwise"], "en", errors={"strength": _("Say how much better it is.")})
    assert 'aria-describedby="preference-error"' in html and "Say how much better it is." in html


def test_spans_that_could_not_be_read_stay_as_they_were_typed() -> None:
    errors = {"spans": _("A list is expected here."), "spans[1].end": _("A span ends after it starts.")}
    html = page("task.html", CASES["spans"], "en", errors=errors, values={"spans": "[{<"})
    assert ">[{&lt;</textarea>" in html
    assert '<span class="tag" dir="ltr">spans[1].end</span> A span ends after it starts.' in html


def test_spans_are_written_one_on_a_line_from_start_to_class() -> None:
    kept = {"spans": [{"end": 5, "label": "PER", "start": 0}, {"label": "LOC", "note": 1}, 7]}
    assert spans_text(kept) == '[\n  {"start": 0, "end": 5, "label": "PER"},\n  {"label": "LOC", "note": 1},\n  7\n]'
    assert (spans_text({"spans": []}), spans_text({}), spans_text(None)) == ("[]", "", "")


def test_the_ruler_stands_beside_the_spans() -> None:
    html = page("task.html", CASES["spans"], "en")
    assert '<td class="n">13</td><td class="n">16</td><td><bdi lang="sw-KE" dir="ltr">na </bdi></td>' in html


def test_marks_nest_and_a_cut_one_is_named_once() -> None:
    html = page("review.html", CASES["spans"], "en")
    named = lambda name: rf'<span class="tag"><bdi[^>]*>{name}</bdi></span></mark>'  # noqa: E731
    assert re.search(rf"<p><mark><mark>Amina{named('Place')} Wekesa{named('Person')}<br>na ", html)
    assert re.search(
        rf"<mark>Wanjiru &lt;i&gt; <mark>Nairobi</mark>{named('Person')}<mark> walikwend{named('GONE')}", html
    )
    assert html.count("<mark>") == html.count("</mark>") == 2 * 5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("choice", "Network &lt;problem&gt;"),
        ("pairwise", "B is a little better"),
        ("pairwise-plain", "Equally good or bad"),
        ("pairwise-strength", "A is better, strength 4 of 5"),
    ],
)
def test_an_answer_is_told_in_words(name: str, words: str) -> None:
    assert page("review.html", CASES[name], "en").count(words) == 2


def test_an_answer_of_an_older_schema_is_told_by_its_id() -> None:
    case = Case("choice", INTENTS, SWAHILI, "sw-KE", {"choice": "gone"})
    assert '<b><bdi dir="ltr">gone</bdi></b>' in page("review.html", case, "en")


def test_a_text_without_marks_is_shown_with_the_words_for_it() -> None:
    html = page("review.html", Case("spans", CASES["spans"].ontology, WALK, "sw-KE", {"spans": []}), "en")
    assert html.count("Nothing is marked") == 2 and "Amina Wekesa<br>na Wanjiru &lt;i&gt;" in html

"""Every component in a real browser: nothing runs off a phone, axe finds nothing, the policy is never broken."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support import is_soak
from tests.web_design import stub
from tests.web_design.stage import Stage

PAGES: dict[str, Callable[[str], str]] = {
    "gallery": stub.gallery,
    "annotator": lambda locale: stub.gallery(locale, annotator=True),
    "account": stub.account,
    "sign-in": stub.sign_in,
    "error": stub.error_page,
}
MODES = [(360, "light"), (1280, "dark")]


def opened(stage: Stage, tab: Page, html: str, *, width: int = 1280, theme: str = "light") -> Page:
    stage.pages |= {"/": [html], "/job": [html]}
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    tab.goto(stage.url + "/")
    return tab


@contextmanager
def heard(tab: Page) -> Iterator[list[str]]:
    """What the browser complains of meanwhile; the page that was there before is silent."""
    tab.goto("about:blank")
    said: list[str] = []
    told = lambda message: said.append(message.text) if message.type in ("error", "warning") else None  # noqa: E731
    failed = lambda error: said.append(str(error))  # noqa: E731
    tab.on("console", told)
    tab.on("pageerror", failed)
    yield said
    tab.remove_listener("console", told)
    tab.remove_listener("pageerror", failed)


@pytest.mark.soak
@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_passes_axe_and_keeps_the_policy(stage: Stage, tab: Page, name: str, locale: str) -> None:
    """What axe looks at, roles, names and contrast, is the same in every language: English, and one theme of each page
    in a run; everything in a soak."""
    seen = MODES[list(PAGES).index(name) % len(MODES)]
    for width, theme in MODES:
        with heard(tab) as said:
            page = opened(stage, tab, PAGES[name](locale), width=width, theme=theme)
            page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
            if (locale == "en" and seen == (width, theme)) or is_soak():
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
        assert said == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_carries_inline_style_or_script(name: str) -> None:
    html = PAGES[name]("en")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", html)


def test_the_menus_of_a_phone_open_inside_the_screen(stage: Stage, tab: Page) -> None:
    for locale in ("en", "ar"):
        page = opened(stage, tab, stub.gallery(locale, annotator=True), width=360)
        for menu in page.locator("details.menu > summary").all():
            menu.click()
            box = page.locator("details.menu[open] .menu-list").bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360


def test_targets_on_a_phone_are_large_enough(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.gallery("en", annotator=True), width=360)
    low = page.evaluate(
        "[...document.querySelectorAll('.btn, .nav a, .opt, .menu > summary')].filter(e => e.offsetParent)"
        ".map(e => [e.textContent.trim(), e.getBoundingClientRect().height]).filter(([, h]) => h < 44)"
    )
    assert low == []


def test_plots_are_not_mirrored(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.gallery("ar"))
    first, last = (page.get_by_text(words, exact=True).bounding_box() for words in ("١٠ نوفمبر", "٢٣ نوفمبر"))
    assert first is not None and last is not None and first["x"] < last["x"]

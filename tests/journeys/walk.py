"""A person in a real browser, who looks at every page they come to: it fits, and nobody, axe included, objects."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, ViewportSize, expect

from tests.web.conftest import PASSWORD

PHONE: ViewportSize = {"width": 360, "height": 780}


@dataclass
class Walk:
    """One browser with one person in it."""

    page: Page
    address: str
    name: str
    has_scripts: bool = True
    said: list[str] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda told: self.said.append(told.text) if told.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("response", self._note_failure)

    def _note_failure(self, response: Response) -> None:
        if response.status >= 500:
            self.said.append(f"{response.status} {response.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look()

    def press(self, name: str, *, role: str = "button", exact: bool = True, number: int = 0) -> None:
        """Tap what has this name, and look at where it leads."""
        self.page.get_by_role(role, name=name, exact=exact).nth(number).click()  # type: ignore[arg-type]
        self.page.wait_for_load_state("load")
        self.look()

    def look(self) -> None:
        """What holds on each page."""
        self._picture()
        where = f"{self.name} at {self.page.url}"
        assert self.said == [], where
        if not self.has_scripts:
            return
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{where} runs {wide} px off the screen"
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{where}\n{found.generate_report()}"

    def sign_in(self, email: str) -> None:
        self.go("/sign-in")
        self.page.locator("input[name=email]").fill(email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("main form button.btn-main").click()
        self.page.wait_for_load_state("load")
        self.look()

    def sign_out(self) -> None:
        self.page.locator("header .menu").last.locator("summary").click()
        self.page.locator("form[action='/sign-out'] button").click()
        self.page.wait_for_load_state("load")
        expect(self.page).to_have_url(f"{self.address}/sign-in")

    def _picture(self) -> None:
        """Keep a picture where the environment names a folder for them."""
        folder = os.environ.get("JOURNEY_PICTURES")
        if folder:
            self._number += 1
            self.page.screenshot(path=Path(folder) / f"{self.name}-{self._number:02}.png", full_page=True)


@contextmanager
def walking(
    browser: Browser, address: str, name: str, *, has_scripts: bool = True, locale: str = "en"
) -> Iterator[Walk]:
    """A phone of somebody's own."""
    with browser.new_context(
        locale=locale,
        viewport=PHONE,
        has_touch=True,
        java_script_enabled=has_scripts,
    ) as context:
        context.set_default_timeout(15_000)
        yield Walk(context.new_page(), address, name, has_scripts)

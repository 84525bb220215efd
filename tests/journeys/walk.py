"""A person in a real browser, who looks at every page they come to: it fits, and nobody, axe included, objects."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Response, ViewportSize, expect

from tests.web.conftest import PASSWORD

PHONE: ViewportSize = {"width": 360, "height": 780}
ID = re.compile(r"/(?=[^/]*\d)[0-9A-Za-z._-]{16,}")  # what stands for one thing among many of its kind in an address
LOOK = """() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    dir: document.documentElement.dir,
    forms: [...document.querySelectorAll("main form")].map((el) => el.getAttribute("action") || "")
        .map((action) => new URL(action, document.URL).pathname),
})"""
Seen = dict[tuple[str, str], set[str]]  # by kind of page and direction: the forms that axe has met there


@dataclass
class Walk:
    """One browser with one person in it."""

    page: Page
    address: str
    name: str
    has_scripts: bool = True
    has_axe: bool = True
    seen: Seen = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda told: self._note(told.text) if told.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("response", self._note_failure)

    @property
    def path(self) -> str:
        """Where the person is."""
        return self.page.url.removeprefix(self.address)

    def _note(self, text: str) -> None:
        if "status of 422" not in text:  # a form that was turned down says so on its page
            self.said.append(text)

    def _note_failure(self, response: Response) -> None:
        if response.status >= 500:
            self.said.append(f"{response.status} {response.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look()

    def again(self) -> None:
        """Load the page again, as jobs have gone on meanwhile."""
        self.page.reload()
        self.look()

    def act(self, doing: Callable[[], Any]) -> None:
        """Do what leads to another page, say yes if one is asked, and look at where it led."""
        before = self.page.url
        with self.page.expect_navigation(wait_until="load"):
            doing()
            if self.has_scripts and self.page.url == before and self.page.locator("dialog[open]").count():
                self.page.locator("dialog[open] button[value=yes]").click()
        self.look()

    def press(self, name: str, *, role: str = "button", exact: bool = True, number: int = 0) -> None:
        """Tap what has this name."""
        self.act(self.page.get_by_role(role, name=name, exact=exact).nth(number).tap)  # type: ignore[arg-type]

    def send(self, action: str, **values: str) -> None:
        """Fill in the form that is sent to an address that ends like this, and tap its main button."""
        form = self.page.locator(f"form[action$='{action}']").first
        for name, value in values.items():
            found = form.locator(f"[name='{name}']").first
            found.select_option(value) if found.evaluate("el => el.tagName") == "SELECT" else found.fill(value)
        self.act(form.locator("button.btn:not([type=button]):not([name=preview])").last.tap)

    def _looked(self) -> Any:
        """What the page says of itself; a page that tells of a job may load anew while it is asked."""
        try:
            return self.page.evaluate(LOOK)
        except Error as gone:
            if "navigation" not in str(gone):
                raise
            self.page.wait_for_load_state("load")
            return self.page.evaluate(LOOK)

    def look(self) -> None:
        """What holds on each page; axe comes once for each kind of page, and again where it has other forms."""
        self._picture()
        where = f"{self.name} at {self.page.url}"
        assert self.said == [], f"{where}: {self.said}"
        found = self._looked()
        assert found["wide"] <= 0, f"{where} runs {found['wide']} px off the screen"
        kind = (ID.sub("/*", self.path.partition("?")[0]), found["dir"])
        parts, known = {"page", *(ID.sub("/*", form) for form in found["forms"])}, self.seen.setdefault(kind, set())
        if self.has_axe and self.has_scripts and not known >= parts:
            known |= parts
            faults = Axe().run(self.page)
            assert faults.violations_count == 0, f"{where}\n{faults.generate_report()}"

    def sign_in(self, email: str) -> None:
        self.go("/sign-in")
        self.send("/sign-in", email=email, password=PASSWORD)
        assert self.path != "/sign-in", f"{self.name} could not sign in"

    def sign_out(self) -> None:
        self.page.locator("header .menu").last.locator("summary").tap()
        self.act(self.page.locator("form[action='/sign-out'] button").tap)
        expect(self.page).to_have_url(f"{self.address}/sign-in")

    def _picture(self) -> None:
        """Keep a picture where the environment names a folder for them."""
        folder = os.environ.get("JOURNEY_PICTURES")
        if folder:
            self._number += 1
            where = ID.sub("", self.path.partition("?")[0]).strip("/").replace("/", "-")
            file = Path(folder) / f"{self.name}-{self._number:02}-{where}.png"
            self.page.screenshot(path=file, full_page=True)


@contextmanager
def walking(browser: Browser, address: str, *, has_axe: bool = True) -> Iterator[Callable[..., Walk]]:
    """`walker(name, locale="en", has_scripts=True)` gives somebody a phone of their own, until all go home."""
    seen: Seen = {}
    with ExitStack() as phones:

        def walker(name: str, *, locale: str = "en", has_scripts: bool = True) -> Walk:
            context = phones.enter_context(
                browser.new_context(locale=locale, viewport=PHONE, has_touch=True, java_script_enabled=has_scripts)
            )
            context.set_default_timeout(15_000)
            return Walk(context.new_page(), address, name, has_scripts, has_axe, seen)

        yield walker

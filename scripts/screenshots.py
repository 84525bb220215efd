"""`python -m scripts.screenshots`: pictures of the pages, as each person of the demonstration world sees them.

Starts the real application on a world of its own and drives Chromium through it. Without arguments it renews the dozen
pictures of the documentation; `--all FOLDER` takes every page at desktop width and on a telephone, some of them in
Arabic and some in the dark, for whoever wants to look at the design.
"""

import argparse
import base64
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from werkzeug.serving import make_server

from scripts import browser, pictures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTED = ROOT / "docs" / "screenshots"
PASSWORD = "pictures of the demonstration"
DESKTOP, PHONE = (1280, 860), (360, 760)
MOST_HIGH = 2400  # a picture of a long page ends here


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it.

    `path` is an address; or `first:` and a pattern of the link to follow on the page `start`; or `under:` and what
    follows the address of that link; or `take:` and a page whose main button is pressed. Where `start` itself begins
    with `follow:`, links are followed before, one after the other, with `>` between them.
    """

    name: str
    who: str | None
    path: str
    start: str = "/"
    named: str = ""  # a part of the text of the first link that is followed
    arabic: bool = False
    dark: bool = False
    is_documented: str = ""  # the widths at which the documentation shows it


QUALITY = "/lanes/[A-Za-z0-9]+/quality"
LIVE = "Support intents, round 3"
SHOTS = (
    Shot("sign-in", None, "/sign-in"),
    Shot("apply", None, "first:/apply/", start="vendor:/pools"),
    Shot("work", "annotator.sw", "/work", is_documented="desktop phone"),
    Shot("work-ar", "annotator.ar", "/work", arabic=True, is_documented="desktop phone"),
    Shot("task-choice", "annotator.sw", "first:/work/[A-Za-z0-9]{22}", start="/work", is_documented="desktop phone"),
    Shot("work-done", "annotator.sw", "/work/done"),
    Shot("quality", "annotator.sw", "/quality"),
    Shot("pay", "annotator.sw", "/pay", is_documented="phone"),
    Shot("pay-ar", "annotator.ar", "/pay", arabic=True),
    Shot("statement", "annotator.sw", "first:/pay/statements/", start="/pay"),
    Shot("me", "annotator.sw", "/me"),
    Shot("me-ar", "annotator.ar", "/me", arabic=True),
    Shot("receipts", "annotator.hi", "/receipts"),
    Shot("receipt", "annotator.hi", "first:/receipts/", start="/receipts", is_documented="desktop"),
    Shot("test-failed", "annotator.pt", "first:/tests/", start="/work"),
    Shot("account", "annotator.sw", "/account"),
    Shot("board", "vendor", "/board", is_documented="desktop"),
    Shot("board-dark", "vendor", "/board", dark=True),
    Shot("people", "vendor", "/people"),
    Shot("person", "vendor", "first:/people/", start="/people"),
    Shot("pools", "vendor", "/pools"),
    Shot("pool", "vendor", "first:/pools/", start="/pools"),
    Shot("agreements", "vendor", "/agreements"),
    Shot("appeals", "vendor", "/appeals"),
    Shot("appeal", "vendor", "first:/appeals/", start="/appeals"),
    Shot("team", "vendor", "/team"),
    Shot("vendor-requests", "vendor", "/requests"),
    Shot("vendor-request", "vendor", "first:/requests/(?!new)", start="/requests"),
    Shot("vendor-projects", "vendor", "/projects"),
    Shot("vendor-project", "vendor", "first:/projects/", start="/projects", named=LIVE),
    Shot("lane-quality", "vendor", f"first:{QUALITY}", start="follow:/projects/", named=LIVE),
    Shot("lane-test", "vendor", "first:/lanes/[A-Za-z0-9]+/test", start=f"follow:/projects/>{QUALITY}", named=LIVE),
    Shot("rates", "vendor", "/rates"),
    Shot("review-home", "reviewer", "/review"),
    Shot("review", "reviewer", "take:/review", is_documented="desktop"),
    Shot("payout-runs", "finance2", "/payout-runs"),
    Shot("payout-run", "finance2", "first:/payout-runs/", start="/payout-runs", is_documented="desktop"),
    Shot("vendor-invoices", "finance", "/invoices"),
    Shot("client-projects", "client", "/projects"),
    Shot("client-project", "client", "first:/projects/", start="/projects", named=LIVE, is_documented="desktop"),
    Shot("client-setup", "client", "first:/projects/[A-Za-z0-9]+/setup", start="follow:/projects/", named=LIVE),
    Shot("client-imports", "client", "first:/projects/[A-Za-z0-9]+/imports", start="follow:/projects/", named=LIVE),
    Shot("client-gold", "client.qa", "under:/gold", start="/projects", named=LIVE),
    Shot("client-requests", "client", "/requests"),
    Shot("client-request", "client", "first:/requests/(?!new)", start="/requests"),
    Shot("client-request-new", "client", "/requests/new"),
    Shot("releases", "client", "/releases"),
    Shot("qa-report", "client", "first:/releases/", start="/releases", is_documented="desktop"),
    Shot("client-invoices", "client", "/invoices"),
    Shot("invoice", "client", "first:/invoices/", start="/invoices"),
    Shot("client-project-dark", "client", "first:/projects/", start="/projects", named=LIVE, dark=True),
    Shot("operator", "operator", "/admin", is_documented="desktop"),
    Shot("operator-jobs", "operator", "/admin/jobs"),
    Shot("operator-organizations", "operator", "/admin/organizations"),
    Shot("audit", "auditor", "/admin/audit"),
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description="Take pictures of the pages.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, into this folder")
    parser.add_argument("--only", default="", metavar="PART", help="only pages whose name has this part")
    parser.add_argument("--data", type=Path, help="a data folder whose demonstration world is used, or built there")
    chosen = parser.parse_args(arguments)
    program = browser.find()
    if program is None:
        print(browser.ADVICE, file=sys.stderr)
        return 1
    shots = [shot for shot in SHOTS if chosen.only in shot.name and (chosen.all or shot.is_documented)]
    with _folder(chosen.data) as data, _served(data) as address:
        faults = take(program, address, shots, chosen.all)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="polyphony-pictures-") as made:
        yield Path(made)


@contextmanager
def _served(data: Path) -> Iterator[str]:
    """The application over a demonstration world in this folder, on a port of its own."""
    os.environ.update(POLYPHONY_DATA=str(data), POLYPHONY_ENV="development", DEMO_PASSWORD=PASSWORD)
    for name in ("DATABASE_URL", "REDIS_URL", "SERVER_NAME"):
        os.environ.pop(name, None)
    subprocess.run([sys.executable, "-c", _PREPARE], cwd=ROOT, check=True)
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "admin", "demo", "--if-empty"], cwd=ROOT, check=True
    )
    from wsgi import create_app

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


_PREPARE = """
from kernel import migrate
from kernel.config import Settings
from kernel.db import Database
database = Database(Settings.from_environment().database_url)
if not migrate.is_at_head(database):
    migrate.upgrade(database)
"""


def take(program: str, address: str, shots: list[Shot], folder: Path | None) -> list[str]:
    """Take the pictures; returns what went wrong, one line a page."""
    from playwright.sync_api import sync_playwright

    (folder or DOCUMENTED).mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(browser.ARGUMENTS))
        signed_in: dict[str, Any] = {}
        for shot in shots:
            fault = _shoot(running, address, shot, folder, signed_in)
            faults += [f"{shot.name}: {fault}"] if fault else []
        running.close()
    return faults


def _shoot(running: "Browser", address: str, shot: Shot, folder: Path | None, signed_in: dict[str, Any]) -> str:
    from playwright.sync_api import Error as PlaywrightError

    who = shot.who or ""
    starter = shot.start.partition(":")[0] if ":" in shot.start and not shot.start.startswith("follow:") else who
    if starter and starter not in signed_in:
        signed_in[starter] = _sign_in(running, address, starter)
    try:
        target = _target(running, address, shot, signed_in.get(starter), starter)
        for width, size in (("desktop", DESKTOP), ("phone", PHONE)):
            if folder is None and width not in shot.is_documented.split():
                continue
            with _context(running, shot, size, signed_in.get(who)) as context:
                page = context.new_page()
                answer = page.goto(address + target)
                name = f"{shot.name}-{width}.png"
                _picture(page, (folder or DOCUMENTED) / name, size[0], MOST_HIGH if folder else size[1] + 240)
                if answer is None or not answer.ok:
                    return f"{target} answers {answer.status if answer else 'nothing'}"
                if wide := _too_wide(page, size[0]):
                    return f"{target} is {wide} wide on {size[0]}"
    except (LookupError, PlaywrightError) as fault:
        return str(fault).splitlines()[0]
    return ""


def _sign_in(running: "Browser", address: str, local: str) -> Any:
    """The cookies of somebody who has signed in."""
    context = running.new_context(locale="en")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", f"{local}@demo.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def _context(running: "Browser", shot: Shot, size: tuple[int, int], state: Any) -> "Iterator[BrowserContext]":
    context = running.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="ar" if shot.arabic else "en",
        color_scheme="dark" if shot.dark else "light",
        storage_state=state,
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def _target(running: "Browser", address: str, shot: Shot, state: Any, starter: str) -> str:
    """The address of the page: as it stands, or the first link of the page before that fits."""
    kind, _colon, rest = shot.path.partition(":")
    if kind not in ("first", "take", "under"):
        return shot.path
    context = running.new_context(storage_state=state, locale="en")
    try:
        page = context.new_page()
        if kind == "take":
            page.goto(address + rest)
            page.click("main form button.btn-main")
            page.wait_for_url(re.compile(r"/review/[A-Za-z0-9]+"))
            return page.url.removeprefix(address)
        how, _colon, where = shot.start.rpartition(":")
        if how == "follow":
            begin, *steps = where.split(">")
            page.goto(address + begin.rstrip("/"))
            for number, step in enumerate([begin, *steps]):
                page.goto(address + _first(page, step, "" if number else shot.named))
            return _first(page, rest)
        page.goto(address + where)
        if kind == "under":
            return _first(page, r"/projects/", shot.named) + rest
        return _first(page, rest, shot.named)
    finally:
        context.close()


def _first(page: "Page", pattern: str, named: str = "") -> str:
    links = page.eval_on_selector_all(
        "main a[href]", "found => found.map(each => [each.getAttribute('href'), each.innerText])"
    )
    for link, text in links:
        if named in text and re.match(rf"{pattern}\w*", link) and link.rstrip("/") != pattern.rstrip("/"):
            return str(link)
    raise LookupError(f"no link to {pattern} on {page.url}")


def _picture(page: "Page", file: Path, width: int, most_high: int) -> None:
    """The page, in a window as high as the page is, so that what sticks to an edge hides nothing."""
    page.wait_for_load_state("networkidle")
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": min(most_high, height)})
    taken = base64.b64encode(page.screenshot()).decode()
    blank = page.context.new_page()
    wide, high, data = blank.evaluate(_DECODE, taken)
    pixels = np.frombuffer(base64.b64decode(data), dtype=np.uint8).reshape(high, wide, 4)
    file.write_bytes(pictures.png(pixels[:, :, :3]))
    print(file, flush=True)


# The browser reads its own picture, so that no library for pictures is needed.
_DECODE = """async taken => {
  const image = new Image();
  image.src = "data:image/png;base64," + taken;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  const bytes = drawing.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


def _too_wide(page: "Page", width: int) -> int:
    """How wide the page is where it would have to be scrolled sideways, else 0."""
    wide = int(page.evaluate("document.documentElement.scrollWidth"))
    return wide if wide > width else 0


if __name__ == "__main__":
    raise SystemExit(main())

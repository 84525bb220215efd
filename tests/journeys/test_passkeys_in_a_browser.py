"""Passkeys in a real browser, with the authenticator that its developers' protocol has: made, used at every door."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from kernel.db import Database
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import PASSWORD, make_org, make_persona
from tests.web.conftest import test_settings as settings_in
from web.models import AuthSession
from workforce.models import Passkey
from wsgi import create_app

Serve = Callable[[WSGIApplication], str]


def fitted(page: Page) -> None:
    """Give the page's browser an authenticator that always says yes."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    sure = {"isUserVerified": True, "automaticPresenceSimulation": True}
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": kind | sure})


@pytest.mark.soak
def test_a_browser_makes_a_passkey_and_signs_in_by_it_at_every_door(
    db_sqlite: Database, tmp_path: Path, browser: Browser, live_server: Serve
) -> None:
    served: list[WSGIApplication] = []

    def late(environ: WSGIEnvironment, start_response: StartResponse) -> object:
        return served[0](environ, start_response)  # the port is known once it is served

    address = live_server(late).replace("127.0.0.1", "localhost")  # type: ignore[arg-type]
    served.append(create_app(replace(settings_in(tmp_path), passkey_origin=address), db_sqlite))
    person = make_persona(db_sqlite, make_org(db_sqlite, "vendor", "Baraza"), Role.ANNOTATOR, "nia@one.example")
    errors: list[str] = []
    with browser.new_context(locale="en", viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        fitted(page)
        with_password(page, address, person.email)
        page.wait_for_url(is_in)
        page.goto(f"{address}/account/passkeys")
        page.get_by_label("What you call it").fill("My phone")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        page.goto(f"{address}/account/passkeys")
        expect(page.get_by_role("heading", name="My phone")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

        # The same device is not taken twice, and says so; whoever has one shows it before another is made.
        page.get_by_role("link", name="Go on").click()
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("has a passkey for your account already")).to_be_visible()

        leave(page, address)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(is_in)
        leave(page, address)
        with_password(page, address, person.email)
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(is_in)

        with db_sqlite.transaction(Scope.system("test")) as session:
            session.execute(update(AuthSession).values(proven_at=None, passkey_at=None))
        page.goto(f"{address}/confirm?next=/account/passkeys")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).to_have_url(f"{address}/account/passkeys")
        with db_sqlite.reading(Scope.system("test")) as session:
            key = session.scalars(select(Passkey)).one()
            shown = session.scalars(select(AuthSession.passkey_at).where(AuthSession.passkey_at.is_not(None))).all()
            assert key.sign_count >= 4 and key.doubted_at is None and len(shown) == 1

        # Where passkeys are not at home, the page says where they are.
        page.goto(address.replace("localhost", "127.0.0.1") + "/sign-in")
        expect(page.get_by_text("Passkeys work here alone")).to_be_visible()
    assert errors == []
    with browser.new_context(locale="en", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        expect(page.get_by_text("A passkey needs JavaScript")).to_be_visible()
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def with_password(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def is_in(url: str) -> bool:
    return "/sign-in" not in url


def leave(page: Page, address: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in")

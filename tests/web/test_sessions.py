"""When a session ends: by itself, with its account, and with the next one of the same browser."""

from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select, update

from kernel import clock
from kernel.db import Database
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import PASSWORD, csrf_of, make_org, make_persona, sign_in
from web.models import AuthSession
from workforce.models import Account

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_session_ends_idle_in_the_end_and_with_its_account(app: Flask, db_sqlite: Database) -> None:
    moments = [START]
    with clock.use_clock(lambda: moments[-1]):
        person = make_persona(db_sqlite, make_org(db_sqlite, "vendor", "Baraza"), Role.VENDOR_MANAGER, "a@one.example")

        def is_in_after(minutes: int) -> bool:
            moments.append(moments[-1] + timedelta(minutes=minutes))
            page = client.get("/account")
            assert page.status_code != 200 or 'action="/sign-out"' in page.get_data(as_text=True)
            return page.status_code == 200

        client = app.test_client()
        assert sign_in(client, person.email) == 303
        assert [is_in_after(29), is_in_after(29), is_in_after(31)] == [True, True, False], "idle for half an hour"
        assert sign_in(client, person.email) == 303
        assert [is_in_after(29) for _half in range(25)] == [True] * 24 + [False], "half a day in all"
        assert sign_in(client, person.email) == 303
        with db_sqlite.transaction(Scope.system("test")) as session:
            session.execute(update(Account).values(status="suspended"))
        assert not is_in_after(0)
        with db_sqlite.transaction(Scope.system("test")) as session:
            session.execute(update(Account).values(status="active"))

        # Signing in once more in the same browser ends what it had.
        form = {"email": person.email, "password": PASSWORD, "csrf_token": csrf_of(client, "/account")}
        assert client.post("/sign-in", data=form).status_code == 303
        with db_sqlite.reading(Scope.system("test")) as session:
            newest = select(AuthSession.revoked_at).order_by(AuthSession.created_at.desc()).limit(2)
            assert sorted(at is None for at in session.scalars(newest)) == [False, True]

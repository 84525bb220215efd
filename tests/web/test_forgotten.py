"""A forgotten password: nobody learns who has an account, and the mailed address works once."""

import re
import smtplib
from base64 import b64encode
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from kernel import clock, jobs
from kernel.db import Database
from kernel.mail import FolderMail, Letter, SmtpMail, composed
from kernel.models import OutgoingMail
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.support.mail_server import MailServer, certificate, mail_server
from tests.web.conftest import PASSWORD, csrf_of, make_org, make_persona, sign_in
from workforce.models import Account

LETTER = Letter("L" * 22, "nia@example.org", "A new password", "Here:\n\nhttp://localhost/x\n")
SENDER = "Polyphony <no-reply@example.org>"
NEW = "seven bridges under a loud river"


def test_a_letter_is_a_file_that_only_its_owner_reads_or_goes_to_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = FolderMail(tmp_path / "mail", SENDER)
    with mail.opened() as carrier:
        carrier.send(LETTER)
        carrier.send(LETTER)
    (file,) = (tmp_path / "mail").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["To"], message["Message-ID"]) == (LETTER.to, f"<{LETTER.id}@example.org>")
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        composed(Letter("x", "a@b.example\nBcc: c@d.example", "s", "t"), SENDER)

    shown, kept = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    for scheme in ("smtp", "smtps"):
        server = MailServer(is_tls=scheme == "smtps")
        with mail_server(server, shown, kept):
            mail_there = SmtpMail(f"{scheme}://us%40er:p%2Fw@localhost:{server.port}", SENDER)
            with mail_there.opened() as carrier:
                carrier.send(LETTER)
        ((to, text),) = server.letters
        assert to == LETTER.to and f"<{LETTER.id}@example.org>" in text
        assert server.logins == ["PLAIN " + b64encode(b"\0us@er\0p/w").decode()]


def test_many_letters_leave_by_one_connection_until_the_server_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, kept = certificate(tmp_path)
    told = MailServer(most=3, refused={"p1@example.org"})
    with mail_server(told, shown, kept):
        mail = SmtpMail(f"smtps://localhost:{told.port}", SENDER)
        with pytest.raises(OSError, match="certificate"), mail.opened() as carrier:
            carrier.send(LETTER)  # nobody vouches for this server
        assert told.letters == []
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))
        told.calls = 0
        with mail.opened() as carrier:
            for number in range(6):
                letter = Letter(f"L{number}", f"p{number}@example.org", "s", "t")
                if letter.to in told.refused:
                    with pytest.raises(smtplib.SMTPRecipientsRefused):
                        carrier.send(letter)
                else:
                    carrier.send(letter)
    assert [to for to, _text in told.letters] == [f"p{number}@example.org" for number in (0, 2, 3, 4, 5)]
    assert told.calls == 2, "three letters over the first connection, which a refused one does not end"


def ask(client: FlaskClient, email: str) -> tuple[int, str]:
    answer = client.post("/forgotten", data={"email": email, "csrf_token": csrf_of(client, "/forgotten")})
    text = answer.get_data(as_text=True)
    return answer.status_code, re.sub(
        r'csrf[-_]token" (content|value)="[^"]+"|value="[^"]*@[^"]*"|"id ltr">\w+<', "", text
    )


def letters(folder: Path) -> list[str]:
    files = sorted((folder / "mail").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default).get_content() for file in files]


def test_a_new_password_by_a_mailed_address(app: Flask, db: Database, tmp_path: Path) -> None:
    manager = make_persona(db, make_org(db, "vendor", "Baraza"), Role.VENDOR_MANAGER, "vendor@one.example")
    client, thief = app.test_client(), app.test_client()
    sign_in(thief, manager.email)
    assert ask(client, " Vendor@ONE.example") == ask(client, "nobody@one.example")
    with db.reading(Scope.system("test")) as session:
        assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 2, "the same work for both"
        assert "new-password" not in str(session.scalars(select(OutgoingMail.text_sealed)).all())
    jobs.drain(db)
    (told,) = letters(tmp_path)
    found = re.search(r"^http://localhost(/new-password/([\w-]{43}))$", told, re.MULTILINE)
    assert found
    path, secret = found[1], found[2]
    with db.reading(Scope.system("test")) as session:
        assert set(session.execute(select(OutgoingMail.to_sealed, OutgoingMail.text_sealed))) == {(None, None)}

    assert manager.email in client.get(path).get_data(as_text=True)
    token = csrf_of(client, path)
    assert client.post(path, data={"password": "short", "csrf_token": token}).status_code == 422
    later = clock.now() + timedelta(minutes=31)
    with clock.use_clock(lambda: later):
        late = client.post(path, data={"password": NEW, "csrf_token": csrf_of(client, "/forgotten")})
        assert late.status_code == 409
    assert client.post(path, data={"password": NEW, "csrf_token": token}).status_code == 303
    assert client.post(path, data={"password": NEW, "csrf_token": token}).status_code == 409
    api = client.post("/api/v1/account/new-password", json={"secret": secret, "password": NEW})
    assert (api.status_code, api.json["code"]) == (409, "link.worthless")  # type: ignore[index]
    assert thief.get("/account").headers["Location"].startswith("/sign-in")
    assert (sign_in(client, manager.email), sign_in(client, manager.email, NEW)) == (422, 303)

    # The API does the same; an address is worth nothing once anything about the account has changed.
    asked = client.post("/api/v1/account/forgotten", json={"email": manager.email})
    assert asked.status_code == 204
    jobs.drain(db)
    assert "password of your account was changed" in letters(tmp_path)[1]
    second = re.search(r"/new-password/[\w-]{43}", letters(tmp_path)[2])
    assert second
    with db.transaction(Scope.system("test")) as session:
        session.execute(update(Account).values(auth_epoch=Account.auth_epoch + 1))
    assert "used up or too old" in client.get(second[0]).get_data(as_text=True)

    # Limits count an unknown address like a known one.
    for email in (manager.email, "nobody@one.example"):
        wide = chr(ord(email[0]) + 0xFEE0)  # the same letter at full width
        assert [ask(client, spelled)[0] for spelled in (email, email.upper(), wide + email[1:])][-1] == 429
    assert PASSWORD not in "".join(letters(tmp_path))

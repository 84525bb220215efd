"""Mail: letters are rows of the transaction that has something to say, and leave after it, through a folder or SMTP."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.config import Settings
from kernel.db import now_of
from kernel.jobs import Work, enqueue, job
from kernel.models import OutgoingMail
from kernel.ports import Port

_PATIENCE = 20  # seconds for a mail server to answer


@dataclass(frozen=True)
class Letter:
    """A message to one address. Its id is the same at every attempt, so that a server can tell a repetition."""

    id: str
    to: str
    subject: str
    text: str


class Mail(Protocol):
    """What carries letters."""

    def send(self, letter: Letter) -> None: ...


class FolderMail:
    """Letters as files, for development and for an installation without a mail server: whoever runs it reads them."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    def send(self, letter: Letter) -> None:
        """Write it; the same letter again is the same file."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.folder / f".{letter.id}.part"
        aside.write_bytes(bytes(composed(letter, self.sender)))
        aside.chmod(0o600)
        aside.rename(self.folder / f"{letter.id}.eml")


class SmtpMail:
    """Letters through a mail server: `smtp://` with STARTTLS, `smtps://` with TLS from the start."""

    def __init__(self, url: str, sender: str) -> None:
        self.url, self.sender = urlsplit(url), sender

    def send(self, letter: Letter) -> None:
        """Hand it to the server; raises OSError or SMTPException when it does not take it."""
        is_tls = self.url.scheme == "smtps"
        host, port = self.url.hostname or "localhost", self.url.port or (465 if is_tls else 587)
        context = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=context)
            if is_tls
            else smtplib.SMTP(host, port, timeout=_PATIENCE)
        )
        with server:
            if not is_tls:
                server.starttls(context=context)
            if self.url.username:
                server.login(unquote(self.url.username), unquote(self.url.password or ""))
            server.send_message(composed(letter, self.sender), to_addrs=[letter.to])


_mail: Port[Mail] = Port("carrier of mail")


def use_mail(mail: Mail) -> None:
    """Put the carrier of this process in place."""
    _mail.put(mail)


def mail_of(settings: Settings) -> Mail:
    """The carrier that the settings name: a mail server, else a folder beside the data."""
    if settings.mail_url:
        return SmtpMail(settings.mail_url, settings.mail_from)
    return FolderMail(settings.data_dir / "mail", settings.mail_from)


def composed(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it goes over the wire. Headers cannot be broken out of: line ends in them are refused."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def post(session: Session, to: str | None, subject: str, text: str) -> None:
    """Send a letter once this transaction is committed. Without an address the same is done, and nothing leaves."""
    row = OutgoingMail(id=ids.new_id(), created_at=now_of(session))
    row.to, row.subject, row.text = to or "", " ".join(subject.split()), text
    session.add(row)
    session.flush()
    enqueue(session, send_mail, mail_id=row.id)


@job(queue="urgent", long=True)
def send_mail(work: Work, mail_id: str) -> None:
    """Let a letter leave, outside of any transaction; afterwards nothing is kept of it but that it left."""
    with work.reading() as session:
        row = session.get(OutgoingMail, mail_id)
        if row is None or row.sent_at is not None:
            return
        letter = Letter(row.id, row.to or "", row.subject or "", row.text or "")
    if letter.to:
        _mail.get().send(letter)
    with work.transaction() as session:
        sent = session.get(OutgoingMail, mail_id)
        if sent is not None:
            sent.to = sent.subject = sent.text = None
            sent.sent_at = now_of(session)

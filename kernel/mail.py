"""Mail: letters are rows of the transaction that has something to say, and leave after it, through a folder or SMTP."""

import logging
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.config import Settings
from kernel.db import now_of
from kernel.jobs import Work, enqueue, job
from kernel.models import OutgoingMail
from kernel.ports import Port

log = logging.getLogger("polyphony.mail")

_PATIENCE = 20  # seconds for a mail server to answer
_FINE = 250  # what a mail server answers to whoever may go on
_PORTION = 20  # letters of many between two words that the job is alive: even if none is answered, within its claim


@dataclass(frozen=True)
class Letter:
    """A message to one address. Its id is the same at every attempt, so that a server can tell a repetition."""

    id: str
    to: str
    subject: str
    text: str


class Mail(Protocol):
    """What carries letters."""

    def opened(self) -> AbstractContextManager["Carrier"]:
        """A carrier for letters that leave one after the other; what it holds open ends with the block."""
        ...


class Carrier(Protocol):
    """What is open towards wherever letters go."""

    def send(self, letter: Letter) -> None:
        """Hand it over; raises what the other side says if it does not take it, and can be asked for the next one."""
        ...


class FolderMail:
    """Letters as files, for development and for an installation without a mail server: whoever runs it reads them."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        """The folder, which is there from now on."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield self

    def send(self, letter: Letter) -> None:
        """Write it; the same letter again is the same file."""
        aside = self.folder / f".{letter.id}.part"
        aside.write_bytes(bytes(composed(letter, self.sender)))
        aside.chmod(0o600)
        aside.rename(self.folder / f"{letter.id}.eml")


class SmtpMail:
    """Letters through a mail server: `smtp://` with STARTTLS, `smtps://` with TLS from the start."""

    def __init__(self, url: str, sender: str) -> None:
        self.url, self.sender = urlsplit(url), sender

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        """One connection for all letters of the block, made for the first of them."""
        carrier = _SmtpCarrier(self)
        try:
            yield carrier
        finally:
            carrier.close()

    def connect(self) -> smtplib.SMTP:
        """Call the server and say who we are; raises OSError or SMTPException."""
        is_tls = self.url.scheme == "smtps"
        host, port = self.url.hostname or "localhost", self.url.port or (465 if is_tls else 587)
        context = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=context)
            if is_tls
            else smtplib.SMTP(host, port, timeout=_PATIENCE)
        )
        try:
            if not is_tls:
                server.starttls(context=context)
            if self.url.username:
                server.login(unquote(self.url.username), unquote(self.url.password or ""))
        except BaseException:
            server.close()
            raise
        return server


class _SmtpCarrier:
    def __init__(self, mail: SmtpMail) -> None:
        self._mail = mail
        self._server: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> None:
        """Over the connection that there is; where the server ended it since the last letter, over a new one."""
        message = composed(letter, self._mail.sender)
        if self._server is not None and not _listens(self._server):
            self.close()
        if self._server is None:
            self._server = self._mail.connect()
        try:
            self._server.send_message(message, to_addrs=[letter.to])
        except smtplib.SMTPRecipientsRefused:  # this letter's alone: the next one goes over the same connection
            raise
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _listens(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == _FINE
    except (OSError, smtplib.SMTPException):
        return False


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
    (row,) = _keep(session, [(to, subject, text)])
    enqueue(session, send_mail, mail_id=row.id)


def post_many(session: Session, letters: Sequence[tuple[str, str, str]]) -> None:
    """Send letters, each an address with subject and text, once this transaction is committed: by one job for all of
    them, which lets the letters that somebody waits for go first."""
    if letters:
        enqueue(session, send_mails, mail_ids=[row.id for row in _keep(session, letters)])


def _keep(session: Session, letters: Sequence[tuple[str | None, str, str]]) -> list[OutgoingMail]:
    rows, now = [], now_of(session)
    for to, subject, text in letters:
        row = OutgoingMail(id=ids.new_id(), created_at=now)
        row.to, row.subject, row.text = to or "", " ".join(subject.split()), text
        rows.append(row)
    session.add_all(rows)
    session.flush()
    return rows


@job(queue="urgent", long=True)
def send_mail(work: Work, mail_id: str) -> None:
    """Let a letter leave, outside of any transaction; afterwards nothing is kept of it but that it left."""
    with _mail.get().opened() as carrier:
        for letter in _waiting(work, [mail_id]):
            _send(carrier, letter)
            with work.transaction() as session:
                _wipe(session, letter)


@job(queue="bulk", long=True)
def send_mails(work: Work, mail_ids: list[str]) -> None:
    """Let many letters leave, one after the other, each as `send_mail` does; one that does not leave holds none of the
    others back, and gets a job of its own that tries again."""
    for start in range(int(work.step.get("passed", 0)), len(mail_ids), _PORTION):
        with _mail.get().opened() as carrier:
            kept = [
                letter.id
                for letter in _waiting(work, mail_ids[start : start + _PORTION])
                if not _left(work, carrier, letter)
            ]
        with work.transaction() as session:
            for each in kept:
                enqueue(session, send_mail, mail_id=each)
            passed = min(start + _PORTION, len(mail_ids))
            work.advance(session, passed, len(mail_ids), passed=passed)


def _left(work: Work, carrier: Carrier, letter: Letter) -> bool:
    try:
        _send(carrier, letter)
    except Exception:  # whatever a mail server answers; the job of its own tells it
        log.exception("a letter did not leave: %s", letter.id)
        return False
    with work.transaction() as session:
        _wipe(session, letter)
    return True


def _waiting(work: Work, mail_ids: Sequence[str]) -> list[Letter]:
    """Those of these letters that have not left yet, in the order of the ids."""
    with work.reading() as session:
        rows = session.scalars(
            select(OutgoingMail).where(OutgoingMail.id.in_(mail_ids), OutgoingMail.sent_at.is_(None))
        ).all()
        letters = {row.id: Letter(row.id, row.to or "", row.subject or "", row.text or "") for row in rows}
    return [letters[each] for each in mail_ids if each in letters]


def _send(carrier: Carrier, letter: Letter) -> None:
    if letter.to:
        carrier.send(letter)


def _wipe(session: Session, letter: Letter) -> None:
    session.execute(_WIPE, {"b_id": letter.id, "b_now": now_of(session)})


_WIPE = (
    update(OutgoingMail)
    .where(OutgoingMail.id == bindparam("b_id"))
    .values(to_sealed=None, subject_sealed=None, text_sealed=None, sent_at=bindparam("b_now"))
    .execution_options(synchronize_session=False)
)

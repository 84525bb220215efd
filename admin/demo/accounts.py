"""Accounts of the demonstration: their password, and how the command and the sign-in page tell of them."""

import os
from pathlib import Path

from sqlalchemy.orm import Session

from admin.demo import people
from admin.demo.people import STAFF, Speaker
from i18n import Message
from kernel import db, ids
from kernel.config import Settings
from kernel.policy import Role
from kernel.tenancy import Scope
from web import current
from web.roles import ROLE_LABELS
from workforce.queries.accounts import find_account

_FILE = "demo_password"
_SECRET_BYTES = 12
_UNKNOWN = "Their password is not known here: this world was built elsewhere, or not to its end."
Row = tuple[Message | str, str, str]  # role, e-mail, password


def new_password(settings: Settings) -> str:
    """The password of a world that is built now: DEMO_PASSWORD, else a random one."""
    return settings.demo_password or ids.new_secret(_SECRET_BYTES)


def keep_password(settings: Settings, password: str) -> None:
    """Keep the password of a world that is built to its end, for later starts."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, 0o600)
        file.write(password)


def kept_password(settings: Settings) -> str | None:
    """The password with which the world was built, if this installation has built one."""
    path = _path(settings)
    return path.read_text().strip() if path.exists() else None


def is_there(session: Session) -> bool:
    """Whether the database holds a demonstration world."""
    return find_account(session, STAFF[0].email) is not None


def rows(password: str) -> list[Row]:
    """Who can sign in: staff by what they do, then the annotators whose addresses name their languages."""
    staff: list[Row] = [(ROLE_LABELS[one.role], one.email, password) for one in STAFF]
    return staff + [(ROLE_LABELS[Role.ANNOTATOR], each.email, password) for each in _first_annotators()]


def for_sign_in() -> list[Row]:
    """What the sign-in page shows: nothing in production, nor where there is no demonstration."""
    settings = current.settings()
    if settings.is_production:
        return []
    password = kept_password(settings)
    if password is None:
        return []
    with db.reading(Scope.system("sign-in page of a demonstration")) as session:
        return rows(password) if is_there(session) else []


def told(password: str | None, wanted: str | None = None) -> str:
    """What the command prints: one account a line, the password of all of them, and if it is not the one `wanted`."""
    found = [(f"{ROLE_LABELS[one.role]}, {one.org}", one.email) for one in STAFF]
    found += [(f"{ROLE_LABELS[Role.ANNOTATOR]}, {each.locale}", each.email) for each in _first_annotators()]
    width = max(len(who) for who, _email in found)
    lines = [f"  {who:<{width}}  {email}" for who, email in found]
    known = [f"The password of all of them: {password}" if password else _UNKNOWN]
    if wanted and wanted != password:
        known.append("DEMO_PASSWORD is not used: this world was built before with another password, which stays.")
    return "\n".join(["Demonstration accounts:", *lines, *known])


def _first_annotators() -> list[Speaker]:
    return [each for each in people.speakers() if each.local.startswith("annotator.")]


def _path(settings: Settings) -> Path:
    return settings.data_dir / _FILE

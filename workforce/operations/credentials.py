"""Credentials: what is proven of a person, signed for them to take along; and what another one's is worth here."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import Message, _
from i18n.matching import Level
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.policy import Actor, system_actor
from workforce.models import Account, Annotator, LanguageClaim, Organization
from workforce.models.onboarding import BroughtCredential
from workforce.onboarding import accuracies_of, qualifications_of
from workforce.operations.evidence import drop_evidence, hold_claims_of, put_evidence
from workforce.policy import Action, annotator_resource
from workforce.queries.languages import languages_of
from workforce.queries.rows import annotator_row
from workforce.rules.credential_lines import KINDS, accuracy_told, language_told, qualification_told
from workforce.rules.credentials import public_key, signed, verified
from workforce.rules.languages import EXAM
from workforce.rules.names import email_key
from workforce.values import ClaimStatus, Statement, Verdict

IMPORTED = "imported"
GOOD_FOR = timedelta(days=365)
# What rests on a credential or on the person's own word alone is not signed on: it would grow by going round.
_OWN_KINDS = {"test", "peer", "work", "document"}
_WORTH = {"strong", "fair", "weak"}  # neither faded nor against the person

_OTHERS = _("This credential is of another person: its address is not that of your account, or yours is not confirmed.")
_OVER = _("It has expired.")
_OWN = _("There already")
_UNKNOWN = _("Nobody here knows who signed it. Whoever runs this installation can name that key as one to be believed.")
_TAKEN = _("Believed, as evidence from another system beside all other.")
_NOT_STATED = _("State this language here first, in this mode, then bring the credential again.")
_NO_LANE = _("Shown to your vendor, and the start of nothing: each kind of work here has its own test.")


def export_credential(session: Session, actor: Actor, annotator_id: str, *, seed: bytes, issuer: str) -> str:
    """What is proven of oneself, signed, as a file that another vendor or installation can verify."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.CREDENTIAL_EXPORT, annotator_resource(person))
    account, vendor = session.get_one(Account, person.account_id), session.get_one(Organization, person.org_id)
    now = now_of(session)
    languages = [
        {"locale": claim.locale, "mode": claim.mode, "level": claim.proven, "until": _told(claim.until_at)}
        for claim in languages_of(session, person.id)
        if claim.proven and any(piece.kind in _OWN_KINDS and piece.strength in _WORTH for piece in claim.evidence)
    ]
    passed = [
        {"task_type": one.task_type, "locale": one.locale, "basis": one.basis, "since": _told(one.since),
         "until": _told(one.until)}
        for one in qualifications_of(session, person.id)
    ]  # fmt: skip
    accuracy = [
        {"task_type": one.task_type, "locale": one.locale, "accuracy": f"{one.accuracy:.2f}", "low": f"{one.low:.2f}",
         "high": f"{one.high:.2f}", "checks": None if one.checks is None else str(one.checks),
         "as_of": _told(one.as_of)}
        for one in accuracies_of(session, person.id)
    ]  # fmt: skip
    audit.record(session, actor, "credential.exported", "annotator", person.id, org_id=person.org_id)
    content = {
        "issuer": issuer, "vendor": vendor.name, "vendor_id": vendor.id, "name": account.name, "email": account.email,
        "issued_at": _told(now), "expires_at": _told(now + GOOD_FOR), "languages": languages, "qualifications": passed,
        "accuracy": accuracy,
        "identity_verified_at": _told(person.identity_verified_at) or "",
    }  # fmt: skip
    return signed(content, seed)


def import_credential(
    session: Session, actor: Actor, annotator_id: str, text: str, *, seed: bytes, issuer: str,
    trusted: Mapping[str, str],
) -> Verdict:  # fmt: skip
    """Bring a credential: languages that are believed become evidence, and every line is answered.

    `trusted` names the keys of other installations that are believed. Raises Invalid for what was changed.
    """
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
    found = verified(text)
    _hold(session, actor, person)
    name = {**trusted, public_key(seed): issuer}.get(found["key"])
    is_ours = found["key"] == public_key(seed)
    whole = _objection(session, person, found, name, is_ours=is_ours)
    lines = [_language(session, person, found, line, whole) for line in found["languages"]]
    # Another vendor's units were other work: what is said of it is shown, and the start of nothing.
    lines += [Statement(qualification_told(line), False, whole or _NO_LANE) for line in found["qualifications"]]
    lines += [Statement(accuracy_told(line), False, whole or _NO_LANE) for line in found["accuracy"]]
    if whole is None:
        _keep(session, person, found, name or "")
    audit.record(
        session, actor, "credential.imported", "annotator", person.id, org_id=person.org_id,
        details={"key": found["key"], "believed": sum(line.is_believed for line in lines), "lines": len(lines)},
    )  # fmt: skip
    return Verdict(name or str(found["issuer"]), tuple(lines))


def forget_credential(session: Session, actor: Actor, brought_id: str) -> None:
    """Take back what one has brought: nobody is shown it any more, and nothing rests on it."""
    row = session.get(BroughtCredential, brought_id)
    if row is None:
        raise guard.not_found()
    person = annotator_row(session, row.annotator_id)
    guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
    _hold(session, actor, person)
    row = session.get(BroughtCredential, brought_id, populate_existing=True)
    if row is None:
        raise guard.not_found()
    source = _source(row.key)
    for claim in session.scalars(select(LanguageClaim).where(LanguageClaim.annotator_id == person.id)):
        drop_evidence(session, system_actor("credential", person.org_id), claim, kind=IMPORTED, source=source)
    session.delete(row)
    session.flush()
    audit.record(
        session, actor, "credential.forgotten", "annotator", person.id, org_id=person.org_id, details={"key": row.key}
    )


def _hold(session: Session, actor: Actor, person: Annotator) -> None:
    """Two clicks are one after the other, and so is whatever else speaks for or against the person's languages: in this
    order, and with room for rows that refer to the person, which come while somebody holds a claim."""
    session.refresh(person, with_for_update={"key_share": True})
    hold_claims_of(session, actor, person.id)


def _keep(session: Session, person: Annotator, found: Mapping[str, Any], name: str) -> None:
    """Keep what is said, in the place of what the same key said earlier; an older credential says nothing new."""
    issued, until = _moment(found["issued_at"]), _moment(found["expires_at"])
    assert issued is not None and until is not None, "what is not in time has been objected to"
    row = session.scalars(
        select(BroughtCredential).where(
            BroughtCredential.annotator_id == person.id, BroughtCredential.key == found["key"]
        )
    ).one_or_none()
    if row is None:
        row = BroughtCredential(id=ids.new_id(), org_id=person.org_id, annotator_id=person.id, key=found["key"])
    elif row.issued_at >= issued:
        return
    row.said = json.dumps({"issuer": name, "vendor": found["vendor"], **{kind: found[kind] for kind in KINDS}})
    row.issued_at, row.expires_at, row.brought_at = issued, until, now_of(session)
    session.add(row)
    session.flush()


def _source(key: str) -> str:
    return f"credential:{key}"


def _objection(
    session: Session, person: Annotator, found: Mapping[str, Any], name: str | None, *, is_ours: bool
) -> Message | None:
    """Why nothing of it is believed, if that is so."""
    account = session.get_one(Account, person.account_id)
    if name is None:
        return _UNKNOWN
    if account.email_confirmed_at is None or _key(found["email"]) != email_key(account.email):
        return _OTHERS
    vendor = session.get_one(Organization, person.org_id)
    if found.get("vendor_id") == vendor.id or (is_ours and found["vendor"] == vendor.name):
        return _OWN  # what a vendor has signed itself is nothing new to it
    until, issued = _moment(found["expires_at"]), _moment(found["issued_at"])
    return _OVER if issued is None or until is None or until <= now_of(session) else None


def _language(
    session: Session, person: Annotator, found: Mapping[str, Any], line: Mapping[str, Any], whole: Message | None
) -> Statement:
    locale, mode, level = (str(line.get(name) or "") for name in ("locale", "mode", "level"))
    what = language_told(line)
    now = now_of(session)
    at = min(_moment(found["issued_at"]) or now, now)
    until = min((at for at in (_moment(line.get("until")), _moment(found["expires_at"])) if at), default=None)
    row = session.scalars(
        select(LanguageClaim).where(
            LanguageClaim.annotator_id == person.id, LanguageClaim.locale == locale, LanguageClaim.mode == mode,
            LanguageClaim.status != ClaimStatus.REJECTED,
        )
    ).one_or_none()  # fmt: skip
    objection = whole or (_OVER if until is not None and until <= now else None)
    objection = objection or (_NOT_STATED if row is None or not _is_level(level) else None)
    if objection is not None or row is None:
        return Statement(what, False, objection or _NOT_STATED)
    put_evidence(
        session, system_actor("credential", person.org_id), row, kind=IMPORTED, source=_source(found["key"]),
        level=level, weight=EXAM, note=str(found["vendor"])[:200], until_at=until, at=at,
    )  # fmt: skip
    return Statement(what, True, _TAKEN)


def _is_level(code: str) -> bool:
    try:
        return Level.parse(code).code == code
    except ValueError:
        return False


def _key(email: str) -> str:
    try:
        return email_key(email)
    except Invalid:
        return ""


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except (ValueError, TypeError):
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None

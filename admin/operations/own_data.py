"""A person's data: the file of an export written, and an erasure carried out.

Erasing takes away who somebody is and leaves what was done: judgments are the client's, the ledger and the log are
proof, and payments that were made stay with their destination for as long as the law asks. They stand under the
pseudonym, and nothing leads back from it.
"""

import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from admin.queries.person import tables_of
from admin.rules.person import LEFT_OUT
from admin.values import Erased
from calibration.models import Attempt, BehaviourReview, Dispute, Qualification
from calibration.models.languages import LanguageCheck, LanguageRecording
from calibration.operations.voices import forget_recordings, opened
from calibration.queries.natives import recordings_of
from calibration.rules.voices import SUFFIXES
from kernel import audit, audit_words, ids
from kernel.crypto import digest
from kernel.db import after_commit, now_of
from kernel.models import Idempotency
from kernel.money import payable_part
from kernel.policy import Actor
from kernel.storage import Stored, storage
from marketplace.models import Assignment, ProblemReport, Review
from payouts.models import Earning, LedgerAccount, PayoutLine, PayoutMethod
from payouts.values import EarningState, Kind, LineState
from web.models import AuthSession
from workforce.models import (
    Account,
    AccountLink,
    AccountToken,
    Annotator,
    AnnotatorCode,
    Appeal,
    DataRequest,
    DecisionReceipt,
    FactorReset,
    LanguageClaim,
    LanguageEvidence,
    MadeFile,
    Membership,
    Passkey,
    RecoveryCode,
    SavedFilter,
    SignaturePlace,
    StandingChange,
    TotpFactor,
)
from workforce.models.onboarding import (
    ApplicationDraft,
    BroughtCredential,
    DocumentLook,
    Invitation,
    PersonDocument,
    RoleOffer,
    RosterLine,
)
from workforce.naming import call
from workforce.operations.accounts import end_membership
from workforce.operations.drafts import key_of_account
from workforce.operations.made_files import forget_made
from workforce.operations.own_data import take_copy
from workforce.operations.receipts import ERASED, forget_reasons
from workforce.operations.standing import move
from workforce.queries.accounts import runs_alone
from workforce.rules.indexes import address_index, address_indexes
from workforce.rules.names import email_key
from workforce.values import RosterOutcome, Standing
from workforce.values.own_data import KEPT, DataKind, DataState


def gather(session: Session, actor: Actor, request_id: str) -> BinaryIO | None:
    """All that is held about whoever asked, as a ZIP of JSON and recordings in a file without a name; reads only."""
    row = _waiting_copy(session, request_id)
    if row is None:
        return None
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  whoever asked closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _fill(session, archive, row.account_id)
    file.seek(0)
    return file


def keep_copy(session: Session, actor: Actor, request_id: str, stored: Stored) -> bool:
    """Keep the stored file ready for a day; False where nobody waits for it any more."""
    row = _waiting_copy(session, request_id)
    if row is None:
        return False
    row.state, row.stored_name, row.sha256, row.size = DataState.READY.value, stored.name, stored.sha256, stored.size
    row.due_at = now_of(session) + KEPT
    session.flush()
    audit.record(session, actor, "data.export_made", "account", row.account_id, details={"size": stored.size})
    return True


def open_copy(session: Session, actor: Actor, request_id: str) -> BinaryIO:
    """Hand the file over, once; it is open before that is committed, so that a file that cannot be read stays."""
    return storage().open(take_copy(session, actor, request_id))


def _waiting_copy(session: Session, request_id: str) -> DataRequest | None:
    row = session.get(DataRequest, request_id)
    is_waiting = row is not None and row.kind == DataKind.EXPORT and row.state == DataState.WAITING
    return row if is_waiting else None


def _fill(session: Session, archive: zipfile.ZipFile, account_id: str) -> None:
    counts: dict[str, int] = {}
    for name, rows in tables_of(session, account_id):
        with archive.open(f"{name}.json", "w") as file:
            counts[name] = _write_rows(file, rows)
    for recording in recordings_of(session, account_id):
        archive.writestr(f"recordings/{recording.id}.{SUFFIXES[recording.media_type]}", opened(recording))
    about = {"account": account_id, "made_at": now_of(session).isoformat(), "rows": counts, "left_out": LEFT_OUT}
    archive.writestr("about.json", json.dumps(about, ensure_ascii=False, indent=1))


def _write_rows(file: IO[bytes], rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    file.write(b"[")
    for count, row in enumerate(rows, 1):
        file.write((",\n" if count > 1 else "\n").encode() + json.dumps(row, ensure_ascii=False).encode())
    file.write(b"\n]\n")
    return count


def held_up_by(session: Session, account_id: str) -> str:
    """Why an erasure cannot be carried yet: money that is owed or on its way, or an organization that nobody else can
    run. Nothing is in the way otherwise. Asked before anything is taken, so that who waits keeps every role."""
    profiles = select(Annotator.id).where(Annotator.account_id == account_id)
    balances = session.execute(
        select(LedgerAccount.balance_micros, LedgerAccount.currency).where(
            LedgerAccount.holder_id.in_(profiles), LedgerAccount.kind.in_((Kind.PAYABLE.value, Kind.CLEARING.value))
        )
    )
    if any(payable_part(micros or 0, currency) for micros, currency in balances):
        return "owed"  # what no payment can carry, a part of the smallest coin, is in nobody's way
    waiting = select(Earning.id).where(Earning.annotator_id.in_(profiles), Earning.state == EarningState.PENDING.value)
    under_way = select(PayoutLine.id).where(
        PayoutLine.annotator_id.in_(profiles), PayoutLine.state == LineState.OPEN.value
    )
    if any(session.scalar(each.limit(1)) for each in (waiting, under_way)):
        return "owed"
    return "last" if runs_alone(session, account_id) else ""


def erase_person(session: Session, actor: Actor, request_id: str) -> bool:
    """Carry an erasure that is due, whole, in this transaction; False where something is in its way, which is kept."""
    row = session.get(DataRequest, request_id, with_for_update=True)
    now = now_of(session)
    if row is None or row.kind != DataKind.ERASURE or row.state != DataState.WAITING or row.due_at > now:
        return False
    row.held_up_by = held_up_by(session, row.account_id)
    if row.held_up_by:
        session.flush()
        return False
    _erase(session, actor, row, now)
    return True


def erase_again(session: Session, actor: Actor, erased: Erased) -> str:
    """Erase somebody whom an older backup has brought back: `done`; `last` where they alone could run an organization
    of it; `` where there is nobody to erase. What the older books owe them was paid since, and keeps nobody."""
    account = session.get(Account, erased.account, with_for_update=True)
    if account is None or account.status == "erased":
        return ""
    if runs_alone(session, account.id):
        return "last"
    row = session.get(DataRequest, erased.request)
    if row is None:
        at = datetime.fromisoformat(erased.at)
        row = DataRequest(
            id=erased.request, account_id=account.id, kind=DataKind.ERASURE.value, state=DataState.WAITING.value,
            asked_at=at, due_at=at, held_up_by="", size=0,
        )  # fmt: skip
        session.add(row)
    _erase(session, actor, row, now_of(session))
    return "done"


def _erase(session: Session, actor: Actor, row: DataRequest, now: datetime) -> None:
    people = _held_people(session, row.account_id)
    _end_roles(session, actor, row.account_id)
    for person in people:
        _erase_profile(session, actor, person)
    _erase_account(session, row.account_id)
    _forget_copies(session, row.account_id)
    forget_made(session, actor, MadeFile.account_id == row.account_id)
    row.state, row.done_at, row.held_up_by = DataState.DONE.value, now, ""
    session.flush()
    audit.record(session, actor, "data.erased", "account", row.account_id, details={"request": row.id})


def _held_people(session: Session, account_id: str) -> Sequence[Annotator]:
    """Their profiles as they are at this moment: what somebody is just writing about them is waited for, and goes."""
    theirs = select(Annotator).where(Annotator.account_id == account_id).order_by(Annotator.id)
    return session.scalars(theirs.with_for_update().execution_options(populate_existing=True)).all()


def _end_roles(session: Session, actor: Actor, account_id: str) -> None:
    held = select(Membership.id).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    for membership_id in session.scalars(held).all():
        end_membership(session, actor, membership_id)


def _erase_profile(session: Session, actor: Actor, person: Annotator) -> None:
    """What one vendor knows of a person; the pseudonym stays, and what was done under it."""
    if person.status not in (Standing.LEFT, Standing.DECLINED):
        move(session, actor, person, Standing.LEFT, ERASED)
    person.country, person.about, person.time_zone, person.weekly_hours = None, None, "UTC", 0
    person.skills, person.domains, person.clearance = [], [], 0
    person.clearance_until = person.identity_verified_at = person.sensitive_seen_at = None
    session.flush()
    forget_recordings(session, actor, LanguageRecording.annotator_id == person.id)
    claims = select(LanguageClaim.id).where(LanguageClaim.annotator_id == person.id)
    documents = select(PersonDocument.id).where(PersonDocument.annotator_id == person.id)
    receipts = select(DecisionReceipt.id).where(DecisionReceipt.annotator_id == person.id)
    forget_reasons(session, actor, person.id)
    audit_words.forget(session, person.id)
    for statement in (
        delete(AnnotatorCode).where(AnnotatorCode.annotator_id == person.id),
        update(LanguageEvidence).where(LanguageEvidence.claim_id.in_(claims)).values(note=""),
        update(LanguageCheck).where(LanguageCheck.annotator_id == person.id, LanguageCheck.answer.is_not(None))
        .values(answer=ERASED),
        update(DocumentLook).where(DocumentLook.document_id.in_(documents)).values(reason=ERASED),
        update(StandingChange).where(StandingChange.annotator_id == person.id).values(reason=ERASED),
        update(Appeal).where(Appeal.receipt_id.in_(receipts)).values(text=ERASED),
        update(Appeal).where(Appeal.receipt_id.in_(receipts), Appeal.answer.is_not(None)).values(answer=ERASED),
        update(Assignment).where(Assignment.annotator_id == person.id, Assignment.draft_sealed.is_not(None))
        .values(draft_sealed=None),
        update(Assignment).where(Assignment.annotator_id == person.id, Assignment.note.is_not(None))
        .values(note=ERASED),
        update(ProblemReport).where(ProblemReport.annotator_id == person.id, ProblemReport.note != "")
        .values(note=ERASED),
        update(Dispute).where(Dispute.annotator_id == person.id).values(text=ERASED),
        update(Dispute).where(Dispute.annotator_id == person.id, Dispute.reply != "").values(reply=ERASED),
        update(Review).where(Review.reviewer_id == person.account_id, Review.note != "").values(note=ERASED),
        update(BehaviourReview).where(BehaviourReview.annotator_id == person.id, BehaviourReview.note != "")
        .values(note=ERASED),
        update(Qualification).where(Qualification.annotator_id == person.id, Qualification.reason != "")
        .values(reason=ERASED),
        update(Attempt).where(Attempt.annotator_id == person.id).values(network=None),
        delete(BroughtCredential).where(BroughtCredential.annotator_id == person.id),
        delete(SignaturePlace).where(SignaturePlace.annotator_id == person.id),
        delete(PayoutMethod).where(PayoutMethod.annotator_id == person.id),
    ):  # fmt: skip
        session.execute(statement, execution_options={"synchronize_session": False})
    for document in session.scalars(select(PersonDocument).where(PersonDocument.annotator_id == person.id)).all():
        document.name, document.about, document.reason, document.sha256 = ERASED, "", "", ""
        document.content_sealed = None


def _erase_account(session: Session, account_id: str) -> None:
    account = session.get_one(Account, account_id)
    _erase_invitations(session, account)
    for model in (TotpFactor, Passkey, RecoveryCode, AccountLink, AccountToken, AuthSession, SavedFilter):
        session.execute(delete(model).where(model.account_id == account_id))
    session.execute(delete(Idempotency).where(Idempotency.actor_id == account_id))
    session.execute(delete(ApplicationDraft).where(ApplicationDraft.key_hash == digest(key_of_account(account_id))))
    session.execute(update(FactorReset).where(FactorReset.account_id == account_id).values(reason=ERASED))
    name = f"erased-{ids.new_id()[:10]}"
    account.email_confirmed_at = None
    account.password_hash, account.factor_since, account.has_short_password = None, None, False
    account.locale, account.time_zone, account.status = "en", "UTC", "erased"
    account.auth_epoch += 1
    call(session, account, name=name, email=_no_address(name))
    session.flush()


def _erase_invitations(session: Session, account: Account) -> None:
    """That somebody of this address was asked in stays; whom it was, and what was written to them, goes."""
    profiles = select(Annotator.id).where(Annotator.account_id == account.id)
    keys = set(address_indexes({email_key(account.email), *_earlier_keys(session, account.id)}))
    theirs = or_(Invitation.email_key.in_(keys), Invitation.annotator_id.in_(profiles))
    for row in session.scalars(select(Invitation).where(theirs)).all():
        keys.update(address_indexes([email_key(row.email)]))
        row.email = _no_address(row.id)
        row.email_key = address_index(email_key(row.email))
        row.name = row.note = row.secret_hash = None
    offers = select(RoleOffer).where(RoleOffer.email_key.in_(keys))
    for offer in session.scalars(offers).all():
        offer.email = _no_address(offer.id)
        offer.email_key = address_index(email_key(offer.email))
        offer.secret_hash = None
    for line in session.scalars(select(RosterLine).where(RosterLine.email_key.in_(keys))).all():
        line.email, line.email_key, line.name, line.note = ERASED, None, None, None
        line.locale, line.faults = "", None  # either may say what stood in a wrong column
        if line.outcome == RosterOutcome.INVITE:
            line.outcome = RosterOutcome.WRONG


def _no_address(name: str) -> str:
    """What stands in the place of an address: one that is nobody's, and by which nothing is found."""
    return f"{name}@erased.invalid"


def _earlier_keys(session: Session, account_id: str) -> list[str]:
    """Addresses that were proven to be theirs; one that was only asked for may be somebody else's."""
    proven = select(AccountLink.email).where(
        AccountLink.account_id == account_id, AccountLink.email_sealed.is_not(None), AccountLink.used_at.is_not(None)
    )
    return [email_key(email) for email in session.scalars(proven) if email]


def _forget_copies(session: Session, account_id: str) -> None:
    for row in session.scalars(
        select(DataRequest).where(DataRequest.account_id == account_id, DataRequest.stored_name.is_not(None))
    ):
        assert row.stored_name is not None
        forget_file(session, row.stored_name)
        row.state, row.stored_name = DataState.OVER.value, None


def forget_file(session: Session, stored_name: str) -> None:
    """Remove a stored file once this transaction has been committed."""
    after_commit(session, partial(storage().delete, stored_name))

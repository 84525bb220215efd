"""A canary in every column that holds people's or clients' own words, and who of the same world may be shown which."""

import json
import re
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from i18n import Message
from kernel.crypto import BY_FIELD_KEY, BY_TENANT, place_of, seal, unseal
from kernel.db import Base, Database
from kernel.ids import new_id
from kernel.policy import Role, matrix
from kernel.tenancy import Scope
from tests.web.worlds import World

CANARY = re.compile(r"canary~(\w+)~([a-z_]+\.[a-z_]+)~")
# Banks take few signs in the name of who is paid.
FOR_BANKS = {ord("~"): ord(":"), ord("_"): ord("+")}

# How each column holds its words: plain, by language, as a list, among other parts, as a message, as what is
# wrong with a line, sealed, as content and sealed (alone, or among its other parts).
SHAPES: dict[str, str] = {
    **dict.fromkeys((
        "auth_session.agent", "account_token.name",
        "appeal.answer", "appeal.text", "audit_words.words", "batch.name",
        "behaviour_review.note", "dispute.reply", "dispute.text", "document_look.reason", "factor_reset.reason",
        "gold_key.explanation", "gold_set.name", "guideline.changelog",
        "item.client_ref", "language_check.answer", "language_check.prompt",
        "language_evidence.note",
        "language_prompt.text", "lot_rework.reason", "media_name.name", "ontology.changelog", "organization.name",
        "passkey.name", "payout_line.mask", "payout_method.mask", "payout_run.file_name",
        "person_document.reason", "pool.name", "problem_report.answer", "problem_report.note",
        "project.about", "project.name", "qualification.reason", "qualification_test.about", "quote.reason",
        "release.in_spite", "release.reason", "review.note",
        "saved_filter.name", "standing_change.reason", "assignment.note",
    ), "text"),
    **dict.fromkeys(("agreement.texts", "agreement.titles", "guideline.texts", "pool.about"), "texts"),
    **dict.fromkeys(("annotator.domains", "annotator.skills"), "list"),
    "judgment.answer": "content",
    "roster_line.faults_sealed": "sealed faults",
    **dict.fromkeys(("decision_receipt.way_back", "decision_receipt.what", "decision_receipt.why"), "message"),
    **dict.fromkeys(("payout_line.holder_sealed", "payout_method.holder_sealed"), "sealed"),
    **dict.fromkeys((
        "application_draft.content_sealed", "assignment.draft_sealed", "item_original.content_sealed",
        "made_file.asked_sealed",
    ), "sealed content"),
    **dict.fromkeys((
        "account.email_sealed", "account.name_sealed", "account_link.email_sealed", "annotator.about_sealed",
        "invitation.email_sealed", "invitation.name_sealed", "invitation.note_sealed", "role_offer.email_sealed",
        "person_document.about_sealed", "person_document.name_sealed", "roster_line.email_sealed",
        "roster.name_sealed", "roster_line.name_sealed", "roster_line.note_sealed",
    ), "sealed text"),
    "brought_credential.said_sealed": "sealed with a vendor",
    "item.content_sealed": "sealed among parts",
}  # fmt: skip

# Rows that are never changed get their canary in a copy, with another value in the column that tells them apart.
EVENTS = {"judgment.answer": "assignment_id"}

# What is not for everybody of the same world, with the actions of the matrix of which one is enough; none: for nobody
# but the person, who is not among the visitors. Other columns are only kept from other worlds.
SHOWN_BY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((
        "account_link.email_sealed", "account_token.name", "application_draft.content_sealed",
        "assignment.draft_sealed", "auth_session.agent", "passkey.name", "payout_line.holder_sealed",
        "payout_method.holder_sealed", "saved_filter.name", "made_file.asked_sealed",
    ), ()),
    "brought_credential.said_sealed": ("credential:read",),
    **dict.fromkeys(("gold_key.explanation", "gold_set.name"), ("gold:read",)),
    "account.email_sealed": ("team:read", "factor_reset:read", "people:read"),
    **dict.fromkeys(("appeal.answer", "appeal.text"), ("appeal:read", "receipt:read")),
    "behaviour_review.note": ("behaviour:read",),
    "factor_reset.reason": ("factor_reset:read",),
    "item_original.content_sealed": ("unit:original",),
    "media_name.name": ("unit:read",),
    **dict.fromkeys((
        "person_document.about_sealed", "person_document.name_sealed", "person_document.reason",
    ), ("people:read",)),
    **dict.fromkeys((
        "roster.name_sealed", "roster_line.email_sealed", "roster_line.faults_sealed", "roster_line.name_sealed",
        "roster_line.note_sealed",
    ), ("people:invite",)),
}  # fmt: skip
# Clients choose among the vendors of an installation, and so read their names.
ABROAD = {"organization.name": ("request:send",)}
# What the walk comes by for certain: words that nobody meets in their own world prove nothing of another's.
MET = {"account.name_sealed", "agreement.titles", "item.content_sealed", "organization.name", "project.name"}


def may_see(role: Role, column: str, *, abroad: bool = False) -> bool:
    """Whether the matrix lets somebody of this role see the column's words, of their own world or of another."""
    if not abroad and column not in SHOWN_BY:
        return True
    asked = (ABROAD if abroad else SHOWN_BY).get(column, ())
    return any(role in matrix().actions[action] for action in asked)


# What is not planted: codes (answers and truths are an ontology's), figures, machinery, and words in a form that only
# their own code writes and reads again (letters, files and their names, drafts, memos, answers to appeals).
CODES = """
access_grant.rights account_token.scopes attempt.by_class attempt.network attempt.short_of attempt_question.answer
audit_event.action audit_event.details audit_event.object_ref audit_event.reasons audit_event.session_ref
audit_words.salt auth_session.network backtest.result backtest.rule batch.findings_sealed batch.personal_sealed
batch.preview_sealed
behaviour_review.evidence behaviour_review.figures consensus.category consensus.label consensus.majority_category
coverage_request.lines decision_receipt.cause_id decision_receipt.evidence decision_receipt.figure
decision_receipt.rule dispute.answer dispute.decided_before dispute.figures earning.memo gate_firing.figures
gold_key.also gold_key.category gold_key.link gold_key.measured gold_key.truth gold_key_proposal.category
gold_key_proposal.label gold_key_version.also gold_key_version.truth grade.category grade.truth_category
idempotency.body idempotency.key idempotency.route inference_run.agreement inference_run.parameters
inference_run.skills invoice.lines invoice.memo judgment.category label_change.after
label_change.before lane.also lane.modes language_claim.steps language_evidence.source ontology.body outbox.args
outbox.job outbox.last_error outbox.result outbox.step outgoing_mail.subject_sealed outgoing_mail.text_sealed
outgoing_mail.to_sealed passkey.credential_id passkey.transports passkey_challenge.holder payout_line.details_sealed
payout_line.reason payout_method.details_sealed payout_run.left_out person_document.content_sealed pool.steps
project.protection qualification_test.accepted qualification_test.categories qualification_test.cool_down_hours
qualification_test.plan question_grade.truth_category quote.lines rate_bucket.key release.files release.lots
release.report review.judgment_ids review.label review.planted review.shown roster_line.locale_sealed
saved_filter.asked_sealed
schedule.job signature_place.network totp_factor.secret_sealed track.classes track.confusion track.shown
track_day.classes track_day.confusion transfer.cause_id transfer.memo transfer.reason unit.label unit.outlook
batch.key_sealed language_recording.key_sealed made_file.key_sealed made_file.under_way media.key_sealed
release.file_keys_sealed
""".split()  # noqa: SIM905  one to read
_NAMELESS = re.compile(r"(hash|_key|sha256|fingerprint)$")


def undecided() -> set[str]:
    """Columns that could hold words and are neither planted nor said to hold none, and names that are no column's."""
    found, there = set(), set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            there.add(f"{table.name}.{column.name}")
            is_text = isinstance(column.type, sa.String) and (column.type.length or 60) >= 60
            if (is_text or isinstance(column.type, sa.JSON)) and not _NAMELESS.search(column.name):
                found.add(f"{table.name}.{column.name}")
    return (found - {*SHAPES, *CODES}) | ({*SHAPES, *CODES} - there)


def plant(database: Database, world: World, name: str) -> set[str]:
    """Put a canary of its own into every such column of the world's rows; returns the columns that have one now."""
    count, planted = 0, set()
    with database.transaction(Scope.system("test")) as session:
        connection = session.connection()
        members = Base.metadata.tables["membership"].c
        mine = sa.select(members.account_id).where(members.org_id.in_((world.client, world.vendor)))
        accounts = list(connection.scalars(mine))
        for target, shape in SHAPES.items():
            table = Base.metadata.tables[target.partition(".")[0]]
            column = table.c[target.partition(".")[2]]
            for row in connection.execute(sa.select(table).where(_of(table, world, accounts))):
                count += 1
                planted.add(target)
                words = f"canary~{name}~{target}~"
                values = {column.name: _shaped(shape, words, table, column.name, row, count)}
                if f"{column.name}_key" in table.c:
                    values[f"{column.name}_key"] = values[column.name]
                if target in EVENTS:
                    copy = row._asdict() | values | {"id": new_id(), EVENTS[target]: new_id()}
                    connection.execute(table.insert().values(copy))
                else:
                    connection.execute(table.update().where(table.c.id == row.id).values(values))
    return planted


def _of(table: sa.Table, world: World, accounts: list[str]) -> sa.ColumnElement[bool]:
    if table.name in ("organization", "account"):
        return table.c.id.in_((world.client, world.vendor) if table.name == "organization" else accounts)
    if "org_id" in table.c:
        return table.c.org_id.in_((world.client, world.vendor))
    return table.c.account_id.in_(accounts)


def _shaped(shape: str, words: str, table: sa.Table, column: str, row: Any, number: int) -> Any:
    if shape == "texts":
        return {"en": words}
    if shape == "list":
        return [words]
    if shape == "content":
        return {**(getattr(row, column) or {}), "text": words}
    if shape == "sealed faults":
        said = json.dumps([["email", Message(words).to_json()]])
        return seal(said, place_of(table.name, column, row.id, row.org_id), BY_TENANT)
    if shape == "message":
        return Message(words).to_json()
    if shape == "sealed among parts":
        text = json.dumps(_opened(table, column, row) | {"text": words})
        return seal(text, place_of(table.name, column, row.id, row.org_id), BY_TENANT)
    if shape == "sealed with a vendor":
        said = json.dumps(_opened(table, column, row) | {"vendor": words})
        return seal(said, place_of(table.name, column, row.id, row.org_id))
    if shape == "sealed text":
        said = f"{words}{number}@one.example" if column == "email_sealed" else f"{words}{number}"
        owner = getattr(row, "org_id", None)
        return seal(said, place_of(table.name, column, row.id, owner), BY_TENANT if owner else BY_FIELD_KEY)
    if shape in ("sealed", "sealed content"):
        said = words.translate(FOR_BANKS) if shape == "sealed" else json.dumps({"text": words})
        return seal(said, place_of(table.name, column, row.id, getattr(row, "org_id", None)))
    return f"{words}{number}"


def _opened(table: sa.Table, column: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unseal(getattr(row, column), place_of(table.name, column, row.id, row.org_id)))
    return found


def seen_in(text: str) -> set[tuple[str, str]]:
    """The world and the column of each canary that shows."""
    plain = text.translate({sign: letter for letter, sign in FOR_BANKS.items()}) if "canary:" in text else text
    return set(CANARY.findall(text)) | set(CANARY.findall(plain))


def letter(path: Path) -> str:
    """A letter as it is read: its head and its text."""
    message = message_from_bytes(path.read_bytes(), policy=default)
    body = message.get_body()
    return f"{message['To']} {message['Subject']} {body.get_content() if body else ''}"


def sentences(database: Database) -> Iterator[str]:
    """What people wrote before anything was planted: sentences and addresses, as they stand in those columns."""
    with database.transaction(Scope.system("test")) as session:
        connection = session.connection()
        for target, shape in SHAPES.items():
            is_sealed = shape in ("sealed", "sealed content", "sealed faults", "sealed text", "sealed with a vendor")
            if is_sealed or target in ("organization.name", "auth_session.agent"):
                continue
            name, _, column = target.partition(".")
            table = Base.metadata.tables[name]
            values: Any = connection.scalars(sa.select(table.c[column]).distinct())
            if shape == "sealed among parts":
                values = [_opened(table, column, row) for row in connection.execute(sa.select(table))]
            for value in values:
                yield from (each for each in _leaves(value) if " " in each or "@" in each)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)


def opened(path: Path) -> bytes:
    """A file as whoever has it reads it: of an archive, all that is packed in it."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def machinery(database: Database) -> str:
    """What the log and the jobs hold, as one text."""
    tables = {"audit_event": None, "outbox": None, "rate_bucket": None, "schedule": None, "passkey_challenge": None}
    with database.transaction(Scope.system("test")) as session:
        connection = session.connection()
        rows = [tuple(row) for name in tables for row in connection.execute(sa.select(Base.metadata.tables[name]))]
    return json.dumps(rows, default=str, ensure_ascii=False)
